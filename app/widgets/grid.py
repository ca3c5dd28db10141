"""The grid of tiles: a list view tuned for 100,000 of them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from app import theme
from app.thumbnails import Thumbnails, Unreadable
from app.tiles import GAP, RATIO, TileDelegate, TileModel

BATCH = 500
_Move = QAbstractItemView.CursorAction


class TileView(QListView):
    """Arrows move row by row and wrap; letters are left to the page's keys."""

    current_changed = Signal(int)
    opened = Signal(int)  # double click; Enter is a key of the page's

    def __init__(
        self, thumbnails: Thumbnails, model: TileModel, name: str, *, strip: bool = True, ratio: float = RATIO
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.thumbnails = thumbnails
        self.tiles = model
        self.delegate = TileDelegate(thumbnails, strip=strip, ratio=ratio)
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionRectVisible(False)
        self.setDragEnabled(False)
        self.set_tile_width(142)
        thumbnails.arrived.connect(self._arrived)
        theme.themer.changed.connect(self._repaint)
        self.verticalScrollBar().valueChanged.connect(self._cancel_unseen)
        self.selectionModel().currentChanged.connect(lambda now, _before: self.current_changed.emit(now.row()))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))

    def set_tile_width(self, width: int) -> None:
        """Tiles keep this size; the number of columns follows the window."""
        self.delegate.width = width
        step = self.delegate.size + QSize(GAP, GAP)
        self.setGridSize(step)
        self.verticalScrollBar().setSingleStep(max(step.height() // 4, 1))

    @property
    def row(self) -> int:
        """The current row, -1 where there is none."""
        return self.currentIndex().row()

    def select_row(self, row: int) -> None:
        if 0 <= row < self.tiles.rowCount():
            index = self.tiles.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def selected_rows(self) -> list[int]:
        return sorted(index.row() for index in self.selectedIndexes())

    def columns(self) -> int:
        return max(self.viewport().width() // self.gridSize().width(), 1)

    def visible_rows(self) -> range:
        """Rows in sight, computed from the grid: no search through the items."""
        height = max(self.gridSize().height(), 1)
        first = max(self.verticalOffset() // height, 0) * self.columns()
        last = (self.verticalOffset() + self.viewport().height()) // height * self.columns() + self.columns()
        return range(first, min(last, self.tiles.rowCount()))

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:  # noqa: N802
        """Plain arithmetic instead of the default's geometric search; left and right wrap to the next line."""
        row, columns = self.row, self.columns()
        page = max(self.viewport().height() // max(self.gridSize().height(), 1), 1) * columns
        steps = {
            _Move.MoveLeft: -1,
            _Move.MovePrevious: -1,
            _Move.MoveRight: 1,
            _Move.MoveNext: 1,
            _Move.MoveUp: -columns,
            _Move.MoveDown: columns,
            _Move.MovePageUp: -page,
            _Move.MovePageDown: page,
        }
        if action in (_Move.MoveHome, _Move.MoveEnd):
            target = 0 if action == _Move.MoveHome else self.tiles.rowCount() - 1
        else:
            target = row + steps.get(action, 0)
        if not 0 <= target < self.tiles.rowCount():
            target = row if abs(steps.get(action, 0)) <= columns else min(max(target, 0), self.tiles.rowCount() - 1)
        return self.tiles.index(max(target, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        movement = (
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
        )
        select_all = event.key() == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in movement or select_all:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click on an unreadable crop reads it again."""
        super().mousePressEvent(event)
        tile = self.tiles.tile(self.indexAt(event.position().toPoint()).row())
        if tile is not None:
            size = self.delegate.image_size(self.devicePixelRatioF())
            if isinstance(self.thumbnails.get(tile.crop, size, self.delegate), Unreadable):
                self.thumbnails.forget(tile.crop)

    def tile_rect(self, row: int) -> QRect:
        return self.visualRect(self.tiles.index(row))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        row = self.row
        super().resizeEvent(event)
        if row >= 0:
            self.scrollTo(self.tiles.index(row))

    def _arrived(self, crops: set[int]) -> None:
        for row in self.visible_rows():
            tile = self.tiles.tile(row)
            if tile is not None and tile.crop in crops:
                self.viewport().update(self.visualRect(self.tiles.index(row)))

    def _repaint(self) -> None:
        self.viewport().update()

    def _cancel_unseen(self) -> None:
        wanted = {tile.crop for row in self.visible_rows() if (tile := self.tiles.tile(row)) is not None}
        self.thumbnails.keep_only(wanted, self.delegate)
