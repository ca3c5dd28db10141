"""Tracks parted where they hop from one person to another: a tracklet is one person.

A tracker that goes by boxes can leave a crossing on the wrong person. What the student makes of the crops before and
after shows it, and the track is cut there. One person in two tracklets costs an analyst a second look; two people in
one mislead a search and a decision. So doubt cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.settings import TrackingSettings
from engine.types import Timestamp, TrackPoint

_LEAST_WITHIN = 0.05  # mean cosine among crops of one side: less would be no person at all


def parts(
    points: Sequence[TrackPoint], times: Sequence[Timestamp], embeddings: np.ndarray, settings: TrackingSettings
) -> list[tuple[TrackPoint, ...]]:
    """The track as runs of one person each, in order of time; the whole of it where nothing speaks against that.

    `embeddings`: `(N, D) float32`, L2-normalised, of crops at `times`, which rise and are among those of `points`.
    """
    changes = [_change(points, times[row - 1], times[row]) for row in cuts(embeddings, settings)]
    return [tuple(points[start:end]) for start, end in pairwise([0, *changes, len(points)])]


def cuts(embeddings: np.ndarray, settings: TrackingSettings) -> list[int]:
    """Rows of `(N, D)` unit embeddings in order of time with which another person begins; rising, never 0.

    The least likely neighbours are parted first, then each side is looked at again by itself.
    """
    near = settings.part_crops
    sides = [
        (likeness(embeddings[max(row - near, 0) : row], embeddings[row : row + near]), row)
        for row in range(1, len(embeddings))
    ]
    least, row = min(sides, default=(np.inf, 0))
    if least >= settings.part_below:
        return []
    after = [row + later for later in cuts(embeddings[row:], settings)]
    return [*cuts(embeddings[:row], settings), row, *after]


def likeness(before: np.ndarray, after: np.ndarray) -> float:
    """How alike two runs of crops are, `(N, D)` and `(M, D)` unit rows: about 1 for one person, about 0 for two.

    The mean cosine between them, divided by the geometric mean of the mean cosines within each: how far single crops
    of one person lie apart, which depends on footage and student, cancels out. A single crop has no such mean and
    takes the other side's; of two single crops it is the plain cosine.
    """
    known = [_within(side) for side in (before, after) if len(side) > 1] or [1.0]
    return float((before @ after.T).mean() / np.sqrt(known[0] * known[-1]))


def _within(side: np.ndarray) -> float:
    count = len(side)
    return max(float((side @ side.T).sum() - count) / (count * (count - 1)), _LEAST_WITHIN)


def _change(points: Sequence[TrackPoint], before: Timestamp, after: Timestamp) -> int:
    """The observation after `before` and up to `after` whose box lies least where the one before it lay."""
    between = [n for n, point in enumerate(points) if before < point.timestamp <= after]
    return min(between, key=lambda n: points[n].box.iou(points[n - 1].box))
