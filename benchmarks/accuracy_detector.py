"""Person detectors: recall on rendered frames by height and modality, agreement with a peer on real footage, speed.

    python -m benchmarks.accuracy_detector [--frames SET ...] [--detector NAME ...] [--sheets DIR]

SET is a folder of `python -m training synthetic frames`. Real footage has no truth here: a peer detector's confident
boxes stand in for it, and `--sheets` draws both for the eye.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import Table, interleaved_medians, save
from benchmarks.footage import HALL, YARD, YOLOX_NANO, first_frames
from engine.media.source import open_source
from engine.models.card import Model, ModelCard
from engine.models.library import MOTION, ModelLibrary
from engine.perception.detector import Detector, OnnxDetector, make_detector
from engine.settings import DetectionSettings, Settings, resources_dir
from engine.types import Detection, Frame, Timestamp
from training.detector.frames import read_frame, read_truth
from training.detector.scoring import OVERLAP, Report, Scored, overlaps, report

INPUT = (360, 640)  # heights are told in pixels of a frame fitted into this, as the built-in detector sees it
SURE = 0.5
EVERYTHING = DetectionSettings(min_score=0.05, min_height=8)


@dataclass(frozen=True)
class Agreement:
    """How far a detector finds what its peer is sure of. Counts are of boxes over all frames of a clip."""

    video: str
    frames: int
    peer: int  # boxes the peer gives at SURE
    shared: int  # of these, those the detector gives too
    extra: int  # boxes of the detector without a sure box of the peer
    limit: float  # score from which the detector's boxes count

    @property
    def share(self) -> float:
        """Of the peer's sure boxes, in [0, 1]."""
        return self.shared / self.peer if self.peer else float("nan")


def rendered(adapter: Detector, folder: Path, limit: float | None = None) -> Report:
    """The table of any detector on a set of frames with truth; see training/detector/scoring.py for the protocol.

    With `limit` the boxes from that score on count, else those from the score with 0.1 false boxes per frame. The
    frames stand alone, so a detector that learns a background finds little.
    """
    adapter.reset()
    found = []
    for number, truth in enumerate(read_truth(folder)):
        frame = Frame(read_frame(truth), Timestamp(number, Fraction(1)), number)
        scale = min(INPUT[0] / truth.height, INPUT[1] / truth.width)
        boxes, scores = _arrays(adapter.detect([frame])[0])
        found.append(Scored(truth.boxes * scale, truth.share, truth.infrared, boxes * scale, scores))
    return report(found, limit=limit)


def agreement(
    adapter: Detector, peer: Detector, video: Path, limit: float = SURE, most: int | None = None
) -> Agreement:
    """How many of the boxes `peer` gives at SURE `adapter` gives at `limit`, one for one, IoU at least 0.5.

    All frames of the clip, or the first `most`.
    """
    adapter.reset()
    peer.reset()
    frames = sure = shared = given = 0
    with open_source(video) as source:
        for frame in islice(source.frames(), most):
            theirs = _from(peer.detect([frame])[0], SURE)
            ours = _from(adapter.detect([frame])[0], limit)
            frames, sure, given = frames + 1, sure + len(theirs), given + len(ours)
            shared += pairs(ours, theirs)
    return Agreement(video.name, frames, sure, shared, given - shared, limit)


def pairs(boxes: np.ndarray, others: np.ndarray) -> int:
    """How many of the boxes find a partner of their own that they overlap by OVERLAP, best overlaps first."""
    table, count = overlaps(boxes, others), 0
    while table.size and table.max() >= OVERLAP:
        row, column = np.unravel_index(table.argmax(), table.shape)
        table[row], table[:, column] = 0, 0
        count += 1
    return count


def _arrays(found: Sequence[Detection]) -> tuple[np.ndarray, np.ndarray]:
    boxes = np.array([one.box.as_xyxy() for one in found], float).reshape(-1, 4)
    return boxes, np.array([one.score for one in found], float)


def _from(found: Sequence[Detection], limit: float) -> np.ndarray:
    boxes, scores = _arrays(found)
    return boxes[scores >= limit]


def yolox_nano(settings: DetectionSettings, threads: int | None = None) -> OnnxDetector | None:
    """The peer, where it is here."""
    if not YOLOX_NANO.exists():
        return None
    card = ModelCard.load(resources_dir() / "models" / "sidecars" / "yolox_nano.json")
    return OnnxDetector(Model(card, YOLOX_NANO), settings, "cpu", threads)


def sheet(detectors: Sequence[Detector], video: Path, path: Path, limit: float, count: int = 12) -> None:
    """Frames of a clip, evenly spread, with every detector's boxes in a row of its own below each other, as PNG."""
    with open_source(video) as source:
        frames = list(source.frames())
    chosen = {int(i) for i in np.linspace(0, len(frames) - 1, count)}
    rows = []
    for detector in detectors:
        detector.reset()
        tiles = []
        for frame in frames if detector.stateful else [frames[i] for i in sorted(chosen)]:
            found = detector.detect([frame])[0]
            if frame.index in chosen:
                tiles.append(_drawn(frame, found, limit))
        rows += [np.hstack(tiles[i : i + 4]) for i in range(0, len(tiles), 4)]
    cv2.imwrite(str(path), np.vstack(rows))


def _drawn(frame: Frame, found: Sequence[Detection], limit: float) -> np.ndarray:
    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    for one in found:
        if one.score >= limit:
            x0, y0, x1, y1 = (round(n) for n in one.box.as_xyxy())
            cv2.rectangle(picture, (x0, y0), (x1, y1), (60, 230, 60), 1)
            cv2.putText(picture, f"{one.score:.2f}", (x0, y0 - 2), cv2.FONT_HERSHEY_PLAIN, 0.8, (60, 230, 230), 1)
    return cv2.resize(picture, (480, round(480 * frame.height / frame.width)), interpolation=cv2.INTER_AREA)


def _speeds(detectors: Sequence[Detector], threads: int) -> Table:
    table = Table(f"speed, {threads} threads", "clip", "size", "detector", "frames/s")
    for video in (YARD, HALL):
        frames = first_frames(video, 40)
        runs = {d.name: partial(d.detect, frames) for d in detectors if not d.stateful}
        seconds = interleaved_medians(runs, rounds=3)
        for name, value in seconds.items():
            table.add(video.name, f"{frames[0].width} × {frames[0].height}", name, len(frames) / value)
    return table


def _recalls(detectors: Sequence[Detector], folders: Sequence[Path]) -> Table:
    table = Table(
        "recall on rendered frames at 0.1 false boxes per frame", "set", "detector", "score limit", "modality",
        "height at 640 × 360", "people", "recall", "false per frame",
    )  # fmt: skip
    for folder in folders:
        for detector in detectors:
            found = rendered(detector, folder)
            for row in found.rows:
                band = f"{row.least:.0f}-{row.most:.0f}" if np.isfinite(row.most) else f"over {row.least:.0f}"
                table.add(folder.name, detector.name, found.limit, row.modality, band, row.people, row.recall,
                          row.false_per_frame)  # fmt: skip
    return table


def main() -> None:
    """Print and save the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", nargs="*", type=Path, default=[], metavar="SET")
    parser.add_argument("--detector", nargs="*", help="names in the library (default: the built-in ones)")
    parser.add_argument("--limit", type=float, default=SURE, help="score from which boxes agree (default 0.5)")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    library, settings = ModelLibrary(), Settings().detection
    names = chosen.detector or [MOTION, *(model.name for model in library.list("detector"))]
    detectors = [make_detector(name, library, EVERYTHING, "cpu", chosen.threads) for name in names]
    peer = yolox_nano(EVERYTHING, chosen.threads)
    everyone = [*detectors, *([peer] if peer is not None else [])]
    tables = [_recalls([d for d in everyone if not d.stateful], chosen.frames)]
    agreed = Table(f"agreement with YOLOX-nano at {SURE}", "clip", "detector", "limit", "frames", "its boxes", "share",
                   "extra per frame")  # fmt: skip
    if peer is not None:
        strict = [
            make_detector(name, library, replace(settings, min_score=0.05), "cpu", chosen.threads) for name in names
        ]
        for video in (YARD, HALL):
            for detector in strict:
                one = agreement(detector, peer, video, 0.0 if detector.stateful else chosen.limit)
                agreed.add(one.video, detector.name, one.limit, one.frames, one.peer, one.share, one.extra / one.frames)
            if chosen.sheets:
                chosen.sheets.mkdir(parents=True, exist_ok=True)
                sheet(everyone, video, chosen.sheets / f"{video.stem}.png", chosen.limit)
    tables += [agreed, _speeds(everyone, chosen.threads)]
    for table in tables:
        table.print()
    save("accuracy_detector", *tables)


if __name__ == "__main__":
    main()
