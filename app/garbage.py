"""When Python looks for garbage: at quiet moments, not in the middle of a movement.

A full collection visits every object while all threads wait: 40 ms with the 100,000 objects of an open window. So it
is never begun by chance; what has long been there is set aside (`gc.freeze`), and the rest is gone through on a timer.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.session import Changes, Session

BY_CHANCE = (700, 10, 1_000_000)  # Python's own thresholds of the two young generations; the full one as good as never
EVERY_SECONDS = 20
LONG_SECONDS = 0.010  # a collection that takes longer has too much to go through: what survived it is set aside


class GarbageKeeper(QObject):
    """Takes the full collections of the program over for as long as `session` lives."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        gc.set_threshold(*BY_CHANCE)
        session.changed.connect(self._changed)
        self._timer = QTimer(self)
        self._timer.setInterval(1000 * EVERY_SECONDS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def settle(self) -> None:
        """Go through everything, what was set aside before too, and set aside what is left."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def collect(self) -> None:
        """Go through what came since; not while something is being dragged."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        began = time.perf_counter()
        gc.collect()
        if time.perf_counter() - began > LONG_SECONDS:
            gc.freeze()

    def _changed(self, changes: Changes) -> None:
        if changes.case:  # a moment at which one waits anyway, and at which the old case's objects can go
            self.settle()
