"""From a mask of what moves to person-shaped boxes: parts joined, groups divided, the rest left out.

How tall a person is depends on where the feet stand in the picture; that is learned from the clear cases of the same
camera (`HeightModel`) and then says which parts belong together and how many people a blob holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from engine.settings import MotionSettings

_ASPECT = 0.41  # width by height of a standing person's box (Dollár et al., TPAMI 2012)
_CLEAR_ASPECT = (0.22, 0.6)
_CLEAR_FILL = 0.45
_NEEDED = 40.0  # clear cases before the height model is asked
_TRUST = 0.35  # relative deviation from it that is still a person
_FADING = 0.999  # each clear case makes the older ones count this much


@dataclass(slots=True)
class Blob:
    """A rectangle of the mask, pixels, end exclusive, with its moving pixels counted."""

    left: int
    top: int
    right: int
    bottom: int
    area: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def fill(self) -> float:
        return self.area / (self.width * self.height)

    def joined(self, other: Blob) -> Blob:
        """The smallest rectangle around both."""
        return Blob(
            min(self.left, other.left), min(self.top, other.top),
            max(self.right, other.right), max(self.bottom, other.bottom), self.area + other.area,
        )  # fmt: skip


class HeightModel:
    """Person height by the row the feet stand on, a straight line fitted to the clear cases seen so far."""

    def __init__(self) -> None:
        self.sums = np.zeros(5)  # of 1, y, y², h, y·h

    def add(self, bottom: float, height: float) -> None:
        """Learn from a clear case, unless it contradicts what is known."""
        known = self.at(bottom)
        if known is not None and abs(height - known) > _TRUST * known:
            return
        self.sums = self.sums * _FADING + np.array([1.0, bottom, bottom**2, height, bottom * height])

    def at(self, bottom: float) -> float | None:
        """Expected height in pixels with feet on row `bottom`; None while unknown."""
        count, y, yy, h, yh = self.sums
        if count < _NEEDED:
            return None
        spread = count * yy - y * y
        # Feet that all stand on one row say nothing about a slope.
        slope = (count * yh - y * h) / spread if spread > (3.0 * count) ** 2 else 0.0
        expected = (h - slope * y) / count + slope * bottom
        return float(expected) if expected > 0 else None


def people(
    mask: np.ndarray, heights: HeightModel, min_height: float, settings: MotionSettings
) -> tuple[list[Blob], list[float]]:
    """Person-shaped blobs of `mask` `(h, w) uint8`, non-zero where it moves, and a score in [0, 1] for each."""
    found, scores = [], []
    for blob in _joined_parts(_components(mask, min_height), heights):
        for part in _divided(mask, blob, heights):
            if part.height < min_height or part.fill < settings.min_fill:
                continue
            if not settings.min_aspect <= part.aspect <= settings.max_aspect:
                continue
            found.append(part)
            scores.append(_score(part, heights))
        if _is_clear(blob, mask.shape):
            heights.add(blob.bottom, blob.height)
    return found, scores


def _components(mask: np.ndarray, min_height: float) -> list[Blob]:
    """Connected blobs, big ones first; specks are left out."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    speck = max((min_height / 6) ** 2, 6)
    blobs = [Blob(x, y, x + w, y + h, area) for x, y, w, h, area in stats[1:].tolist() if area >= speck]
    return sorted(blobs, key=lambda b: (-b.area, b.top, b.left))


def _joined_parts(blobs: list[Blob], heights: HeightModel) -> list[Blob]:
    """Join what looks like parts of one person, biggest first, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for i, blob in enumerate(blobs):
            for j in range(i + 1, len(blobs)):
                if _belong_together(blob, blobs[j], heights):
                    blobs[i] = blob.joined(blobs[j])
                    del blobs[j]
                    changed = True
                    break
            if changed:
                break
    return blobs


def _belong_together(a: Blob, b: Blob, heights: HeightModel) -> bool:
    """True where two blobs are one above the other, near, and together no bigger than a person."""
    whole = a.joined(b)
    beside = min(a.right, b.right) - max(a.left, b.left)
    gap = max(a.top, b.top) - min(a.bottom, b.bottom)
    if beside < 0.4 * min(a.width, b.width):
        return False
    expected = heights.at(whole.bottom)
    if expected is None:
        return gap <= 0.25 * max(a.height, b.height) and whole.aspect <= 0.7
    return gap <= 0.3 * expected and whole.height <= 1.15 * expected and whole.width <= 0.65 * expected


def _divided(mask: np.ndarray, blob: Blob, heights: HeightModel) -> list[Blob]:
    """The people of a blob: side by side where it is too wide, one behind the other where it is too high."""
    expected = heights.at(blob.bottom)
    if expected is not None and blob.height > 1.5 * expected and blob.aspect < 0.8:
        cut = blob.bottom - round(expected)
        below = _trimmed(mask, Blob(blob.left, cut, blob.right, blob.bottom, 0))
        above = _trimmed(mask, Blob(blob.left, blob.top, blob.right, cut, 0))
        parts = [b for b in (below, above) if b is not None]
        return [p for part in parts for p in _side_by_side(mask, part, expected)]
    return _side_by_side(mask, blob, expected or float(blob.height))


def _side_by_side(mask: np.ndarray, blob: Blob, expected: float) -> list[Blob]:
    """Divide at the valleys between the peaks of the column sums, one peak per person."""
    if blob.width <= 1.5 * _ASPECT * expected:
        return [blob]
    columns = (mask[blob.top : blob.bottom, blob.left : blob.right] > 0).sum(axis=0).astype(np.float32)
    columns = cv2.GaussianBlur(columns[None], (0, 0), max(0.06 * expected, 0.8))[0]
    peaks = _peaks(columns, apart=0.3 * expected, least=0.4 * expected)
    if len(peaks) < 2:
        return [blob]
    cuts = [a + int(np.argmin(columns[a:b])) for a, b in pairwise(peaks)]
    edges = [blob.left, *(blob.left + c for c in cuts), blob.right]
    parts = (_trimmed(mask, Blob(a, blob.top, b, blob.bottom, 0)) for a, b in pairwise(edges) if b > a)
    return [part for part in parts if part is not None]


def _peaks(values: np.ndarray, apart: float, least: float) -> list[int]:
    """Positions of local maxima of at least `least`, highest first taken, at least `apart` from each other; sorted."""
    chosen: list[int] = []
    for i in np.argsort(-values, kind="stable").tolist():
        if values[i] < least:
            break
        if all(abs(i - c) >= apart for c in chosen):
            between = [values[min(i, c) : max(i, c) + 1].min() for c in chosen]
            # A shoulder of a higher peak is no peak: there must be a dip on the way to it.
            if all(dip < 0.85 * values[i] for dip in between):
                chosen.append(i)
    return sorted(chosen)


def _trimmed(mask: np.ndarray, blob: Blob) -> Blob | None:
    """The rectangle cut down to the moving pixels in it; None where there are none."""
    inside = mask[blob.top : blob.bottom, blob.left : blob.right] > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return None
    left, top = blob.left + int(columns[0]), blob.top + int(rows[0])
    return Blob(left, top, left + int(np.ptp(columns)) + 1, top + int(np.ptp(rows)) + 1, int(inside.sum()))


def _is_clear(blob: Blob, shape: tuple[int, ...]) -> bool:
    """True for one whole person, free of the frame's edges."""
    free = blob.left > 1 and blob.top > 1 and blob.right < shape[1] - 1 and blob.bottom < shape[0] - 1
    return free and _CLEAR_ASPECT[0] <= blob.aspect <= _CLEAR_ASPECT[1] and blob.fill >= _CLEAR_FILL


def _score(blob: Blob, heights: HeightModel) -> float:
    """Higher for a full, well-proportioned blob of the expected height."""
    proportion = min(blob.aspect / _ASPECT, _ASPECT / blob.aspect, 1.0)
    expected = heights.at(blob.bottom)
    size = 0.7 if expected is None else min(blob.height / expected, expected / blob.height, 1.0)
    return 0.25 + 0.65 * math.sqrt(min(blob.fill / 0.55, 1.0) * math.sqrt(proportion) * size)
