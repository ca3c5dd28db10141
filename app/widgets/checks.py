"""Check boxes in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox

from app import icons, theme
from app.widgets.basic import HINT, Button, paint_hint


class CheckBox(QCheckBox):
    """A check box in the theme's colours, with the key of its command."""

    def __init__(self, text: str, command: str = "") -> None:
        super().__init__(text)
        self._command = command

    def sizeHint(self) -> QSize:  # noqa: N802
        key = Button.keymap.key(self._command) if Button.keymap and self._command else ""
        width = 26 + self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + (36 if key else 0), 24)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, 24)

    def hitButton(self, pos: QPoint) -> bool:  # noqa: N802
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        paint_check(painter, QRect(0, (self.height() - 16) // 2, 16, 16), self.isChecked(), focus=self.hasFocus())
        painter.setPen(theme.color("text1" if self.isEnabled() else "control"))
        painter.setFont(self.font())
        room = self.rect().adjusted(24, 0, 0, 0)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2))
            words = QRectF(20, 1, self.fontMetrics().horizontalAdvance(shown) + 8, self.height() - 2)
            painter.drawRoundedRect(words.intersected(QRectF(self.rect()).adjusted(0, 0, -1, 0)), 3, 3)
        key = Button.keymap.key(self._command) if Button.keymap and Button.hints_visible and self._command else ""
        if key:
            paint_hint(painter, QRect(self.width() - 22, (self.height() - HINT) // 2, HINT, HINT), key)


def paint_check(painter: QPainter, area: QRect, checked: bool, *, focus: bool = False) -> None:
    """A check box: edge at 3:1, filled with the accent when checked."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = "accent" if focus else "accent_fill" if checked else "control"
    painter.setPen(QPen(theme.color(edge), 2 if focus else 1))
    painter.setBrush(theme.color("accent_fill" if checked else "window"))
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    if checked:
        icons.paint(painter, area.adjusted(2, 2, -2, -2), "check-bold", "accent_text")
    painter.restore()
