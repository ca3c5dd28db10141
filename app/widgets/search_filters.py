"""What of the archive is compared: cameras, a stretch of time, quality."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import QDateTimeEdit, QHBoxLayout, QVBoxLayout, QWidget

from app.operations.searching import QUALITIES, Archive, Choice
from app.widgets.basic import Button, CheckBox, ComboBox, box, inset, label
from app.words import grouped, tr

NAME = 64
SHOWN_CAMERAS = 8
FORMAT = "d MMM yyyy HH:mm:ss"
TIME_TIP = tr(
    "Adjusted time, in this computer’s time zone. Footage whose clock offset is not set cannot be placed in time and "
    "is left out; the line over the candidates names it."
)


class SearchFilters(QWidget):
    """Emits `changed` when another search would compare something else."""

    changed = Signal()
    hide_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._off: set[int] = set()  # cameras that are left out
        self._span: tuple[datetime | None, datetime | None] = (None, None)
        column = box(QVBoxLayout(self), 6)
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Filters"), "strong"))
        head.addStretch(1)
        time = Button(tr("Limit the time"), "", "filter.time", size="small")
        time.setProperty("link", "true")
        time.setToolTip(TIME_TIP)
        time.clicked.connect(self.ask_time)
        head.addWidget(time)
        reset = Button(tr("Reset"), size="small")
        reset.setProperty("link", "true")
        reset.clicked.connect(self.reset)
        head.addWidget(reset)
        column.addLayout(head)
        self._cameras = box(QVBoxLayout(), 0)
        column.addLayout(self._cameras)
        self.checks: dict[int, CheckBox] = {}
        self.since, self.until = self._moment(column, tr("From")), self._moment(column, tr("Until"))
        self._problem = label(tr("The first moment is not before the second."), "warning", wrap=True)
        self._problem.hide()
        column.addWidget(self._problem)
        line = box(QHBoxLayout(), 8)
        key = label(tr("Quality"), "quiet")
        key.setFixedWidth(NAME)
        line.addWidget(key)
        self._quality = ComboBox()
        self._quality.setAccessibleName(tr("Least quality of candidates"))
        self._quality.addItems([text for text, _ in QUALITIES])
        self._quality.currentIndexChanged.connect(lambda _n: self.changed.emit())
        line.addWidget(self._quality, 1)
        column.addLayout(line)
        self.hide_decided = CheckBox(tr("Hide decided"), "hide")
        self.hide_decided.toggled.connect(self.hide_toggled)
        self._impossible = CheckBox(tr("Hide ‘cannot be the same’"))
        self._impossible.setToolTip(tr("People who are in one frame with the query cannot be the same person."))
        self._impossible.setChecked(True)
        self._impossible.toggled.connect(lambda _on: self.changed.emit())
        column.addWidget(self.hide_decided)
        column.addWidget(self._impossible)

    def _moment(self, column: QVBoxLayout, name: str) -> tuple[CheckBox, QDateTimeEdit]:
        check, edit = CheckBox(name), QDateTimeEdit()
        check.setAccessibleName(tr("Limit: {name}").format(name=name))
        check.setFixedWidth(NAME)
        edit.setDisplayFormat(FORMAT)
        edit.setAccessibleName(tr("{name}, adjusted time").format(name=name))
        edit.setToolTip(TIME_TIP)
        edit.setEnabled(False)
        inset(edit)
        check.toggled.connect(edit.setEnabled)
        check.toggled.connect(lambda _on: self._time_changed())
        edit.dateTimeChanged.connect(lambda _when: self._time_changed())
        line = box(QHBoxLayout(), 8)
        line.addWidget(check)
        line.addWidget(edit, 1)
        column.addLayout(line)
        return check, edit

    def ask_time(self) -> None:
        """Begin to limit the time: both moments on, the first one ready to be typed."""
        for check, _ in (self.since, self.until):
            check.setChecked(True)
        self.since[1].setFocus()

    def _time_changed(self) -> None:
        since, until = self._moments()
        self._problem.setVisible(since is not None and until is not None and since >= until)
        self.changed.emit()

    def _moments(self) -> tuple[datetime | None, datetime | None]:
        """With this computer's time zone; None where there is no limit."""
        since, until = (
            edit.dateTime().toPython().astimezone() if check.isChecked() else None  # type: ignore[attr-defined]
            for check, edit in (self.since, self.until)
        )
        return since, until

    def show_archive(self, archive: Archive) -> None:
        """Cameras with their numbers of people, and the time they cover; a camera once unchecked stays so."""
        while self._cameras.count():
            item = self._cameras.takeAt(0)
            if item is not None and item.widget():
                item.widget().deleteLater()
        self.checks = {}
        for number, name, count in archive.cameras[:SHOWN_CAMERAS]:
            row = QWidget()
            line = box(QHBoxLayout(row), 4)
            check = CheckBox(name)
            check.setChecked(number not in self._off)
            check.toggled.connect(lambda on, camera=number: self._use_camera(camera, on))
            line.addWidget(check, 1)
            line.addWidget(label(grouped(count), "quiet"))
            self._cameras.addWidget(row)
            self.checks[number] = check
        self._all = {number for number, _, _ in archive.cameras}
        for (check, edit), when in zip((self.since, self.until), (archive.first, archive.last), strict=True):
            if not check.isChecked() and when is not None:
                _show(edit, when)

    _all: frozenset[int] | set[int] = frozenset()

    def _use_camera(self, camera: int, on: bool) -> None:
        (self._off.discard if on else self._off.add)(camera)
        self.changed.emit()

    def choice(self, reranker: str | None) -> Choice:
        """What the filters say."""
        left_out = self._off & self._all
        chosen = tuple(sorted(self._all - left_out)) or (-1,)
        since, until = self._moments()
        return Choice(
            reranker=reranker,
            cameras=chosen if left_out else (),
            min_quality=QUALITIES[self._quality.currentIndex()][1],
            hide_impossible=self._impossible.isChecked(),
            since=since,
            until=until,
        )

    def show_choice(self, choice: Choice, archive: Archive) -> None:
        """What a recorded search compared, so that the same can be searched again."""
        self.blockSignals(True)
        known = {number for number, _, _ in archive.cameras}
        self._off = known - set(choice.cameras) if choice.cameras else set()
        for (check, edit), when in zip((self.since, self.until), (choice.since, choice.until), strict=True):
            check.setChecked(when is not None)
            if when is not None:
                _show(edit, when)
        qualities = [least for _, least in QUALITIES]
        self._quality.setCurrentIndex(qualities.index(choice.min_quality) if choice.min_quality in qualities else 0)
        self._impossible.setChecked(choice.hide_impossible)
        self.show_archive(archive)
        self.blockSignals(False)

    def reset(self) -> None:
        for check in self.checks.values():
            check.setChecked(True)
        for check, _ in (self.since, self.until):
            check.setChecked(False)
        self._off = set()
        self._quality.setCurrentIndex(0)
        self._impossible.setChecked(True)
        self.hide_decided.setChecked(False)


def _show(edit: QDateTimeEdit, when: datetime) -> None:
    edit.setDateTime(QDateTime(when.astimezone().replace(tzinfo=None)))
