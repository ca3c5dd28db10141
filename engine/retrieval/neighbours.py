"""Who is near whom: the exact nearest neighbours of every row among all rows, in bounded memory.

Both re-rankers start here. Distances are taken tile by tile as matrix products; each tile serves its rows and, turned
over, its columns, so that half the products suffice and `d(i, j)` equals `d(j, i)` to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.distance import Floats, squared_lengths

_TILE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """`indices (N, K) int32`: the K nearest rows of each row, itself first, nearest first, equal distances by index.

    `distances (N, K) float32` squared Euclidean; `farthest (N,) float32` the largest distance of the whole row.
    """

    indices: NDArray[np.int32]
    distances: Floats
    farthest: Floats


def nearest_neighbours(
    features: Floats, count: int, across: tuple[int, Floats] | None = None, threads: int | None = None
) -> Neighbours:
    """The `count` nearest of each of `(N, D) float32` features (fewer where N is smaller), itself always first.

    With `across = (Q, block)`, `block (Q, N - Q) float32` receives the distances of the first Q rows to the others,
    which the same tiles give for nothing.
    """
    from engine.retrieval import kernels
    from engine.retrieval.compiled import blocks, each_in_threads, one_blas_thread

    total = len(features)
    kept = min(count, total)
    found = Neighbours(
        np.full((total, kept), -1, np.int32),
        np.full((total, kept), np.inf, np.float32),
        np.zeros(total, np.float32),
    )
    lengths = squared_lengths(features)
    panels = list(blocks(total, _TILE))
    locks = [Lock() for _ in panels]  # one thread at a time adds to the lists of a panel's rows

    def absorb(tile: Floats, of: int, others: int) -> None:
        with locks[of]:
            kernels.absorb_tile(tile, panels[of][0], panels[others][0], found.indices, found.distances, found.farthest)

    def compare(pair: tuple[int, int]) -> None:
        rows, columns = slice(*panels[pair[0]]), slice(*panels[pair[1]])
        tile = features[rows] @ features[columns].T
        kernels.to_squared_distances(tile, lengths[rows], lengths[columns])
        absorb(tile, *pair)
        if rows != columns:
            absorb(np.ascontiguousarray(tile.T), *pair[::-1])
        if across is not None:
            _copy_across(tile, rows.start, columns.start, *across)

    with one_blas_thread():  # tiles are shared out over the cores; a product split over cores would wait for both
        each_in_threads(compare, list(combinations_with_replacement(range(len(panels)), 2)), threads)
    found.distances[:, :1] = 0.0  # each row itself
    return found


def _copy_across(tile: Floats, row: int, column: int, queries: int, block: Floats) -> None:
    """Copy what a tile holds of query rows against gallery columns into `block`."""
    height = min(queries - row, len(tile))
    skipped = max(queries - column, 0)
    if height > 0 and skipped < tile.shape[1]:
        start = column + skipped - queries
        block[row : row + height, start : start + tile.shape[1] - skipped] = tile[:height, skipped:]
