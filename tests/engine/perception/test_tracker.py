"""Tracks: the same every time, on real time, apart where people are apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.perception.tracker import Tracker
from engine.settings import TrackingSettings
from engine.types import Box, Detection, Timestamp

BASE = Fraction(1, 1000)
SETTINGS = TrackingSettings(lost_seconds=1.5)


def at(seconds: float) -> Timestamp:
    return Timestamp(round(seconds * 1000), BASE)


def person(x: float, y: float = 50, score: float = 0.9) -> Detection:
    return Detection(Box(x, y, 40, 100), score)


def crowd(tracker: Tracker, seed: int) -> list[tuple[int, float]]:
    """Ten seconds of people walking, flickering and crossing; every id with its box."""
    rng = np.random.default_rng(seed)
    speeds, starts = rng.uniform(-60, 60, 6), rng.uniform(0, 600, 6)
    seen = []
    for n in range(100):
        found = [
            person(starts[i] + speeds[i] * n / 10, 40.0 * i, float(rng.uniform(0.3, 0.95)))
            for i in range(6)
            if rng.random() > 0.15
        ]
        seen += [(track, d.box.left) for track, d in tracker.update(at(n / 10), found)]
    return seen


def test_the_same_detections_give_the_same_tracks_again_and_after_a_reset() -> None:
    tracker = Tracker(SETTINGS, 10)
    first = crowd(tracker, 1)
    assert first == crowd(Tracker(SETTINGS, 10), 1)
    tracker.reset()
    assert crowd(tracker, 1) == first
    assert min(track for track, _ in first) == 1


def test_two_people_apart_are_two_tracks_and_both_end() -> None:
    tracker = Tracker(SETTINGS, 10)
    for n in range(20):
        ids = [track for track, _ in tracker.update(at(n / 10), [person(3 * n), person(400 - 3 * n)])]
        assert ids == ([] if n == 0 else [1, 2])
    assert tracker.ended() == []
    assert tracker.active == 2
    assert tracker.finish() == [1, 2]
    assert tracker.active == 0


def test_a_track_ends_once_after_the_person_was_lost_long_enough() -> None:
    tracker = Tracker(SETTINGS, 10)
    for n in range(10):
        tracker.update(at(n / 10), [person(100)])
    ended = []
    for n in range(10, 40):
        tracker.update(at(n / 10), [])
        ended += [(n, track) for track in tracker.ended()]
    assert [track for _, track in ended] == [1]
    assert 0.9 + 1.4 <= ended[0][0] / 10 <= 0.9 + 1.8


def test_a_short_gap_keeps_the_track() -> None:
    tracker = Tracker(SETTINGS, 10)
    for n in [*range(10), *range(20, 30)]:
        ids = [track for track, _ in tracker.update(at(n / 10), [person(100 + 2 * n)])]
    assert ids == [1]


def test_time_counts_not_frames() -> None:
    """Frames two seconds apart are a new track, however the frame rate was stated."""
    tracker = Tracker(SETTINGS, 10)
    for n in range(5):
        tracker.update(at(n / 10), [person(100)])
    tracker.update(at(3.0), [person(100)])
    ids = [track for track, _ in tracker.update(at(3.1), [person(100)])]
    assert ids == [2]
    assert tracker.ended() == [1]


def test_speed_is_followed_in_seconds_at_a_variable_frame_rate() -> None:
    """A runner at 300 pixels a second, seen at uneven times: the jumps differ, the person stays one."""
    tracker = Tracker(SETTINGS, 10)
    rng, now, seen = np.random.default_rng(5), 0.0, set()
    for n in range(60):
        now += 0.04 if n < 20 else float(rng.uniform(0.03, 0.2))
        seen |= {track for track, _ in tracker.update(at(now), [person(300 * now)])}
    assert seen == {1}


def test_a_frame_that_is_not_later_is_ignored() -> None:
    tracker = Tracker(SETTINGS, 10)
    for seconds in (0.0, 0.1, 0.1, 0.05, 0.2):
        ids = [track for track, _ in tracker.update(at(seconds), [person(100)])]
    assert ids == [1]


def test_weak_detections_carry_a_track_but_start_none() -> None:
    tracker = Tracker(SETTINGS, 10)
    for n in range(10):
        assert tracker.update(at(n / 10), [person(100, score=0.28)]) == []
    for n in range(10, 15):
        tracker.update(at(n / 10), [person(100)])
    assert [track for track, _ in tracker.update(at(1.5), [person(100, score=0.28)])] == [1]
