"""Hand-made descriptors of people, and chance: what a trained student has to beat. Part of `benchmarks.accuracy`.

All are compared by cosine, without a learned metric, under the same protocols as the students.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.accuracy_record import Notebook, Section
from benchmarks.accuracy_sets import LabelledSet
from benchmarks.accuracy_student import Student, embed_all, measure_set, rankings, searches, set_input, summary
from engine.progress import Work
from engine.retrieval.distance import normalise
from training.data.images import ImageStore
from training.evaluate import Embedder

STRIPES = 6  # a person is described from head to foot
CELL, ORIENTATIONS = 8, 9  # HOG
WINDOW, STEP, SCALES = 10, 5, 3  # LOMO
Describe = Callable[[np.ndarray], np.ndarray]  # (H, W, 3) uint8 RGB to any shape of float


def grey_histograms(image: np.ndarray) -> np.ndarray:
    """(6, 32): square roots of luminance histograms in six stripes, equalised against exposure."""
    grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    parts = np.array_split(grey, STRIPES)
    return np.sqrt(np.stack([cv2.calcHist([part], [0], None, [32], [0, 256]).ravel() for part in parts]))


def colour_histograms(image: np.ndarray) -> np.ndarray:
    """(6, 256): square roots of hue-saturation-value histograms (8×8×4) in six stripes."""
    parts = np.array_split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), STRIPES)
    bins, ranges = [8, 8, 4], [0, 180, 0, 256, 0, 256]
    return np.sqrt(np.stack([cv2.calcHist([part], [0, 1, 2], None, bins, ranges).ravel() for part in parts]))


def hog(image: np.ndarray) -> np.ndarray:
    """(blocks, 36): histograms of oriented gradients (Dalal, Triggs, CVPR 2005) of the luminance.

    8×8 cells, 9 unsigned orientations, votes shared between the two nearest, blocks of 2×2 cells, L2-Hys.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    down, across = np.gradient(grey)
    strength = np.hypot(across, down)
    place = (np.arctan2(down, across) % np.pi) * ORIENTATIONS / np.pi - 0.5
    lower = np.floor(place)
    share = place - lower
    rows, columns = (side // CELL for side in grey.shape)
    cell = (np.arange(grey.shape[0]) // CELL)[:, None] * columns + np.arange(grey.shape[1]) // CELL
    votes = np.zeros(rows * columns * ORIENTATIONS)
    for bins, weight in ((lower, 1 - share), (lower + 1, share)):
        slot = cell * ORIENTATIONS + bins.astype(np.int64) % ORIENTATIONS
        votes += np.bincount(slot.ravel(), (strength * weight).ravel(), minlength=len(votes))
    cells = votes.reshape(rows, columns, ORIENTATIONS)
    blocks = np.concatenate([cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]], axis=2).reshape(-1, 36)
    return normalise(np.minimum(normalise(blocks + 1e-6), 0.2))


def lomo_style(image: np.ndarray) -> np.ndarray:
    """(26960,) at 128×48: after LOMO (Liao et al., CVPR 2015), without its Retinex step and without XQDA.

    Colour (HSV 8×8×8) and texture (SILTP at radius 3 and 5) histograms of 10×10 windows; of all windows of one height
    the largest count of each bin is kept; three scales; logarithms.
    """
    parts = []
    for scale in range(SCALES):
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.int64)
        colour = (hsv[..., 0] * 8 // 180) * 64 + (hsv[..., 1] // 32) * 8 + hsv[..., 2] // 32
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        parts += [normalise(_strongest(colour, 512)[None])[0]]
        parts += [normalise(_strongest(siltp(grey, radius), 81)[None])[0] for radius in (3, 5)]
        if scale < SCALES - 1:
            image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.concatenate(parts)


def siltp(grey: np.ndarray, radius: int, tolerance: float = 0.3) -> np.ndarray:
    """(H, W) int64 in 0..80: of the four neighbours at `radius`, which are clearly lighter (1) or darker (2)."""
    padded = np.pad(grey, radius, mode="edge")
    height, width = grey.shape
    code = np.zeros(grey.shape, np.int64)
    for down, across in ((1, 2), (2, 1), (1, 0), (0, 1)):
        other = padded[down * radius : down * radius + height, across * radius : across * radius + width]
        code = 3 * code + np.where(other > (1 + tolerance) * grey, 1, np.where(other < (1 - tolerance) * grey, 2, 0))
    return code


def _strongest(labels: np.ndarray, bins: int) -> np.ndarray:
    """(window rows · bins,): log of one plus the largest count of each label among the windows of a row."""
    windows = sliding_window_view(labels, (WINDOW, WINDOW))[::STEP, ::STEP]
    rows, columns = windows.shape[:2]
    slot = np.arange(rows * columns)[:, None] * bins + windows.reshape(rows * columns, -1)
    counts = np.bincount(slot.ravel(), minlength=rows * columns * bins).reshape(rows, columns, bins)
    return np.log1p(counts.max(axis=1)).ravel()


def described(describe: Describe) -> Callable[[ImageStore], np.ndarray]:
    """`(N, D) float32`, L2-normalised, of a store's photos."""

    def embed(store: ImageStore) -> np.ndarray:
        rows = [describe(store[index]).ravel().astype(np.float32) for index in range(len(store))]
        return normalise(np.stack(rows))

    return embed


def by_chance() -> Callable[[ImageStore], np.ndarray]:
    """Descriptors that know nothing."""
    draw = np.random.default_rng(0)
    return lambda store: normalise(draw.normal(size=(len(store), 64)).astype(np.float32))


def baselines() -> list[Student]:
    """Each as if it were a student; its digest is that of this file."""
    source = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    contenders: list[tuple[str, tuple[int, int], Callable[[ImageStore], np.ndarray]]] = [
        ("chance", (16, 8), by_chance()),
        ("grey histograms", (128, 64), described(grey_histograms)),
        ("colour histograms", (128, 64), described(colour_histograms)),
        ("HOG", (128, 64), described(hog)),
        ("LOMO-style", (128, 48), described(lomo_style)),
    ]
    return [Student(name, Embedder(size, f"{source} {name}", embed)) for name, size, embed in contenders]


def baselines_section(sets: Sequence[LabelledSet], notebook: Notebook) -> Work[Section]:
    """The same summary as the students'."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for baseline in baselines():
        for data in sets:
            found[baseline.name, data.title] = yield from _rows(baseline, data, notebook)
    text = (
        "Hand-made descriptors compared by cosine, without a learned metric: histograms of grey and of colour in six "
        "stripes, HOG (Dalal and Triggs 2005), and descriptors after LOMO (Liao et al. 2015; without Retinex and XQDA)."
    )
    return Section("Baselines: hand-made descriptors and chance", [summary(found)], text, [set_input(s) for s in sets])


def _rows(baseline: Student, data: LabelledSet, notebook: Notebook) -> Work[list[dict[str, Any]]]:
    def measure() -> Work[list[dict[str, Any]]]:
        embeddings = yield from embed_all(baseline, data)
        name = f"{baseline.name}: {data.title}"
        return (yield from measure_set(name, embeddings, searches(data), rankings()[:1]))

    key = {"baseline": baseline.model.sha256, "data": data.digest}
    return (yield from notebook.recall("baseline", key, measure))
