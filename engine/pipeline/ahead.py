"""Run an iterator a few items ahead in a thread of its own, so that the stages of a pipeline overlap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")

_END = object()


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Yield what `items` yields, in order, while a thread computes up to `depth` of them beforehand.

    An exception of the producer is raised here, at the place where its item would have come. Closing this
    generator stops the thread and closes `items`.
    """
    handed: queue.Queue[object] = queue.Queue(maxsize=depth)
    stop = threading.Event()
    failure: list[BaseException] = []

    def produce() -> None:
        try:
            for item in items:
                if not _put(handed, item, stop):
                    return
        except BaseException as error:  # noqa: BLE001 handed over, not swallowed
            failure.append(error)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
            _put(handed, _END, stop)

    thread = threading.Thread(target=produce, name="nightjar-ahead", daemon=True)
    thread.start()
    try:
        while (item := handed.get()) is not _END:
            yield item  # type: ignore[misc]
        if failure:
            raise failure[0]
    finally:
        stop.set()
        thread.join()


def _put(handed: queue.Queue[object], item: object, stop: threading.Event) -> bool:
    """Wait for a free place; False once nobody wants items any more."""
    while not stop.is_set():
        try:
            handed.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
