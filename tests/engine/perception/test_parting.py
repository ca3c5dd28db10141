"""Tracks that hop are parted where they hop, and others are left whole."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.perception.parting import cuts, likeness, parts
from engine.settings import TrackingSettings
from engine.types import Box, Timestamp, TrackPoint

SETTINGS = TrackingSettings()
SIZE = 64


def crops(people: str, spread: float = 0.6, seed: int = 0) -> np.ndarray:
    """`(N, D)` unit rows, a letter for each crop: the person's own direction, and what every crop has for itself."""
    draw = np.random.default_rng(seed)
    own = {person: draw.normal(size=SIZE) for person in sorted(set(people))}
    rows = np.array([own[person] + spread * draw.normal(size=SIZE) for person in people]).reshape(-1, SIZE)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def changes(people: str) -> list[int]:
    """The slow oracle: where the letters say that another person begins."""
    return [n for n in range(1, len(people)) if people[n] != people[n - 1]]


@pytest.mark.parametrize("people", ["", "A", "AAAAAAAA", "AAAABBBB", "ABBBBBBB", "AAAAAABBBCCCCAAA", "AAAB"])
def test_a_track_is_cut_where_another_person_begins(people: str) -> None:
    assert cuts(crops(people), SETTINGS) == changes(people)


@given(st.lists(st.integers(2, 6), min_size=1, max_size=5), st.integers(0, 1000))
def test_any_run_of_people_is_found_again(lengths: list[int], seed: int) -> None:
    people = "".join(chr(ord("A") + n) * length for n, length in enumerate(lengths))
    assert cuts(crops(people, 0.4, seed), SETTINGS) == changes(people)


def test_how_much_single_crops_differ_does_not_matter() -> None:
    """Blurred crops or a weak student: the cosine of one person's crops falls to a third, the likeness does not."""
    for spread in (0.2, 0.8, 1.4):
        one, two = crops("A" * 40, spread), crops("A" * 20 + "B" * 20, spread)
        assert likeness(one[:20], one[20:]) == pytest.approx(1, abs=0.1)
        assert likeness(two[:20], two[20:]) < 0.3


def test_likeness_is_what_its_definition_says() -> None:
    before, after = crops("AAA", seed=1), crops("AB", seed=2)
    across = np.mean([float(a @ b) for a in before for b in after])
    within = [np.mean([float(a @ b) for n, a in enumerate(side) for b in side[:n]]) for side in (before, after)]
    assert likeness(before, after) == pytest.approx(across / np.sqrt(within[0] * within[1]), rel=1e-5)
    assert likeness(before, after[:1]) == pytest.approx(np.mean(before @ after[0]) / within[0], rel=1e-5)
    assert likeness(before[:1], after[:1]) == pytest.approx(float(before[0] @ after[0]), rel=1e-5)


def test_a_change_little_by_little_is_no_other_person() -> None:
    """Somebody turns round: crops far apart look unlike, neighbours do not."""
    front, back = crops("AB", 0)
    turned = np.array([(1 - n / 15) * front + n / 15 * back for n in range(16)], np.float32)
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    assert float(turned[0] @ turned[-1]) < 0.4
    assert cuts(turned, SETTINGS) == []


def walk(lefts: list[float]) -> list[TrackPoint]:
    return [TrackPoint(at(n), Box(left, 0, 40, 100), 0.9) for n, left in enumerate(lefts)]


def at(n: int) -> Timestamp:
    return Timestamp(n, Fraction(1, 10))


def test_the_cut_lies_where_the_box_jumps() -> None:
    points = walk([*range(0, 30, 2), *range(60, 90, 2)])
    runs = parts(points, [at(3), at(9), at(20), at(26)], crops("AABB", 0.3), SETTINGS)
    assert [len(run) for run in runs] == [15, 15]
    assert [point for run in runs for point in run] == points


def test_nothing_is_lost_and_times_rise_whatever_is_cut() -> None:
    points = walk([3.0 * n for n in range(40)])
    runs = parts(points, [at(n) for n in range(0, 40, 4)], crops("AABBBCCCAA", 0.3), SETTINGS)
    assert len(runs) == 4
    assert [point for run in runs for point in run] == points
    assert all(a[-1].timestamp < b[0].timestamp for a, b in pairwise(runs))


def test_without_crops_the_track_stays_whole() -> None:
    points = walk([1.0, 2.0, 3.0])
    assert parts(points, [], np.empty((0, SIZE), np.float32), SETTINGS) == [tuple(points)]
