"""When and where Python looks for garbage: at quiet moments, and on the GUI thread alone.

A collection that begins by chance begins on whatever thread makes the next object, and destroys there what it finds.
A Qt object destroyed on a worker's thread waits for Python with one of Qt's locks in its hand, and the GUI thread may
hold Python while it waits for that lock: neither goes on. And a full collection visits every object while all threads
wait: 40 ms with the 100,000 objects of an open window. So none is ever begun by chance. A timer looks at what is
young; where there is much to go through, it is set aside (`gc.freeze`) until a case is opened or the analyst turns to
another program.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.session import Changes, Session

YOUNG_EVERY_SECONDS, EVERY_SECONDS = 1, 20
MANY = 20_000  # objects: to go through them takes about 10 ms


class GarbageKeeper(QObject):
    """Takes the collections of the program over for as long as `session` lives."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        gc.disable()
        session.changed.connect(self._changed)
        self.young, self.timer = QTimer(self), QTimer(self)
        for timer, seconds, act in (
            (self.young, YOUNG_EVERY_SECONDS, self.collect_young),
            (self.timer, EVERY_SECONDS, self.collect),
        ):
            timer.setInterval(1000 * seconds)
            timer.timeout.connect(act)
            timer.start()
        QGuiApplication.instance().applicationStateChanged.connect(self._turned)  # type: ignore[union-attr]

    def settle(self) -> None:
        """Go through everything, what was set aside before too, and set aside what is left."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def collect_young(self) -> None:
        """Go through what came since the last time, or set it aside where it is much."""
        if gc.get_count()[0] > MANY:
            gc.freeze()
        else:
            gc.collect(1)

    def collect(self) -> None:
        """Go through everything, or set it aside where it is much; not while something is being dragged."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        self.collect_young()
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
