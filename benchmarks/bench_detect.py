"""Detectors on real footage, and what tracking, quality and crop choice cost per frame.

python -m benchmarks.bench_detect [--frames 300] [--threads 2]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common import Table, interleaved_medians, save
from benchmarks.footage import HALL, YARD, YOLOX_NANO, first_frames
from engine.models.card import Model, ModelCard
from engine.perception.detector import Detector, OnnxDetector
from engine.perception.motion import MotionDetector
from engine.perception.quality import assess
from engine.perception.select import CropSelector
from engine.perception.tracker import Tracker
from engine.settings import Settings, resources_dir
from engine.types import CropQuality, Detection, Frame

SETTINGS = Settings()
Tracked = list[list[tuple[int, Detection]]]


def detectors(threads: int) -> list[Detector]:
    """Those that are here."""
    found: list[Detector] = [MotionDetector(SETTINGS.detection)]
    if YOLOX_NANO.exists():
        card = ModelCard.load(resources_dir() / "models" / "sidecars" / "yolox_nano.json")
        found.append(OnnxDetector(Model(card, YOLOX_NANO), SETTINGS.detection, "cpu", threads))
    return found


def track(frames: Sequence[Frame], found: Sequence[list[Detection]]) -> Tracked:
    """All frames through a fresh tracker."""
    tracker = Tracker(SETTINGS.tracking, 10)
    return [tracker.update(frame.timestamp, people) for frame, people in zip(frames, found, strict=True)]


def judge(frames: Sequence[Frame], tracked: Tracked) -> list[list[CropQuality]]:
    """The quality of every tracked box."""
    judged = []
    for frame, people in zip(frames, tracked, strict=True):
        boxes = [person.box for _, person in people]
        judged.append(
            [
                assess(crop, box, (frame.width, frame.height), boxes[:i] + boxes[i + 1 :], SETTINGS.quality)
                for i, box in enumerate(boxes)
                if (crop := frame.crop(box)) is not None
            ]
        )
    return judged


def choose(frames: Sequence[Frame], tracked: Tracked, judged: Sequence[list[CropQuality]]) -> int:
    """Choose and encode the crops of every track; how many."""
    selectors: dict[int, CropSelector] = {}
    for frame, people, qualities in zip(frames, tracked, judged, strict=True):
        for (number, person), quality in zip(people, qualities, strict=True):
            selectors.setdefault(number, CropSelector(SETTINGS.quality)).offer(frame, person.box, quality)
    return sum(len(selector.best()) for selector in selectors.values())


def measure(path: Path, count: int, threads: int, speeds: Table, costs: Table) -> None:
    """Add one clip's rows to both tables."""
    frames = first_frames(path, count)
    found: dict[str, list[list[Detection]]] = {}

    def run(detector: Detector) -> None:
        detector.reset()
        found[detector.name] = detector.detect(frames)

    here = detectors(threads)
    seconds = interleaved_medians({d.name: lambda d=d: run(d) for d in here}, rounds=3)  # type: ignore[misc]
    for detector in here:
        boxes = sum(map(len, found[detector.name])) / len(frames)
        size = f"{frames[0].width} × {frames[0].height}"
        speeds.add(path.name, size, detector.name, len(frames) / seconds[detector.name], boxes)
    people = found[here[-1].name]
    tracked = track(frames, people)
    judged = judge(frames, tracked)
    spent = interleaved_medians(
        {
            "tracking": lambda: track(frames, people),
            "quality": lambda: judge(frames, tracked),
            "choosing crops": lambda: choose(frames, tracked, judged),
        },
        rounds=3,
    )
    for name, value in spent.items():
        costs.add(path.name, name, 1000 * value / len(frames), sum(map(len, tracked)) / len(frames))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    speeds = Table("detectors", "clip", "size", "detector", "frames/s", "people per frame")
    costs = Table("after detection", "clip", "stage", "ms per frame", "people per frame")
    for path in (YARD, HALL):
        measure(path, arguments.frames, arguments.threads, speeds, costs)
    speeds.print()
    costs.print()
    save("bench_detect", speeds, costs, threads=arguments.threads)


if __name__ == "__main__":
    main()
