"""The built-in detector on scenes drawn here: people found, light ignored, and an interruption that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import cv2
import numpy as np
import pytest

from engine.perception.motion import MotionDetector
from engine.perception.shapes import HeightModel
from engine.settings import DetectionSettings
from engine.types import Box, Detection, Frame, Timestamp

WIDTH, HEIGHT = 320, 240
RATE = 10


def empty_scene(seed: int = 0) -> np.ndarray:
    """A textured yard, `(HEIGHT, WIDTH, 3)`."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(90, 170, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def draw_person(image: np.ndarray, x: float, foot: int = 200, height: int = 80) -> Box:
    """Draw somebody with feet at (x, foot); the true box."""
    unit = height / 8
    left, top = round(x - 1.5 * unit), foot - height
    cv2.circle(image, (round(x), round(top + unit / 2)), round(unit / 2), (200, 160, 140), -1)
    cv2.rectangle(
        image, (left, round(top + unit)), (round(left + 3 * unit), round(top + 4.5 * unit)), (40, 40, 160), -1
    )
    cv2.rectangle(image, (round(x - unit), round(top + 4.5 * unit)), (round(x + unit), foot), (25, 25, 30), -1)
    return Box(left, top, 3 * unit, height)


def footage(
    seconds: float, people: Callable[[float], list[float]], light: Callable[[float], float] = lambda t: 1.0,
    grey: bool = False, scale: int = 1,
) -> Iterator[tuple[Frame, list[Box]]]:  # fmt: skip
    """Frames with sensor noise and the true boxes; `people(t)` gives where their feet are, `light(t)` the gain."""
    rng = np.random.default_rng(7)
    noises = rng.normal(0, 2.5, (16, HEIGHT, WIDTH, 3)).astype(np.float32)
    scene = empty_scene()
    for n in range(int(seconds * RATE)):
        image = scene.copy()
        boxes = [draw_person(image, x) for x in people(n / RATE)]
        noisy = image * np.float32(light(n / RATE)) + noises[rng.integers(16)]
        if grey:
            noisy = np.repeat(noisy.mean(axis=2, keepdims=True), 3, axis=2)
        picture = np.clip(noisy, 0, 255).astype(np.uint8)
        if scale > 1:
            picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR))
        yield Frame(picture, Timestamp(n, Fraction(1, RATE)), n), [scaled(b, scale) for b in boxes]


def scaled(box: Box, by: int) -> Box:
    return Box(box.left * by, box.top * by, box.width * by, box.height * by)


def walker(t: float) -> list[float]:
    """Nobody for three seconds, then one person walks through."""
    return [20 + 40 * (t - 3)] if 3 <= t < 10 else []


def found_and_false(detector: MotionDetector, shown: Iterator[tuple[Frame, list[Box]]]) -> tuple[float, int]:
    """Share of true boxes found (IoU of at least 0.5) and the number of boxes where nobody is."""
    found = total = false = 0
    for frame, truth in shown:
        (detections,) = detector.detect([frame])
        hits = sum(any(d.box.iou(t) >= 0.5 for d in detections) for t in truth)
        total, found = total + len(truth), found + hits
        false += sum(all(d.box.iou(t) < 0.2 for t in truth) for d in detections)
    return found / max(total, 1), false


@pytest.mark.parametrize("grey", [False, True], ids=["colour", "infrared"])
@pytest.mark.parametrize("scale", [1, 4])
def test_somebody_who_walks_through_is_found(grey: bool, scale: int) -> None:
    share, false = found_and_false(MotionDetector(DetectionSettings()), footage(11, walker, grey=grey, scale=scale))
    assert share >= 0.9
    assert false == 0


def test_an_empty_scene_with_noise_shows_nobody() -> None:
    assert found_and_false(MotionDetector(DetectionSettings()), footage(8, lambda t: []))[1] == 0


def test_who_stands_still_for_half_a_minute_is_still_there() -> None:
    def stands(t: float) -> list[float]:
        return [min(20 + 40 * (t - 3), 160)] if t >= 3 else []

    share, false = found_and_false(MotionDetector(DetectionSettings()), footage(36, stands))
    assert share >= 0.9
    assert false == 0


def test_who_was_there_from_the_start_leaves_no_ghost_for_long() -> None:
    def leaves(t: float) -> list[float]:
        return [160 + max(t - 4, 0) * 40]

    detector = MotionDetector(DetectionSettings())
    late = [frame for frame, _ in footage(20, leaves)]
    found = [detector.detect([frame])[0] for frame in late]
    assert any(found[60])
    assert not any(found[-40:])


@pytest.mark.parametrize("jump", [0.6, 1.4])
def test_a_change_of_gain_is_not_a_person(jump: float) -> None:
    detector = MotionDetector(DetectionSettings())
    share, false = found_and_false(detector, footage(11, walker, light=lambda t: jump if t >= 6 else 1.0))
    assert share >= 0.8
    assert false == 0


def test_lights_switched_off_start_the_scene_anew() -> None:
    detector = MotionDetector(DetectionSettings())
    share, false = found_and_false(detector, footage(14, lambda t: walker(t - 4), light=lambda t: 1 if t > 3 else 0.1))
    assert false == 0
    assert share >= 0.8


@pytest.mark.parametrize("stop", [0, 5, 60])
def test_an_interruption_leaves_no_trace(stop: int) -> None:
    frames = [frame for frame, _ in footage(10, walker)]
    whole = MotionDetector(DetectionSettings())
    expected = [whole.detect([frame])[0] for frame in frames]
    first = MotionDetector(DetectionSettings())
    begun = [first.detect([frame])[0] for frame in frames[:stop]]
    resumed = MotionDetector(DetectionSettings())
    resumed.restore(first.state())
    rest = resumed.detect(frames[stop:])
    assert begun + rest == expected
    known = whole.state()
    assert all(np.array_equal(value, known[name]) for name, value in resumed.state().items())


def test_a_reset_forgets_the_scene() -> None:
    frames = [frame for frame, _ in footage(6, walker)]
    detector = MotionDetector(DetectionSettings())
    first: list[list[Detection]] = detector.detect(frames)
    detector.reset()
    assert detector.state() == {}
    assert detector.detect(frames) == first


def test_two_people_side_by_side_are_two() -> None:
    """After a while of single people, a pair that walks as one blob is divided by their known height."""

    def pair(t: float) -> list[float]:
        if t < 3:
            return []
        return [20 + 40 * (t - 3) % 280] if t < 12 else [30 + 30 * (t - 12), 30 + 30 * (t - 12) + 26]

    detector = MotionDetector(DetectionSettings())
    counts = [len(detector.detect([frame])[0]) for frame, _ in footage(19, pair)]
    assert np.mean(np.array(counts[125:]) == 2) >= 0.8


def test_the_height_model_learns_a_slope_and_keeps_outliers_out() -> None:
    heights = HeightModel()
    assert heights.at(200) is None
    for n in range(200):
        bottom = 100 + n % 100
        heights.add(bottom, 20 + 0.4 * bottom)
    for _ in range(50):
        heights.add(150, 200)
    assert heights.at(120) == pytest.approx(68, rel=0.01)
    assert heights.at(190) == pytest.approx(96, rel=0.01)


def test_what_was_learned_survives_a_checkpoint_at_a_change_of_the_light() -> None:
    detector = MotionDetector(DetectionSettings())
    for foot in range(60):
        detector._heights.add(100.0 + foot % 5, 80.0)
    learned = detector._heights.at(101.0)
    resumed = MotionDetector(DetectionSettings())
    resumed.restore(detector.state())  # nothing of the scene is known, as right after the light changed
    assert learned is not None
    assert resumed._heights.at(101.0) == learned
    resumed.restore({})
    assert resumed._heights.at(101.0) != learned
