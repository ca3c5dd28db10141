"""Large buttons and list rows of the start page."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import icons, theme
from app.preferences import RecentCase
from app.widgets.basic import Button, ElidedLabel, Glyph, box, label, paint_hint
from app.words import tr


class ActionCard(QAbstractButton):
    """Icon, title, a line of text and the key."""

    def __init__(self, icon: str, title: str, text: str, command: str) -> None:
        super().__init__()
        self._icon, self._title, self._line, self._command = icon, title, text, command
        self.setToolTip(text)
        self.setAccessibleName(f"{title}: {text}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(72)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(270, 72)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = self.hasFocus()
        painter.setPen(QPen(theme.color("accent" if focus else "line"), 2 if focus else 1))
        painter.setBrush(theme.color("hover" if self.underMouse() else "panel"))
        inset = 1.0 if focus else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 4, 4)
        icons.paint(painter, QRect(17, 25, 22, 22), self._icon, "accent")
        painter.setPen(theme.color("text1"))
        painter.setFont(theme.font(15, bold=True))
        painter.drawText(QRect(53, 15, self.width() - 60, 22), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setPen(theme.color("text2"))
        painter.setFont(theme.font(12))
        key = Button.keymap.shown(self._command) if Button.keymap and Button.hints_visible else ""
        whole = self.width() - 60
        key = key if painter.fontMetrics().horizontalAdvance(self._line) <= whole - 63 else ""
        room = QRect(53, 37, whole - (63 if key else 0), 34)
        painter.drawText(room, Qt.TextFlag.TextWordWrap, self._line)
        if key:
            paint_hint(painter, QRect(self.width() - 66, 27, 50, 18), key)


class RecentRow(QWidget):
    """One recent case; `missing` where its folder is not there now."""

    opened = Signal(str)
    forgotten = Signal(str)

    def __init__(self, case: RecentCase, when: str, *, missing: bool, first: bool) -> None:
        super().__init__()
        self._case = case
        self._missing = missing
        self._first = first
        self.setFixedHeight(72)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Case {title}, {when}").format(title=case.title, when=when))
        row = box(QHBoxLayout(self), 16, (16, 0, 16, 0))
        row.addWidget(Glyph("folder-off-outline" if missing else "folder-account-outline", 28, "text3"))
        words = box(QVBoxLayout(), 2)
        words.addStretch(1)
        words.addWidget(ElidedLabel(case.title, "item"))
        words.addWidget(ElidedLabel(case.folder, "small"))
        words.addWidget(
            label(tr("Folder not found: connect its disk, or open the case from its new place."), "warning")
            if missing
            else label(case.note, "small")
        )
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(label(when, "quiet"))
        self.button = Button(tr("Forget") if missing else tr("Open"), primary=first and not missing)
        self.button.clicked.connect(self._act)
        row.addWidget(self.button)

    def _act(self) -> None:
        (self.forgotten if self._missing else self.opened).emit(self._case.folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._act()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._act()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self.hasFocus() or self.underMouse():
            painter.fillRect(self.rect(), theme.color("selected" if self.hasFocus() else "raised"))
        if self.hasFocus():
            painter.fillRect(QRect(0, 0, 3, self.height()), theme.color("accent"))
        painter.setPen(theme.color("line"))
        painter.drawLine(0, 0, self.width(), 0)
