"""What lists have in common: the ground of a painted row, and the keys that are left to the page."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QStyle, QStyleOptionViewItem

from app import theme

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


def paint_row(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a painted row, and the line under it."""
    area = option.rect
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, theme.color("selected"))
        painter.fillRect(QRect(area.x(), area.y(), 3, area.height()), theme.color("accent"))
    painter.setPen(theme.color("line"))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
