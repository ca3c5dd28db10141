"""Numba, once: how kernels are compiled, where they are kept, and how they use several cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., object])
R = TypeVar("R")
Scalar = TypeVar("Scalar", bound=np.generic)

_OPTIONS = {"nogil": True, "fastmath": {"reassoc"}}


def kernel(function: F) -> F:
    """Compile `function` at its first call; machine code is kept for the next start.

    Numba keeps it in `__pycache__` beside the source, in a read-only install under the user's cache folder
    (`NUMBA_CACHE_DIR` overrides both). Where neither can be written, each start compiles anew.
    Kernels release the GIL and are never `parallel`: Numba's own threads may not be entered from two Python
    threads at once, and the window has several. Sums may be reordered (`reassoc`), which is what lets them run
    in vector registers; NaN and infinity keep their meaning.
    """
    try:
        return cast(F, numba.njit(function, cache=True, **_OPTIONS))
    except RuntimeError:  # no folder to keep compiled code in
        return cast(F, numba.njit(function, **_OPTIONS))


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """A view that cannot be written, so that memory-mapped and plain arrays share one compiled kernel."""
    view = np.ascontiguousarray(array).view(np.ndarray)
    view.flags.writeable = False
    return view


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def blocks(total: int, size: int) -> Iterator[tuple[int, int]]:
    """`(start, stop)` of consecutive blocks of at most `size` rows."""
    for start in range(0, total, size):
        yield start, min(start + size, total)


def in_threads(work: Callable[[int, int], R], total: int, size: int, threads: int | None = None) -> list[R]:
    """`work(start, stop)` on every block of rows, on all cores (or `threads`); results in row order."""
    spans = list(blocks(total, size))
    workers = min(threads or cores(), len(spans))
    if workers <= 1:
        return [work(*span) for span in spans]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda span: work(*span), spans))
