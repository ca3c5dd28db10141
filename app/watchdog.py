"""Measures how long the GUI thread did not answer, what it was doing then, and how much of that was its own work."""

from __future__ import annotations

import faulthandler
import re
import tempfile
import threading
import time

from PySide6.QtCore import QObject, Qt, QTimer

STALL_SECONDS = 0.050
CALLS = 4
LOOK_SECONDS = 0.010  # how often the looker checks whether the GUI thread is late


class StallWatch(QObject):
    """A 5 ms timer of the event loop; the time it comes late is time the window stood still.

    `worst` is wall seconds. `busiest` is the processor time, in seconds, that the GUI thread itself spent between two
    ticks: on a machine that is busy with other work this is what tells a stall of ours from the machine's.
    """

    interval_seconds = 0.005

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worst = 0.0
        self.busiest = 0.0
        self.stalls = 0
        self.where = ""  # the innermost lines of the GUI thread in the worst stall
        self._last: tuple[float, float] | None = None
        self._seen = ""
        self._thread = threading.get_ident()
        self._running = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(self.interval_seconds * 1000))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin a measurement."""
        self.worst, self.busiest, self.stalls, self.where = 0.0, 0.0, 0, ""
        self._last, self._seen = None, ""
        self._timer.start()
        self._running.set()
        threading.Thread(target=self._look, name="stall-watch", daemon=True).start()

    def stop(self) -> float:
        """End it; the worst stall in seconds."""
        self._running.clear()
        self._timer.stop()
        return self.worst

    def _tick(self) -> None:
        now, spent = time.perf_counter(), time.thread_time()
        if self._last is not None:
            late = max(now - self._last[0] - self.interval_seconds, 0.0)
            self.busiest = max(self.busiest, spent - self._last[1])
            self.stalls += late > STALL_SECONDS
            if late > self.worst:
                self.worst, self.where = late, self._seen
        self._last, self._seen = (now, spent), ""

    def _look(self) -> None:
        """On a thread of its own: note what the GUI thread is in the middle of, once it is late.

        By faulthandler, which takes no hold of the frames it shows: a frame kept alive keeps its painter alive, and
        Qt does not survive a picture that is finished while somebody still paints it.
        """
        with tempfile.TemporaryFile("w+") as dump:
            while self._running.is_set():
                time.sleep(LOOK_SECONDS)
                last = self._last
                if last is not None and time.perf_counter() - last[0] > STALL_SECONDS / 2:
                    dump.seek(0)
                    dump.truncate()
                    faulthandler.dump_traceback(dump, all_threads=True)
                    dump.seek(0)
                    self._seen = _innermost(dump.read(), self._thread)


def _innermost(dump: str, thread: int) -> str:
    """The last calls of one thread in faulthandler's words, the innermost first."""
    _, _, own = dump.partition(f"hread 0x{thread:016x}")
    calls = re.findall(r'File "(?:.*/)?([^/"]+)", line (\d+) in (\S+)', own.partition("\n\n")[0])
    return " < ".join(f"{name} ({file}:{line})" for file, line, name in calls[:CALLS])
