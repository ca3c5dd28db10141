"""From a decoded picture in any pixel format to `(H, W, 3) uint8` RGB, upright, with square pixels.

The same picture gives the same bytes whatever the number of threads. Errors of the conversion stay within three 8-bit
steps of the standard's equations (tests); slower, "accurate" rounding is no nearer to them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

UNSTRETCHED = Interpolation.BILINEAR | Interpolation.BITEXACT
STRETCHED = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
UNSPECIFIED_MATRIX = 2  # ITU-T H.273 table 4
KNOWN_MATRICES = frozenset({1, 4, 5, 6, 7, 9, 10})
# Untagged video is taken for BT.709 from this size on, as players do (mpv, vf_format: width >= 1280 or height > 576).
HD_WIDTH, SD_HEIGHT = 1280, 576
PLAUSIBLE_ASPECT = (Fraction(1, 4), Fraction(4))


@dataclass(frozen=True, slots=True)
class Geometry:
    """How stored pictures become upright ones: stretched to `width` x `height`, then mirrored, then turned.

    `width`, `height` are pixels before turning; `quarter_turns` counts clockwise quarter turns.
    """

    width: int
    height: int
    quarter_turns: int = 0
    mirrored: bool = False

    @property
    def upright_size(self) -> tuple[int, int]:
        """`(width, height)` after turning."""
        return (self.height, self.width) if self.quarter_turns % 2 else (self.width, self.height)

    def upright(self, image: np.ndarray) -> np.ndarray:
        """`image` (H, W, 3) mirrored and turned; C-contiguous."""
        if self.mirrored:
            image = image[:, ::-1]
        if self.quarter_turns:
            image = np.rot90(image, -self.quarter_turns)
        return np.ascontiguousarray(image)


def square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels; the short side grows, so that no stored sample is thrown away."""
    if pixel_aspect >= 1:
        return max(1, round(width * pixel_aspect)), height
    return width, max(1, round(height / pixel_aspect))


def turn_of(matrix: bytes) -> tuple[int, bool] | None:
    """`(clockwise quarter turns, mirrored)` of a display matrix (ISO/IEC 14496-12 8.3.2); None if it is slanted.

    `matrix` is nine native 32-bit integers; the picture point (x, y) is shown at (ax + cy, bx + dy).
    """
    a, b, _, c, d = struct.unpack("=5i", matrix[:20])
    scale = max(abs(a), abs(b), abs(c), abs(d))
    if scale == 0:
        return None
    unit = tuple(round(value / scale, 3) for value in (a, b, c, d))
    turns = {
        (1, 0, 0, 1): (0, False),
        (0, 1, -1, 0): (1, False),
        (-1, 0, 0, -1): (2, False),
        (0, -1, 1, 0): (3, False),
        (-1, 0, 0, 1): (0, True),
        (0, 1, 1, 0): (3, True),
        (1, 0, 0, -1): (2, True),
        (0, -1, -1, 0): (1, True),
    }
    return turns.get(unit)


class Converter:
    """Decoded pictures to upright RGB of one size; pictures of another stored size are stretched to it."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._reformatter = VideoReformatter()

    def image(self, picture: Any) -> np.ndarray:
        """`(H, W, 3) uint8` RGB."""
        geometry = self._geometry
        stretched = (picture.width, picture.height) != (geometry.width, geometry.height)
        rgb = self._reformatter.reformat(
            picture,
            width=geometry.width,
            height=geometry.height,
            format="rgb24",
            src_colorspace=_matrix(picture),
            src_color_range=_range(picture),
            dst_color_range=ColorRange.JPEG,
            interpolation=STRETCHED if stretched else UNSTRETCHED,
            threads=1,
        )
        return geometry.upright(rgb.to_ndarray())


def _matrix(picture: Any) -> int:
    """YUV matrix as libswscale's number; untagged pictures by their size."""
    stated = int(picture.colorspace)
    if stated in KNOWN_MATRICES:
        return 9 if stated == 10 else stated
    is_hd = picture.width >= HD_WIDTH or picture.height > SD_HEIGHT
    return int(Colorspace.ITU709 if is_hd else Colorspace.ITU601)


def _range(picture: Any) -> int:
    """Full or limited range; untagged YUV is limited, everything else full."""
    stated = int(picture.color_range)
    if stated in (ColorRange.MPEG, ColorRange.JPEG):
        return stated
    name = picture.format.name
    limited = name.startswith(("yuv", "yuva", "nv", "p0", "p2", "p4", "y2", "uyvy", "yvyu", "vuy")) and not (
        name.startswith("yuvj")
    )
    return int(ColorRange.MPEG if limited else ColorRange.JPEG)


class _Filter:
    """One libavfilter filter for pictures of one size and format."""

    def __init__(self, picture: Any, name: str, arguments: str, time_base: Fraction) -> None:
        graph = Graph()
        self._source = graph.add_buffer(
            width=picture.width, height=picture.height, format=picture.format, time_base=time_base
        )
        work = graph.add(name, arguments)
        self._sink = graph.add("buffersink")
        self._source.link_to(work)
        work.link_to(self._sink)
        graph.configure()
        self._graph = graph
        self._shape = (picture.width, picture.height, picture.format.name)

    def fits(self, picture: Any) -> bool:
        """Whether this filter was made for pictures of this size and format."""
        return self._shape == (picture.width, picture.height, picture.format.name)

    def push(self, picture: Any | None) -> list[Any]:
        """Pictures that are ready after this one (None: the recording ended)."""
        self._source.push(picture)
        ready = []
        while True:
            try:
                ready.append(self._sink.pull())
            except (av.BlockingIOError, av.EOFError):
                return ready


class Deinterlacer(_Filter):
    """bwdif: one picture out per picture in, PTS kept, progressive pictures untouched.

    It looks at one picture before and one after, so its output lags one picture behind.
    """

    def __init__(self, picture: Any, time_base: Fraction) -> None:
        super().__init__(picture, "bwdif", "mode=send_frame:parity=auto:deint=interlaced", time_base)


class Copier:
    """Copies of pictures, so that the decoder has its own memory back at once.

    What a damaged picture leaves unpainted shows what that memory held before; with copies this does not depend on
    how long somebody keeps a picture.
    """

    def __init__(self) -> None:
        self._filter: _Filter | None = None

    def copy(self, picture: Any) -> Any:
        if self._filter is None or not self._filter.fits(picture):
            self._filter = _Filter(picture, "copy", "", Fraction(1))
        (copied,) = self._filter.push(picture)
        return copied
