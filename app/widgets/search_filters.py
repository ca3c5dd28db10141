"""What of the archive is compared: cameras, a stretch of time, quality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.operations.searching import QUALITIES, Archive, Choice
from app.times import zone
from app.widgets.basic import Button, ComboBox, box, label, name_width, styled
from app.widgets.checks import CheckBox
from app.widgets.flow import flowing
from app.widgets.moment_edit import LimitEdit
from app.words import grouped, tr
from engine.types import Modality

ROW, FULL = 24, 8  # pixels of a camera's row; rows before the list scrolls
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
        self._target: Modality | None = None  # of the candidates
        self._off: set[int] = set()  # cameras that are left out
        column = box(QVBoxLayout(self), 6)
        time = Button(tr("Limit the time"), "", "filter.time", size="small")
        time.setProperty("link", "true")
        time.setToolTip(TIME_TIP)
        time.clicked.connect(self.ask_time)
        reset = Button(tr("Reset"), size="small")
        reset.setProperty("link", "true")
        reset.clicked.connect(self.reset)
        column.addWidget(flowing(label(tr("Filters"), "strong"), time, reset))
        self._build_cameras(column)
        self._names = max(64, 28 + name_width(tr("From"), tr("Until")), name_width(tr("Quality")))
        self.since, self.until = self._moment(column, tr("From")), self._moment(column, tr("Until"), later=True)
        self._zone = label("", "quiet")
        self._zone.hide()
        column.addWidget(self._zone)
        self._problem = label("", "warning", wrap=True)
        self._problem.hide()
        column.addWidget(self._problem)
        line = box(QHBoxLayout(), 8)
        key = label(tr("Quality"), "quiet")
        key.setFixedWidth(self._names)
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

    def _build_cameras(self, column: QBoxLayout) -> None:
        self.checks: dict[int, CheckBox] = {}
        self._camera_head, self._camera_count = QWidget(), label("", "quiet")
        head = box(QHBoxLayout(self._camera_head), 8)
        head.addWidget(self._camera_count)
        head.addStretch(1)
        for text, name, on in ((tr("All"), tr("All cameras"), True), (tr("None", "no camera"), tr("No camera"), False)):
            button = Button(text, size="small")
            button.setAccessibleName(name)
            button.setProperty("link", "true")
            button.clicked.connect(lambda _checked=False, on=on: self._use(list(self.checks), on=on))
            head.addWidget(button)
        column.addWidget(self._camera_head)
        self._cameras = QScrollArea()
        self._cameras.setWidgetResizable(True)
        self._cameras.setFrameShape(QFrame.Shape.NoFrame)
        self._cameras.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cameras.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(self._cameras)
        self._show_cameras(())

    def _moment(self, column: QBoxLayout, name: str, *, later: bool = False) -> tuple[CheckBox, LimitEdit]:
        check, edit = CheckBox(name), LimitEdit(tr("{name}, adjusted time").format(name=name), later=later)
        check.setAccessibleName(tr("Limit: {name}").format(name=name))
        check.setFixedWidth(self._names)
        edit.setToolTip(TIME_TIP)
        edit.setEnabled(False)
        check.toggled.connect(edit.setEnabled)
        check.toggled.connect(lambda _on: self._time_changed())
        edit.changed.connect(self._time_changed)
        line = box(QHBoxLayout(), 8)
        line.addWidget(check)
        line.addWidget(edit, 1)
        column.addLayout(line)
        column.addWidget(edit.which)
        return check, edit

    def ask_time(self) -> None:
        """Begin to limit the time: both moments on, the first one ready to be typed."""
        for check, _ in (self.since, self.until):
            check.setChecked(True)
        self.since[1].setFocus(Qt.FocusReason.ShortcutFocusReason)  # all of it chosen, so that typing replaces it

    def _time_changed(self) -> None:
        since, until = self._moments()
        unread = [edit.problem for check, edit in (self.since, self.until) if check.isChecked() and edit.problem]
        if since is not None and until is not None and since >= until:
            unread.append(tr("The first moment is not before the second."))
        self._problem.setText(" ".join(unread))
        self._problem.setVisible(bool(unread))
        zones = dict.fromkeys(zone(when) for when in (since, until) if when is not None)
        self._zone.setText(tr("Adjusted time, {zone}").format(zone=" → ".join(zones)))
        self._zone.setVisible(bool(zones))
        self.changed.emit()

    def _moments(self) -> tuple[datetime | None, datetime | None]:
        """With this computer's time zone; None where there is no limit."""
        since, until = (edit.last() if check.isChecked() else None for check, edit in (self.since, self.until))
        return since, until

    def aim(self, target: Modality) -> None:
        """People of this modality are the candidates; a choice among the cameras of another is forgotten."""
        if target is not self._target:
            self._target = target
            self._off.clear()
            self._show_cameras(())

    def show_archive(self, archive: Archive) -> None:
        """Cameras with their numbers of people, and the time they cover; a camera once unchecked stays so."""
        if archive.modality is not self._target:
            return  # asked for before another query was chosen
        self._show_cameras(archive.cameras)
        for (check, edit), when in zip((self.since, self.until), (archive.first, archive.last), strict=True):
            if not check.isChecked() and when is not None:
                edit.show_moment(when)

    def _show_cameras(self, cameras: Sequence[tuple[int, str, int]]) -> None:
        rows, self.checks = styled(QWidget(), "panel"), {}
        column = box(QVBoxLayout(rows), 0, (0, 0, 8, 0))
        for number, name, count in cameras:
            line, check = box(QHBoxLayout(), 4), CheckBox(name, name=True)
            check.setChecked(number not in self._off)
            check.toggled.connect(lambda on, camera=number: self._use((camera,), on=on))
            line.addWidget(check, 1)
            line.addWidget(label(grouped(count), "quiet"))
            column.addLayout(line)
            self.checks[number] = check
        self._cameras.setWidget(rows)  # the last rows end with it
        self._cameras.setFixedHeight(rows.sizeHint().height() if len(cameras) <= FULL else round(ROW * (FULL + 0.5)))
        self._cameras.setVisible(bool(cameras))
        self._camera_head.setVisible(len(cameras) > 1)
        self._camera_count.setText(tr("{n} cameras", "{n} camera", len(cameras)))

    def _use(self, cameras: Sequence[int], *, on: bool) -> None:
        (self._off.difference_update if on else self._off.update)(cameras)
        for camera in cameras:
            self.checks[camera].blockSignals(True)
            self.checks[camera].setChecked(on)
            self.checks[camera].blockSignals(False)
        self.changed.emit()

    def choice(self, reranker: str | None) -> Choice:
        """What the filters say."""
        left_out = self._off & set(self.checks)
        chosen = tuple(sorted(set(self.checks) - left_out)) or (-1,)
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
        if archive.modality is not self._target:
            return
        self.blockSignals(True)
        known = {number for number, _, _ in archive.cameras}
        self._off = known - set(choice.cameras) if choice.cameras else set()
        for (check, edit), when in zip((self.since, self.until), (choice.since, choice.until), strict=True):
            check.setChecked(when is not None)
            if when is not None:
                edit.show_moment(when)
        qualities = [least for _, least in QUALITIES]
        self._quality.setCurrentIndex(qualities.index(choice.min_quality) if choice.min_quality in qualities else 0)
        self._impossible.setChecked(choice.hide_impossible)
        self.show_archive(archive)
        self.blockSignals(False)

    def reset(self) -> None:
        self._use(list(self.checks), on=True)
        for check, _ in (self.since, self.until):
            check.setChecked(False)
        self._quality.setCurrentIndex(0)
        self._impossible.setChecked(True)
        self.hide_decided.setChecked(False)
