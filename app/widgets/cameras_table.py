"""The cameras of a case as a table: how much footage each has, how sure its clock is, whether it stands on the map."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from app import theme
from app.operations.cameras import CameraRow
from app.plain import plain
from app.words import tr

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (tr("Camera"), tr("Items"), tr("Clock offset"), tr("On the map"))
WIDTHS = (0, 62, 152, 106)  # 0: what is left
ROW = 28
WAYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CamerasModel(QAbstractTableModel):
    """`placed` says of each row whether the camera stands on the map."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[CameraRow] = ()
        self.placed: Sequence[bool] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            placed = tr("yes") if self.placed[index.row()] else tr("no place")
            return (row.camera.name, str(row.items), row.clock, placed)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 2 and row.unset:
            return theme.color("warning_text")
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(f"{row.camera.name}\n{row.clock}")
        return None

    def show(self, rows: Sequence[CameraRow], placed: Sequence[bool]) -> None:
        """Where the cameras are the same, what is selected stays selected."""
        same = [row.camera.id for row in rows] == [row.camera.id for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows, self.placed = rows, placed
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))


class CamerasTable(QTableView):
    """Arrows choose a camera; Tab leaves the table."""

    def __init__(self, model: CamerasModel) -> None:
        super().__init__()
        self.setAccessibleName(tr("Cameras"))
        self.setModel(model)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setHighlightSections(False)
        for column, width in enumerate(WIDTHS):
            if width:
                self.setColumnWidth(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in WAYS:
            super().keyPressEvent(event)
        else:
            event.ignore()
