"""Check boxes in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy

from app import icons, theme
from app.plain import plain
from app.widgets.basic import HINT, Button, paint_hint


class CheckBox(QCheckBox):
    """A check box in the theme's colours, with the key of its command. A text goes on in the next line; the `name` of
    something is shortened where it has no room, and whole in the tooltip."""

    def __init__(self, text: str, command: str = "", *, name: bool = False) -> None:
        super().__init__(text)
        self._command = command
        self._name = name
        if name:
            self.setToolTip(plain(text))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(not name)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return not self._name

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return max(24, self._wrapped(width).height() + 6)

    def _wrapped(self, width: int) -> QRect:
        room = QRect(24, 0, max(width - 24 - self._beside(), 1), 1 << 16)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())

    def _beside(self) -> int:
        """Pixels for the key."""
        return HINT + 8 if Button.keymap and Button.hints_visible and self._command else 0

    def sizeHint(self) -> QSize:  # noqa: N802
        key = Button.keymap.shown(self._command) if Button.keymap and self._command else ""
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
        room, shown, flags = self.rect().adjusted(24, 0, -self._beside(), 0), self.text(), Qt.AlignmentFlag.AlignVCenter
        if self._name:
            shown = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideMiddle, room.width())
        else:
            flags |= Qt.TextFlag.TextWordWrap
        painter.drawText(room, flags, shown)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2))
            width = min(self.fontMetrics().horizontalAdvance(shown), room.width())
            words = QRectF(20, 1, width + 8, self.height() - 2)
            painter.drawRoundedRect(words.intersected(QRectF(self.rect()).adjusted(0, 0, -1, 0)), 3, 3)
        key = Button.keymap.shown(self._command) if Button.keymap and Button.hints_visible and self._command else ""
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
