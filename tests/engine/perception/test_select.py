"""The chosen crops: the best, apart in time, few, and the same every time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from engine.perception.preprocess import decode_jpeg
from engine.perception.select import CropSelector
from engine.settings import QualitySettings
from engine.types import Box, CropQuality, Frame, Timestamp

SETTINGS = QualitySettings()
BOX = Box(10, 10, 40, 100)


def quality(score: float, *faults: str) -> CropQuality:
    return CropQuality(40, 100, score, score, 1.0, score, faults)


def frame(n: int) -> Frame:
    image = np.random.default_rng(n).integers(0, 256, (120, 60, 3), dtype=np.uint8)
    return Frame(image, at(n), n)


def at(n: int) -> Timestamp:
    return Timestamp(n, Fraction(1, 10))


def walked(scores: list[float], *faults: str) -> CropSelector:
    selector = CropSelector(SETTINGS)
    for n, score in enumerate(scores):
        selector.offer(frame(n), BOX, quality(score, *faults))
    return selector


def test_a_long_track_gives_five_crops_apart_in_time_with_the_best_first() -> None:
    scores = [0.5 + 0.4 * abs(np.sin(n / 9)) for n in range(300)]
    best = walked(scores).best()
    assert len(best) == SETTINGS.crops_per_tracklet
    assert best[0].quality.score > 0.89
    times = sorted(float(c.timestamp.seconds) for c in best)
    assert min(b - a for a, b in pairwise(times)) >= SETTINGS.min_crop_gap_seconds
    assert times[-1] - times[0] > 10


def test_the_same_track_gives_the_same_bytes() -> None:
    scores = np.random.default_rng(0).uniform(0.3, 0.9, 200).tolist()
    assert [c.jpeg for c in walked(scores).best()] == [c.jpeg for c in walked(scores).best()]


def test_what_is_embedded_is_what_is_stored() -> None:
    for crop in walked([0.5] * 20).best():
        assert np.array_equal(crop.image, decode_jpeg(crop.jpeg))


def test_memory_does_not_grow_with_the_track() -> None:
    selector = walked([0.5] * 400)
    assert len(selector._pool) <= 4 * SETTINGS.crops_per_tracklet


def test_faulty_crops_are_kept_only_where_there_is_nothing_better() -> None:
    selector = walked([0.9] * 30, "blurred")
    (only,) = selector.best()
    assert not only.quality.usable
    selector.offer(frame(40), BOX, quality(0.3))
    assert [c.quality.usable for c in selector.best()] == [True]


def test_diversity_does_not_buy_poor_crops() -> None:
    best = walked([0.9] + [0.2] * 100 + [0.8]).best()
    assert all(c.quality.score >= 0.5 for c in best)


def test_what_passes_before_the_person_is_not_the_tracklets_face() -> None:
    """A sharp sign covers the person for a while and scores best; the clear pictures still come first."""
    selector = CropSelector(SETTINGS)
    for n in range(100):
        image = np.full((120, 60, 3), 120, np.uint8)
        image[30:110, 15:45] = (30, 30, 90)
        if 40 <= n < 55:
            image[20:70, 10:50] = (90, 220, 220)
        image[n % 100, ::2] += 9
        selector.offer(Frame(image, Timestamp(n, Fraction(1, 10)), n), BOX, quality(0.8 if 40 <= n < 55 else 0.65))
    best = selector.best()
    assert len(best) == SETTINGS.crops_per_tracklet
    assert not any(40 <= crop.timestamp.pts < 55 for crop in best[:3])


def test_a_box_outside_the_frame_is_no_candidate() -> None:
    selector = CropSelector(SETTINGS)
    assert not selector.offer(frame(0), Box(500, 500, 10, 10), quality(1))
    assert selector.best() == []


def test_someone_coming_nearer_is_still_seen_at_many_moments() -> None:
    """Each frame is a little better than the one before: the candidates stay spread over the track."""
    selector = walked([0.3 + 0.005 * n for n in range(100)])
    times = [float(moment.seconds) for moment, _ in selector.usable()]
    assert times == sorted(times)
    assert len(times) == 4 * SETTINGS.crops_per_tracklet
    assert max(b - a for a, b in pairwise(times)) < 2


def test_a_part_of_a_track_gives_crops_of_that_part() -> None:
    selector = walked([0.5 + 0.4 * abs(np.sin(n / 9)) for n in range(100)])
    parts = selector.between(at(0), at(49)), selector.between(at(50), at(99))
    moments = [[c.timestamp for c in part.best()] for part in parts]
    assert all(m <= at(49) for m in moments[0])
    assert all(m >= at(50) for m in moments[1])
    assert all(len(part) == SETTINGS.crops_per_tracklet for part in moments)
    assert [m for part in parts for m, _ in part.usable()] == [m for m, _ in selector.usable()]
