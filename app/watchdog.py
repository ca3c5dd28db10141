"""Measures how long the GUI thread did not answer."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

STALL_SECONDS = 0.050


class StallWatch(QObject):
    """A 5 ms timer of the event loop; the time it comes late is time the window stood still."""

    interval_seconds = 0.005

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worst = 0.0
        self.stalls = 0
        self._last: float | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(self.interval_seconds * 1000))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin a measurement."""
        self.worst, self.stalls, self._last = 0.0, 0, None
        self._timer.start()

    def stop(self) -> float:
        """End it; the worst stall in seconds."""
        self._timer.stop()
        return self.worst

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            late = max(now - self._last - self.interval_seconds, 0.0)
            self.worst = max(self.worst, late)
            self.stalls += late > STALL_SECONDS
        self._last = now
