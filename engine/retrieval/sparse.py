"""Rows with few non-zero entries, as both re-rankers use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.distance import Floats

Counts = NDArray[np.int64]
Columns = NDArray[np.int32]

ROWS_PER_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """CSR: row i holds `values[starts[i]:starts[i + 1]]` in `columns[...]`, in no particular order."""

    starts: Counts
    columns: Columns
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1


def fill_rows(
    total: int,
    width: Callable[[int, int], int],
    fill: Callable[[int, Columns, Floats, Counts], None],
    threads: int | None = None,
) -> SparseRows:
    """Build `total` rows block by block on all cores, so that only one block per core is ever held loosely.

    `fill(start, columns, values, counts)` writes the rows from `start` into work areas `(R, width)` and says how many
    entries each row has; `width(start, stop)` is the most that any of them may need.
    """
    from engine.retrieval.compiled import in_threads

    def block(start: int, stop: int) -> tuple[Counts, Columns, Floats]:
        shape = (stop - start, width(start, stop))
        columns, values = np.empty(shape, np.int32), np.empty(shape, np.float32)
        counts = np.empty(stop - start, np.int64)
        fill(start, columns, values, counts)
        used = np.arange(shape[1]) < counts[:, None]
        return counts, columns[used], values[used]

    counts, columns, values = zip(*in_threads(block, total, ROWS_PER_BLOCK, threads), strict=True)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.concatenate(counts))))
    return SparseRows(starts, np.concatenate(columns), np.concatenate(values))


def mean_of_neighbours(rows: SparseRows, nearest: Columns, threads: int | None = None) -> SparseRows:
    """Each row becomes the mean of the rows `nearest[i]`, `nearest (N, k) int32`."""
    from engine.retrieval import kernels

    sizes = np.diff(rows.starts)
    nearest = np.ascontiguousarray(nearest)

    def width(start: int, stop: int) -> int:
        return int(sizes[nearest[start:stop]].sum(axis=1).max(initial=0))

    def fill(start: int, columns: Columns, values: Floats, counts: Counts) -> None:
        kernels.average_rows(rows.starts, rows.columns, rows.values, nearest, start, columns, values, counts)

    return fill_rows(len(rows), width, fill, threads)
