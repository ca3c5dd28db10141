"""The list of evidence items: its rows, what can be done on them by mouse, and its keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QToolTip

from app.jobs import Job, JobState
from app.operations.footage import FootageRow
from app.plain import plain
from app.widgets.footage_row import ACTIONS, STATES, FootageDelegate, action_at
from app.widgets.lists import MOVES
from app.words import tr

Index = QModelIndex | QPersistentModelIndex


class FootageModel(QAbstractListModel):
    """The rows shown, after filtering."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[FootageRow] = []
        self.jobs: dict[object, Job] = {}  # ingests by item, in the order in which they will run
        self.checks: dict[object, Job] = {}  # verifications by item

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            item = self.rows[index.row()].item
            return f"{item.exhibit} {item.path.name}, {item.camera.name}, {STATES[item.state]}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(_whole(self.rows[index.row()]))
        return None

    def job(self, item_id: int) -> Job | None:
        """The ingest of an item, while it has not ended."""
        return _running(self.jobs.get(item_id))

    def check(self, item_id: int) -> Job | None:
        """The verification of an item, while it has not ended."""
        return _running(self.checks.get(item_id))

    @property
    def queued(self) -> Sequence[Job]:
        """The ingests that wait, in the order in which they will run."""
        return [job for job in self.jobs.values() if job.state is JobState.WAITING]

    def show(self, rows: list[FootageRow]) -> None:
        """Replace the rows. The view's selection and place stay with their items, wherever these are now."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        items = [self.rows[index.row()].item.id for index in before]
        self.rows = rows
        place = {row.item.id: n for n, row in enumerate(rows)}
        self.changePersistentIndexList(
            before, [self.index(place[item]) if item in place else QModelIndex() for item in items]
        )
        self.layoutChanged.emit()


class FootageView(QListView):
    """Rows with their small actions."""

    current_changed = Signal(int)
    acted = Signal(int, str)  # row, a key of ACTIONS
    opened = Signal(int)

    def __init__(self, model: FootageModel, delegate: FootageDelegate) -> None:
        super().__init__()
        self.setAccessibleName(tr("Evidence items"))
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(lambda now, _old: self.current_changed.emit(now.row()))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))

    def _action(self, point: QPoint) -> tuple[int, str]:
        """Row and action under a point; -1 and '' where there is none."""
        index = self.indexAt(point)
        if not index.isValid():
            return -1, ""
        rows: FootageModel = self.model()  # type: ignore[assignment]
        return index.row(), action_at(self.visualRect(index), rows.job(rows.rows[index.row()].item.id), point)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        row, action = self._action(event.position().toPoint())
        if action and event.button() == Qt.MouseButton.LeftButton:
            self.acted.emit(row, action)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Two quick clicks on an action are not a wish to see the footage."""
        if not self._action(event.position().toPoint())[1]:
            super().mouseDoubleClickEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """An action says what it does."""
        if isinstance(event, QHelpEvent):
            action = self._action(event.pos())[1]
            if action:
                QToolTip.showText(event.globalPos(), ACTIONS[action][1], self)
                return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()


def _running(job: Job | None) -> Job | None:
    return None if job is None or job.state.ended else job


def _whole(row: FootageRow) -> str:
    """What a row may have had to cut."""
    item = row.item
    lines = [f"{item.exhibit} {item.path.name}", item.camera.name, item.failure or "", item.hint or ""]
    return "\n".join(line for line in (*lines, *row.amiss) if line)
