"""A running model of an empty scene: a mixture of Gaussians per pixel (Zivkovic, ICPR 2004; 'MOG2').

Unlike OpenCV's, all it knows is in plain arrays, so that an interrupted ingest goes on exactly where it stopped; it
learns by seconds instead of frames; and labelling comes apart from learning, so that what turns out to be a person is
not learned into the scene.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from engine.retrieval.compiled import kernel

MODES = 3
BACKGROUND, SHADOW, WEAK, STRONG = 0, 1, 2, 3
_INITIAL_VARIANCE = np.float32(12.0**2)
_PRUNED_WEIGHT = np.float32(0.001)


class Rule(NamedTuple):
    """How pixels are judged. Limits are squared standard deviations from a mode."""

    weak: float  # beyond this, a pixel may be foreground if it hangs together with strong ones
    strong: float  # beyond this, it is foreground and fits no mode
    share: float  # modes up to this cumulative weight are background
    shadow: float  # a shadow keeps at least this share of the light


class BackgroundModel:
    """`weight`, `variance` (H, W, MODES) and `mean` (H, W, MODES, 3) float32; modes by falling weight."""

    def __init__(self, height: int, width: int) -> None:
        self.weight = np.zeros((height, width, MODES), np.float32)
        self.variance = np.full((height, width, MODES), _INITIAL_VARIANCE, np.float32)
        self.mean = np.zeros((height, width, MODES, 3), np.float32)

    def label(self, image: np.ndarray, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
        """Judge `(H, W, 3) float32` pixels: labels `(H, W) uint8` and the fitting modes `(H, W) int8`, -1 for none."""
        labels, modes = np.empty(image.shape[:2], np.uint8), np.empty(image.shape[:2], np.int8)
        rule32 = tuple(np.float32(value) for value in rule)
        _label(image, self.weight, self.variance, self.mean, (labels, modes, rule32))
        return labels, modes

    def learn(self, image: np.ndarray, modes: np.ndarray, rates: np.ndarray, noise_floor: float) -> None:
        """Take the pixels in at `rates` `(H, W) float32` in [0, 1]; `modes` as `label` gave them for this image."""
        _learn(image, self.weight, self.variance, self.mean, (modes, rates, np.float32(noise_floor**2)))


def learning_rate(elapsed: float, memory: float) -> float:
    """Share of the model replaced by `elapsed` seconds of a scene, for a time constant of `memory` seconds."""
    return 1.0 - math.exp(-elapsed / memory)


@kernel
def _label(
    image: np.ndarray, weight: np.ndarray, variance: np.ndarray, mean: np.ndarray, results: tuple[Any, ...]
) -> None:
    """Write the label and the fitting mode of each pixel into `results` (labels, modes, rule)."""
    labels, modes, rule = results
    weak, strong, share, shadow = rule
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
            label, mode, before = STRONG, -1, np.float32(0)
            for k in range(MODES):
                w = weight[y, x, k]
                if w <= 0:
                    break
                m0, m1, m2, v = mean[y, x, k, 0], mean[y, x, k, 1], mean[y, x, k, 2], variance[y, x, k]
                distance = (r - m0) ** 2 + (g - m1) ** 2 + (b - m2) ** 2
                if distance < strong * v:
                    mode = k
                    if before < share:
                        label = BACKGROUND if distance < weak * v else WEAK
                    break
                power = m0 * m0 + m1 * m1 + m2 * m2
                if before < share and label == STRONG and power > 0:
                    # A background colour, dimmed, is a shadow (Prati et al., TPAMI 2003).
                    dim = (r * m0 + g * m1 + b * m2) / power
                    off = (r - dim * m0) ** 2 + (g - dim * m1) ** 2 + (b - dim * m2) ** 2
                    if shadow <= dim < 1 and off < strong * v * dim * dim:
                        label = SHADOW
                before += w
            labels[y, x] = label
            modes[y, x] = mode


@kernel
def _sort(weight: np.ndarray, variance: np.ndarray, mean: np.ndarray, y: int, x: int) -> None:
    """Bring one pixel's modes in order of falling weight (insertion sort; rarely moves anything)."""
    for i in range(1, MODES):
        k = i
        while k > 0 and weight[y, x, k] > weight[y, x, k - 1]:
            weight[y, x, k], weight[y, x, k - 1] = weight[y, x, k - 1], weight[y, x, k]
            variance[y, x, k], variance[y, x, k - 1] = variance[y, x, k - 1], variance[y, x, k]
            for c in range(3):
                mean[y, x, k, c], mean[y, x, k - 1, c] = mean[y, x, k - 1, c], mean[y, x, k, c]
            k -= 1


@kernel
def _learn(image: np.ndarray, weight: np.ndarray, variance: np.ndarray, mean: np.ndarray, how: tuple[Any, ...]) -> None:
    """Move each pixel's fitting mode towards it, or start one in place of the weakest; `how`: modes, rates, floor."""
    modes, rates, floor = how
    for y in range(modes.shape[0]):
        for x in range(modes.shape[1]):
            fitted, rate = modes[y, x], rates[y, x]
            if rate <= 0:
                continue
            total = np.float32(0)
            for k in range(MODES):
                w = weight[y, x, k] * (1 - rate)
                if k == fitted:
                    w += rate
                    step = rate / max(w, rate)
                    distance = np.float32(0)
                    for c in range(3):
                        difference = image[y, x, c] - mean[y, x, k, c]
                        distance += difference * difference
                        mean[y, x, k, c] += step * difference
                    v = variance[y, x, k]
                    variance[y, x, k] = max(v + step * (distance - v), floor)
                elif w < _PRUNED_WEIGHT:
                    w = np.float32(0)
                weight[y, x, k] = w
                total += w
            if fitted < 0:  # a new mode in place of the weakest
                k = MODES - 1
                total -= weight[y, x, k]
                weight[y, x, k] = max(rate, _PRUNED_WEIGHT)
                total += weight[y, x, k]
                variance[y, x, k] = _INITIAL_VARIANCE
                for c in range(3):
                    mean[y, x, k, c] = image[y, x, c]
            for k in range(MODES):
                weight[y, x, k] /= total
            _sort(weight, variance, mean, y, x)
