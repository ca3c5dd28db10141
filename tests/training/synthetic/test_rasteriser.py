"""The z-buffer against a plain one, and re-projection against what was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic import rasteriser
from training.synthetic.camera import make_view
from training.synthetic.materials import Material

SIZE = 40


def slow_draw(screen: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest triangle and depth at each pixel's centre, by evaluating every triangle everywhere."""
    owner, depth = np.full((SIZE, SIZE), -1), np.zeros((SIZE, SIZE))
    for t, (a, b, c) in enumerate(triangles):
        (x0, y0), (x1, y1), (x2, y2) = (screen[i, :2].astype(float) for i in (a, b, c))
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0 or (screen[[a, b, c], 3] <= 0).any():
            continue
        for y in range(SIZE):
            for x in range(SIZE):
                px, py = x + 0.5, y + 0.5
                w1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) / area
                w2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / area
                if min(w1, w2, 1 - w1 - w2) < 0:
                    continue
                z = (1 - w1 - w2) * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                if z > depth[y, x]:
                    owner[y, x], depth[y, x] = t, z
    return owner, depth


@pytest.mark.parametrize("seed", range(5))
def test_visibility_agrees_with_the_slow_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    screen = np.empty((18, 4), np.float32)
    screen[:, :2] = rng.uniform(-8, SIZE + 8, (18, 2))
    screen[:, 2] = screen[:, 3] = rng.uniform(0.1, 1, 18)
    triangles = rng.integers(0, 18, (14, 3)).astype(np.int32)
    owner, extent = _draw(screen, triangles)
    expected, _ = slow_draw(screen, triangles)
    assert (owner != expected).mean() < 0.004  # float32 against float64 on the very edges
    covered = np.argwhere(expected >= 0)
    assert list(extent[:2]) == pytest.approx(list(covered.min(axis=0)[::-1]), abs=1)
    assert extent[4] == pytest.approx(len(covered), abs=6)


def _draw(screen: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    depth, owner = np.zeros((SIZE, SIZE), np.float32), np.full((SIZE, SIZE), -1, np.int32)
    bary, stamp = np.zeros((SIZE, SIZE, 2), np.float32), np.full((SIZE, SIZE), -1, np.int32)
    extent = np.array([SIZE, SIZE, -1, -1, 0], np.int64)
    plain = Material((0.5, 0.5, 0.5), 0.5).packed([])[None]
    count = len(screen)
    rasteriser.draw(
        screen, triangles, np.zeros((count, 2), np.float32), np.zeros(count, np.int32), plain,
        np.zeros((1, 2, 2, 4), np.uint8), 0, 1, depth, owner, bary, stamp, extent,
    )  # fmt: skip
    return owner, extent


def test_a_window_of_a_view_shows_the_same_points() -> None:
    view = make_view(np.array([0, 3.0, 0]), np.array([0, 1.0, 8.0]), np.radians(50), 1280, 720)
    points = np.array([[0.3, 1.7, 7.0], [-1.0, 0.0, 9.0]])
    part = view.window(500, 200, 700, 600, 100, 200)
    whole = view.pixels(points)
    assert np.allclose(part.pixels(points), (whole - [500, 200]) * [0.5, 0.5])


def test_projection_agrees_with_the_kernel() -> None:
    view = make_view(np.array([0, 3.0, 0]), np.array([0.5, 1.0, 8.0]), np.radians(50), 320, 240)
    points = np.random.default_rng(0).uniform([-2, 0, 5], [2, 2, 9], (50, 3)).astype(np.float32)
    plain = Material((0.5, 0.5, 0.5), 0.5).packed([])[None]
    screen = rasteriser.project(
        points, np.zeros(50, np.int32), plain, view.clip.astype(np.float32), view.eye.astype(np.float32), 320, 240
    )
    assert np.allclose(screen[:, :2], view.pixels(points), atol=1e-2)
