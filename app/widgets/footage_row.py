"""How an evidence item looks in the list of them: still, names, times, hash, state and progress."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import icons, theme, vocabulary
from app.jobs import Job, JobState
from app.operations.footage import FootageRow
from app.stills import Stills
from app.tiles import fitting, paint_fitted
from app.times import day, offset, plus_minus, short_date_time
from app.widgets.badge import paint_badge
from app.widgets.lists import paint_row
from app.words import duration, short_hash, time_left, tr
from engine.types import ItemState

Index = QModelIndex | QPersistentModelIndex
ROW = 66
STILL = QSize(96, 54)
NAME = 260  # the least width of the column with still, exhibit and names
STATES = {
    ItemState.REGISTERED: tr("Registered"),
    ItemState.INGESTING: tr("Working"),
    ItemState.DONE: tr("Ready"),
    ItemState.INTERRUPTED: tr("Interrupted"),
    ItemState.FAILED: tr("Failed"),
}
ACTIONS = {  # on a row that is being worked on: icon and words
    "pause": ("pause", tr("Pause")),
    "resume": ("play", tr("Go on", "paused work")),
    "first": ("arrow-collapse-up", tr("Before all others that wait")),
    "cancel": ("close", tr("Cancel")),
}
_V = Qt.AlignmentFlag.AlignVCenter
_R = Qt.AlignmentFlag.AlignRight


def columns(width: int) -> dict[str, tuple[int, int]]:
    """Left edge and width of each column for rows of this width; the name takes what is left.

    Where there is no room for all, the hash is left to the panel, and the state takes what is left.
    """
    dates = _clock_names() + 128
    fixed = {"duration": 86, "start": dates, "hash": _hash_width(), "state": 268}
    if width < NAME + sum(fixed.values()):
        del fixed["hash"]
        fixed["state"] = min(max(width - NAME - 86 - dates, 180), 268)
    left = max(width - sum(fixed.values()) - 8, NAME)
    placed = {"name": (16, left - 16)}
    for name, wide in fixed.items():
        placed[name] = (left, wide)
        left += wide
    return placed


def _clock_names() -> int:
    """Width of the names before the dates."""
    metrics = QFontMetrics(theme.font(12))
    return max(62, 8 + max(metrics.horizontalAdvance(name) for name in (tr("Recorder"), tr("Offset"), tr("Adjusted"))))


def _hash_width() -> int:
    """Of a hash in short and of what is known about it."""
    metrics = QFontMetrics(theme.font(11))
    words = [text.format(when="00:00 UTC") for text in (tr("hashed {when}"), tr("verified {when}"))]
    words += [tr("verify: waiting"), tr("verifying, {n} %").format(n=100), tr("not as registered")]
    return max(124, 34 + max(metrics.horizontalAdvance(text) for text in words))


class FootageHeader(QWidget):
    """Column names over a list, whose rows are narrower where it scrolls."""

    def __init__(self, rows: QWidget) -> None:
        super().__init__()
        self._rows = rows
        rows.installEventFilter(self)
        self.setFixedHeight(28)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._rows and event.type() == QEvent.Type.Resize:
            self.update()
        return False

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
        for name, (x, width) in columns(self._rows.width()).items():
            flags = _V | (_R if name == "duration" else Qt.AlignmentFlag.AlignLeft)
            room = QRect(x, 0, width - (16 if name == "duration" else 0), self.height())
            painter.drawText(room, flags, words[name])
        painter.setPen(theme.color("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


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
        paint_row(painter, option)
        places = {name: QRect(x, area.y(), width, area.height()) for name, (x, width) in columns(area.width()).items()}
        self._paint_name(painter, places["name"], row)
        length = row.item.probe.get("duration")
        _line(painter, places["duration"].adjusted(0, 0, -16, 0), 0, _seconds(length), "text1", 13, right=True, rows=1)
        _paint_start(painter, places["start"], row)
        model = index.model()
        if "hash" in places:
            _paint_hash(painter, places["hash"], row, model.check(row.item.id))
        _paint_state(painter, state_room(area), row, model.job(row.item.id), model.queued)
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
        words, colour = _remark(row)
        painter.setFont(theme.font(11))
        painter.setPen(theme.color(colour))
        painter.drawText(
            QRect(room.x() + STILL.width() + 14, room.y() + 45, room.width() - STILL.width() - 14, 16), _V, words
        )


def _remark(row: FootageRow) -> tuple[str, str]:
    """What must be known of an item's modality, and its colour; '' for nothing."""
    if row.uncertain:
        return tr("IR or RGB? Not certain: please look"), "warning_text"
    if row.item.modality_override is not None:
        return tr("modality set by hand"), "text3"
    if len(row.nights) == 1:
        first, last = (row.clock.at(pts).recorder_time() for pts in row.nights[0])
        return tr("IR from {first} to {last}").format(first=first, last=last), "text3"
    return (tr("IR in {n} stretches", "", len(row.nights)) if row.nights else ""), "text3"


def state_room(area: QRect) -> QRect:
    """The column of the state in a row's area."""
    x, width = columns(area.width())["state"]
    return QRect(x, area.y(), width - 16, area.height())


def actions(job: Job | None) -> tuple[str, ...]:
    """What can be done with a row's work, keys of `ACTIONS`, as they are drawn from the right."""
    if job is None or job.state.ended:
        return ()
    if job.state is JobState.WAITING:
        return ("cancel", "first", "pause")
    return ("cancel", "resume" if job.state is JobState.PAUSED else "pause")


def action_at(area: QRect, job: Job | None, point: QPoint) -> str:
    """The action drawn at a point of a row's area, '' for none."""
    room = state_room(area)
    for n, name in enumerate(actions(job)):
        if action_rect(room, n).adjusted(-4, -4, 4, 4).contains(point):
            return name
    return ""


def _paint_state(painter: QPainter, room: QRect, row: FootageRow, job: Job | None, queued: Sequence[Job]) -> None:
    for n, name in enumerate(actions(job)):
        icons.paint(painter, action_rect(room, n), ACTIONS[name][0], "text1")
    if job is not None and job.state in (JobState.RUNNING, JobState.PAUSED):
        _paint_job(painter, room, job, row)
        return
    item, title = row.item, STATES[row.item.state]
    if job is not None:
        place = queued.index(job) + 1 if job in queued else len(queued)
        words = tr("Waiting, place {place} of {all}").format(place=place, all=len(queued))
        _state(painter, room, "clock-outline", words, tr("its ingest is queued"), "text1")
    elif item.state is ItemState.DONE:
        people = tr("{n} tracklets", "{n} tracklet", row.tracklets)
        if item.frames_failed or row.made_up:
            lost = tr("{n} frames not decoded", "{n} frame not decoded", item.frames_failed)
            lost = lost if item.frames_failed else tr("times of frames are not certain")
            _state(painter, room, "check-circle-outline", f"{title}, {people}", lost, "text1", "warning_text")
        else:
            _state(painter, room, "check-circle-outline", title, people, "text1")
    elif item.state is ItemState.FAILED:
        _line(painter, room.adjusted(20, 0, 0, 0), 0, title, "error_text", 13)
        icons.paint(painter, QRect(room.x(), room.y() + 9, 14, 14), "alert-circle-outline", "error_text")
        for n, words in enumerate((item.failure or "", item.hint or ""), start=1):
            _line(painter, room, n, words, "text2" if n == 1 else "text3", 12)
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
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(QRect(room.x(), top, room.width(), height), flags, shown)


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
        _line(painter, room.adjusted(_clock_names(), 0, 0, 0), n, value, colour, 12)


def _paint_hash(painter: QPainter, room: QRect, row: FootageRow, check: Job | None) -> None:
    painter.setFont(theme.font(12, mono=True))
    painter.setPen(theme.color("text1"))
    painter.drawText(room.adjusted(0, 14, 0, -34), _V, short_hash(row.item.sha256))
    icon, words, colour = _checked(row, check)
    icons.paint(painter, QRect(room.x(), room.y() + 36, 12, 12), icon, colour)
    painter.setFont(theme.font(11))
    painter.setPen(theme.color(colour))
    painter.drawText(room.adjusted(16, 32, 0, -16), _V, words)


def _checked(row: FootageRow, check: Job | None) -> tuple[str, str, str]:
    """Icon, words and colour of what is known of a file's hash; `check` is under way."""
    if check is not None:
        share = check.progress.fraction if check.progress else None
        waiting = check.state is not JobState.RUNNING or share is None
        words = tr("verify: waiting") if waiting else tr("verifying, {n} %").format(n=round(100 * (share or 0)))
        return "shield-sync-outline", words, "text2"
    if row.amiss:
        return "shield-alert-outline", tr("not as registered"), "error_text"
    if row.checked:
        return "shield-check-outline", tr("verified {when}").format(when=_when(row.checked)), "text3"
    return "shield-outline", tr("hashed {when}").format(when=_when(row.item.registered_at)), "text3"


def _when(at: str) -> str:
    """'09:31 UTC' today, '10 Mar' else, of a moment as the case records it."""
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return f"{moment:%H:%M} UTC" if moment.date() == datetime.now(UTC).date() else day(moment)


def _paint_job(painter: QPainter, room: QRect, job: Job, row: FootageRow) -> None:
    progress = job.progress
    stage = vocabulary.stage(progress.stage if progress else "starting")
    paused = job.state is JobState.PAUSED
    left = "" if paused else time_left(job.meter.seconds_left)
    _line(painter, room, 0, left, "text3", 12, right=True)
    words = tr("Paused") if paused else stage[:1].upper() + stage[1:]
    free = room.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(left) - 8, 0)
    _line(painter, free, 0, words, "text1", fitting(words, free.width()))
    bar = QRect(room.x(), room.y() + 30, room.width(), 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(bar, theme.color("track"))
    share = (progress.fraction if progress else None) or 0.0
    painter.fillRect(QRect(bar.x(), bar.y(), round(bar.width() * share), 6), theme.color("accent"))
    rate = job.meter.rate
    words = [vocabulary.rate(rate, progress.unit)] if rate and progress and progress.unit else []
    words.append(tr("{n} tracklets", "{n} tracklet", row.tracklets))
    _line(painter, room.adjusted(0, 0, -24 * len(actions(job)), 0), 2, ", ".join(words), "text3", 12)


def action_rect(room: QRect, n: int) -> QRect:
    """Where the `n`-th action from the right is drawn."""
    return QRect(room.right() - 16 - 24 * n, room.y() + 43, 16, 16)


def _state(
    painter: QPainter, room: QRect, icon: str, title: str, text: str, colour: str, second: str = "text3"
) -> None:
    icons.paint(painter, QRect(room.x(), room.y() + 16, 14, 14), icon, colour)
    painter.setFont(theme.font(13))
    painter.setPen(theme.color(colour))
    painter.drawText(QRect(room.x() + 20, room.y() + 13, room.width() - 20, 20), _V, title)
    size = fitting(text, room.width())
    painter.setFont(theme.font(size if size >= 10 else 12))
    painter.setPen(theme.color(second))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(QRect(room.x(), room.y() + 34, room.width(), 18), _V, shown)
