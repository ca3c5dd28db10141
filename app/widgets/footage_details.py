"""The right panel of the footage page: modality, camera, recorder start, clock offset, facts of the file."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.operations import footage
from app.operations.footage import FootageRow
from app.session import Session
from app.times import offset, plus_minus, short_date_time
from app.widgets.basic import (
    Badge,
    Button,
    CheckBox,
    ComboBox,
    ElidedLabel,
    Segment,
    box,
    inset,
    label,
    rule,
    scrolled,
    set_role,
    styled,
)
from app.words import grouped, size, tr
from engine.types import Modality

WIDTH = 320
SOURCES = ("Wall clock on site", "Telephone, network time", "GPS or radio clock", "Talking clock", "Other")
FORMAT = "d MMM yyyy HH:mm:ss"


def _date_edit(name: str) -> QDateTimeEdit:
    edit = QDateTimeEdit(QDateTime.currentDateTime())
    edit.setDisplayFormat(FORMAT)
    edit.setAccessibleName(name)
    inset(edit)
    return edit


def _value(edit: QDateTimeEdit) -> datetime:
    found = edit.dateTime().toPython()
    assert isinstance(found, datetime)
    return found.replace(microsecond=0)


class FootageDetails(QWidget):
    """Edits one item; every change is an operation of its own and is logged."""

    reviewed = Signal()
    ingested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        self._session = session
        self._row: FootageRow | None = None
        outer = box(QVBoxLayout(self))
        area = QWidget()
        outer.addWidget(area, 1)
        self._column = box(QVBoxLayout(scrolled(area, WIDTH)), 8, (16, 12, 16, 12))
        self._build_head()
        self._build_clock()
        self._build_facts()
        self._column.addStretch(1)
        foot = box(QHBoxLayout(), 8, (16, 8, 16, 16))
        self.review = Button(tr("Review"), "play-box-outline", "footage.review")
        self.review.clicked.connect(self.reviewed)
        self.ingest = Button(tr("Ingest"), "account-search-outline", "footage.ingest")
        self.ingest.clicked.connect(self.ingested)
        foot.addWidget(self.review)
        foot.addWidget(self.ingest)
        foot.addStretch(1)
        outer.addLayout(foot)
        self.setEnabled(False)

    def _build_head(self) -> None:
        head = box(QHBoxLayout(), 8)
        self._exhibit = label("", "strong")
        self._badges = (Badge(), Badge())
        self._name = ElidedLabel()
        head.addWidget(self._exhibit)
        for badge in self._badges:
            head.addWidget(badge)
        head.addWidget(self._name, 1)
        self._column.addLayout(head)
        line = box(QHBoxLayout(), 12)
        line.addWidget(label(tr("Modality"), "quiet"))
        options: list[tuple[str, object]] = [(tr("Auto"), ""), ("IR", Modality.INFRARED), ("RGB", Modality.VISIBLE)]
        self._modality = Segment(tr("Modality"), options, size="small")
        self._modality.chosen.connect(self._set_modality)
        line.addStretch(1)
        line.addWidget(self._modality)
        self._column.addLayout(line)
        self._column.addWidget(label(tr("Camera"), "quiet"))
        self._camera = QLineEdit()
        self._camera.setAccessibleName(tr("Camera"))
        self._camera.editingFinished.connect(self._set_camera)
        self._column.addWidget(self._camera)
        self._column.addWidget(rule())

    def _build_clock(self) -> None:
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Start and clock offset"), "strong"))
        head.addStretch(1)
        self._saved = label("", "caption")
        head.addWidget(self._saved)
        self._column.addLayout(head)
        self._knows_start = CheckBox(tr("Recorder's time at the first frame"))
        self._knows_start.toggled.connect(lambda on: self._start.setEnabled(on))  # noqa: PLW0108 - made below
        self._start = _date_edit(tr("Recorder's time at the first frame"))
        self._recorder = _date_edit(tr("Recorder reading"))
        self._reference = _date_edit(tr("Reference reading"))
        self._column.addWidget(self._knows_start)
        self._column.addWidget(self._start)
        for text, edit in ((tr("Recorder reading"), self._recorder), (tr("Reference reading"), self._reference)):
            self._column.addWidget(label(text, "quiet"))
            self._column.addWidget(edit)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        self._source = ComboBox()
        self._source.setAccessibleName(tr("Source of the reference time"))
        self._source.setEditable(True)
        self._source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._source.setMinimumContentsLength(8)
        self._source.addItems([tr(text) for text in SOURCES])
        self._uncertainty = QDoubleSpinBox()
        self._uncertainty.setAccessibleName(tr("Uncertainty in seconds"))
        self._uncertainty.setRange(0, 86400)
        self._uncertainty.setDecimals(1)
        self._uncertainty.setPrefix("± ")
        self._uncertainty.setSuffix(" s")
        inset(self._uncertainty)
        grid.addWidget(label(tr("Source"), "quiet"), 0, 0)
        grid.addWidget(label(tr("Uncertainty"), "quiet"), 0, 1)
        grid.addWidget(self._source, 1, 0)
        grid.addWidget(self._uncertainty, 1, 1)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 1)
        self._column.addLayout(grid)
        self._build_sums()

    def _build_sums(self) -> None:
        inset = QFrame()
        inset.setObjectName("inset")
        sums = QGridLayout(inset)
        sums.setContentsMargins(10, 8, 10, 8)
        self._sums = [label("", "") for _ in range(3)]
        for n, text in enumerate((tr("Offset"), tr("Starts, recorder"), tr("Starts, adjusted"))):
            sums.addWidget(label(text, "quiet"), n, 0)
            sums.addWidget(self._sums[n], n, 1, Qt.AlignmentFlag.AlignRight)
        self._column.addWidget(inset)
        save = box(QHBoxLayout(), 8)
        self._save = Button(tr("Record offset"), "content-save-outline")
        self._save.clicked.connect(self._set_clock)
        self._save_start = Button(tr("Set start"), "clock-start")
        self._save_start.clicked.connect(self._set_start)
        save.addWidget(self._save_start)
        save.addWidget(self._save)
        save.addStretch(1)
        self._column.addLayout(save)
        self._note = label("", "caption", wrap=True)
        self._column.addWidget(self._note)
        for edit in (self._recorder, self._reference, self._start):
            edit.dateTimeChanged.connect(lambda _now: self._show_sums())
        self._uncertainty.valueChanged.connect(lambda _now: self._show_sums())
        self._knows_start.toggled.connect(lambda _on: self._show_sums())
        self._column.addWidget(rule())

    def _build_facts(self) -> None:
        self._column.addWidget(label(tr("File"), "strong"))
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(3)
        self._fact_labels: dict[str, object] = {}
        for n, (key, text) in enumerate(
            (
                ("container", tr("Container")),
                ("video", tr("Video")),
                ("base", tr("Time base")),
                ("decoded", tr("Decoded")),
                ("lost", tr("Not decoded")),
                ("people", tr("Tracklets")),
                ("hash", "SHA-256"),
            )
        ):
            self._facts.addWidget(label(text, "quiet"), n, 0, Qt.AlignmentFlag.AlignTop)
            value = label("", "mono" if key in ("hash", "base") else "", wrap=True, selectable=True)
            self._facts.addWidget(value, n, 1)
            self._fact_labels[key] = value
        self._facts.setColumnStretch(1, 1)
        self._column.addLayout(self._facts)

    def show_row(self, row: FootageRow | None) -> None:
        """Show an item. What the user is typing into this very item stays."""
        same = row is not None and self._row is not None and row.item.id == self._row.item.id
        same_clock = same and row is not None and self._row is not None and row.clock.record == self._row.clock.record
        self._row = row
        self.setEnabled(row is not None)
        if row is None:
            return
        item = row.item
        self._exhibit.setText(item.exhibit)
        self._name.set_text(item.path.name)
        for n, badge in enumerate(self._badges):
            badge.set_modality(row.modalities[n] if n < len(row.modalities) else None)
        self._modality.select(item.modality_override or "")
        if not self._camera.hasFocus():
            self._camera.setText(item.camera.name)
        if not (same and same_clock):
            self._fill_clock(row)
        self._show_sums()
        self._show_facts(row)

    def _fill_clock(self, row: FootageRow) -> None:
        self._knows_start.setChecked(row.item.start_time is not None)
        self._start.setEnabled(row.item.start_time is not None)
        if row.item.start_time is not None:
            self._start.setDateTime(QDateTime(row.item.start_time))
        record = row.clock.record
        set_role(self._saved, "caption" if record else "warning")
        self._saved.setText(tr("saved") if record else tr("no offset recorded"))
        if record is None:
            self._note.setText(tr("Recorder time is kept; adjusted time is computed beside it."))
            return
        self._recorder.setDateTime(QDateTime(record.recorder_reading.replace(tzinfo=None)))
        self._reference.setDateTime(QDateTime(record.reference_reading.astimezone().replace(tzinfo=None)))
        self._uncertainty.setValue(record.uncertainty_seconds)
        self._source.setCurrentText(record.source)
        self._source.lineEdit().setCursorPosition(0)
        words = tr("Recorded by {who}, {when} UTC. Recorder time is kept; adjusted time is computed beside it.")
        self._note.setText(words.format(who=record.examiner, when=record.at[:16].replace("T", " ")))

    def _show_sums(self) -> None:
        if self._row is None:
            return
        delta = _value(self._reference) - _value(self._recorder)
        margin = plus_minus(self._uncertainty.value())
        start = _value(self._start) if self._knows_start.isChecked() else None
        self._sums[0].setText(f"{offset(delta)} {margin}")
        self._sums[1].setText(short_date_time(start) or tr("unknown"))
        self._sums[2].setText(f"{short_date_time(start + delta)} {margin}" if start else tr("unknown"))

    def _show_facts(self, row: FootageRow) -> None:
        probe, item = row.item.probe, row.item
        rate = probe.get("average_rate")
        speed = f", {float(Fraction(str(rate))):.4g} frames/s" if rate else ""
        values = {
            "container": f"{probe.get('container', '')}, {size(item.size)}",
            "video": f"{probe.get('codec', '')}, {probe.get('width')} × {probe.get('height')}{speed}",
            "base": str(item.time_base),
            "decoded": tr("{n} frames").format(n=grouped(item.frames_decoded)),
            "lost": grouped(item.frames_failed),
            "people": grouped(row.tracklets),
            "hash": " ".join(item.sha256[n : n + 8] for n in range(0, len(item.sha256), 8)),
        }
        for key, value in values.items():
            shown = self._fact_labels[key]
            shown.setText(value)  # type: ignore[attr-defined]

    def _set_modality(self, value: object) -> None:
        if self._row is not None:
            footage.set_modality(self._session, self._row.item.id, value if isinstance(value, Modality) else None)

    def _set_camera(self) -> None:
        name = self._camera.text().strip()
        if self._row is not None and name and name != self._row.item.camera.name:
            footage.set_camera(self._session, self._row.item.id, name)

    def _set_start(self) -> None:
        if self._row is not None:
            start = _value(self._start) if self._knows_start.isChecked() else None
            footage.set_start(self._session, self._row.item.id, start)

    def _set_clock(self) -> None:
        from engine.store.records import ClockRecord

        if self._row is not None:
            record = ClockRecord(
                recorder_reading=_value(self._recorder),
                reference_reading=_value(self._reference).astimezone(),
                uncertainty_seconds=self._uncertainty.value(),
                source=self._source.currentText().strip(),
            )
            footage.set_clock(self._session, self._row.item.id, record)
