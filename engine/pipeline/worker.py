"""The ingest child process: runs `analyse` and sends its messages to the parent.

A separate process, because a decoder may crash on hostile footage; the parent keeps everything it has committed.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from engine.errors import NightjarError, WorkerBugError
from engine.media.files import shown
from engine.pipeline.messages import Failed, Job, Message

KEPT = "What was found until then is kept."


def run(job: Job, connection: Connection) -> None:
    """Analyse `job`, sending each message through `connection`; entry point of the spawned process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends this process in order
    from engine.pipeline.analyse import analyse

    try:
        for message in told(job, analyse):
            connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        os._exit(1)  # the parent is gone; nobody is left to tell
    finally:
        connection.close()


def told(job: Job, analyse: Callable[[Job], Iterator[Message]]) -> Iterator[Message]:
    """The messages of the analysis, ending with `Failed` where it could not go on."""
    try:
        yield from analyse(job)
    except NightjarError as error:
        yield Failed(type(error).__name__, str(error), error.hint)
    except Exception as error:  # noqa: BLE001 - a mistake of ours; the parent reports it, and here nobody reads stderr
        trace = "".join(traceback.format_exception(error))
        yield Failed(
            WorkerBugError.__name__, f"Nightjar made a mistake while it read {shown(job.path.name)}.", KEPT, trace
        )
