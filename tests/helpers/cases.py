"""Small cases for tests: evidence that exists on disk, runs, and tracklets whose content follows from their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from engine.case import Case
from engine.pipeline.messages import Batch, Checkpoint, Finished, FrameDetections
from engine.progress import finish
from engine.store.codec import sha256
from engine.store.records import EvidenceItem, NewRun
from engine.store.searches import NewSearch, QueryPicture, Ranked, Search
from engine.types import Box, CropQuality, Detection, Modality, NewCrop, NewTracklet, Timestamp, TrackPoint
from engine.verify import verify_case

TIME_BASE = Fraction(1, 25)
DIMENSION = 16
EXAMINER = "A. Examiner"


@dataclass(frozen=True)
class FakeDigest:
    sha256: str
    size: int


@dataclass(frozen=True)
class FakeProbe:
    time_base: Fraction = TIME_BASE
    start_pts: int = 0
    codec: str = "h264"


def new_case(folder: Path) -> Case:
    return Case.create(folder, "Harbour", EXAMINER)


def register(
    case: Case, folder: Path, name: str = "night.mkv", camera: str = "Gate", **options: object
) -> EvidenceItem:
    """Register a small file of its own content."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(name.encode() * 10)
    digest = FakeDigest(sha256(path.read_bytes()), path.stat().st_size)
    return case.evidence.register(path, digest, FakeProbe(), camera, **options)  # type: ignore[arg-type]


def new_run(**changes: object) -> NewRun:
    values: dict[str, object] = {
        "detector": "motion",
        "detector_sha256": "d" * 64,
        "student": "trial",
        "student_sha256": "5" * 64,
        "embedding_dimension": DIMENSION,
        "provider": "CPUExecutionProvider",
        "settings": {"frame_step": 1},
        "versions": {"nightjar": "0.1.0"},
    }
    return NewRun(**{**values, **changes})  # type: ignore[arg-type]


def unit_vector(seed: int, dimension: int = DIMENSION) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)


def jpeg(rng: np.random.Generator) -> bytes:
    """A small picture that no other call gives."""
    done, data = cv2.imencode(".jpg", rng.integers(0, 256, (8, 4, 3), np.uint8))
    assert done
    return data.tobytes()


def tracklet(
    ordinal: int,
    start: int = 0,
    *,
    length: int = 10,
    modality: Modality = Modality.INFRARED,
    crops: int = 2,
    seed: int = 0,
) -> NewTracklet:
    """A pass of `length` frames from PTS `start`; equal arguments give equal content."""
    rng = np.random.default_rng([ordinal, start, seed])
    points = tuple(
        TrackPoint(Timestamp(start + n, TIME_BASE), Box(10.0 + n, 20.0, 30.0, float(rng.uniform(60, 90))), 0.9)
        for n in range(length)
    )
    taken = tuple(
        NewCrop(
            points[n].timestamp,
            points[n].box,
            CropQuality(30, 80, 0.5, 0.6, 1.0, round(0.9 - 0.1 * n, 3), () if n == 0 else ("blurred",)),
            jpeg(rng),
            unit_vector(1000 * ordinal + 10 * n + seed),
        )
        for n in range(crops)
    )
    return NewTracklet(ordinal, modality, points, taken)


def frames(first: int, last: int) -> tuple[FrameDetections, ...]:
    """Analysed frames `first` ≤ PTS ≤ `last`, every second one with a person."""
    return tuple(
        FrameDetections(
            Timestamp(pts, TIME_BASE), (Detection(Box(1.5, 2.25, 30.1, 80.0), 0.7),) if pts % 2 == 0 else ()
        )
        for pts in range(first, last + 1)
    )


def batch(
    first: int, last: int, tracklets: tuple[NewTracklet, ...] = (), checkpoint: Checkpoint | None = None
) -> Batch:
    return Batch(last + 1, last + 1, Timestamp(last, TIME_BASE), frames(first, last), tracklets, checkpoint)


def finished(frames_decoded: int = 100) -> Finished:
    return Finished(frames_decoded, 2, ((40, 41),), {"decode": 1.0})


def ingest(case: Case, item: EvidenceItem, tracklets: tuple[NewTracklet, ...], **changes: object) -> int:
    """A whole run in one batch."""
    run_id = case.ingest.begin(item.id, new_run(**changes))
    case.ingest.commit(run_id, batch(0, 99, tracklets))
    case.ingest.finish(run_id, finished())
    return run_id


def searched(case: Case, query: int | Sequence[int], candidates: Sequence[int], model: str = "5" * 64) -> Search:
    """A search for the best crop of tracklet `query`, or of several, that listed `candidates` in this order."""
    queries = [query] if isinstance(query, int) else query
    new = NewSearch(
        queries=tuple(QueryPicture(crop_id=case.tracklets.get(number).best_crop) for number in queries),
        model_sha256=model,
        settings={"listed": 200},
        filters={"modality": "rgb"},
        reranker="none",
        provider="CPUExecutionProvider",
        versions={"nightjar": "0.1.0"},
        gallery_size=len(candidates),
        gallery_sha256=sha256(str(list(candidates)).encode()),
    )
    lines = [Ranked(n, tracklet_id, 0.1 * n, 0.1 * n) for n, tracklet_id in enumerate(candidates, start=1)]
    return case.searches.record(new, lines)


def findings(case: Case) -> list[str]:
    """What verifying the whole case finds amiss, in words."""
    return [finding.sentence for finding in finish(verify_case(case)).findings]


def by_modality(case: Case) -> tuple[list[int], list[int]]:
    """Tracklet ids of the night and of the day."""
    people = case.tracklets.list()
    night, day = ([t.id for t in people if t.modality is m] for m in (Modality.INFRARED, Modality.VISIBLE))
    return night, day
