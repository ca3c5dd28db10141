"""The words of the house, as values.

Images are `(H, W, 3) uint8` RGB, upright (container rotation already applied).
Boxes are in pixels of that upright frame, origin at the top left.
Time is a PTS with its time base (`Timestamp`); seconds are `Fraction`, never a float.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import numpy as np


class Modality(StrEnum):
    """What a camera saw: near infrared at night or colour by day."""

    INFRARED = "ir"
    VISIBLE = "rgb"

    @property
    def label(self) -> str:
        """The word users read: 'IR' or 'RGB'."""
        return self.value.upper()


class Verdict(StrEnum):
    """An analyst's decision about one candidate. The software never takes one."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"


class ItemState(StrEnum):
    """Where an evidence item stands on its way into the case."""

    REGISTERED = "registered"
    INGESTING = "ingesting"
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A presentation time stamp (PTS) as the container states it.

    `pts` counts units of `time_base` seconds; compare only within one evidence item.
    """

    pts: int
    time_base: Fraction = field(compare=False)

    @property
    def seconds(self) -> Fraction:
        """Exact seconds on the container's own clock."""
        return self.pts * self.time_base


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle, pixels, origin top left; may reach outside the frame."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0):
            raise ValueError(f"a box needs a positive width and height, got {self.width} x {self.height}")

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def area(self) -> float:
        return self.width * self.height

    def as_xyxy(self) -> tuple[float, float, float, float]:
        """`(left, top, right, bottom)`."""
        return (self.left, self.top, self.right, self.bottom)

    def intersection(self, other: Box) -> float:
        """Shared area in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def iou(self, other: Box) -> float:
        """Intersection over union in [0, 1]."""
        shared = self.intersection(other)
        return shared / (self.area + other.area - shared)

    def pixels(self, frame_width: int, frame_height: int) -> tuple[int, int, int, int] | None:
        """Whole pixels `(x0, y0, x1, y1)` inside the frame, end exclusive; None if nothing is inside."""
        x0, y0 = max(int(self.left), 0), max(int(self.top), 0)
        x1 = min(int(np.ceil(self.right)), frame_width)
        y1 = min(int(np.ceil(self.bottom)), frame_height)
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: `image` (H, W, 3) uint8 RGB upright; `index` counts decoded frames from 0."""

    image: np.ndarray
    timestamp: Timestamp
    index: int

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def crop(self, box: Box) -> np.ndarray | None:
        """A copy of the pixels under `box`, `(h, w, 3) uint8`; None if the box lies outside."""
        inside = box.pixels(self.width, self.height)
        if inside is None:
            return None
        x0, y0, x1, y1 = inside
        return self.image[y0:y1, x0:x1].copy()


@dataclass(frozen=True, slots=True)
class Detection:
    """A person-shaped box in one frame; `score` in [0, 1]."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One observation of a tracklet."""

    timestamp: Timestamp
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class CropQuality:
    """How usable a crop is for re-identification.

    `width`, `height` in pixels; `sharpness`, `exposure`, `completeness` in [0, 1], higher is better
    (`completeness` falls where the box touches the frame's edge or another person covers it);
    `score` in [0, 1] joins them; `faults` are short plain phrases ('too small', 'blurred', ...).
    """

    width: int
    height: int
    sharpness: float
    exposure: float
    completeness: float
    score: float
    faults: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """True where nothing speaks against searching or training with this crop."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class NewCrop:
    """A crop on its way into the case: `jpeg` bytes of the pixels under `box` at `timestamp`.

    `embedding` is `(D,) float32`, L2-normalised, of exactly those JPEG bytes decoded again, so that the
    stored picture reproduces it.
    """

    timestamp: Timestamp
    box: Box
    quality: CropQuality
    jpeg: bytes
    embedding: np.ndarray


@dataclass(frozen=True, slots=True)
class NewTracklet:
    """One uninterrupted pass of one person through one camera, on its way into the case.

    `ordinal` numbers the tracklets of an item from 1, in the order their tracks end, those of one track in order of
    time: the same footage, models and parameters always give the same numbers, which is what makes an interrupted
    ingest resumable.
    `crops` are the best few, best first.
    """

    ordinal: int
    modality: Modality
    points: tuple[TrackPoint, ...]
    crops: tuple[NewCrop, ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a tracklet needs at least one observation")
        if not self.crops:
            raise ValueError("a tracklet needs at least one crop")


@dataclass(frozen=True, slots=True)
class ModalitySegment:
    """`modality` holds from `start` up to (not including) `end`, on the item's own PTS clock.

    `chroma` is the median colourfulness seen (0 = grey), `certain` False where it lay near the threshold.
    """

    start: Timestamp
    end: Timestamp
    modality: Modality
    chroma: float
    certain: bool = True
