"""The case's records as values: what the repositories give and take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from engine.errors import UsageError
from engine.media.clock import LONGEST_UNCERTAINTY, ClockReading, RecorderClock, require_sensible
from engine.media.files import shown
from engine.types import Box, CropQuality, ItemState, Modality, Timestamp


@dataclass(frozen=True, slots=True)
class Position:
    """Where a camera stands: `x` to the right and `y` downwards on a site plan (any unit), and `latitude` and
    `longitude` in degrees (WGS 84). Either pair may be missing, but only whole; `UsageError` for anything else."""

    x: float | None = None
    y: float | None = None
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None) or (self.latitude is None) != (self.longitude is None):
            raise UsageError("A position needs both of its numbers.", "Give both, or neither.")
        numbers = [n for n in (self.x, self.y, self.latitude, self.longitude) if n is not None]
        if not all(math.isfinite(number) for number in numbers):
            raise UsageError("A position is made of ordinary numbers.")
        if abs(self.latitude or 0) > 90 or abs(self.longitude or 0) > 180:
            raise UsageError("A latitude lies within ±90 degrees, a longitude within ±180.")


@dataclass(frozen=True, slots=True)
class Camera:
    """Where footage comes from, and where it stands (see `Position`)."""

    id: int
    name: str
    x: float | None = None
    y: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    notes: str = ""


class Digest(Protocol):
    """SHA-256 as lower-case hex and size in bytes, as `engine.media` computes them."""

    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


class Probe(Protocol):
    """The part of `engine.media`'s probe that the store itself needs; the whole of it is kept as JSON."""

    @property
    def time_base(self) -> Fraction: ...
    @property
    def start_pts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """At `recorder_reading` on the recorder's clock the true time was `reference_reading` (with its time zone), give
    or take `uncertainty_seconds`. A second pair of readings, taken at another time, shows the drift between them."""

    recorder_reading: datetime
    reference_reading: datetime
    uncertainty_seconds: float
    source: str
    second_recorder_reading: datetime | None = None
    second_reference_reading: datetime | None = None
    examiner: str = ""
    at: str = ""
    id: int = 0

    def require_sensible(self) -> None:
        """`UsageError` for readings and uncertainties that no clock has."""
        for when in (self.recorder_reading, self.second_recorder_reading):
            require_sensible(when, "The recorder's reading")
        for when in (self.reference_reading, self.second_reference_reading):
            require_sensible(when, "The reference time")
        if not 0 <= self.uncertainty_seconds <= LONGEST_UNCERTAINTY:  # nor NaN
            raise UsageError(
                "The uncertainty of a clock reading must be a number of seconds from 0 to ten years.",
                "Estimate how far the reading may be off.",
            )

    @property
    def readings(self) -> tuple[ClockReading, ...]:
        """As `RecorderClock` takes them; `UsageError` where they make no sense."""
        margin = Fraction(str(self.uncertainty_seconds))
        first = ClockReading(self.recorder_reading, self.reference_reading, margin)
        if self.second_recorder_reading is None or self.second_reference_reading is None:
            if self.second_recorder_reading is not self.second_reference_reading:
                raise UsageError("A second clock reading needs both the recorder's and the reference time.")
            return (first,)
        return (first, ClockReading(self.second_recorder_reading, self.second_reference_reading, margin))


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One file or image folder of the case. PTS count `time_base` seconds."""

    id: int
    exhibit: str
    path: Path
    path_given: str
    sha256: str
    size: int
    modified_at: str
    probe: dict[str, Any]
    time_base: Fraction
    start_pts: int
    camera: Camera
    modality_override: Modality | None
    start_time: datetime | None
    registered_at: str
    registered_by: str
    state: ItemState
    failure: str | None
    hint: str | None
    frames_decoded: int
    frames_analysed: int
    frames_failed: int
    failed_ranges: tuple[tuple[int, int], ...]
    position_pts: int | None
    current_run: int | None
    frames_retimed: int = 0
    retimed_ranges: tuple[tuple[int, int], ...] = ()
    frames_rescaled: int = 0

    @property
    def name(self) -> str:
        """The file's name, for people."""
        return shown(self.path.name)

    @property
    def counted(self) -> bool:
        """True where the frames carry no times of their own: PTS n is the n-th frame."""
        return self.probe.get("timing") == "counted"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be known of this footage before its times and pictures are relied on, a sentence each."""
        found = [str(each) for each in self.probe.get("warnings", ())]
        if self.frames_retimed:
            found.append(
                f"{self.frames_retimed:,} frames have no usable time stamp of their own (missing, repeated, or the "
                "recorder's clock jumped); each is set after the one before, and how wrong that is is not known."
            )
        if self.frames_rescaled:
            found.append(f"{self.frames_rescaled:,} frames have another size than the rest of the recording.")
        return tuple(found)

    def clock(self, record: ClockRecord | None) -> RecorderClock:
        """Both times of any frame, with `record` as the reading that counts."""
        return RecorderClock(
            self.start_time,
            self.timestamp(self.start_pts),
            record.readings if record else (),
            counted=self.counted,
            made_up=self.retimed_ranges,
        )

    @property
    def target(self) -> str:
        """How the audit log names this item."""
        return f"item:{self.id}"

    @property
    def end_pts(self) -> int | None:
        """Where the recording ends, None where its length is not known."""
        length = self.probe.get("duration")
        return self.start_pts + round(Fraction(str(length)) / self.time_base) if length else None

    def timestamp(self, pts: int) -> Timestamp:
        """`pts` on this item's clock."""
        return Timestamp(pts, self.time_base)


@dataclass(frozen=True, slots=True)
class NewRun:
    """Everything that influences what an ingest finds. Two runs with equal values give equal results."""

    detector: str
    detector_sha256: str
    student: str
    student_sha256: str
    embedding_dimension: int
    provider: str
    settings: dict[str, Any]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest run of one item; `state` is 'running', 'interrupted', 'done', 'failed' or 'replaced'."""

    id: int
    item_id: int
    inputs: NewRun
    state: str
    started_at: str
    finished_at: str | None
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Tracklet:
    """One uninterrupted pass of one person through one camera, as stored.

    `quality` is the best crop's score, `usable` whether any crop passed the gate. `superseded` results of an earlier
    run are kept only because a search or a decision refers to them.
    """

    id: int
    item_id: int
    run_id: int
    ordinal: int
    exhibit: str
    camera: str
    camera_id: int
    modality: Modality
    start: Timestamp
    end: Timestamp
    observations: int
    quality: float
    usable: bool
    best_crop: int
    superseded: bool

    @property
    def label(self) -> str:
        """How people name it: exhibit and ordinal."""
        return f"{self.exhibit}/{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Crop:
    """A stored crop; `rank` 1 is the tracklet's best. Its JPEG is read with `TrackletStore.crop_jpeg`."""

    id: int
    tracklet_id: int
    rank: int
    timestamp: Timestamp
    box: Box
    quality: CropQuality
    jpeg_sha256: str
