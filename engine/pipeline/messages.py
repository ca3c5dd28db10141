"""What the ingest child tells its parent. Plain values, in the order things happened.

Every prefix of the message stream is a consistent state of the item: whatever the parent has committed when
either process dies, `Resume` carries on from there and ends with the same tracklets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.settings import Settings
from engine.types import Detection, Modality, ModalitySegment, NewTracklet, Timestamp


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """All person boxes of one analysed frame."""

    timestamp: Timestamp
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment at which nobody was being tracked, so that analysis can start here as if nothing came before.

    Analysis goes on with the first frame after `after` (PTS); `frame_index` counts the decoded frames up to and
    including it, `next_ordinal` numbers the next tracklet, `memory` holds the detector's state and what did not
    decode so far.
    """

    after: int
    frame_index: int
    next_ordinal: int
    memory: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an interrupted item goes on: the last checkpoint, and detections that need not be computed again."""

    checkpoint: Checkpoint | None = None
    remembered: tuple[FrameDetections, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One item to analyse. Everything that influences the result is in here."""

    path: Path
    detector: str
    student: str
    device: str
    models_dir: Path
    settings: Settings
    modality: Modality | None = None  # the analyst's word; None lets the pictures decide
    segments: tuple[ModalitySegment, ...] = ()  # decided in an earlier, interrupted run
    resume: Resume = field(default_factory=Resume)


@dataclass(frozen=True, slots=True)
class Opened:
    """First message: what will analyse the item, and how long it is."""

    frames_expected: int | None
    start: Timestamp
    duration: Fraction | None
    segments: tuple[ModalitySegment, ...]
    detector: str
    detector_sha256: str
    student: str
    student_sha256: str
    embedding_dimension: int
    provider: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Preparing:
    """The item is being looked at before the first frame is analysed (index, modality)."""

    stage: str
    done: int
    total: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened since the last batch. `frames_decoded` counts from the beginning of the item."""

    frames_decoded: int
    frames_analysed: int
    position: Timestamp
    detections: tuple[FrameDetections, ...]
    tracklets: tuple[NewTracklet, ...]
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Finished:
    """Last message of a complete run. Ranges are inclusive PTS pairs: `failed_ranges` around what did not decode,
    `retimed_ranges` around frames whose own time could not be used; `frames_rescaled` had another size."""

    frames_decoded: int
    frames_failed: int
    failed_ranges: tuple[tuple[int, int], ...]
    seconds: dict[str, float]  # wall time spent in each stage, for the bench and the report
    frames_retimed: int = 0
    retimed_ranges: tuple[tuple[int, int], ...] = ()
    frames_rescaled: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The child met a fault that it could put into words, or a mistake of ours: then with its traceback."""

    error: str  # class name in engine.errors
    message: str
    hint: str
    trace: str = ""


Message = Preparing | Opened | Batch | Finished | Failed
