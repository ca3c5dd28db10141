"""A running model of an empty scene: a mixture of Gaussians per pixel (Zivkovic, ICPR 2004; 'MOG2').

Unlike OpenCV's, all it knows is in plain arrays, so that an interrupted ingest goes on exactly where it stopped, and
it learns by seconds instead of frames, so that gaps and variable frame rates do not change what it learns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

MODES = 3
BACKGROUND, SHADOW, FOREGROUND = 0, 1, 2
_INITIAL_VARIANCE = 15.0**2
_PRUNED_WEIGHT = 0.002


class Rule(NamedTuple):
    """How pixels are judged: `limit` squared standard deviations fit a mode, whose variance is at least `floor`; modes
    up to the cumulative weight `share` are background; a shadow keeps at least `shadow` of the light."""

    limit: float
    floor: float
    share: float
    shadow: float


class BackgroundModel:
    """Labels each pixel background, shadow or foreground while it learns.

    `weight`, `variance` (H, W, MODES) and `mean` (H, W, MODES, 3) float32, modes by falling weight.
    """

    def __init__(self, height: int, width: int) -> None:
        self.weight = np.zeros((height, width, MODES), np.float32)
        self.variance = np.full((height, width, MODES), _INITIAL_VARIANCE, np.float32)
        self.mean = np.zeros((height, width, MODES, 3), np.float32)

    def apply(self, image: np.ndarray, rate: float, rule: Rule) -> np.ndarray:
        """Label `(H, W, 3) float32` pixels, `(H, W) uint8`, and learn them at `rate` in [0, 1]."""
        labels = np.empty(image.shape[:2], np.uint8)
        _apply(image, (self.weight, self.variance, self.mean), labels, rate, rule)
        return labels


def learning_rate(elapsed: float, memory: float) -> float:
    """Share of the model replaced by `elapsed` seconds of a scene, for a time constant of `memory` seconds."""
    return 1.0 - math.exp(-elapsed / memory)


@numba.njit(cache=True)
def _apply(image, model, labels, rate, rule):  # type: ignore[no-untyped-def]
    weight, variance, mean = model
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            pixel, w, v, m = image[y, x], weight[y, x], variance[y, x], mean[y, x]
            fitted, before = _fitting_mode(pixel, w, v, m, rule.limit)
            if fitted >= 0 and before < rule.share:
                labels[y, x] = BACKGROUND
            elif _is_shadow(pixel, w, v, m, rule):
                labels[y, x] = SHADOW
            else:
                labels[y, x] = FOREGROUND
            _learn(pixel, w, v, m, fitted, rate, rule.floor)


@numba.njit(cache=True)
def _fitting_mode(pixel, w, v, m, limit):  # type: ignore[no-untyped-def]
    """The first mode the pixel fits (-1: none) and the weight of those before it."""
    before = np.float32(0)
    for k in range(w.shape[0]):
        if w[k] <= 0:
            break
        dr, dg, db = pixel[0] - m[k, 0], pixel[1] - m[k, 1], pixel[2] - m[k, 2]
        if dr * dr + dg * dg + db * db < limit * v[k]:
            return k, before
        before += w[k]
    return -1, before


@numba.njit(cache=True)
def _is_shadow(pixel, w, v, m, rule):  # type: ignore[no-untyped-def]
    """True where the pixel is a background mode's colour, dimmed (Prati et al., TPAMI 2003)."""
    before = np.float32(0)
    for k in range(w.shape[0]):
        if w[k] <= 0 or before >= rule.share:
            break
        power = m[k, 0] * m[k, 0] + m[k, 1] * m[k, 1] + m[k, 2] * m[k, 2]
        if power > 0:
            dim = (pixel[0] * m[k, 0] + pixel[1] * m[k, 1] + pixel[2] * m[k, 2]) / power
            if rule.shadow <= dim < 1:
                er, eg, eb = pixel[0] - dim * m[k, 0], pixel[1] - dim * m[k, 1], pixel[2] - dim * m[k, 2]
                if er * er + eg * eg + eb * eb < rule.limit * v[k] * dim * dim:
                    return True
        before += w[k]
    return False


@numba.njit(cache=True)
def _learn(pixel, w, v, m, fitted, rate, floor):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Move the fitting mode towards the pixel, or start a new one in place of the weakest; keep weights at sum 1."""
    total = np.float32(0)
    last = w.shape[0] - 1
    for k in range(w.shape[0]):
        w[k] -= rate * w[k]
        if k == fitted:
            w[k] += rate
            step = rate / max(w[k], rate)
            distance = np.float32(0)
            for c in range(3):
                difference = pixel[c] - m[k, c]
                distance += difference * difference
                m[k, c] += step * difference
            v[k] = max(v[k] + step * (distance - v[k]), floor)
        elif w[k] < _PRUNED_WEIGHT:
            w[k] = 0
        total += w[k]
    if fitted < 0:
        total -= w[last]
        w[last] = max(rate, _PRUNED_WEIGHT)
        total += w[last]
        v[last] = _INITIAL_VARIANCE
        for c in range(3):
            m[last, c] = pixel[c]
    for k in range(w.shape[0]):
        w[k] /= total
    _sort(w, v, m)


@numba.njit(cache=True)
def _sort(w, v, m):  # type: ignore[no-untyped-def]
    """Insertion sort of one pixel's modes by falling weight."""
    for i in range(1, w.shape[0]):
        k = i
        while k > 0 and w[k] > w[k - 1]:
            w[k], w[k - 1] = w[k - 1], w[k]
            v[k], v[k - 1] = v[k - 1], v[k]
            for c in range(3):
                m[k, c], m[k - 1, c] = m[k - 1, c], m[k, c]
            k -= 1
