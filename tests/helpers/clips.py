"""Small clips made on the fly, every picture carrying its own number as a bar code, and a slow oracle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np

BITS = 12
H264_B_FRAMES = {
    "bf": "3",
    "g": "12",
    "keyint_min": "12",
    "sc_threshold": "0",
    "x264-params": "b-pyramid=normal:log=-1",
}
H265_OPEN_GOP = {"x265-params": "open-gop=1:keyint=10:min-keyint=10:bframes=4:scenecut=0:log-level=none"}


def numbered(number: int, width: int = 96, height: int = 64, coloured: bool = True) -> np.ndarray:
    """`(height, width, 3) uint8`: a moving gradient, and below it `number` in bars of black and white."""
    across = (np.arange(width)[None, :] * 2 + number * 5) % 200
    down = np.arange(height)[:, None] * 100 // height
    grey = ((across + down) % 256).astype(np.uint8)
    image = np.stack([grey, np.roll(grey, 9, axis=1), 255 - grey] if coloured else [grey] * 3, axis=2)
    top = height - height // 4
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[top:, left:right] = 235 if number >> bit & 1 else 16
    return image


def number_in(image: np.ndarray) -> int:
    """The number that `numbered` drew, read back from a decoded picture of any size."""
    height, width = image.shape[:2]
    row = image[height - height // 4 + 2 : height - 1].mean(axis=(0, 2))
    middles = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, middle in enumerate(middles) if row[middle - 1 : middle + 2].mean() > 125)


def write_clip(
    path: Path,
    images: Iterable[np.ndarray],
    *,
    codec: str = "libx264",
    rate: Fraction | int = 25,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    interlaced: bool = False,
    pixel_aspect: Fraction | None = None,
    container_format: str | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Encode pictures; `pts` in units of `time_base` (default: one frame). `rotation`: clockwise degrees to show it."""
    coming = iter(images)
    first = next(coming)
    with av.open(path, "w", format=container_format, options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pix_fmt
        stream.thread_count = 1
        if time_base is not None:
            stream.codec_context.time_base = stream.time_base = time_base
        stream.options = dict(options or {})
        if interlaced:
            stream.options = {**stream.options, "flags": "+ildct+ilme"}
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation or mirrored:
            stream.set_display_rotation(-rotation, hflip=mirrored)
        for place, image in enumerate(chain([first], coming)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)
            frame.pts = place if pts is None else pts[place]
            if time_base is not None:
                frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def digest(image: np.ndarray) -> str:
    """What two pictures must share to be the same bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()


def oracle_frames(path: Path) -> list[tuple[int, np.ndarray]]:
    """Slow and obvious: `(pts, picture)` of the first video stream, by one thread, from the very beginning."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.thread_count = 1
        return [(frame.pts, frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)]


def transport_stream(path: Path, numbers: range, at: int = 0) -> bytes:
    """MPEG-TS of pictures `numbers`, the first one stamped `at` frames after zero."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = 12, 0
        for n, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = at + n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()
