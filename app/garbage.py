"""When Python looks for garbage: at quiet moments, not in the middle of a movement.

A full collection visits every object while all threads wait: 40 ms with the 100,000 objects of an open window. So it
is never begun by chance. On a timer little is gone through, and much is set aside (`gc.freeze`) until a case is opened
or the analyst turns to another program.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.session import Changes, Session

BY_CHANCE = (700, 10, 1_000_000)  # Python's own thresholds of the two young generations; the full one as good as never
EVERY_SECONDS = 20
MANY = 20_000  # objects: to go through them takes about 10 ms


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
        QGuiApplication.instance().applicationStateChanged.connect(self._turned)  # type: ignore[union-attr]

    def settle(self) -> None:
        """Go through everything, what was set aside before too, and set aside what is left."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def collect(self) -> None:
        """Go through what came since, or set it aside where it is much; not while something is being dragged."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        gc.collect(1)
        if len(gc.get_objects(generation=2)) > MANY:
            gc.freeze()
        else:
            gc.collect()

    def _turned(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self.settle()

    def _changed(self, changes: Changes) -> None:
        if changes.case:  # a moment at which one waits anyway, and at which the old case's objects can go
            self.settle()
