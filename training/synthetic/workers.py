"""Rendering in several processes, one thread each."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from engine.errors import WorkerError
from training.synthetic.assets import load_pack
from training.synthetic.studio import Studio

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_studio: Studio | None = None  # of a worker process


def run_tasks(
    task: Callable[..., Any], items: list[Any], pack: Path, workers: int, arguments: tuple[Any, ...]
) -> Iterator[Any]:
    """Yield task(studio, item, *arguments) for each item, in the order they get done.

    With one worker the work is done here. Nothing is handed out long before it is needed, so that stopping is quick.
    """
    if not items:
        return
    if workers <= 1:
        studio = Studio(load_pack(pack))
        for item in items:
            yield task(studio, item, *arguments)
        return
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")  # inherited by the workers before they load numpy
    load_pack(pack)  # a damaged pack is told once, here
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(str(pack),))
    waiting = iter(items)
    running = set()
    try:
        for item in waiting:
            running.add(pool.submit(_call, task, item, arguments))
            if len(running) < 2 * workers:
                continue
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        hint = "What was finished is kept; run the same command again, with fewer --workers if memory was short."
        raise WorkerError("A rendering process died.", hint) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(pack: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which stops handing out work
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _studio  # noqa: PLW0603 — one per process, handed to every task
    _studio = Studio(load_pack(Path(pack)))


def _end_with_parent() -> None:
    """A parent that was killed cannot stop its workers: they notice it themselves."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _call(task: Callable[..., Any], item: Any, arguments: tuple[Any, ...]) -> Any:
    return task(_studio, item, *arguments)
