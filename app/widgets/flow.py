"""A row that goes on in the next line where it has no room: words are longer in other languages."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class Flow(QLayout):
    """Widgets from the side where reading begins, squeezed into one row where that is enough."""

    def __init__(self, *widgets: QWidget, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, room: QRect) -> None:  # noqa: N802
        super().setGeometry(room)
        self._place(room, move=True)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All in one row."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(len(sizes) - 1, 0)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802
        """Each in a row of its own."""
        sizes = [item.minimumSize() for item in self._items if not item.isEmpty()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def _rows(self, width: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        """The items of each row with their sizes: all in one where that can be had by squeezing them."""
        shown = [item for item in self._items if not item.isEmpty()]
        sizes = [item.sizeHint() for item in shown]
        least = [item.minimumSize() for item in shown]
        gaps = self.spacing() * max(len(shown) - 1, 0)
        if sum(size.width() for size in least) + gaps <= width < sum(size.width() for size in sizes) + gaps:
            return [list(zip(shown, least, strict=True))]
        rows: list[list[tuple[QLayoutItem, QSize]]] = []
        x = 0
        for item, size in zip(shown, sizes, strict=True):
            if not rows or x + size.width() > width:
                rows.append([])
                x = 0
            rows[-1].append((item, size.boundedTo(QSize(max(width, 1), size.height()))))
            x += size.width() + self.spacing()
        return rows

    def _place(self, room: QRect, *, move: bool) -> int:
        """Put the items into `room`; returns the height they take."""
        widget = self.parentWidget()
        mirrored = widget is not None and widget.layoutDirection() is Qt.LayoutDirection.RightToLeft
        y = 0
        for row in self._rows(room.width()):
            x, height = 0, max(size.height() for _, size in row)
            for item, size in row:
                if move:
                    left = room.width() - x - size.width() if mirrored else x
                    item.setGeometry(QRect(room.topLeft() + QPoint(left, y + (height - size.height()) // 2), size))
                x += size.width() + self.spacing()
            y += height + self.spacing()
        return max(y - self.spacing(), 0)


def flowing(*widgets: QWidget, spacing: int = 8) -> QWidget:
    """Such a row as a widget, which layouts around it give the height it needs."""
    row = QWidget()
    row.setLayout(Flow(*widgets, spacing=spacing))
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    row.setSizePolicy(policy)
    return row
