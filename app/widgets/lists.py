"""A short list whose letters are left to the page's keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget

MOVES = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
)


class ShortList(QListWidget):
    """Arrows move; Enter activates where somebody listens. Qt's own list would search by the letters typed."""

    enters = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.enters and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.itemActivated.emit(self.currentItem())
        elif event.key() in MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()
