"""From a detector's raw outputs to boxes: one function per output family.

Each takes the outputs of one picture by role, and gives boxes `(N, 4) float` x0, y0, x1, y1 in pixels of the
network's input, and scores `(N,)` of the person class. Non-maximum suppression comes after, where a card asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from engine.errors import ModelError
from engine.models.card import DetectorSpec

Outputs = Mapping[str, np.ndarray]
Boxes = tuple[np.ndarray, np.ndarray]
Size = tuple[int, int]

_NANODET_BINS = 8  # reg_max 7 in every published NanoDet


def yolox(outputs: Outputs, spec: DetectorSpec, size: Size) -> Boxes:
    """YOLOX (Ge et al., 2021): rows of cx, cy, log w, log h (in strides), objectness, class probabilities."""
    rows = outputs["predictions"]
    cells, strides = _grid(size, _strides_for(len(rows), size, (8, 16, 32), (8, 16, 32, 64)), centred=False)
    centre = (rows[:, :2] + cells) * strides
    half = np.exp(rows[:, 2:4]) * strides / 2
    return np.hstack([centre - half, centre + half]), rows[:, 4] * _column(rows, 5 + spec.person_class)


def nanodet(outputs: Outputs, spec: DetectorSpec, size: Size) -> Boxes:
    """NanoDet: rows of class probabilities, then four distributions over distances in strides (GFL, Li 2020)."""
    rows = outputs["predictions"]
    bins = _NANODET_BINS
    strides_used = _strides_for(len(rows), size, (8, 16, 32, 64), (8, 16, 32))
    # NanoDet-Plus has four levels and puts a cell's anchor at its corner; the first NanoDet three and at its centre.
    cells, strides = _grid(size, strides_used, centred=len(strides_used) == 3)
    distances = _softmax(rows[:, -4 * bins :].reshape(len(rows), 4, bins)) @ np.arange(bins) * strides
    anchor = cells * strides
    boxes = np.hstack([anchor - distances[:, :2], anchor + distances[:, 2:]])
    return boxes, _column(rows[:, : -4 * bins], spec.person_class)


def rtdetr(outputs: Outputs, spec: DetectorSpec, size: Size) -> Boxes:
    """RT-DETR and D-FINE with their own post-processing: labels, boxes (for `target_sizes` = input size), scores."""
    people = outputs["labels"] == spec.person_class
    return outputs["boxes"][people], outputs["scores"][people]


def rfdetr(outputs: Outputs, spec: DetectorSpec, size: Size) -> Boxes:
    """RF-DETR: boxes cx, cy, w, h in [0, 1] of the input, class logits (sigmoid)."""
    centre, extent = outputs["boxes"][:, :2], outputs["boxes"][:, 2:4]
    boxes = np.hstack([centre - extent / 2, centre + extent / 2]) * np.array([size[1], size[0]] * 2)
    return boxes, 1 / (1 + np.exp(-_column(outputs["logits"], spec.person_class)))


DECODERS: dict[str, Callable[[Outputs, DetectorSpec, Size], Boxes]] = {
    "yolox": yolox,
    "nanodet": nanodet,
    "rtdetr": rtdetr,
    "rfdetr": rfdetr,
}


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Indices kept by greedy non-maximum suppression, best first; equal scores keep their order."""
    order = np.argsort(-scores, kind="stable")
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[shared <= iou * (areas[best] + areas[rest] - shared)]
    return np.array(kept, dtype=np.int64)


def _strides_for(count: int, size: Size, *families: tuple[int, ...]) -> tuple[int, ...]:
    """The set of strides whose grids have `count` cells in all."""
    for strides in families:
        if sum(-(-size[0] // s) * -(-size[1] // s) for s in strides) == count:
            return strides
    raise ModelError(
        f"The detector gives {count} predictions, which no known grid over a {size[1]} × {size[0]} input has."
    )


@lru_cache(maxsize=8)
def _grid(size: Size, strides: tuple[int, ...], centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """Cell coordinates `(N, 2)` x, y in strides and the stride `(N, 1)` of each prediction."""
    cells, steps = [], []
    for stride in strides:
        ys, xs = np.mgrid[: -(-size[0] // stride), : -(-size[1] // stride)]
        cells.append(np.stack([xs.ravel(), ys.ravel()], axis=1) + (0.5 if centred else 0.0))
        steps.append(np.full((xs.size, 1), stride, np.float32))
    return np.concatenate(cells).astype(np.float32), np.concatenate(steps)


def _column(rows: np.ndarray, index: int) -> np.ndarray:
    if index >= rows.shape[1]:
        raise ModelError("The person class of the detector's card lies outside its output.")
    return np.asarray(rows[:, index])


def _softmax(values: np.ndarray) -> np.ndarray:
    exponents = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=-1, keepdims=True))
