"""How good boxes are against the truth: recall at a rate of false boxes, by height and modality. Pure arithmetic.

The protocol, after Dollár et al., 'Pedestrian Detection: An Evaluation of the State of the Art' (PAMI 2012): boxes are
matched best score first, each to the free person it overlaps most, by an IoU of at least 0.5. People outside the set
asked for (too low, or less than half visible) are neither missed nor is a box on them false. Every other box is false,
whatever its height. One score limit is chosen for all frames together, the lowest that gives at most the asked rate of
false boxes per frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

OVERLAP = 0.5
LEAST_SHARE = 0.5
HEIGHTS = (20.0, 40.0, 60.0, 100.0, 200.0, np.inf)
CLEAR_HEIGHT = 60.0
FALSE_RATE = 0.1


@dataclass(frozen=True)
class Scored:
    """One frame's people and found boxes, all in pixels of the detector's input.

    people (P, 4), share (P,) visible, infrared; boxes (N, 4) x0, y0, x1, y1 and scores (N,).
    """

    people: np.ndarray
    share: np.ndarray
    infrared: bool
    boxes: np.ndarray
    scores: np.ndarray


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, M) IoU of boxes x0, y0, x1, y1."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, others)]
    return shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)


@dataclass(frozen=True)
class Matched:
    """score (P,) at which each person is found, −1 where never; false (F,): scores of the false boxes."""

    score: np.ndarray
    false: np.ndarray


def match(frame: Scored, wanted: np.ndarray) -> Matched:
    """Match one frame's boxes to its people; wanted (P,) bool: those in the set asked for."""
    score, false = np.full(len(frame.people), -1.0), []
    overlap = overlaps(frame.boxes, frame.people)
    for i in np.argsort(-frame.scores, kind="stable"):
        free = np.where(wanted & (score < 0), overlap[i], 0.0)
        if len(free) and free.max() >= OVERLAP:
            score[free.argmax()] = frame.scores[i]
        elif not (overlap[i][~wanted] >= OVERLAP).any():
            false.append(frame.scores[i])
    return Matched(score, np.array(false, float))


def asked_for(frame: Scored, least: float = CLEAR_HEIGHT, most: float = np.inf) -> np.ndarray:
    """(P,) bool: people at least half visible, from `least` up to `most` pixels high."""
    tall = frame.people[:, 3] - frame.people[:, 1]
    return (frame.share >= LEAST_SHARE) & (tall >= least) & (tall < most)


def limit_at(false: np.ndarray, frames: int, rate: float = FALSE_RATE) -> float:
    """The lowest score at which there are at most `rate` false boxes per frame."""
    allowed = int(rate * frames)
    ordered = np.sort(false)[::-1]
    return float(np.nextafter(ordered[allowed], np.inf)) if len(ordered) > allowed else 0.0


@dataclass(frozen=True)
class Row:
    """Recall of people `least` to `most` pixels high in one modality, and false boxes per frame there."""

    modality: str
    least: float
    most: float
    people: int
    recall: float
    false_per_frame: float


@dataclass(frozen=True)
class Report:
    """limit: the score limit; rows by modality ('all', 'RGB', 'IR') and height, the clear ones (> 60) first."""

    limit: float
    frames: int
    rows: tuple[Row, ...]

    def clear(self, modality: str = "all") -> Row:
        """People over 60 pixels."""
        return next(row for row in self.rows if row.modality == modality and row.least == CLEAR_HEIGHT)


def report(frames: Sequence[Scored], rate: float = FALSE_RATE, limit: float | None = None) -> Report:
    """The table of a set of frames; with `limit`, at that score instead of at a rate of false boxes."""
    matched = [match(frame, asked_for(frame)) for frame in frames]
    if limit is None:
        limit = limit_at(np.concatenate([one.false for one in matched]), len(frames), rate)
    bands = [(CLEAR_HEIGHT, np.inf), *pairwise(HEIGHTS)]
    rows = []
    for modality, kinds in (("all", (False, True)), ("RGB", (False,)), ("IR", (True,))):
        chosen = [i for i, frame in enumerate(frames) if frame.infrared in kinds]
        if not chosen:
            continue
        false = sum(int((matched[i].false >= limit).sum()) for i in chosen) / len(chosen)
        rows += [_row(modality, [frames[i] for i in chosen], band, limit, false) for band in bands]
    return Report(limit, len(frames), tuple(rows))


def _row(modality: str, frames: Sequence[Scored], band: tuple[float, float], limit: float, false: float) -> Row:
    people = hits = 0
    for frame in frames:
        wanted = asked_for(frame, *band)
        people += int(wanted.sum())
        hits += int((match(frame, wanted).score[wanted] >= limit).sum())
    return Row(modality, *band, people, hits / people if people else float("nan"), false)
