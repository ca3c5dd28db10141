"""How well detectors find people: on rendered frames by height and modality, and beside a peer on real footage.

Part of `benchmarks.accuracy`; how boxes are matched stands in training/detector/scoring.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy_detector import EVERYTHING, SURE, agreement, rendered, sheet, yolox_nano
from benchmarks.accuracy_record import Notebook, Section, figure
from benchmarks.accuracy_sets import LabelledSet
from benchmarks.accuracy_student import set_input
from benchmarks.common import Table
from benchmarks.footage import HALL, YARD
from engine.errors import UsageError
from engine.models.library import MOTION, ModelLibrary
from engine.perception.detector import Detector, make_detector
from engine.progress import Progress, Work
from engine.types import Detection, Frame
from training.detector.scoring import FALSE_RATE, Report

FOUND = ("detector", "frames", "modality", "height", "people", "recall", "false per frame", "precision")
AGREED = ("clip", "detector", "from score", "frames", "its boxes", "shared", "share", "extra per frame")


class Remembered:
    """A detector whose boxes are kept by frame number, so that two tables cost one pass over a set."""

    stateful = False

    def __init__(self, detector: Detector) -> None:
        self.name, self.model_sha256, self.provider = detector.name, detector.model_sha256, detector.provider
        self._detector = detector
        self._found: dict[int, list[Detection]] = {}

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        for frame in frames:
            if frame.index not in self._found:
                self._found[frame.index] = self._detector.detect([frame])[0]
        return [self._found[frame.index] for frame in frames]

    def state(self) -> dict[str, np.ndarray]:
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Nothing depends on earlier frames."""

    def reset(self) -> None:
        """Nothing depends on earlier frames."""


def detectors_of(names: Sequence[str], threads: int) -> list[Detector]:
    """Those named that judge each frame alone, and YOLOX-nano where it is here; all with every box they can give."""
    library = ModelLibrary()
    found = [make_detector(name, library, EVERYTHING, "cpu", threads) for name in names if name != MOTION]
    peer = yolox_nano(EVERYTHING, threads)
    return [*found, *([peer] if peer is not None else [])]


def detector_section(
    names: Sequence[str], sets: Sequence[LabelledSet], notebook: Notebook, threads: int
) -> Work[Section]:
    """Recall, false boxes and precision on rendered frames."""
    detectors = detectors_of(names, threads)
    if not detectors:
        raise UsageError(
            "There is no detector to measure on single frames: the default is background motion, and YOLOX-nano is not "
            "in ../shared/models.",
            "Name a detector with --detector.",
        )
    rate = Table(f"At {FALSE_RATE} false boxes per frame", *FOUND, decimals=2)
    sure = Table(f"At a score of {SURE}", *FOUND, decimals=2)
    figures = []
    for data in sets:
        for detector in detectors:
            found = yield from _on_frames(detector, data, notebook)
            for table, key in ((rate, "rate"), (sure, "sure")):
                for row in found[key]:
                    table.add(detector.name, data.title, *(row[name] for name in FOUND[2:]))
            figures += _quoted(detector.model_sha256, data.title, found)
    text = (
        "A person counts as found by a box that overlaps it by half or more; people lower than 60 pixels (of a frame "
        "fitted into 640 × 360) or more than half hidden are neither asked for nor counted as false in the lines over "
        "60. Precision is of boxes on people over 60 pixels, both modalities. Background motion is not here: it needs "
        "moving footage (see the end-to-end section)."
    )
    inputs = [{"name": d.name, "sha256": d.model_sha256} for d in detectors] + [set_input(data) for data in sets]
    return Section("Detectors: rendered people by height and modality", [rate, sure], text, inputs, figures)


def _on_frames(detector: Detector, data: LabelledSet, notebook: Notebook) -> Work[dict[str, Any]]:
    def measure() -> Work[dict[str, Any]]:
        kept = Remembered(detector)
        yield Progress(f"{detector.name}: {data.title}", 0, 1, "sets")
        found = {"rate": table_rows(rendered(kept, data.root)), "sure": table_rows(rendered(kept, data.root, SURE))}
        yield Progress(f"{detector.name}: {data.title}", 1, 1, "sets")
        return found

    key = {"model": detector.model_sha256, "data": data.digest}
    return (yield from notebook.recall("detector", key, measure))


def table_rows(found: Report) -> list[dict[str, Any]]:
    """A report as rows under FOUND, without detector and frames; the overall line of people over 60 has a precision."""
    clear = found.clear()
    hits, false = clear.recall * clear.people, clear.false_per_frame * found.frames
    precision = hits / (hits + false) if hits + false else None
    return [
        {
            "modality": row.modality,
            "height": f"{row.least:.0f} to {row.most:.0f}" if math.isfinite(row.most) else f"over {row.least:.0f}",
            "people": row.people,
            "recall": None if math.isnan(row.recall) else row.recall,
            "false per frame": row.false_per_frame,
            "precision": precision if row == clear else None,
        }
        for row in found.rows
    ]


def _quoted(sha256: str, title: str, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """What a detector's card says: recall of people over 60 pixels, by modality."""
    wanted = [row for row in found["rate"] if row["height"] == "over 60" and row["recall"] is not None]
    recalls = {f"recall {row['modality']}": round(100 * row["recall"], 1) for row in wanted}
    quoted = [figure(sha256, title, f"people over 60 px, {FALSE_RATE} false boxes per frame, IoU 0.5", recalls)]
    line = next(row for row in found["sure"] if row["precision"] is not None)
    both = {"recall all": round(100 * line["recall"], 1), "precision": round(100 * line["precision"], 1)}
    return [*quoted, figure(sha256, title, f"people over 60 px, score {SURE}, IoU 0.5", both)]


def footage_section(names: Sequence[str], notebook: Notebook, sheets: Path, threads: int) -> Work[Section]:
    """Agreement with YOLOX-nano on real footage, and contact sheets for the eye."""
    peer, library = yolox_nano(EVERYTHING, threads), ModelLibrary()
    here = [clip for clip in (YARD, HALL) if clip.exists()]
    if peer is None or not here:
        raise UsageError(
            "Agreement on real footage needs YOLOX-nano in ../shared/models and clips in ../shared/footage.",
            "Put them there, or leave the section out with --only.",
        )
    table = Table(f"Of YOLOX-nano's boxes from score {SURE}, those the detector gives too", *AGREED, decimals=2)
    figures = []
    detectors = [make_detector(name, library, EVERYTHING, "cpu", threads) for name in names]
    for clip in here:
        for detector in detectors:
            row = yield from _agreed(detector, peer, clip, notebook)
            table.add(clip.name, detector.name, *(row[name] for name in AGREED[2:]))
            if detector.model_sha256 and row["share"] is not None:
                protocol = f"of {row['its boxes']} YOLOX-nano boxes from score {SURE}, shared at IoU 0.5"
                values = {"agreement": round(100 * row["share"], 1)}
                figures.append(figure(detector.model_sha256, f"real RGB footage, {clip.name}", protocol, values))
        yield Progress(f"contact sheet: {clip.name}", 0, 1, "sheets")
        sheets.mkdir(parents=True, exist_ok=True)
        sheet([*detectors, peer], clip, sheets / f"{clip.stem}.png", SURE)
    text = (
        "Real RGB footage, whose truth nobody wrote down: the confident boxes of a detector trained on real "
        "photographs stand in for it, so this says how alike two detectors see, not which is right. No real infrared "
        "footage of people was at hand. Contact sheets for the eye lie in `sheets` below the folder of `--cache`."
    )
    inputs = [{"name": d.name, "sha256": d.model_sha256} for d in (*detectors, peer) if d.model_sha256]
    return Section("Detectors: agreement on real footage", [table], text, inputs, figures)


def _agreed(detector: Detector, peer: Detector, clip: Path, notebook: Notebook) -> Work[dict[str, Any]]:
    def measure() -> Work[dict[str, Any]]:
        yield Progress(f"{detector.name}: {clip.name}", 0, 1, "clips")
        found = agreement(detector, peer, clip, 0.0 if detector.stateful else SURE)
        yield Progress(f"{detector.name}: {clip.name}", 1, 1, "clips")
        return {
            "from score": found.limit,
            "frames": found.frames,
            "its boxes": found.peer,
            "shared": found.shared,
            "share": found.share if found.peer else None,
            "extra per frame": found.extra / found.frames,
        }

    key = {"model": detector.model_sha256, "peer": peer.model_sha256, "clip": clip.name, "size": clip.stat().st_size}
    return (yield from notebook.recall("agreement", key, measure))
