"""The quality gate agrees with what an examiner would say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.perception.quality import assess
from engine.settings import QualitySettings
from engine.types import Box, CropQuality

SETTINGS = QualitySettings()
FRAME = (640, 480)


def figure(height: int = 160, width: int = 64) -> np.ndarray:
    """Somebody in a striped top and dark trousers before a light wall."""
    image = np.full((160, 64, 3), 190, np.uint8)
    cv2.circle(image, (32, 18), 11, (150, 110, 90), -1)
    for row in range(32, 92, 8):
        cv2.rectangle(image, (14, row), (50, row + 4), (60, 70, 130), -1)
        cv2.rectangle(image, (14, row + 4), (50, row + 8), (200, 205, 215), -1)
    cv2.rectangle(image, (18, 92), (30, 152), (45, 45, 50), -1)
    cv2.rectangle(image, (34, 92), (46, 152), (45, 45, 50), -1)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def judged(image: np.ndarray, left: float = 200, top: float = 100, others: tuple[Box, ...] = ()) -> CropQuality:
    box = Box(left, top, image.shape[1], image.shape[0])
    return assess(image, box, FRAME, others, SETTINGS)


def test_a_clear_crop_has_no_faults() -> None:
    quality = judged(figure())
    assert quality.usable
    assert quality.score > 0.5
    assert (quality.width, quality.height) == (64, 160)


def test_a_tiny_crop_is_too_small() -> None:
    assert "too small" in judged(figure(40, 16)).faults


def test_blur_is_found_and_grows_with_the_blur() -> None:
    scores = [judged(cv2.GaussianBlur(figure(), (0, 0), sigma)).sharpness for sigma in (0.5, 2, 4, 8)]
    assert scores == sorted(scores, reverse=True)
    assert "blurred" in judged(cv2.GaussianBlur(figure(), (0, 0), 10)).faults


@pytest.mark.parametrize(
    ("light", "fault"),
    [
        (lambda p: p // 20, "too dark"),
        (lambda p: 250 + p // 60, "too bright"),
        (lambda p: 120 + p // 40, "little contrast"),
    ],
)
def test_bad_light_is_named(light, fault: str) -> None:  # type: ignore[no-untyped-def]
    assert fault in judged(light(figure().astype(np.int64)).astype(np.uint8)).faults


def test_a_person_cut_by_the_frame_is_incomplete() -> None:
    whole, cut = judged(figure()), judged(figure(80, 64), top=400)
    assert whole.completeness == pytest.approx(1)
    assert "cut off or covered" in cut.faults


def test_who_stands_in_front_covers_more_than_who_stands_behind() -> None:
    free = judged(figure()).completeness
    behind = judged(figure(), others=(Box(230, 80, 64, 160),)).completeness
    in_front = judged(figure(), others=(Box(230, 120, 64, 160),)).completeness
    assert free > behind > in_front
    assert judged(figure(), others=(Box(400, 100, 64, 160),)).completeness == free


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 2, 3), (1, 50, 3), (50, 1, 3)])
def test_the_smallest_crops_are_judged_without_failing(shape: tuple[int, ...]) -> None:
    quality = judged(np.full(shape, 128, np.uint8))
    assert not quality.usable
    assert 0 <= quality.score <= 1
