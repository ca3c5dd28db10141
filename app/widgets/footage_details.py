"""The right panel of the footage page: modality, camera, recorder start, clock offset, facts of the file."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.operations import footage
from app.operations.footage import FootageRow
from app.read_only import writes
from app.session import Session
from app.widgets.basic import (
    Badge,
    Button,
    ElidedLabel,
    Segment,
    box,
    label,
    rule,
    scrolled,
    styled,
)
from app.widgets.clock_editor import ClockEditor
from app.words import figure, grouped, size, tr
from engine.types import Modality

WIDTH = 320


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
        self._case = session.case  # the one that the row is of
        outer = box(QVBoxLayout(self))
        area = QWidget()
        outer.addWidget(area, 1)
        self._column = box(QVBoxLayout(scrolled(area, WIDTH)), 8, (16, 12, 16, 12))
        self._build_head()
        self.clock = ClockEditor(session)
        self._column.addWidget(self.clock)
        self._column.addWidget(rule())
        self._build_facts()
        self._column.addStretch(1)
        foot = box(QHBoxLayout(), 8, (16, 8, 16, 16))
        self.review = Button(tr("Review", "button"), "play-box-outline", "footage.review")
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
        self._camera.editingFinished.connect(self.save_camera)
        self._column.addWidget(self._camera)
        self._column.addWidget(rule())
        writes(self._modality, self._camera)

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
                ("warnings", tr("Beware")),
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
        """Show an item. What the user is typing into this very item stays; what was typed into another is its own."""
        same = row is not None and self._row is not None and row.item.id == self._row.item.id
        same_clock = same and row is not None and self._row is not None and row.clock.record == self._row.clock.record
        if not same:
            self.save_camera()
        self._row, self._case = row, self._session.case
        self.setEnabled(row is not None)
        if row is None:
            return
        item = row.item
        self._exhibit.setText(item.exhibit)
        self._name.set_text(item.path.name)
        for n, badge in enumerate(self._badges):
            badge.set_modality(row.modalities[n] if n < len(row.modalities) else None)
        self._modality.select(item.modality_override or "")
        if not (same and (self._camera.hasFocus() or self._camera.isModified())):
            self._camera.setText(item.camera.name)
        self.clock.show_row(row, keep_typing=same_clock)
        self._show_facts(row)

    def _show_facts(self, row: FootageRow) -> None:
        probe, item = row.item.probe, row.item
        rate = probe.get("average_rate")
        speed = tr(", {rate} frames/s").format(rate=figure(float(Fraction(str(rate))), ".4g")) if rate else ""
        values = {
            "container": f"{probe.get('container', '')}, {size(item.size)}",
            "video": f"{probe.get('codec', '')}, {probe.get('width')} × {probe.get('height')}{speed}",
            "base": str(item.time_base),
            "decoded": tr("{n} frames", "{n} frame", item.frames_decoded),
            "lost": grouped(item.frames_failed),
            "warnings": "\n".join(item.warnings) or tr("nothing"),
            "people": grouped(row.tracklets),
            "hash": " ".join(item.sha256[n : n + 8] for n in range(0, len(item.sha256), 8)),
        }
        for key, value in values.items():
            shown = self._fact_labels[key]
            shown.setText(value)  # type: ignore[attr-defined]

    def _set_modality(self, value: object) -> None:
        if self._row is not None:
            footage.set_modality(self._session, self._row.item.id, value if isinstance(value, Modality) else None)

    def save_camera(self) -> None:
        """Record a name that was typed, for the item it was typed for."""
        row, name = self._row, self._camera.text().strip()
        if row is None or not self._camera.isModified() or self._case is not self._session.case:
            return
        self._camera.setModified(False)
        if not name:
            self._camera.setText(row.item.camera.name)
        elif name != row.item.camera.name:
            footage.set_camera(self._session, row.item.id, name)

    def forget(self) -> None:
        """Another case: its items have the same numbers."""
        self._camera.setModified(False)
        self.clock.forget()
        self.show_row(None)
