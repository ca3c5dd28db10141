"""What happens to the look of a training picture: things in the way, colour, light, blur, noise, compression.

Rendered pictures are too clean and too alike; these changes are drawn wider than any camera's, so that what remains
to go by is shape (domain randomisation, Tobin et al., IROS 2017).
"""

from __future__ import annotations

import cv2
import numpy as np

MOST_COVERED = 0.35  # of a person's box by one thing


def add_distractors(rng: np.random.Generator, canvas: np.ndarray, boxes: np.ndarray, background: np.ndarray) -> None:
    """Flat things of any shape and filling before the scene; none hides much of anybody."""
    for _ in range(int(rng.integers(1, 9))):
        mask = _shape(rng, canvas.shape[0])
        if any(_covered(mask, box) > MOST_COVERED for box in boxes):
            continue
        if rng.random() < 0.5:
            mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.5))
        share = mask[:, :, None].astype(np.float32) / 255 * rng.choice([1.0, 1.0, rng.uniform(0.4, 1.0)])
        canvas[:] = (canvas + (_filling(rng, canvas.shape[0], background) - canvas) * share).astype(np.uint8)


def _shape(rng: np.random.Generator, size: int) -> np.ndarray:
    """(S, S) uint8 mask of a polygon, ellipse, bar or pole."""
    mask = np.zeros((size, size), np.uint8)
    middle = rng.uniform(0, size, 2)
    extent = np.exp(rng.uniform(np.log(4), np.log(size * 0.35), 2))
    if rng.random() < 0.4:
        extent[1] = extent[0] * rng.uniform(1.8, 4.5)  # upright, as people are
    kind = int(rng.integers(4))
    if kind == 0:
        angle = rng.normal(0, 25)
        cv2.ellipse(mask, (tuple(middle), tuple(extent), angle), 255, -1, cv2.LINE_AA)
    elif kind == 1:
        low, high = (middle - extent / 2).astype(int), (middle + extent / 2).astype(int)
        cv2.rectangle(mask, tuple(low.tolist()), tuple(high.tolist()), 255, -1)
    elif kind == 2:
        points = middle + rng.uniform(-0.5, 0.5, (int(rng.integers(3, 9)), 2)) * extent
        cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)
    else:
        along = np.array([rng.normal(0, 0.35), 1.0]) * rng.uniform(20, size) / 2
        if rng.random() < 0.3:
            along = along[::-1]
        ends = [tuple((middle + sign * along).astype(int).tolist()) for sign in (-1, 1)]
        cv2.line(mask, *ends, 255, int(rng.integers(1, 9)), cv2.LINE_AA)
    return mask


def _covered(mask: np.ndarray, box: np.ndarray) -> float:
    x0, y0, x1, y1 = np.rint(box).astype(int)
    part = mask[y0:y1, x0:x1]
    return float((part > 127).mean()) if part.size else 0.0


def _filling(rng: np.random.Generator, size: int, background: np.ndarray) -> np.ndarray:
    """(S, S, 3) float32: one colour, a gradient, stripes, cloud or a piece of another place."""
    first, second = (_colour(rng) for _ in range(2))
    kind = int(rng.integers(5))
    if kind == 0:
        return np.broadcast_to(first, (size, size, 3))
    if kind == 1:
        ramp = np.linspace(0, 1, size, dtype=np.float32)
        ramp = ramp[:, None] if rng.random() < 0.5 else ramp[None, :]
    elif kind == 2:
        place = np.arange(size, dtype=np.float32) * rng.uniform(0.03, 0.4)
        ramp = ((place % 1) > rng.uniform(0.2, 0.8)).astype(np.float32)
        ramp = ramp[:, None] if rng.random() < 0.5 else ramp[None, :]
    elif kind == 3:
        grid = int(rng.integers(3, 40))
        ramp = cv2.resize(rng.random((grid, grid), dtype=np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    else:
        side = int(rng.integers(40, min(background.shape[:2])))
        y, x = (int(rng.integers(0, n - side + 1)) for n in background.shape[:2])
        return cv2.resize(background[y : y + side, x : x + side], (size, size)).astype(np.float32)
    ramp = np.broadcast_to(ramp, (size, size))[:, :, None]
    return first + (second - first) * ramp


def _colour(rng: np.random.Generator) -> np.ndarray:
    grey = rng.uniform(0, 255)
    return np.clip(grey + rng.normal(0, rng.choice([4, 50]), 3), 0, 255).astype(np.float32)


def change_look(rng: np.random.Generator, image: np.ndarray, grey: float) -> np.ndarray:
    """(S, S, 3) uint8 RGB as another camera might have delivered it."""
    if rng.random() < grey:
        image = _as_grey(rng, image)
    elif rng.random() < 0.7:
        image = _recolour(rng, image)
    if rng.random() < 0.8:
        image = _relight(rng, image)
    if rng.random() < 0.2:
        image = _resample(rng, image)
    if rng.random() < 0.35:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.6))
    elif rng.random() < 0.3:
        soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 1.6))
        image = cv2.addWeighted(image, 1 + (gain := rng.uniform(0.3, 1.3)), soft, -gain, 0)
    if rng.random() < 0.4:
        image = _noise(rng, image)
    if rng.random() < 0.45:
        code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 90))])[1]
        image = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return image


def _as_grey(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    weights = rng.dirichlet([3.0, 5.0, 2.0]).astype(np.float32)
    return cv2.cvtColor(cv2.transform(image, weights[None]), cv2.COLOR_GRAY2RGB)


def _recolour(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Saturation, white balance, and sometimes other dyes."""
    if rng.random() < 0.15:
        image = image[:, :, rng.permutation(3)]
    keep = rng.uniform(0.2, 1.5)
    mix = keep * np.eye(3) + (1 - keep) * np.array([[0.3, 0.59, 0.11]])
    mix *= rng.normal(1, 0.1, (3, 1)).clip(0.7, 1.3)
    return cv2.transform(np.ascontiguousarray(image), mix.astype(np.float32))


def _relight(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Gamma, contrast and brightness; sometimes light that falls off to one side."""
    x = np.linspace(0, 1, 256) ** np.exp(rng.uniform(-0.6, 0.6))
    x = (x - 0.5) * rng.uniform(0.6, 1.5) + 0.5 + rng.uniform(-0.15, 0.15)
    image = cv2.LUT(image, (x.clip(0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.25:
        corners = rng.uniform(0.35, 1.2, (2, 2)).astype(np.float32)
        field = cv2.resize(corners, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        image = np.clip(image * field[:, :, None], 0, 255).astype(np.uint8)
    return image


def _resample(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Fewer pixels than delivered."""
    height, width = image.shape[:2]
    share = rng.uniform(0.4, 0.9)
    small = cv2.resize(image, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))


def _noise(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    channels = 1 if (image[..., 0] == image[..., 2]).all() or rng.random() < 0.5 else 3
    noise = rng.standard_normal((*image.shape[:2], channels), dtype=np.float32) * rng.uniform(2, 16)
    if rng.random() < 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.7).reshape(*image.shape[:2], channels) * 1.8
    return np.clip(image + noise, 0, 255).astype(np.uint8)
