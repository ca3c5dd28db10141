"""Exact search: every row of the gallery is compared, in int8, then the nearest are rescored from float16.

An 8-bit copy of the gallery halves what has to be read from memory, which is what a scan costs. The query keeps
about 13 bits and the sums are exact integers, so results do not depend on threads, blocks or batches.
No approximate index: on a million rows it would lose a third of the true neighbours to save a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import UsageError
from engine.retrieval.distance import Floats, as_pair, normalise, not_finite

Mask = NDArray[np.bool_]

INT8_LIMIT = 127
_ROWS_PER_BLOCK = 16_384  # of a scan, per thread and turn
_SCORES_PER_BATCH = 16_000_000  # queries are answered so many scores at a time: 64 MB


@dataclass(frozen=True, slots=True, eq=False)
class Int8Matrix:
    """A gallery in 8 bits: the unit vector of row i is about `scales[i] * values[i]`.

    `values (N, D) int8`, `scales (N,) float32`; either may be memory-mapped. A zero row has scale 0.
    """

    values: NDArray[np.int8]
    scales: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.int8:
            raise ValueError(f"values must be (N, D) int8, got {self.values.shape} {self.values.dtype}")
        if self.scales.shape != (len(self.values),) or self.scales.dtype != np.float32:
            raise ValueError(f"scales must be ({len(self.values)},) float32, got {self.scales.shape}")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dimension(self) -> int:
        """D, values per embedding."""
        return int(self.values.shape[1])


def quantise(embeddings: ArrayLike, block: int = 8192) -> Int8Matrix:
    """The unit vectors of `(N, D)` embeddings in 8 bits, one scale per row (largest |value| = 127).

    Rows are independent: quantising a matrix in pieces gives the same bytes, so a store can stream into files.
    Reads `block` rows at a time; memory-mapped input is never loaded whole.
    """
    source = np.atleast_2d(np.asanyarray(embeddings))
    values = np.empty(source.shape, np.int8)
    scales = np.empty(len(source), np.float32)
    for start in range(0, len(source), block):
        units = normalise(source[start : start + block])
        peaks = np.abs(units).max(axis=1, initial=0.0)
        scale = (peaks / INT8_LIMIT).astype(np.float32)
        steps = units / np.where(scale > 0, scale, np.float32(1))[:, None]
        values[start : start + block] = np.clip(np.rint(steps), -INT8_LIMIT, INT8_LIMIT)
        scales[start : start + block] = scale
    return Int8Matrix(values, scales)


def nearest(
    queries: ArrayLike,
    int8: Int8Matrix,
    float16: NDArray[np.float16],
    k: int,
    *,
    mask: Mask | None = None,
    rescored: int = 1000,
    threads: int | None = None,
) -> tuple[NDArray[np.int64], Floats]:
    """The `k` nearest gallery rows of each query: `(indices (Q, K) int64, cosine distances (Q, K) float32)`.

    `queries (Q, D)` or `(D,)`; `float16 (N, D)` the same gallery at full precision; `mask (N,) bool` False where a
    row must not be seen (another camera, time, quality, already decided). Nearest first, equal distances by index.
    K is `k`, or less where fewer rows are allowed: an empty gallery gives K = 0.
    The int8 scan proposes the best max(k, rescored), whose distances are then taken from `float16`.
    """
    if k < 1:
        raise UsageError(f"At least one candidate must be asked for, not {k}.")
    if float16.shape != int8.values.shape or float16.dtype != np.float16:
        raise ValueError(f"the gallery is {int8.values.shape} in int8 and {float16.shape} {float16.dtype} beside it")
    units = normalise(as_pair(queries, np.empty((0, int8.dimension), np.float32))[0])
    allowed = np.ones(len(int8), np.bool_) if mask is None else np.ascontiguousarray(mask, dtype=np.bool_)
    if allowed.shape != (len(int8),):
        raise ValueError(f"the mask must be ({len(int8)},) bool, got {allowed.shape}")

    available = int(np.count_nonzero(allowed))
    kept, shortlist = min(k, available), min(max(k, rescored), available)
    indices = np.empty((len(units), kept), np.int64)
    distances = np.empty((len(units), kept), np.float32)
    if kept == 0:
        return indices, distances
    batch = max(1, _SCORES_PER_BATCH // len(int8))
    for start in range(0, len(units), batch):
        scores = scan(units[start : start + batch], int8, allowed, threads)
        for row, score in enumerate(scores, start):
            proposed = largest(score, shortlist)
            indices[row], distances[row] = _rescore(units[row], float16, proposed, kept)
    return indices, distances


def sample_distances(query: ArrayLike, float16: NDArray[np.float16], count: int, *, mask: Mask | None = None) -> Floats:
    """Cosine distances of one query `(D,)` to at most `count` allowed gallery rows, evenly spaced: `(S,) float32`."""
    allowed = np.arange(len(float16)) if mask is None else np.flatnonzero(mask)
    chosen = allowed[np.linspace(0, len(allowed) - 1, min(count, len(allowed))).round().astype(np.int64)]
    unit = normalise(as_pair(query, np.empty((0, float16.shape[1]), np.float32))[0])[0]
    return _distances(unit, float16, chosen)


def scan(units: Floats, int8: Int8Matrix, allowed: Mask, threads: int | None = None) -> Floats:
    """Approximate cosine of each unit query `(Q, D)` with every gallery row: `(Q, N) float32`, -inf where not allowed.

    All queries of a batch meet a row while it is in the processor's cache, so the gallery is read once per batch.
    """
    from engine.retrieval import kernels
    from engine.retrieval.compiled import in_threads, read_only

    # The largest query step whose products with int8 cannot overflow a 32-bit sum.
    limit = min(np.iinfo(np.int16).max, np.iinfo(np.int32).max // (INT8_LIMIT * max(int8.dimension, 1)))
    peaks = np.abs(units).max(axis=1, initial=0.0)
    steps = np.where(peaks > 0, peaks / limit, 1.0).astype(np.float32)
    coarse = read_only(np.rint(units / steps[:, None]).astype(np.int16))

    values, scales, visible = read_only(int8.values), read_only(int8.scales), read_only(allowed)
    scores = np.empty((len(units), len(int8)), np.float32)

    def score(start: int, stop: int) -> None:
        kernels.score_rows(coarse, steps, values, scales, visible, scores, start, stop)

    in_threads(score, len(int8), _ROWS_PER_BLOCK, threads)
    return scores


def largest(scores: Floats, count: int) -> NDArray[np.int64]:
    """Indices of the `count` largest of `(N,)` scores, ascending; of equal scores the lower index is kept."""
    if count >= len(scores):
        return np.arange(len(scores), dtype=np.int64)
    threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
    above = np.flatnonzero(scores > threshold)
    level = np.flatnonzero(scores == threshold)[: count - len(above)]
    return np.sort(np.concatenate((above, level)))


def _rescore(
    unit: Floats, float16: NDArray[np.float16], proposed: NDArray[np.int64], kept: int
) -> tuple[NDArray[np.int64], Floats]:
    """The `kept` nearest of the proposed rows (ascending indices) by cosine distance at full precision."""
    distance = _distances(unit, float16, proposed)
    order = np.argsort(distance, kind="stable")[:kept]
    return proposed[order], distance[order]


def _distances(unit: Floats, float16: NDArray[np.float16], rows: NDArray[np.int64]) -> Floats:
    from engine.retrieval import kernels

    distance = kernels.cosine_distances(unit, np.asarray(float16[rows]).view(np.uint16))
    if np.isnan(distance).any():
        raise not_finite("gallery embeddings")
    return distance
