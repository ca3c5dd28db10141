"""Training pictures: views into frames at any scale, alone or four together, with everything a real camera may do.

The same step and seed give the same pictures, so that a resumed run goes on as if it had never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from training.detector.config import PAD, DetectorConfig, ViewConfig
from training.detector.frames import FrameStore
from training.detector.looks import add_distractors, change_look

LEAST_INSIDE, GONE = 0.25, 0.02  # shares of a box left in a view: below the first nothing is taught about it
LEAST_HEIGHT = 10.0

Window = tuple[int, int, int, int]  # y0, x0, height, width in the training picture


@dataclass(frozen=True)
class View:
    """One training picture. people, unsure (N, 4) float32 x0, y0, x1, y1: to find, and of which nothing is taught."""

    image: np.ndarray
    people: np.ndarray
    unsure: np.ndarray


@dataclass(frozen=True)
class Batch:
    """pixels (B, 3, S, S) uint8 RGB, and boxes per picture."""

    pixels: Tensor
    people: list[Tensor]
    unsure: list[Tensor]


class ViewSource:
    """Batches by step."""

    def __init__(self, store: FrameStore, config: DetectorConfig) -> None:
        self.store, self.config = store, config

    def batch(self, step: int) -> Batch:
        """The pictures of one step."""
        views = [self.view(np.random.default_rng([self.config.seed, step, i])) for i in range(self.config.batch)]
        pixels = torch.from_numpy(np.stack([view.image for view in views])).permute(0, 3, 1, 2)
        return Batch(
            pixels, [torch.from_numpy(view.people) for view in views], [torch.from_numpy(view.unsure) for view in views]
        )

    def view(self, rng: np.random.Generator) -> View:
        """One picture."""
        config = self.config.view
        size = config.crop
        canvas = np.full((size, size, 3), PAD, np.uint8)
        if rng.random() < config.mosaic:
            y, x = (int(n) for n in rng.integers(size * 3 // 10, size * 7 // 10, 2))
            windows = [(0, 0, y, x), (0, x, y, size - x), (y, 0, size - y, x), (y, x, size - y, size - x)]
            heights = config.mosaic_heights
        else:
            windows, heights = [(0, 0, size, size)], config.heights
        parts = [self._paste(rng, canvas, window, heights) for window in windows]
        people, unsure = (np.concatenate(boxes) for boxes in zip(*parts, strict=True))
        if rng.random() < config.distractors:
            background = self.store.pixels[int(rng.choice(self.store.empty))] if len(self.store.empty) else canvas
            add_distractors(rng, canvas, np.concatenate([people, unsure]), background)
        return View(change_look(rng, canvas, config.grey), people, unsure)

    def _paste(
        self, rng: np.random.Generator, canvas: np.ndarray, window: Window, heights: tuple[float, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw part of a frame into a window of the canvas; the boxes to find and the unsure ones."""
        store, config = self.store, self.config.view
        top, left, height, width = window
        empty = len(store.empty) and (rng.random() < config.empty or not len(store.peopled))
        number = int(rng.choice(store.empty if empty else store.peopled))
        truth, clear = store.truth[number], store.clear[number]
        scale, middle = _aim(rng, truth.boxes[clear & (truth.share >= 0.5)], heights, config, store)
        scale_x = scale * float(np.exp(rng.normal(0, config.stretch)))
        x0 = _start(rng, middle[0], width / scale_x, store.width)
        y0 = _start(rng, middle[1], height / scale, store.height)
        _draw(canvas[top : top + height, left : left + width], store.pixels[number], (x0, y0), (scale_x, scale))
        boxes = (truth.boxes - [x0, y0, x0, y0]) * [scale_x, scale, scale_x, scale]
        if rng.random() < 0.5:
            part = canvas[top : top + height, left : left + width]
            part[:] = part[:, ::-1].copy()
            boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
        sure = clear & (truth.share >= config.least_share)
        people, unsure = _sort_boxes(boxes, sure, width, height)
        shift = np.array([left, top, left, top], np.float32)
        return people + shift, unsure + shift


def _aim(
    rng: np.random.Generator, boxes: np.ndarray, heights: tuple[float, float], config: ViewConfig, store: FrameStore
) -> tuple[float, tuple[float, float]]:
    """A scale that makes somebody some height, and where they stand; anything where nobody is."""
    if not len(boxes):
        scale = float(np.exp(rng.uniform(*np.log(config.zoom))))
        return scale, (rng.uniform(0, store.width), rng.uniform(0, store.height))
    x0, y0, x1, y1 = boxes[int(rng.integers(len(boxes)))]
    wanted = np.exp(rng.uniform(*np.log(heights)))
    return float(np.clip(wanted / (y1 - y0), *config.zoom)), (float(x0 + x1) / 2, float(y0 + y1) / 2)


def _start(rng: np.random.Generator, middle: float, length: float, whole: int) -> int:
    """Where a stretch of `length` begins that has `middle` somewhere in it, inside the frame where it fits."""
    if length >= whole:
        return round(rng.uniform(whole - length, 0))
    return round(float(np.clip(middle - rng.uniform(0.1, 0.9) * length, 0, whole - length)))


def _draw(window: np.ndarray, frame: np.ndarray, start: tuple[int, int], scale: tuple[float, float]) -> None:
    """The part of `frame` from `start` (x, y), scaled, into `window`; what lies outside the frame is left as it is."""
    height, width = window.shape[:2]
    (x0, y0), (scale_x, scale_y) = start, scale
    left, top = max(x0, 0), max(y0, 0)
    right = min(frame.shape[1], x0 + int(np.ceil(width / scale_x)))
    bottom = min(frame.shape[0], y0 + int(np.ceil(height / scale_y)))
    to_x, to_y = round((left - x0) * scale_x), round((top - y0) * scale_y)
    size = max(1, round((right - left) * scale_x)), max(1, round((bottom - top) * scale_y))
    how = cv2.INTER_AREA if scale_y < 1 else cv2.INTER_LINEAR
    part = cv2.resize(np.ascontiguousarray(frame[top:bottom, left:right]), size, interpolation=how)
    target = window[to_y : to_y + size[1], to_x : to_x + size[0]]
    target[:] = part[: target.shape[0], : target.shape[1]]


def _sort_boxes(boxes: np.ndarray, sure: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes cut to a view: those to find, and those of which too little is there."""
    cut = np.clip(boxes, 0, [width, height, width, height])
    inside = np.prod(cut[:, 2:] - cut[:, :2], axis=1) / np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-6)
    tall = cut[:, 3] - cut[:, 1]
    taught = sure & (inside >= LEAST_INSIDE) & (tall >= LEAST_HEIGHT)
    return cut[taught].astype(np.float32), cut[~taught & (inside > GONE)].astype(np.float32)
