"""The ingest child's work in this process, where a test can make it fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from engine.pipeline import worker
from engine.pipeline.messages import Job, Message


class _Thread(threading.Thread):
    """As much of a process as the ingest asks for."""

    exitcode = 0


def in_a_thread(
    analyse: Callable[[Job], Iterator[Message]],
) -> Callable[[Job], AbstractContextManager[tuple[Connection, Any]]]:
    """A stand-in for `engine.ingest._child`: the same messages, from a thread that runs `analyse`."""

    @contextmanager
    def child(job: Job) -> Iterator[tuple[Connection, Any]]:
        receiving, sending = Pipe(duplex=False)

        def tell() -> None:
            with sending, suppress(BrokenPipeError):
                for message in worker.told(job, analyse):
                    sending.send(message)

        thread = _Thread(target=tell)
        thread.start()
        try:
            yield receiving, thread
        finally:
            receiving.close()
            thread.join()

    return child
