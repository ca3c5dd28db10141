"""Hand-made descriptors beside slow, obvious versions of themselves."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import accuracy_baselines as ab


@pytest.fixture
def picture() -> np.ndarray:
    """(128, 48, 3) uint8: blurred noise."""
    draw = np.random.default_rng(3)
    return np.kron(draw.integers(0, 256, (32, 12, 3)), np.ones((4, 4, 1))).astype(np.uint8)


def test_siltp_compares_each_pixel_with_its_neighbours() -> None:
    grey = np.random.default_rng(0).integers(1, 255, (9, 7)).astype(np.float32)
    found = ab.siltp(grey, 2)
    for y in range(9):
        for x in range(7):
            code = 0
            for dy, dx in ((0, 2), (2, 0), (0, -2), (-2, 0)):
                other = grey[min(max(y + dy, 0), 8), min(max(x + dx, 0), 6)]
                code = 3 * code + (1 if other > 1.3 * grey[y, x] else 2 if other < 0.7 * grey[y, x] else 0)
            assert found[y, x] == code


def test_of_the_windows_of_one_height_the_largest_count_is_kept() -> None:
    labels = np.random.default_rng(1).integers(0, 4, (20, 15))
    found = ab._strongest(labels, 4).reshape(3, 4)
    for row, top in enumerate((0, 5, 10)):
        counts = [
            [int((labels[top : top + 10, left : left + 10] == label).sum()) for label in range(4)] for left in (0, 5)
        ]
        np.testing.assert_allclose(found[row], np.log1p(np.max(counts, axis=0)))


def test_hog_tells_orientation_and_ignores_contrast() -> None:
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:, ::8] = upright[:, 1::8] = 200
    lying = np.ascontiguousarray(upright.transpose(1, 0, 2))

    def alike(a: np.ndarray, b: np.ndarray) -> float:
        one, other = ab.hog(a).ravel(), ab.hog(b).ravel()
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    assert alike(upright, upright // 2 + 20) > 0.999
    assert alike(upright, lying) < 0.1
    assert ab.hog(upright).shape == (3 * 3, 36)


def test_descriptors_have_their_published_length(picture: np.ndarray) -> None:
    assert ab.lomo_style(picture).shape == (26960,)
    assert ab.hog(np.zeros((128, 64, 3), np.uint8)).shape == (105, 36)
    assert np.isfinite(ab.hog(np.zeros((128, 64, 3), np.uint8))).all()
    assert ab.grey_histograms(picture).shape == (6, 32)
    assert ab.colour_histograms(picture).shape == (6, 256)
