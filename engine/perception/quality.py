"""The quality gate: how usable a crop is for re-identification, and what speaks against it in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engine.settings import QualitySettings
from engine.types import Box, CropQuality

_PERSON_ASPECT = 0.41  # width by height of a standing person's box (Dollár et al., TPAMI 2012)
_STUDY_HEIGHT = 128  # crops are judged at no more than this height, the scale networks look at
_EDGE = 1.5  # pixels from the frame's edge that count as touching it
_GRID = (24, 12)  # rows and columns of the coverage raster over a box


def assess(
    image: np.ndarray, box: Box, frame_size: tuple[int, int], others: Sequence[Box], settings: QualitySettings
) -> CropQuality:
    """Judge one crop.

    `image`: the pixels under `box`, `(h, w, 3) uint8` RGB; `frame_size`: (width, height) of the frame; `others`: the
    boxes of the other people in it.
    """
    height, width = image.shape[:2]
    grey = _study_copy(image)
    sharpness, exposure = _sharpness(grey), _exposure(grey)
    completeness = _inside(box, frame_size) * _uncovered(box, others)
    faults = []
    if width < settings.min_width or height < settings.min_height:
        faults.append("too small")
    if sharpness < settings.min_sharpness:
        faults.append("blurred")
    if exposure < settings.min_exposure:
        faults.append(_exposure_fault(grey))
    if completeness < settings.min_completeness:
        faults.append("cut off or covered")
    size = min(height / (2.5 * settings.min_height), 1.0)
    score = float((size * sharpness * exposure) ** (1 / 3) * completeness)
    return CropQuality(width, height, sharpness, exposure, completeness, score, tuple(faults))


def _study_copy(image: np.ndarray) -> np.ndarray:
    """Luminance `(h, w) uint8`, at most `_STUDY_HEIGHT` high."""
    height, width = image.shape[:2]
    if height > _STUDY_HEIGHT:
        size = (max(round(width * _STUDY_HEIGHT / height), 1), _STUDY_HEIGHT)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _sharpness(grey: np.ndarray) -> float:
    """1 - the blur metric of Crété-Roffet et al. (SPIE 6492, 2007): what blurring once more takes away.

    A light smoothing first keeps sensor noise from passing for detail.
    """
    picture = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    lost = []
    for axis in (0, 1):
        if picture.shape[axis] < 3:
            return 0.0
        kernel = (1, 9) if axis == 0 else (9, 1)  # cv2 states width first
        step = np.abs(np.diff(picture, axis=axis))
        blurred_step = np.abs(np.diff(cv2.blur(picture, kernel), axis=axis))
        total = float(step.sum())
        lost.append(float(np.maximum(step - blurred_step, 0).sum()) / total if total > 0 else 0.0)
    return min(lost)


def _exposure(grey: np.ndarray) -> float:
    """1 for a well-lit crop; falls with clipped pixels, with little contrast and with extreme brightness."""
    clipped = np.count_nonzero((grey <= 4) | (grey >= 251)) / grey.size
    mean, spread = (float(each[0, 0]) for each in cv2.meanStdDev(grey))
    brightness = min(mean / 40, (255 - mean) / 40, 1.0)
    return max(min(brightness, spread / 20, 1.0), 0.0) * (1 - min(clipped * 1.5, 1.0))


def _exposure_fault(grey: np.ndarray) -> str:
    mean = float(grey.mean())
    if mean < 60:
        return "too dark"
    return "too bright" if mean > 190 else "little contrast"


def _inside(box: Box, frame_size: tuple[int, int]) -> float:
    """Share of the person inside the frame, in [0, 1]; what an edge cut off is told from a person's proportions."""
    width, height = frame_size
    within = box.intersection(Box(0, 0, width, height)) / box.area
    cut_above_below = box.top <= _EDGE or box.bottom >= height - _EDGE
    cut_beside = box.left <= _EDGE or box.right >= width - _EDGE
    aspect = box.width / box.height
    if cut_above_below:
        within *= min(_PERSON_ASPECT / aspect, 1.0) * 0.9
    if cut_beside:
        within *= min(aspect / _PERSON_ASPECT, 1.0) * 0.7  # a leg or an arm has a person's proportions, too
    return within


def _uncovered(box: Box, others: Sequence[Box]) -> float:
    """Share of the box that shows this person alone. Who stands lower in the frame is nearer and covers fully; who
    stands behind only mixes in, and counts half."""
    near = [other for other in others if box.intersection(other) > 0]
    if not near:
        return 1.0
    shown = np.ones(_GRID, np.float32)
    rows = box.top + (np.arange(_GRID[0]) + 0.5) / _GRID[0] * box.height
    columns = box.left + (np.arange(_GRID[1]) + 0.5) / _GRID[1] * box.width
    for other in near:
        under = np.outer((rows >= other.top) & (rows < other.bottom), (columns >= other.left) & (columns < other.right))
        left = 0.0 if other.bottom > box.bottom else 0.5
        shown[under] = np.minimum(shown[under], left)
    return float(shown.mean())
