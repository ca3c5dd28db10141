"""When the recording began, and how far its recorder's clock is off: one reading gives the offset, a second the drift.

What is typed is computed at once, for the first and the last frame on both clocks; nothing counts before it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.clock_drafts import NOTHING, ClockDraft, Entered, entered_of, key_of, recorded_at
from app.operations import footage
from app.operations.footage import FootageRow
from app.plain import plain
from app.read_only import writes
from app.session import Session
from app.times import ItemClock, Reading, clock_offset, drift, logged, offset, plus_minus, short_date_time, zone
from app.widgets.basic import Button, ComboBox, box, headed, label, set_role
from app.widgets.checks import CheckBox
from app.widgets.flow import flowing
from app.widgets.margin import Margin
from app.widgets.moment_edit import DialEdit, MomentEdit
from app.words import tr
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.store.records import ClockRecord

SOURCES = {  # as the case has them, whatever the window speaks
    "Wall clock on site": tr("Wall clock on site"),
    "Telephone, network time": tr("Telephone, network time"),
    "GPS or radio clock": tr("GPS or radio clock"),
    "Talking clock": tr("Talking clock"),
    "Other": tr("Other"),
}
RECORDED = {shown: source for source, shown in SOURCES.items()}
BESIDE = tr("Recorder time is kept; adjusted time is computed beside it.")
UNREAD = tr("Type what the recorder’s clock showed, and what the true time was then.")
UNSTATED = tr("State the uncertainty, then the offset can be recorded.")
DRIFT = tr("Drift")
SUMS = (
    tr("Offset"),
    DRIFT,
    tr("Starts, recorder"),
    tr("Starts, adjusted"),
    tr("Ends, recorder"),
    tr("Ends, adjusted"),
    tr("Adjusted times in"),
)


class ClockEditor(QWidget):
    """Edits one item's start and adds clock records; both are operations and are logged.

    What is typed stays with its item, also while others are looked at, until that part of it is recorded.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._row: FootageRow | None = None
        self._filled: Entered | None = None  # with what is recorded of the item
        self._kept: dict[str, ClockDraft] = {}  # typed, by item
        column = box(QVBoxLayout(self), 8)
        self._saved = headed(column, tr("Start and clock offset"), "caption")
        self.knows_start = CheckBox(tr("Recorder's time at the first frame"))
        self.start = DialEdit(tr("Recorder's time at the first frame"))
        self.knows_start.toggled.connect(self.start.setEnabled)
        column.addWidget(self.knows_start)
        column.addWidget(self.start)
        first, self.first = _pair(tr("Recorder reading"), tr("Reference reading"))
        column.addWidget(first)
        self.has_second = CheckBox(tr("Second reading, to measure drift"))
        second, self.second = _pair(tr("Second recorder reading"), tr("Second reference reading"))
        self.has_second.toggled.connect(second.setVisible)
        second.hide()
        column.addWidget(self.has_second)
        column.addWidget(second)
        column.addLayout(self._source_row())
        self.problem = label("", "warning", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        self._missing = label(
            "", "caption", wrap=True
        )  # beside the fields: what is under the buttons may be out of view
        column.addWidget(self._missing)
        column.addWidget(self._build_sums())
        column.addWidget(self._buttons())
        self._note = label("", "caption", wrap=True)
        column.addWidget(self._note)
        for edit in (self.start, *self.first, *self.second):
            edit.changed.connect(self._show_sums)
        for check in (self.knows_start, self.has_second):
            check.toggled.connect(lambda _on: self._show_sums())
        self.uncertainty.valueChanged.connect(lambda _now: self._show_sums())
        self.source.currentTextChanged.connect(lambda _text: self._show_state())
        session.unrecorded.changed.connect(self._show_state)
        edits = (self.start, *self.first, *self.second, self.first[1].which, self.second[1].which)
        writes(*edits, self.knows_start, self.has_second, self.source, self.uncertainty, self.save, self.save_start)

    def _source_row(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        self.source = ComboBox()
        self.source.setAccessibleName(tr("Source of the reference time"))
        self.source.setEditable(True)
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.source.setMinimumContentsLength(8)
        self.source.addItems(list(SOURCES.values()))
        self.uncertainty = Margin(tr("Uncertainty of a reading in seconds"))
        self.source.currentTextChanged.connect(self._show_whole_source)
        grid.addWidget(label(tr("Source"), "quiet"), 0, 0)
        grid.addWidget(self.source, 1, 0, 1, 2)  # the whole width: a source is a phrase
        grid.addWidget(label(tr("Uncertainty"), "quiet"), 2, 0)
        grid.addWidget(self.uncertainty, 2, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _show_whole_source(self, text: str) -> None:
        """In the tooltip, where it is longer than its field; seen from its beginning where nobody is typing."""
        line = self.source.lineEdit()
        room = line.width() - line.textMargins().left() - line.textMargins().right()
        self.source.setToolTip(text if line.fontMetrics().horizontalAdvance(text) > room else "")
        if not line.hasFocus():
            line.setCursorPosition(0)

    def _build_sums(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("inset")
        sums = QGridLayout(frame)
        sums.setContentsMargins(10, 8, 10, 8)
        self.sums: dict[str, QLabel] = {}
        for n, text in enumerate(SUMS):
            name, self.sums[text] = label(text, "quiet", wrap=True), label(wrap=True)  # a margin may take two lines
            self.sums[text].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            sums.addWidget(name, n, 0)
            sums.addWidget(self.sums[text], n, 1)
            if text == DRIFT:  # one reading says nothing about it
                for part in (name, self.sums[text]):
                    self.has_second.toggled.connect(part.setVisible)
                    part.setVisible(False)
        sums.setColumnStretch(1, 1)
        return frame

    def _buttons(self) -> QWidget:
        self.save = Button(tr("Record offset"), "content-save-outline")
        self.save.clicked.connect(self._set_clock)
        self.save_start = Button(tr("Set start"), "clock-start")
        self.save_start.clicked.connect(self._set_start)
        self.revert = Button(tr("Take back what is typed"), "undo")
        self.revert.setToolTip(tr("Show what is recorded instead."))
        self.revert.clicked.connect(self.take_back)
        return flowing(self.save_start, self.save, self.revert)

    def show_row(self, row: FootageRow, *, keep_typing: bool) -> None:
        """Show an item's clock; what is being typed stays where `keep_typing`."""
        if keep_typing and self._filled is not None:
            start = row.item.start_time
            self._filled = replace(self._filled, start=start, knows_start=start is not None)
        else:
            self._keep()
            self._fill(row)
            self._filled = self._entered()
            if key_of(row) in self._kept:
                self._restore(row, self._kept.pop(key_of(row)))
        self._row = row
        self._show_sums()

    @property
    def _typing(self) -> bool:
        """Whether what stands in the fields is not what is recorded."""
        return self._row is not None and self._entered() != self._filled

    def _keep(self) -> None:
        if self._typing and self._row is not None:
            self._kept[key_of(self._row)] = ClockDraft.of(self._row, self._entered())

    def drafts(self) -> dict[str, Any]:
        """Everything typed and not recorded, by item."""
        kept = dict(self._kept)
        if self._typing and self._row is not None:
            kept[key_of(self._row)] = ClockDraft.of(self._row, self._entered())
        return {key: draft.as_json() for key, draft in kept.items()}

    def take_drafts(self, kept: Mapping[str, Any]) -> None:
        """What was typed before the case was closed is in its fields again when they are shown."""
        self._kept |= {key: ClockDraft.from_json(draft) for key, draft in kept.items()}

    def take_back(self) -> None:
        """Show what is recorded of this item, and want nothing else any more."""
        if self._row is not None:
            self._fill(self._row)
            self._filled = self._entered()
            for part in ("clock", "start"):
                self._session.unrecorded.give_up((part, self._row.item.id))
            self._show_sums()

    def give_up(self) -> None:
        """What could not be recorded is not wanted any more."""
        self._kept.clear()
        self.take_back()

    def forget(self) -> None:
        """Another case: its items have the same numbers."""
        self._row = self._filled = None
        self._kept.clear()

    def _restore(self, row: FootageRow, kept: ClockDraft) -> None:
        """Put in what was typed, but for what was recorded since."""
        if kept.start == row.item.start_time:
            self.knows_start.setChecked(kept.entered.knows_start)
            self.start.show_reading(kept.entered.start)
        if kept.at == recorded_at(row):
            self._show_readings(kept.entered)

    def _fill(self, row: FootageRow) -> None:
        self.knows_start.setChecked(row.item.start_time is not None)
        self.start.setEnabled(row.item.start_time is not None)
        self.start.show_reading(row.item.start_time)
        self._show_readings(NOTHING if row.clock.record is None else entered_of(row.clock.record))
        record = row.clock.record
        self._note.setText(BESIDE)
        if record is None:
            return
        words = tr("Recorded by {who}, {when}.").format(who=record.examiner, when=logged(record.at))
        self._note.setText(f"{words} {BESIDE}")

    def _show_readings(self, entered: Entered) -> None:
        _show_pair(self.first, *entered.first)
        self.has_second.setChecked(entered.second is not None)
        _show_pair(self.second, *(entered.second or (None, None)))
        self.source.setCurrentIndex(-1)
        self.source.setCurrentText(SOURCES.get(entered.source, entered.source))
        if entered.uncertainty is None:
            self.uncertainty.clear_value()
        else:
            self.uncertainty.setValue(entered.uncertainty)

    def _entered(self) -> Entered:
        source = self.source.currentText().strip()
        return Entered(
            self.knows_start.isChecked(),
            self.start.reading(),
            (self.first[0].reading(), self.first[1].moment()),
            (self.second[0].reading(), self.second[1].moment()) if self.has_second.isChecked() else None,
            RECORDED.get(source, source),
            self.uncertainty.value() if self.uncertainty.stated else None,
        )

    def draft(self) -> ClockRecord | None:
        """The readings as they stand in the fields, None where one is missing."""
        from engine.store.records import ClockRecord

        entered = self._entered()
        (recorder, reference), second = entered.first, entered.second or (None, None)
        if recorder is None or reference is None or (entered.second is not None and None in second):
            return None
        return ClockRecord(
            recorder_reading=recorder,
            reference_reading=reference,
            uncertainty_seconds=entered.uncertainty or 0.0,
            source=entered.source,
            second_recorder_reading=second[0],
            second_reference_reading=second[1],
        )

    def _start_value(self) -> datetime | None:
        return self.start.reading() if self.knows_start.isChecked() else None

    def _show_sums(self) -> None:
        """What the fields mean, or why they make no sense."""
        if self._row is None:
            return
        self._show_state()
        item, draft = replace(self._row.item, start_time=self._start_value()), self.draft()
        try:
            clock = ItemClock(item, [draft] if draft is not None else [])
        except UsageError as error:
            self._tell(str(error), draft)
            for shown in self.sums.values():
                shown.setText("–")
            return
        edits = (*([self.start] if self.knows_start.isChecked() else []), *self.first)
        edits += self.second if self.has_second.isChecked() else ()
        self._tell(" ".join(edit.problem for edit in edits if edit.problem), draft)
        stated = self.uncertainty.stated
        zones = [at.zone for at in (clock.start, clock.end) if at is not None and at.zone]
        values = [
            _offset(draft, stated=stated),
            drift(clock.rate),
            *_both(clock.start, stated=stated),
            *_both(clock.end, stated=stated),
            " → ".join(
                dict.fromkeys(zones or [zone(draft.reference_reading if draft else datetime.now().astimezone())])
            ),
        ]
        for shown, value in zip(self.sums.values(), values, strict=True):
            shown.setText(value.replace(" s", "\N{NO-BREAK SPACE}s"))  # a second line begins with the margin

    def _show_state(self) -> None:
        """Whether what is shown is recorded."""
        if self._row is None:
            return
        refused = {each.typed.key: each.why for each in self._session.unrecorded.left()}
        why = refused.get(("clock", self._row.item.id)) or refused.get(("start", self._row.item.id)) or ""
        record = self._row.clock.record
        words = tr("not saved") if why else tr("not saved yet") if self._typing else ""
        words = words or (tr("saved") if record else tr("no offset recorded"))
        set_role(self._saved, "warning" if why or record is None else "caption")
        self._saved.setText(words)
        self._saved.setToolTip(plain(why))
        self.revert.setVisible(self._typing)

    def _tell(self, problem: str, draft: ClockRecord | None) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self._missing.setText(UNREAD if draft is None else UNSTATED)
        self._missing.setHidden(bool(problem) or (draft is not None and self.uncertainty.stated))
        self.save.setEnabled(not problem and draft is not None and self.uncertainty.stated)
        self.save_start.setEnabled(not self.knows_start.isChecked() or self.start.reading() is not None)

    def _set_start(self) -> None:
        if self._row is not None:
            footage.set_start(self._session, self._row.item, self._start_value())

    def _set_clock(self) -> None:
        draft = self.draft()
        if self._row is not None and draft is not None:
            footage.set_clock(self._session, self._row.item, draft)


def _pair(recorder: str, reference: str) -> tuple[QWidget, tuple[DialEdit, MomentEdit]]:
    """Two fields under their names."""
    area = QWidget()
    column = box(QVBoxLayout(area), 8)
    edits = (DialEdit(recorder), MomentEdit(reference))
    for text, edit in zip((recorder, reference), edits, strict=True):
        column.addWidget(label(text, "quiet"))
        column.addWidget(edit)
    column.addWidget(edits[1].which)
    return area, edits


def _show_pair(edits: tuple[DialEdit, MomentEdit], recorder: datetime | None, reference: datetime | None) -> None:
    edits[0].show_reading(recorder)
    edits[1].show_moment(reference)


def _offset(draft: ClockRecord | None, *, stated: bool) -> str:
    if draft is None:
        return tr("no reading yet")
    margin = plus_minus(draft.uncertainty_seconds if stated else None)
    return f"{offset(clock_offset(draft.recorder_reading, draft.reference_reading))} {margin}".rstrip()


def _both(moment: Reading | None, *, stated: bool) -> list[str]:
    """Recorder time, adjusted time with its uncertainty."""
    if moment is None:
        return [tr("unknown")] * 2
    margin = moment.margin() if stated else ""
    adjusted = f"{short_date_time(moment.adjusted)} {margin}".rstrip() if moment.adjusted else tr("unknown")
    return [short_date_time(moment.recorder) or tr("unknown"), adjusted]
