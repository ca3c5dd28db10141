"""Everything that knows threads.

Short changes run one after the other on the 'case' thread, so decisions keep their order and never wait for an
ingest. Each long job runs on its own thread, one per lane; its `Work` generator's `yield` is where it pauses and
where it is cancelled. Reading (lists, thumbnails, pictures) happens on `Pool` threads. Results always arrive on the
GUI thread, and a 100 ms timer shows the latest progress, whatever the jobs' own speed.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.jobs import Job, JobState
from engine.errors import Cancelled

log = logging.getLogger(__name__)
PROGRESS_MS = 100
SWITCH_SECONDS = 0.001  # how long a worker may keep the interpreter from the GUI thread (Python's default is 5 ms)
STOP_SECONDS = 20.0


class Relay(QObject):
    """Carries callables from any thread to the GUI thread."""

    posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def _call(self, function: Callable[[], None]) -> None:
        function()


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """What a pool was asked, and who is told."""

    key: object
    function: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None
    interim: bool


class Pool(QObject):
    """A few threads. Requests with the same key replace each other; the newest come first unless `in_order`.

    Nobody hears of a request after a newer one with its key was submitted, even where it was being done already:
    an answer on the GUI thread is always the answer to the latest question.
    """

    def __init__(self, threads: int, name: str, parent: QObject | None = None, *, in_order: bool = False) -> None:
        super().__init__(parent)
        self._in_order = in_order
        self._relay = Relay(self)
        self._wake = threading.Condition()
        self._waiting: dict[object, _Request] = {}
        self._latest: dict[object, _Request] = {}  # by key, until it is answered or forgotten
        self._stopping = False
        self._working = 0
        self._threads = [threading.Thread(target=self._loop, name=f"{name}-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        key: object = None,
        *,
        interim: bool = False,
    ) -> None:
        """Run `function` on a pool thread, then `done(result)` on the GUI thread.

        `interim`, for pools of one thread: a result is shown although a newer one is on its way, so that scrubbing
        through a film shows frames while the pointer moves.
        """
        request = _Request(object() if key is None else key, function, done, failed, interim)
        with self._wake:
            self._waiting.pop(request.key, None)
            self._waiting[request.key] = self._latest[request.key] = request
            self._wake.notify()

    def keep_only(self, wanted: Callable[[object], bool]) -> None:
        """Forget waiting requests whose key is no longer wanted (tiles scrolled out of sight)."""
        with self._wake:
            for key in [key for key in self._waiting if not wanted(key)]:
                del self._waiting[key], self._latest[key]

    def busy(self) -> bool:
        """True while something waits or is being done."""
        with self._wake:
            return bool(self._waiting) or self._working > 0

    def stop(self, last: Callable[[], None] | None = None) -> None:
        """Let the threads end after what they are doing now, and after `last`; ordered work is finished first.

        Nobody hears of anything any more. Does not wait: `join` does.
        """
        with self._wake:
            self._stopping = True
            if not self._in_order:
                self._waiting.clear()
            if last is not None:
                self._waiting[last] = _Request(last, last, lambda _none: None, None, interim=False)
            self._wake.notify_all()

    def join(self) -> None:
        """Wait for the threads of a pool that was stopped."""
        for thread in self._threads:
            thread.join(timeout=STOP_SECONDS)

    def _loop(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if not self._waiting:
                    return
                request = self._waiting.pop(next(iter(self._waiting) if self._in_order else reversed(self._waiting)))
                self._working += 1
            try:
                result = request.function()
            except Exception as error:  # noqa: BLE001 - handed to the GUI thread, which tells bug from fault
                self._post(lambda r=request, e=error: self._fail(r, e))
            else:
                self._post(lambda r=request, found=result: self._deliver(r, found))
            finally:
                with self._wake:
                    self._working -= 1

    def _post(self, call: Callable[[], None]) -> None:
        if not self._stopping:
            self._relay.posted.emit(call)

    def _deliver(self, request: _Request, result: Any) -> None:
        with self._wake:
            interim = request.interim and request.key in self._latest
        if self._answers(request) or interim:
            request.done(result)

    def _fail(self, request: _Request, error: Exception) -> None:
        if self._answers(request):
            (request.failed or report)(error)

    def _answers(self, request: _Request) -> bool:
        """Whether this is still the latest request with its key; it is answered now."""
        with self._wake:
            latest = self._latest.get(request.key) is request
            if latest:
                del self._latest[request.key]
        return latest


_reporter: list[Callable[[Exception], None]] = []


def set_reporter(reporter: Callable[[Exception], None]) -> None:
    """Who is told of failures that nobody else handles."""
    _reporter[:] = [reporter]


def report(error: Exception) -> None:
    """Tell of a failure on the GUI thread."""
    if _reporter:
        _reporter[0](error)
    else:
        log.error("unhandled failure", exc_info=error)


class Runner(QObject):
    """Long jobs, one thread each, one at a time per lane; and the ordered short changes."""

    jobs_changed = Signal()
    progressed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH_SECONDS)
        self.jobs: list[Job] = []
        self._relay = Relay(self)
        self._calls = Pool(1, "case", self, in_order=True)
        self._wake = threading.Condition()
        self._numbers = count(1)
        self._stopping = False
        self._held = False  # nothing starts
        self._threads: list[threading.Thread] = []
        self._timer = QTimer(self)
        self._timer.setInterval(PROGRESS_MS)
        self._timer.timeout.connect(self._tick)
        self._news = QTimer(self)  # hundreds of jobs queued or paused at once are one piece of news
        self._news.setSingleShot(True)
        self._news.setInterval(0)
        self._news.timeout.connect(self.jobs_changed)

    def call(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run a short change after those already asked for."""
        self._calls.submit(function, done or (lambda _result: None), failed)

    def start(self, job: Job) -> Job:
        """Queue a long job."""
        self.start_all([job])
        return job

    def start_all(self, jobs: Sequence[Job]) -> None:
        """Queue long jobs together, before the first of them begins."""
        with self._wake:
            for job in jobs:
                job.number = next(self._numbers)
            self.jobs += jobs
        self._schedule()

    def pause(self, job: Job) -> None:
        """Hold a job at its next yield, or in the queue."""
        with self._wake:
            if job.state in (JobState.WAITING, JobState.RUNNING):
                job.state = JobState.PAUSED
        self._schedule()

    def resume(self, job: Job) -> None:
        with self._wake:
            if job.state is JobState.PAUSED:
                job.state = JobState.RUNNING if job.started else JobState.WAITING
            self._wake.notify_all()
        self._schedule()

    def cancel(self, job: Job) -> None:
        """Ask a job to stop at its next yield; what it committed stays."""
        with self._wake:
            if job.state.ended:
                return
            job.cancelling = True
            waiting = not job.started
            self._wake.notify_all()
        if waiting:
            self._end(job, JobState.CANCELLED, Cancelled("The work was cancelled."))

    def raise_priority(self, job: Job) -> None:
        """Put a waiting job before the others of its lane."""
        with self._wake:
            self.jobs.remove(job)
            self.jobs.insert(0, job)
        self._news.start()

    def clear_ended(self) -> None:
        """Take ended jobs off the list."""
        with self._wake:
            self.jobs[:] = [job for job in self.jobs if not job.state.ended]
        self._news.start()

    def active(self) -> list[Job]:
        """Jobs that have not ended."""
        with self._wake:
            return [job for job in self.jobs if not job.state.ended]

    def drain(self) -> bool:
        """Stop every job and wait until each has left its data consistent; from then on none starts until `go_on`.

        Not for the GUI thread: a job may be in the middle of a long step. False where one does not stop.
        """
        with self._wake:
            self._held = True
            threads = list(self._threads)
        for job in self.active():
            self.cancel(job)
        end = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(timeout=max(end - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)

    def go_on(self) -> None:
        """Jobs may start again."""
        self._held = False
        self._schedule()

    def halt(self) -> None:
        """Nothing starts and nobody hears of anything any more; `join` waits for what is being done."""
        self._stopping = True
        self._timer.stop()

    def join(self) -> None:
        """Wait, after `halt`, until the jobs have stopped and the changes already asked for are made."""
        self.drain()
        self._calls.stop()
        self._calls.join()

    def apart(self, function: Callable[[], None], done: Callable[[], None]) -> None:
        """Run `function` on a thread of its own, then `done` on the GUI thread, even after `halt`."""

        def run() -> None:
            try:
                function()
            finally:
                self._relay.posted.emit(done)

        threading.Thread(target=run, name="apart", daemon=True).start()

    def _tick(self) -> None:
        self.progressed.emit()
        if not any(job.state is JobState.RUNNING for job in self.jobs):
            self._timer.stop()

    def _schedule(self) -> None:
        """Start the first waiting job of each free lane."""
        with self._wake:
            busy = {job.lane for job in self.jobs if job.started and not job.state.ended}  # a paused one keeps its lane
            chosen = []
            for job in () if self._stopping or self._held else self.jobs:
                if job.state is JobState.WAITING and not (job.lane and job.lane in busy):
                    busy.add(job.lane)
                    job.state, job.started = JobState.RUNNING, True
                    chosen.append(job)
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for job in chosen:
                thread = threading.Thread(target=self._run, args=(job,), name=f"job-{job.number}", daemon=True)
                self._threads.append(thread)
                thread.start()
        if any(job.state is JobState.RUNNING for job in self.jobs):
            self._timer.start()
        self._news.start()

    def _run(self, job: Job) -> None:
        try:
            result = self._drive(job)
        except Cancelled as error:
            self._end(job, JobState.CANCELLED, error)
        except Exception as error:  # noqa: BLE001 - handed to the GUI thread, which tells bug from fault
            self._end(job, JobState.FAILED, error)
        else:
            self._end(job, JobState.DONE, result=result)

    def _drive(self, job: Job) -> Any:
        """Step the generator to its end; it is closed before anybody hears of the end."""
        work = job.make()
        try:
            while True:
                self._hold(job)
                job.progress = next(work)
                job.meter.update(job.progress)
        except StopIteration as end:
            return end.value
        finally:
            work.close()

    def _hold(self, job: Job) -> None:
        with self._wake:
            while job.state is JobState.PAUSED and not job.cancelling:
                self._wake.wait()
            if job.cancelling:
                raise Cancelled("The work was cancelled.")

    def _end(self, job: Job, state: JobState, error: Exception | None = None, result: Any = None) -> None:
        with self._wake:
            job.state, job.error = state, error

        def tell() -> None:
            if error is None and job.done is not None:
                job.done(result)
            elif error is not None and job.failed is not None:
                job.failed(error)
            elif error is not None and not isinstance(error, Cancelled):
                report(error)
            self._schedule()

        if not self._stopping:
            self._relay.posted.emit(tell)
