"""How kernels are compiled and kept, and how work is shared out over the cores. Loads Numba."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
R = TypeVar("R")
Scalar = TypeVar("Scalar", bound=np.generic)

_BLAS_LIMIT = Lock()
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


def each_in_threads(work: Callable[[T], R], tasks: Sequence[T], threads: int | None = None) -> list[R]:
    """`work(task)` for every task, on all cores (or `threads`); results in the order of the tasks."""
    workers = min(threads or cores(), len(tasks))
    if workers <= 1:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, tasks))


def in_threads(work: Callable[[int, int], R], total: int, size: int, threads: int | None = None) -> list[R]:
    """`work(start, stop)` on every block of at most `size` of `total` rows; results in row order."""
    return each_in_threads(lambda span: work(*span), list(blocks(total, size)), threads)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """NumPy's matrix products run on one core each while this holds, for callers that use several at once.

    The limit belongs to the whole process, so only one caller holds it at a time: overlapping ones would restore
    each other's.
    """
    with _BLAS_LIMIT, _blas().limit(limits=1):
        yield


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
