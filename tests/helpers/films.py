"""Short films of simple figures, and a case over them whose tracklets are known: no detector or model needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from engine.case import Case
from engine.media.hashing import hash_file
from engine.media.probe import probe
from engine.pipeline.messages import Batch, Finished
from engine.progress import finish
from engine.store.records import EvidenceItem, NewRun
from engine.types import (
    Box,
    CropQuality,
    Modality,
    ModalitySegment,
    NewCrop,
    NewTracklet,
    Timestamp,
    TrackPoint,
)

RATE = 10
SIZE = (320, 240)
STUDENT = "5" * 64
DIMENSION = 16
COLOURS = ((200, 60, 50), (60, 90, 200), (230, 200, 60), (60, 160, 90), (160, 80, 180), (240, 240, 240))


def figure_box(person: int, frame: int) -> Box:
    """Where a figure stands in a frame: everybody walks to the right at a speed of their own."""
    left = 20 + 42 * (person % 6) + (1 + person % 3) * (frame % 30)
    return Box(float(left), 90.0 + 6 * (person % 5), 30.0, 90.0)


def draw(modality: Modality, people: dict[int, Box], frame: int) -> np.ndarray:
    """One frame, `(H, W, 3) uint8` RGB."""
    image = np.full((SIZE[1], SIZE[0], 3), 70 if modality is Modality.INFRARED else (178, 170, 156), np.uint8)
    image[150:] = image[150:] - 20
    for person, area in people.items():
        x, y, w, h = (round(v) for v in (area.left, area.top, area.width, area.height))
        colour = COLOURS[person % len(COLOURS)]
        if modality is Modality.INFRARED:
            colour = (150 + 15 * (person % 6),) * 3
        cv2.circle(image, (x + w // 2, y + 10), 9, tuple(min(c + 30, 255) for c in colour), -1)
        cv2.rectangle(image, (x + 5, y + 20), (x + w - 5, y + 55), colour, -1)
        for leg in (0, 1):
            swing = round(5 * np.sin(frame / 2 + 3 * leg))
            cv2.line(image, (x + 10 + 10 * leg, y + 55), (x + 10 + 10 * leg + swing, y + h), colour, 6)
    if modality is Modality.INFRARED:
        image[:] = image[..., :1]
    return image


def write_film(path: Path, modality: Modality, passes: list[tuple[int, int, int]], frames: int) -> Path:
    """`passes` are (person, first frame, last frame). Lossless, so that crops are what was drawn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.bit_rate = 4_000_000
        for n in range(frames):
            people = {person: figure_box(person, n) for person, first, last in passes if first <= n <= last}
            picture = av.VideoFrame.from_ndarray(draw(modality, people, n), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def _vector(person: int, salt: int) -> np.ndarray:
    own = np.random.default_rng(person).standard_normal(DIMENSION)
    noise = np.random.default_rng([person, salt]).standard_normal(DIMENSION)
    vector = (own + 0.4 * noise).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _crop(modality: Modality, person: int, frame: int, base: Fraction, step: int, n: int) -> NewCrop:
    area = figure_box(person, frame)
    image = draw(modality, {person: area}, frame)
    x0, y0, x1, y1 = area.pixels(*SIZE) or (0, 0, 8, 8)
    ok, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2BGR))
    assert ok
    quality = CropQuality(x1 - x0, y1 - y0, 0.7, 0.8, 1.0, 0.8 - 0.1 * n, ("too small",) if n == 2 else ())
    return NewCrop(Timestamp(frame * step, base), area, quality, jpeg.tobytes(), _vector(person, frame))


def add_film(
    case: Case, path: Path, camera: str, modality: Modality, passes: list[tuple[int, int, int]], frames: int
) -> EvidenceItem:
    """Write a film, register it and put its tracklets into the case as an ingest would."""
    write_film(path, modality, passes, frames)
    found = probe(path)
    item = case.evidence.register(path, finish(hash_file(path)), found, camera)
    base, step = found.time_base, found.frame_step
    tracklets = []
    for ordinal, (person, first, last) in enumerate(passes, start=1):
        points = tuple(
            TrackPoint(Timestamp(n * step, base), figure_box(person, n), 0.9) for n in range(first, last + 1)
        )
        shots = sorted({first, (first + last) // 2, last})
        crops = tuple(_crop(modality, person, n, base, step, k) for k, n in enumerate(shots))
        tracklets.append(NewTracklet(ordinal, modality, points, crops))
    settings = {"frame_step": 1}
    run = NewRun("motion", "d" * 64, "trial", STUDENT, DIMENSION, "CPUExecutionProvider", settings, {"nightjar": "0"})
    end = Timestamp(frames * step, base)
    segment = ModalitySegment(Timestamp(0, base), end, modality, 0.0 if modality is Modality.INFRARED else 20.0)
    run_id = case.ingest.begin(item.id, run, (segment,))
    case.ingest.commit(run_id, Batch(frames, frames, end, (), tuple(tracklets), None))
    case.ingest.finish(run_id, Finished(frames, 0, (), {"decode": 0.1}))
    return case.evidence.get(item.id)


def people_case(folder: Path) -> Case:
    """A night film of three people and two day films of six, opened for writing."""
    case = Case.create(folder / "case", "Harbour", "A. Examiner")
    add_film(
        case, folder / "gate_night.mp4", "CAM-01 Gate", Modality.INFRARED, [(0, 0, 25), (1, 5, 30), (2, 35, 55)], 60
    )
    day = [(n, 4 * n, 4 * n + 24) for n in range(6)]
    add_film(case, folder / "gate_day.mp4", "CAM-01 Gate", Modality.VISIBLE, day, 60)
    add_film(case, folder / "dock_day.mp4", "CAM-02 Dock", Modality.VISIBLE, day[::-1], 60)
    return case
