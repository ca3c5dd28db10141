"""What there is to be read in a window: texts, names for screen readers, tooltips, what is painted; and what is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractListModel, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTableView,
    QWidget,
)

from app.widgets.basic import Button, ElidedLabel

ASKED = ("text", "toolTip", "accessibleName", "accessibleDescription", "placeholderText", "windowTitle", "title")
ASKED += ("statusTip", "whatsThis", "prefix", "suffix", "specialValueText", "toPlainText", "currentText")
ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
ROWS = 40  # of a list
SLACK = 2  # pixels


def spoken(root: QWidget) -> Iterator[str]:
    """Every text that a widget and all in it hold, shown at the moment or not."""
    for widget in (root, *root.findChildren(QWidget)):
        for name in ASKED:
            ask = getattr(widget, name, None)
            if callable(ask):
                yield str(ask())
        for action in widget.actions():
            yield from (action.text(), action.toolTip())
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(n) for n in range(widget.count()))
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from _of_model(widget.model())


def _of_model(model: Any) -> Iterator[str]:
    columns = range(1 if isinstance(model, QAbstractListModel) else model.columnCount())
    for row in range(min(model.rowCount(), ROWS)):
        yield from (str(model.index(row, column).data(role) or "") for column in columns for role in ROLES)
    yield from (str(model.headerData(n, Qt.Orientation.Horizontal) or "") for n in columns)


@dataclass
class Painted:
    """What painters wrote since `clear`; `cut` names what had no room, `elided` what was shortened."""

    texts: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    elided: set[str] = field(default_factory=set)
    shortened: set[str] = field(default_factory=set)  # what was shown instead
    _places: dict[int, list[tuple[QRectF, str]]] = field(default_factory=dict)

    def clear(self) -> None:
        for kept in (self.texts, self.cut, self.elided, self._places):
            kept.clear()

    def listen(self) -> None:
        """From now on hear of every text that Python code paints or shortens."""
        draw, shorten = QPainter.drawText, QFontMetrics.elidedText

        def drawn(painter: QPainter, *given: Any) -> Any:
            self._heard(painter, given)
            return draw(painter, *given)

        def shortened(metrics: QFontMetrics, text: str, *given: Any) -> str:
            shown = shorten(metrics, text, *given)
            if shown != text:
                self.elided.add(text)
                self.shortened.add(shown)
            return shown

        QPainter.drawText = drawn  # type: ignore[method-assign,assignment]
        QFontMetrics.elidedText = shortened  # type: ignore[method-assign,assignment]

    def _heard(self, painter: QPainter, given: tuple[Any, ...]) -> None:
        text = next(part for part in given if isinstance(part, str))
        self.texts.add(text)
        room = given[0]
        if not isinstance(room, QRect | QRectF) or not text:
            return
        flags = given[1]
        needed = painter.boundingRect(QRectF(room), int(getattr(flags, "value", flags)), text)
        if needed.width() > room.width() + SLACK or needed.height() > room.height() + SLACK:
            self.cut.add(text)
        needed = painter.worldTransform().mapRect(needed)
        others = self._places.setdefault(id(painter.device()), [])
        for other, said in others:
            shared = other.intersected(needed)
            if said != text and shared.width() > SLACK and shared.height() > SLACK:
                self.cut.add(f"{said} | {text}")
        others.append((needed, text))


def cut(root: QWidget) -> Iterator[str]:
    """Texts in sight whose widget is too small for them, or is cut off itself by what it lies in."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or not (text := _written(widget)):
            continue
        if widget.hasHeightForWidth():
            if widget.heightForWidth(widget.width()) > widget.height() + SLACK:
                yield text
        elif _needed(widget) > widget.width() + SLACK:
            yield text
        seen = widget.visibleRegion().boundingRect()
        scrolled = _scrolls(widget)
        if not seen.isEmpty() and (
            seen.width() < widget.width() - SLACK or (not scrolled and seen.height() < widget.height() - SLACK)
        ):
            yield text
    for header in root.findChildren(QHeaderView):
        if isinstance(header.parent(), QTableView) and header.isVisible():
            for n in range(header.count()):
                text = str(header.model().headerData(n, Qt.Orientation.Horizontal) or "")
                if header.fontMetrics().horizontalAdvance(text) > header.sectionSize(n):
                    yield text


def _written(widget: QWidget) -> str:
    if isinstance(widget, ElidedLabel):
        return ""  # counted where it elides
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLineEdit):
        return "" if widget.text() else widget.placeholderText()
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def _needed(widget: QWidget) -> int:
    if isinstance(widget, QComboBox | QLineEdit):
        return int(widget.fontMetrics().horizontalAdvance(_written(widget))) + (
            34 if isinstance(widget, QComboBox) else 16
        )
    return (widget.minimumSizeHint() if isinstance(widget, Button) else widget.sizeHint()).width()


def _scrolls(widget: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea | QAbstractScrollArea):
            return True
        above = above.parentWidget()
    return False
