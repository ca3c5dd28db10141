"""A frame round what the Tab key has reached, where that shows no focus by itself: lists, grids, the player, maps."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from app import theme

OWN = (  # the sheet, or their own painting, gives them a ring
    *(QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox),
    *(QKeySequenceEdit, QLineEdit, QPlainTextEdit),
)
WIDTH = 2


class FocusRing(QWidget):
    """Lies over the widget until the focus moves on."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__(inside)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(inside.rect())
        inside.installEventFilter(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._leave)
        self.show()
        self.raise_()

    def _leave(self, _before: QWidget | None, _now: QWidget | None) -> None:
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("accent"), WIDTH))
        half = WIDTH / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))


class Ringed:
    """Mixed into a window or dialog: Tab and Shift+Tab show where they have arrived."""

    def focusNextPrevChild(self, forwards: bool) -> bool:  # noqa: N802
        moved: bool = super().focusNextPrevChild(forwards)  # type: ignore[misc]
        reached = QApplication.focusWidget()
        if moved and reached is not None and not isinstance(reached, OWN):
            FocusRing(reached)
        return moved
