"""The key of a command beside what it works, in the outlined box that buttons have."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.widgets.basic import HINT, Button, paint_hint


class KeyHint(QWidget):
    """Empty where hints are hidden or the command has no key."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command
        self.setFixedSize(HINT, HINT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        key = Button.keymap.key(self._command) if Button.keymap and Button.hints_visible else ""
        if key:
            paint_hint(QPainter(self), QRect(0, 0, HINT, HINT), key, "text3")
