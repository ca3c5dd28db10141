"""Labels, buttons with key hints, segments and glyphs: what every part of the window is made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from app import icons, theme
from app.keys import KeyMap
from app.plain import plain
from app.read_only import WRITING, Held, writes

HINT = 18
GAP = 8


def label(text: str = "", role: str = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """A text in one of the sheet's roles ('title', 'item', 'quiet', 'mono', ...)."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


class ElidedLabel(QLabel):
    """A name that elides in the middle (a sentence: at the right) and shows itself whole in the tooltip."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.whole, self._mode = "", mode
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        self.whole = text
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self.whole, self._mode, max(self.width(), 1))
        self.setText(shown)
        self.setToolTip(plain(self.whole) if shown != self.whole else "")


class Whole(QLabel):
    """Numbers that are shown whole or, where there is no room, in the tooltip alone."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(plain(text))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self.fontMetrics().horizontalAdvance(self.text()) <= self.width():
            super().paintEvent(event)


def styled(widget: QWidget, name: str) -> QWidget:
    """Give a widget a name that the sheet knows, and let the sheet paint its background."""
    widget.setObjectName(name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


def scrolled(panel: QWidget, width: int) -> QWidget:
    """Give a side panel of fixed width an inside that scrolls where the window is low; returns that inside."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    inside = styled(QWidget(), "panel")
    inside.setMaximumWidth(width - 2)
    scroll.setWidget(inside)
    column = QVBoxLayout(panel)
    column.setContentsMargins(1, 0, 1, 0)  # the panel's own edge stays in sight
    column.addWidget(scroll)
    return inside


def inset(box: QAbstractSpinBox) -> None:
    """Give the text of a spin box the room at its sides that line edits have; the sheet cannot."""
    for line in box.findChildren(QLineEdit):
        line.setTextMargins(8, 0, 8, 0)


def repolish(widget: QWidget) -> None:
    """Let a changed property take effect."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def set_role(widget: QWidget, role: str) -> None:
    """Change a label's role."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        repolish(widget)


class Button(Held, QPushButton):
    """A button with an icon and, where it has a command, an outlined box that shows the bound key.

    One whose command changes the case is out of reach while that is open read-only.
    """

    hints_visible = True
    keymap: KeyMap | None = None  # set once by the window

    def __init__(self, text: str, icon: str = "", command: str = "", *, size: str = "", primary: bool = False) -> None:
        super().__init__(text)
        self._icon = icon
        self._command = command
        self.shows_hint = True  # where hints are visible at all
        self.setAccessibleName(text or command)
        if size:
            self.setProperty("scale", size)  # not "size", which every widget has already
        if primary:
            self.setProperty("primary", "true")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if command in WRITING:
            writes(self, why=WRITING[command])

    def set_icon(self, name: str) -> None:
        self._icon = name
        self.update()

    def set_text(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def show_hint(self, shown: bool) -> None:
        """Whether the key is shown inside, where keys are visible at all."""
        if self.shows_hint != shown:
            self.shows_hint = shown
            self.updateGeometry()
            self.update()

    @property
    def command(self) -> str:
        return self._command

    def hint(self) -> str:
        """The key shown, '' where there is none or hints are hidden."""
        if not (self._command and self.shows_hint and Button.hints_visible and Button.keymap):
            return ""
        return Button.keymap.shown(self._command)

    def _icon_size(self) -> int:
        return 14 if self.property("scale") == "small" else 16

    def _hint_width(self) -> int:
        hint = self.hint()
        if not hint:
            return 0
        metrics = _hint_metrics(self)
        return max(HINT, metrics.horizontalAdvance(hint) + 8)

    def _needed(self, *, icon: bool = True, hint: bool = True) -> int:
        """Pixels of width for the text and what is to stand beside it."""
        pad = {"small": 9, "large": 14}.get(str(self.property("scale") or ""), 12)
        text = self.fontMetrics().horizontalAdvance(self.text()) + 2 if self.text() else 0
        beside = (self._icon_size() if self._icon and icon else 0, text, self._hint_width() if hint else 0)
        parts = [part for part in beside if part]
        return sum(parts) + GAP * (len(parts) - 1) + 2 * pad

    def sizeHint(self) -> QSize:  # noqa: N802
        height = {"small": 28, "large": 40}.get(str(self.property("scale") or ""), 32)
        return QSize(max(self._needed(), height), height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Where there is less room, the key goes first, then the icon; never a letter of the text."""
        whole = self.sizeHint()
        least = self._needed(icon=not self.text(), hint=False)
        return QSize(max(least, whole.height()), whole.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        name = "text1" if self.isEnabled() else "control"
        if self.property("link") == "true":
            name = "accent"
        elif self.property("warning") == "true":
            name = "warning_text"
        if self.property("primary") == "true" and self.isEnabled():
            name = "accent_text"
        self._paint_content(painter, name)
        if self.property("primary") == "true" and self.hasFocus():  # its edge is as coloured as a ring would be
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent_text"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 3, 3)

    def _paint_content(self, painter: QPainter, colour: str) -> None:
        hint = bool(self.hint()) and self._needed() <= self.width()
        icon = bool(self._icon) and (not self.text() or self._needed(hint=False) <= self.width())
        pad = {"small": 9, "large": 14}.get(str(self.property("scale") or ""), 12)
        x = (self.width() - self._needed(icon=icon, hint=hint)) // 2 + pad
        if icon:
            box = QRect(x, (self.height() - self._icon_size()) // 2, self._icon_size(), self._icon_size())
            icons.paint(painter, box, self._icon, colour)
            x += self._icon_size() + GAP
        if self.text():
            width = self.fontMetrics().horizontalAdvance(self.text()) + 2
            painter.setPen(theme.color(colour))
            painter.setFont(self.font())
            painter.drawText(QRect(x, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
            x += width + GAP
        if hint:
            paint_hint(painter, QRect(x, (self.height() - HINT) // 2, self._hint_width(), HINT), self.hint(), colour)


def _hint_metrics(widget: QWidget) -> object:
    return QFontMetrics(theme.font(11, mono=True), widget)


def paint_hint(painter: QPainter, box: QRect, key: str, colour: str = "text2") -> None:
    """An outlined key box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color(colour, 150), 1))
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.setFont(theme.font(11, mono=True))
    painter.setPen(theme.color(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
    painter.restore()


class ComboBox(QComboBox):
    """A combo box whose arrow follows the theme."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        area = QRect(self.width() - 24, (self.height() - 14) // 2, 14, 14)
        icons.paint(QPainter(self), area, "chevron-down", "text1" if self.isEnabled() else "control")


class Segment(QWidget):
    """A row of exclusive choices; `chosen` gives the value."""

    chosen = Signal(object)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, object]],
        *,
        size: str = "",
        fill: bool = False,
        looks: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`looks` are icon and command of each choice; the command's key is shown."""
        super().__init__()
        self.setAccessibleName(name)
        row = box(QHBoxLayout(self))
        if not fill:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._values: dict[int, object] = {}
        self.buttons: list[Button] = []
        for n, (text, value) in enumerate(options):
            button = Button(text, *(looks[n] if looks else ()), size=size)
            button.setAccessibleName(f"{name}: {text}")
            button.setCheckable(True)
            place = "first" if n == 0 else "last" if n == len(options) - 1 else "middle"
            button.setProperty("segment", place)
            if fill:
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, n)
            self._values[n] = value
            self.buttons.append(button)
            row.addWidget(button)
        self._group.idClicked.connect(lambda n: self.chosen.emit(self._values[n]))

    def select(self, value: object) -> None:
        """Show a value as chosen without announcing it; None shows none."""
        self._group.setExclusive(False)
        for n, button in enumerate(self.buttons):
            button.setChecked(value is not None and self._values[n] == value)
        self._group.setExclusive(True)

    def value(self) -> object:
        n = self._group.checkedId()
        return self._values.get(n)

    def set_text(self, index: int, text: str) -> None:
        self.buttons[index].set_text(text)


def box(layout: QBoxLayout, spacing: int = 0, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QBoxLayout:
    """Set spacing and margins in one go."""
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    return layout


def headed(column: QBoxLayout, title: str, role: str = "quiet", *, title_role: str = "strong") -> QLabel:
    """Add a section's title to a column; the empty label returned stands at the right of it."""
    row, aside = box(QHBoxLayout(), 8), label("", role)
    row.addWidget(label(title, title_role))
    row.addStretch(1)
    row.addWidget(aside)
    column.addLayout(row)
    return aside


def name_width(*names: str) -> int:
    """Width of a column that holds these names."""
    metrics = QFontMetrics(theme.font(13))
    return max(metrics.horizontalAdvance(name) for name in names) + 2


def rule(*, vertical: bool = False) -> QFrame:
    """A one-pixel divider."""
    line = QFrame()
    line.setObjectName("rule")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


class Glyph(QWidget):
    """An icon as a widget."""

    def __init__(self, name: str, size: int = 16, colour: str = "text2") -> None:
        super().__init__()
        self._name, self._colour = name, colour
        self.setFixedSize(size, size)

    def set_icon(self, name: str, colour: str = "text2") -> None:
        self._name, self._colour = name, colour
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        icons.paint(QPainter(self), self.rect(), self._name, self._colour)
