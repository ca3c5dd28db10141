"""Agreement with a peer and recall on rendered frames, with detectors whose boxes are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy_detector import agreement, pairs, rendered
from engine.types import Box, Detection, Frame
from tests.helpers.clips import write_clip
from tests.helpers.frames import write_frames
from training.detector.frames import read_truth


class Known:
    """Gives the boxes it was told, by frame."""

    name, model_sha256, provider, stateful = "known", "0" * 64, "none", False

    def __init__(self, boxes: Sequence[Sequence[tuple[float, ...]]]) -> None:
        self.boxes = boxes

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        return [
            [Detection(Box(x0, y0, x1 - x0, y1 - y0), s) for x0, y0, x1, y1, s in self.boxes[one.index]]
            for one in frames
        ]

    def reset(self) -> None:
        """Nothing to forget."""


def test_each_box_finds_one_partner() -> None:
    one, near, far = (0, 0, 10, 20), (1, 0, 11, 20), (50, 0, 60, 20)
    assert pairs(np.array([one, near]), np.array([one])) == 1
    assert pairs(np.array([one, far]), np.array([near, far])) == 2
    assert pairs(np.zeros((0, 4)), np.array([one])) == 0


def test_agreement_counts_the_sure_boxes_of_the_peer(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [np.full((64, 96, 3), 40 * n, np.uint8) for n in range(3)])
    peer = Known([[(0, 0, 20, 40, 0.9), (50, 0, 70, 40, 0.3)], [(0, 0, 20, 40, 0.6)], []])
    ours = Known([[(1, 0, 21, 40, 0.7)], [(0, 0, 20, 40, 0.4)], [(5, 5, 20, 30, 0.8)]])
    found = agreement(ours, peer, clip)
    assert (found.frames, found.peer, found.shared, found.extra) == (3, 2, 1, 1)
    assert found.share == pytest.approx(0.5)
    assert agreement(ours, peer, clip, limit=0.35, most=2).share == 1.0


def test_a_detector_that_knows_the_truth_misses_nobody(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "set")
    truth = read_truth(folder)
    table = rendered(Known([[(*map(float, box), 0.8) for box in one.boxes] for one in truth]), folder)
    assert table.clear().recall == 1.0
    assert table.clear().people == sum(len(one.boxes) for one in truth)  # 160 × 96 is seen at 600 × 360
    assert table.clear().false_per_frame == 0.0
