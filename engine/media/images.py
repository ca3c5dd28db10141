"""A folder of pictures as a recording: natural order, upright by EXIF, with times where the pictures state them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from engine.errors import EvidenceError
from engine.media.clock import FIRST_YEAR, LAST_YEAR
from engine.media.files import is_folder, name_of, open_evidence
from engine.media.index import NO_DTS, PtsIndex
from engine.media.still import DAMAGE, opened
from engine.media.values import DecodeFailures, Probe
from engine.types import Frame, Timestamp

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm"})
PAGED_SUFFIXES = frozenset({".tif", ".tiff", ".webp"})  # kinds that may hold several pictures
T = TypeVar("T")
MILLISECONDS = Fraction(1, 1000)
COUNTED_BASE = Fraction(1)  # pictures without times: one per second, and the warning says so
EXIF_IFD, ORIENTATION = 0x8769, 0x0112  # EXIF 2.32, tables 4 and 7
TAKEN, TAKEN_FRACTION = 0x9003, 0x9291  # DateTimeOriginal, SubSecTimeOriginal
# 2024-01-31_23-59-59.123, 20240131T235959, 2024.01.31 23:59:59, ... not inside a longer number
NAMED_TIME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"[-_T. ]{0,3}([01]\d|2[0-3])([-_.:h]?)([0-5]\d)\6([0-5]\d)(?:[-_.,](\d{3}))?(?!\d)"
)


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a still picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts 'img2' before 'img10'; digits by value, letters without case, the name itself last."""
    parts = re.split(r"(\d+)", name.casefold())
    return (*((1, int(part), part) if part.isdecimal() else (0, 0, part) for part in parts if part), (0, 0, name))


def pictures_in(folder: Path) -> list[Path]:
    """The pictures directly in a folder, in natural order of their names."""
    try:
        found = [each for each in folder.iterdir() if is_picture(each) and not each.name.startswith(".")]
    except OSError as error:
        raise EvidenceError(f"The folder {name_of(folder)} cannot be read.", "Check its permissions.") from error
    if not found:
        raise EvidenceError(f"The folder {name_of(folder)} holds no pictures.", "Choose the folder that holds them.")
    return sorted(found, key=lambda each: natural_key(each.name))


@dataclass(frozen=True, slots=True)
class _Listing:
    """Pictures with their PTS, in order of time."""

    pictures: tuple[Path, ...]
    pts: tuple[int, ...]
    time_base: Fraction
    began: datetime | None
    warnings: tuple[str, ...]


def probe_images(path: Path) -> Probe:
    """Probe a folder of pictures or a single picture; `EvidenceError` where none can be decoded."""
    listing = _listed(path)
    first = next((image for image in map(_decoded, listing.pictures) if image is not None), None)
    if first is None:
        raise EvidenceError(f"{name_of(path)} holds no picture that can be decoded.", "Export the pictures again.")
    height, width = first.shape[:2]
    count = len(listing.pictures)
    return Probe(
        kind="images",
        container="folder" if is_folder(path) else "picture",
        codec=listing.pictures[0].suffix.lower().lstrip("."),
        pixel_format="rgb24",
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        time_base=listing.time_base,
        average_rate=None,
        duration=(listing.pts[-1] - listing.pts[0]) * listing.time_base if count > 1 else None,
        frame_estimate=count,
        start_pts=listing.pts[0],
        timing="counted" if listing.began is None else "container",
        stated_frames=count,
        recorded_at=listing.began,
        warnings=tuple(each for each in (*listing.warnings, _pages_left_out(listing.pictures)) if each),
    )


def _listed(path: Path) -> _Listing:
    pictures = pictures_in(path) if is_folder(path) else [path]
    times = [_named_time(each.name) for each in pictures]
    source = "file names"
    if any(time is None for time in times):
        times, source = [_exif_time(each) for each in pictures], "EXIF data"
    stated = [time for time in times if time is not None]
    if len(stated) < len(pictures):
        note = "The pictures state no times; they are counted, one per second." if len(pictures) > 1 else ""
        return _Listing(
            tuple(pictures), tuple(range(len(pictures))), COUNTED_BASE, None, tuple(each for each in (note,) if each)
        )
    order = sorted(range(len(pictures)), key=lambda place: stated[place])  # stable: natural order within one time
    began = stated[order[0]]
    notes = [f"Times were read from the {source}; they are the camera's own."]
    pts: list[int] = []
    for place in order:
        milliseconds = (stated[place] - began) // timedelta(milliseconds=1)
        pts.append(max(milliseconds, pts[-1] + 1) if pts else 0)
    if len(set(stated)) < len(stated):
        notes.append("Pictures of the same stated time are set 1 ms apart, in order of their names.")
    return _Listing(tuple(pictures[place] for place in order), tuple(pts), MILLISECONDS, began, tuple(notes))


def _named_time(name: str) -> datetime | None:
    """A complete date and time in a file name; None where there is none or more than one."""
    found = list(NAMED_TIME.finditer(name))
    if len(found) != 1:
        return None
    year, _, month, day, hour, _, minute, second, fraction = found[0].groups()
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), int(fraction or 0) * 1000)
    except ValueError:  # 31 February
        return None


def _exif_time(path: Path) -> datetime | None:
    exif = _read(path, lambda image: image.getexif().get_ifd(EXIF_IFD))
    if exif is None:
        return None
    stated, fraction = str(exif.get(TAKEN, "")), str(exif.get(TAKEN_FRACTION, "")).strip()
    try:
        taken = datetime.strptime(stated.strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    if not FIRST_YEAR <= taken.year <= LAST_YEAR:
        return None  # a camera whose clock was never set
    return taken + timedelta(microseconds=int(fraction[:6].ljust(6, "0"))) if fraction.isdecimal() else taken


def _decoded(path: Path) -> np.ndarray | None:
    """`(H, W, 3) uint8` RGB upright; None where the picture is damaged."""
    from PIL import ImageOps

    return _read(path, lambda image: _rgb(ImageOps.exif_transpose(image)))


def _pages_left_out(pictures: tuple[Path, ...]) -> str:
    """A sentence where files hold further pictures behind their first one; empty where none does."""
    counts = [
        _read(each, lambda image: int(getattr(image, "n_frames", 1))) or 1
        for each in pictures
        if each.suffix.lower() in PAGED_SUFFIXES
    ]
    files = sum(count > 1 for count in counts)
    if not files:
        return ""
    return (
        f"Further pages that are left out: {sum(counts) - len(counts)} in {files} of {len(pictures)} files. Only the "
        "first page of each is looked at; save the others as files of their own."
    )


def _read(path: Path, read: Callable[[Any], T]) -> T | None:
    """What `read` finds in an opened picture; None where the picture is damaged or too large to be one."""
    from PIL import Image

    try:
        with open_evidence(path) as file, opened(file) as image:
            return read(image)
    except (*DAMAGE, EvidenceError, Image.DecompressionBombError):
        return None


def _rgb(image: Any) -> np.ndarray:
    """8-bit RGB; 16-bit greys keep their upper byte, transparency is dropped."""
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"), dtype=np.uint8))


class ImageFolderSource:
    """Pictures of a folder as frames; each keeps its own size."""

    def __init__(self, path: Path, probe: Probe) -> None:
        self._path, self._probe = path, probe
        listing = _listed(path)
        self._pictures = listing.pictures
        count = len(listing.pts)
        self._index = PtsIndex(
            pts=np.array(listing.pts, dtype=np.int64),
            keyframe=np.ones(count, dtype=bool),
            dts=np.full(count, NO_DTS, dtype=np.int64),
            packet=np.arange(count, dtype=np.int64),
        )
        self._failures = DecodeFailures(probe.time_base, probe.frame_step)

    @property
    def probe(self) -> Probe:
        return self._probe

    @property
    def failures(self) -> DecodeFailures:
        return self._failures

    @property
    def index(self) -> PtsIndex:
        return self._index

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """Every picture that decodes, from the first with PTS >= `start` on."""
        first = 0 if start is None else self._index.first_from(start)
        for place in range(first, len(self._pictures)):
            frame = self._frame(place)
            if frame is not None:
                yield frame

    def frame_at(self, pts: int) -> Frame:
        """The picture with this PTS; `EvidenceError` where there is none or it does not decode."""
        place = self._index.position(pts)
        if place is None:
            raise EvidenceError(f"{name_of(self._path)} has no picture at time stamp {pts}.")
        frame = self._frame(place)
        if frame is None:
            raise EvidenceError(f"The picture {name_of(self._pictures[place])} does not decode.")
        return frame

    def keyframes(self, every_seconds: Fraction | int = 0, start: int | None = None) -> Iterator[Frame]:
        """Pictures at least `every_seconds` apart, from the first with PTS >= `start`."""
        due: int | Fraction | None = start
        for place, pts in enumerate(self._index.pts.tolist()):
            if due is None or pts >= due:
                due = pts + every_seconds / self._probe.time_base
                frame = self._frame(place)
                if frame is not None:
                    yield frame

    def _frame(self, place: int) -> Frame | None:
        pts = int(self._index.pts[place])
        image = _decoded(self._pictures[place])
        if image is None:
            self._failures.note_undecoded(pts)
            return None
        return Frame(image, Timestamp(pts, self._probe.time_base), place)

    def close(self) -> None:
        """Nothing is held open between pictures."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
