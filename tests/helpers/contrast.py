"""WCAG 2.2 contrast: relative luminance and the ratio of two colours, for numbers and for whole pictures."""

from __future__ import annotations

import numpy as np

TEXT, PARTS = 4.5, 3.0  # success criteria 1.4.3 (text) and 1.4.11 (parts of the interface, and the focus on them)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of `(..., 3)` sRGB values from 0 to 255."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """1 to 21, element by element."""
    first, second = luminance(one) + 0.05, luminance(other) + 0.05
    return np.maximum(first, second) / np.minimum(first, second)


def of_hex(colour: str) -> np.ndarray:
    """`#rrggbb` as `(3,)` values from 0 to 255."""
    return np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)])
