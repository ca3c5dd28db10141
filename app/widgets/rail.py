"""The rail of pages at the left."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from app import icons, theme
from app.pages import PAGES, Entry
from app.widgets.basic import box, styled

WIDTH, NARROW_WIDTH, HEIGHT = 72, 48, 56


class _RailButton(QAbstractButton):
    """Icon over word; the current page has the accent at its left edge."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self.labelled = True
        self.setCheckable(True)
        self.setText(entry.title)
        self.setAccessibleName(entry.title)
        self.setToolTip(entry.title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.parentWidget().width() - 1, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self.isChecked():
            painter.fillRect(self.rect(), theme.color("selected"))
            painter.fillRect(QRect(0, 0, 3, self.height()), theme.color("accent"))
        elif self.underMouse() and self.isEnabled():
            painter.fillRect(self.rect(), theme.color("hover"))
        colour = "text1" if self.isChecked() else "text2" if self.isEnabled() else "control"
        top = 10 if self.labelled else (self.height() - 20) // 2
        icons.paint(painter, QRect((self.width() - 20) // 2, top, 20, 20), self.entry.icon, colour)
        if self.labelled:
            painter.setFont(theme.font(12))
            painter.setPen(theme.color(colour))
            painter.drawText(QRect(0, 32, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))


class Rail(QWidget):
    """Announces the page the user asks for."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        styled(self, "rail")
        metrics = QFontMetrics(theme.font(12))
        self._wide = max(WIDTH, *(metrics.horizontalAdvance(entry.title) + 12 for entry in PAGES))
        self.setFixedWidth(self._wide)
        column = box(QVBoxLayout(self), 0, (0, 4, 1, 4))
        group = QButtonGroup(self)
        self._buttons: dict[str, _RailButton] = {}
        for at_bottom in (False, True):
            for entry in (e for e in PAGES if e.at_bottom is at_bottom):
                button = _RailButton(entry)
                button.clicked.connect(lambda _=False, name=entry.name: self.asked.emit(name))
                group.addButton(button)
                column.addWidget(button)
                self._buttons[entry.name] = button
            if not at_bottom:
                column.addStretch(1)

    def show_current(self, name: str) -> None:
        self._buttons[name].setChecked(True)

    def set_case_open(self, is_open: bool) -> None:
        for button in self._buttons.values():
            button.setEnabled(is_open or not button.entry.needs_case)

    def set_narrow(self, narrow: bool) -> None:
        self.setFixedWidth(NARROW_WIDTH if narrow else self._wide)
        for button in self._buttons.values():
            button.labelled = not narrow
            button.update()
