"""The list of evidence items, one painted row each."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import icons, theme, vocabulary
from app.jobs import Job, JobState
from app.operations.footage import FootageRow
from app.stills import Stills
from app.tiles import paint_fitted
from app.times import offset, plus_minus, short_date_time
from app.widgets.basic import paint_badge
from app.words import duration, short_hash, time_left, tr
from engine.types import ItemState

Index = QModelIndex | QPersistentModelIndex
ROW = 66
STILL = QSize(96, 54)
STATES = {
    ItemState.REGISTERED: tr("Registered"),
    ItemState.INGESTING: tr("Working"),
    ItemState.DONE: tr("Ready"),
    ItemState.INTERRUPTED: tr("Interrupted"),
    ItemState.FAILED: tr("Failed"),
}
_V = Qt.AlignmentFlag.AlignVCenter
_R = Qt.AlignmentFlag.AlignRight


def columns(width: int) -> dict[str, tuple[int, int]]:
    """Left edge and width of each column for a list of this width; the name takes what is left."""
    fixed = {"duration": 86, "start": 190, "hash": 124, "state": 268}
    left = max(width - sum(fixed.values()) - 8, 260)
    placed = {"name": (16, left - 16)}
    for name, wide in fixed.items():
        placed[name] = (left, wide)
        left += wide
    return placed


class FootageHeader(QWidget):
    """Column names over the list."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(28)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text3"))
        words = {
            "name": tr("Exhibit, file, camera"),
            "duration": tr("Duration"),
            "start": tr("Start", "of a recording"),
            "hash": "SHA-256",
            "state": tr("State"),
        }
        for name, (x, width) in columns(self.width()).items():
            flags = _V | (_R if name == "duration" else Qt.AlignmentFlag.AlignLeft)
            room = QRect(x, 0, width - (16 if name == "duration" else 0), self.height())
            painter.drawText(room, flags, words[name])
        painter.setPen(theme.color("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


class FootageModel(QAbstractListModel):
    """The rows shown, after filtering."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[FootageRow] = []
        self.jobs: dict[object, Job] = {}  # ingests by item

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            item = self.rows[index.row()].item
            return f"{item.exhibit} {item.path.name}, {item.camera.name}, {STATES[item.state]}"
        return None

    def job(self, item_id: int) -> Job | None:
        """The ingest of an item, while it has not ended."""
        job = self.jobs.get(item_id)
        return None if job is None or job.state.ended else job

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


class FootageDelegate(QStyledItemDelegate):
    """Still, names, times, hash, state and progress."""

    def __init__(self, stills: Stills) -> None:
        super().__init__()
        self._stills = stills

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(400, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: FootageRow = index.model().rows[index.row()]
        area = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.color("selected"))
            painter.fillRect(QRect(area.x(), area.y(), 3, area.height()), theme.color("accent"))
        painter.setPen(theme.color("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        places = {name: QRect(x, area.y(), width, area.height()) for name, (x, width) in columns(area.width()).items()}
        self._paint_name(painter, places["name"], row)
        length = row.item.probe.get("duration")
        _line(painter, places["duration"].adjusted(0, 0, -16, 0), 0, _seconds(length), "text1", 13, right=True, rows=1)
        _paint_start(painter, places["start"], row)
        _paint_hash(painter, places["hash"], row)
        job = index.model().job(row.item.id)
        _paint_state(painter, places["state"].adjusted(0, 0, -16, 0), row, job)
        painter.restore()

    def _paint_name(self, painter: QPainter, room: QRect, row: FootageRow) -> None:
        item = row.item
        still = QRect(room.x(), room.y() + 6, STILL.width(), STILL.height())
        painter.fillRect(still, theme.color("surround"))
        image = self._stills.get(item.id, item.path)
        if image is not None:
            paint_fitted(painter, still, image)
        else:
            icons.paint(painter, QRect(still.center().x() - 9, still.center().y() - 9, 18, 18), "filmstrip", "text3")
        x, width = room.x() + STILL.width() + 14, room.width() - STILL.width() - 22
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(theme.color("text1"))
        painter.drawText(QRect(x, room.y() + 6, width, 18), _V, item.exhibit)
        lead = painter.fontMetrics().horizontalAdvance(item.exhibit) + 8
        painter.setFont(theme.font(13))
        name = painter.fontMetrics().elidedText(item.path.name, Qt.TextElideMode.ElideMiddle, width - lead)
        painter.drawText(QRect(x + lead, room.y() + 6, width - lead, 18), _V, name)
        for modality in row.modalities:
            badge = paint_badge(painter, x + (38 if modality.value == "ir" else 49), room.y() + 25, modality)
            x, width = round(badge.right()) + 6, width - round(badge.width()) - 6
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text2"))
        camera = painter.fontMetrics().elidedText(item.camera.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(QRect(x, room.y() + 25, width, 20), _V, camera)
        if item.modality_override is not None or row.uncertain:
            left = room.x() + STILL.width() + 14
            words = tr("IR or RGB? Not certain: please look") if row.uncertain else tr("modality set by hand")
            painter.setFont(theme.font(11))
            painter.setPen(theme.color("warning_text" if row.uncertain else "text3"))
            painter.drawText(QRect(left, room.y() + 45, 240, 16), _V, words)


def _paint_state(painter: QPainter, room: QRect, row: FootageRow, job: Job | None) -> None:
    if job is not None and job.state in (JobState.RUNNING, JobState.PAUSED):
        _paint_job(painter, room, job, row)
        return
    item, title = row.item, STATES[row.item.state]
    if job is not None:
        _state(painter, room, "clock-outline", tr("Waiting"), tr("ingest is queued"), "text1")
    elif item.state is ItemState.DONE:
        people = tr("{n} tracklets", "{n} tracklet", row.tracklets)
        if item.frames_failed or row.made_up:
            lost = tr("{n} frames not decoded", "{n} frame not decoded", item.frames_failed)
            lost = lost if item.frames_failed else tr("times of frames are not certain")
            _state(painter, room, "check-circle-outline", f"{title}, {people}", lost, "text1", "warning_text")
        else:
            _state(painter, room, "check-circle-outline", title, people, "text1")
    elif item.state is ItemState.FAILED:
        _state(painter, room, "alert-circle-outline", title, item.failure or "", "error_text")
    elif item.state is ItemState.REGISTERED:
        _state(painter, room, "circle-outline", title, tr("not ingested yet: press Ingest"), "text1")
    else:
        done = tr("{n} so far: Ingest goes on from there", "", row.tracklets)
        _state(painter, room, "pause-circle-outline", title, done, "warning_text")


def _line(
    painter: QPainter, room: QRect, n: int, text: str, colour: str, size: int, *, right: bool = False, rows: int = 3
) -> None:
    height = 17 if rows > 1 else room.height()
    top = room.y() + (room.height() - height * rows) // 2 + height * n
    painter.setFont(theme.font(size))
    painter.setPen(theme.color(colour))
    flags = _V | (_R if right else Qt.AlignmentFlag.AlignLeft)
    painter.drawText(QRect(room.x(), top, room.width(), height), flags, text)


def _seconds(length: object) -> str:
    from fractions import Fraction

    return duration(float(Fraction(str(length)))) if length else "–"


def _paint_start(painter: QPainter, room: QRect, row: FootageRow) -> None:
    start, delta = row.clock.start, row.clock.offset
    unset = tr("no offset set") if start.recorder else tr("start not set")
    values = (
        (tr("Recorder"), short_date_time(start.recorder) or tr("unknown"), "text1" if start.recorder else "text3"),
        (
            tr("Offset"),
            f"{offset(delta)} {plus_minus(start.uncertainty)}" if delta is not None else unset,
            "text1" if delta is not None else "warning_text",
        ),
        (tr("Adjusted"), short_date_time(start.adjusted) or tr("unknown"), "text1" if start.adjusted else "text3"),
    )
    for n, (name, value, colour) in enumerate(values):
        _line(painter, room, n, name, "text3", 12)
        _line(painter, room.adjusted(62, 0, 0, 0), n, value, colour, 12)


def _paint_hash(painter: QPainter, room: QRect, row: FootageRow) -> None:
    painter.setFont(theme.font(12, mono=True))
    painter.setPen(theme.color("text1"))
    painter.drawText(room.adjusted(0, 14, 0, -34), _V, short_hash(row.item.sha256))
    painter.setFont(theme.font(11))
    painter.setPen(theme.color("text3"))
    icons.paint(painter, QRect(room.x(), room.y() + 36, 12, 12), "shield-check-outline", "text3")
    when = row.item.registered_at[11:16]
    painter.drawText(room.adjusted(16, 32, 0, -16), _V, tr("hashed {time} UTC").format(time=when))


def _paint_job(painter: QPainter, room: QRect, job: Job, row: FootageRow) -> None:
    progress = job.progress
    stage = vocabulary.stage(progress.stage if progress else "starting")
    paused = job.state is JobState.PAUSED
    _line(painter, room, 0, tr("Paused") if paused else stage[:1].upper() + stage[1:], "text1", 12)
    left = "" if paused else time_left(job.meter.seconds_left)
    _line(painter, room, 0, left, "text3", 12, right=True)
    bar = QRect(room.x(), room.y() + 30, room.width(), 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(bar, theme.color("track"))
    share = (progress.fraction if progress else None) or 0.0
    painter.fillRect(QRect(bar.x(), bar.y(), round(bar.width() * share), 6), theme.color("accent"))
    rate = job.meter.rate
    words = [vocabulary.rate(rate, progress.unit)] if rate and progress and progress.unit else []
    words.append(tr("{n} tracklets", "{n} tracklet", row.tracklets))
    _line(painter, room, 2, ", ".join(words), "text3", 12)
    for n, name in enumerate(("close", "arrow-up", "play" if paused else "pause")):
        icons.paint(painter, action_rect(room, n), name, "text1")


def action_rect(room: QRect, n: int) -> QRect:
    """Where cancel (0), first (1) and pause (2) are drawn."""
    return QRect(room.right() - 16 - 24 * n, room.y() + 43, 16, 16)


def _state(
    painter: QPainter, room: QRect, icon: str, title: str, text: str, colour: str, second: str = "text3"
) -> None:
    icons.paint(painter, QRect(room.x(), room.y() + 16, 14, 14), icon, colour)
    painter.setFont(theme.font(13))
    painter.setPen(theme.color(colour))
    painter.drawText(QRect(room.x() + 20, room.y() + 13, room.width() - 20, 20), _V, title)
    painter.setFont(theme.font(12))
    painter.setPen(theme.color(second))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(QRect(room.x(), room.y() + 34, room.width(), 18), _V, shown)


class FootageView(QListView):
    """Rows with their small actions."""

    current_changed = Signal(int)
    acted = Signal(int, str)  # row, 'pause' | 'first' | 'cancel'
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

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if not index.isValid():
            return
        area = self.visualRect(index)
        x, width = columns(area.width())["state"]
        room = QRect(x, area.y(), width - 16, area.height())
        for n, name in enumerate(("cancel", "first", "pause")):
            if action_rect(room, n).adjusted(-3, -3, 3, 3).contains(event.position().toPoint()):
                self.acted.emit(index.row(), name)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        movement = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
        if event.key() in (*movement, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            super().keyPressEvent(event)
        else:
            event.ignore()
