"""The arithmetic behind a detector's table, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.detector.scoring import Scored, asked_for, limit_at, match, overlaps, report


def slow_iou(a: np.ndarray, b: np.ndarray) -> float:
    """IoU of two boxes by counting the pixels of a fine grid."""
    inside = [np.zeros((60, 60), bool) for _ in range(2)]
    for mask, (x0, y0, x1, y1) in zip(inside, (a, b), strict=True):
        mask[int(y0) : int(y1), int(x0) : int(x1)] = True
    union = (inside[0] | inside[1]).sum()
    return float((inside[0] & inside[1]).sum() / union) if union else 0.0


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    corners = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 19), st.integers(1, 19))
    rows = draw(st.lists(corners, max_size=5))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows], float).reshape(-1, 4)


@given(boxes(), boxes())
@settings(max_examples=40, deadline=None)
def test_overlaps_are_those_of_counted_pixels(first: np.ndarray, second: np.ndarray) -> None:
    found = overlaps(first, second)
    assert found.shape == (len(first), len(second))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            assert found[i, j] == pytest.approx(slow_iou(a, b), abs=1e-9)


def slow_match(frame: Scored, wanted: list[bool]) -> tuple[list[float], list[float]]:
    """Best box first; each takes the free wanted person it overlaps most."""
    score, false = [-1.0] * len(frame.people), []
    for i in sorted(range(len(frame.boxes)), key=lambda i: -frame.scores[i]):
        best, who = 0.0, None
        for p, person in enumerate(frame.people):
            overlap = slow_iou(frame.boxes[i], person)
            if wanted[p] and score[p] < 0 and overlap >= 0.5 and overlap > best:
                best, who = overlap, p
        if who is not None:
            score[who] = frame.scores[i]
        elif not any(slow_iou(frame.boxes[i], person) >= 0.5 for p, person in enumerate(frame.people) if not wanted[p]):
            false.append(frame.scores[i])
    return score, false


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_matching_is_that_of_plain_loops(data: st.DataObject) -> None:
    people, found = data.draw(boxes()), data.draw(boxes())
    scores = np.array(data.draw(st.permutations(range(len(found)))), float) / 10 + 0.1
    wanted = data.draw(st.lists(st.booleans(), min_size=len(people), max_size=len(people)))
    frame = Scored(people, np.ones(len(people)), False, found, scores)
    matched = match(frame, np.array(wanted, bool))
    score, false = slow_match(frame, wanted)
    assert matched.score.tolist() == score
    assert matched.false.tolist() == false


def test_the_limit_leaves_no_more_false_boxes_than_allowed() -> None:
    false = np.array([0.9, 0.5, 0.7, 0.3, 0.1])
    assert (false >= limit_at(false, 20)).sum() == 2
    assert (false >= limit_at(false, 5)).sum() == 0
    assert limit_at(false[:2], 20) == 0.0


def frame(people: list, boxes: list, *, share: float = 1.0, infrared: bool = False) -> Scored:
    found = np.array(boxes, float).reshape(-1, 5)
    rows = np.array(people, float).reshape(-1, 4)
    return Scored(rows, np.full(len(rows), share), infrared, found[:, :4], found[:, 4])


def test_a_report_counts_missed_small_and_hidden_people_as_told() -> None:
    frames = [frame([], [])] * 8 + [
        frame([(0, 0, 30, 100), (100, 0, 115, 50)], [(0, 0, 30, 98, 0.8), (200, 0, 240, 90, 0.6)]),
        frame([(0, 0, 30, 100)], [], infrared=True),
        frame([(0, 0, 30, 100)], [(0, 0, 30, 100, 0.9)], share=0.4),  # too hidden to be asked for, and not false
    ]
    table = report(frames)
    assert table.limit == 0.0  # one false box in eleven frames is allowed
    assert (table.clear().people, table.clear().recall) == (2, 0.5)
    assert table.clear("RGB").recall == 1.0
    assert table.clear("IR").recall == 0.0
    assert table.clear().false_per_frame == pytest.approx(1 / 11)
    small = next(row for row in table.rows if (row.modality, row.least) == ("RGB", 40.0))
    assert (small.people, small.recall) == (1, 0.0)
    assert asked_for(frames[-1]).tolist() == [False]
    assert report(frames, limit=0.85).clear("RGB").recall == 0.0
