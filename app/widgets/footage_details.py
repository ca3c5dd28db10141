"""The right panel of the footage page: modality, camera, recorder start, clock offset, facts of the file."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.jobs import Job
from app.operations import footage
from app.operations.footage import FootageRow
from app.operations.verifying import RESTORE
from app.read_only import writes
from app.session import Session
from app.widgets.badge import Badge
from app.widgets.basic import (
    Button,
    ElidedLabel,
    Segment,
    box,
    headed,
    label,
    rule,
    scrolled,
    styled,
)
from app.widgets.clock_editor import ClockEditor
from app.widgets.notes_edit import NameEdit, show_state
from app.words import figure, grouped, size, tr
from engine.types import ItemState, Modality

if TYPE_CHECKING:
    from engine.store.records import EvidenceItem

WIDTH = 320


class FootageDetails(QWidget):
    """Edits one item; every change is an operation of its own and is logged."""

    reviewed = Signal()
    ingested = Signal()
    verified = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        self._session = session
        self._row: FootageRow | None = None
        self._items: dict[int, EvidenceItem] = {}  # that have been on show
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
        outer.addLayout(self._build_foot())
        self.setEnabled(False)

    def _build_foot(self) -> QGridLayout:
        foot = QGridLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        self.review = Button(tr("Review", "button"), "play-box-outline", "footage.review")
        self.ingest = Button(tr("Ingest"), "account-search-outline", "footage.ingest")
        self.verify = Button(tr("Verify now"), "shield-check-outline", "footage.verify")
        self._copy = Button(tr("SHA-256"), "content-copy", "footage.copy")
        self._copy.show_hint(False)
        self._copy.setAccessibleName(tr("Copy SHA-256"))
        self._copy.setToolTip(tr("Copy SHA-256"))
        self.review.clicked.connect(self.reviewed)
        self.ingest.clicked.connect(self.ingested)
        self.verify.clicked.connect(self.verified)
        self._copy.clicked.connect(self.copy_hash)
        for n, button in enumerate((self.review, self.ingest, self.verify, self._copy)):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            foot.addWidget(button, n // 2, n % 2)
        return foot

    def copy_hash(self) -> None:
        """The whole SHA-256 to the clipboard."""
        if self._row is not None:
            QApplication.clipboard().setText(self._row.item.sha256)
            words = tr("The SHA-256 of {exhibit} is on the clipboard.")
            self._session.message.emit("plain", words.format(exhibit=self._row.item.exhibit), "")

    def show_work(self, ingest: Job | None, check: Job | None) -> None:
        """What is being done with the item on show."""
        words = {ItemState.INTERRUPTED: tr("Go on", "interrupted ingest"), ItemState.FAILED: tr("Try again")}
        state = self._row.item.state if self._row else None
        self.ingest.set_text(words.get(state, tr("Ingest")))
        self.ingest.setEnabled(ingest is None)
        self.verify.setEnabled(check is None)

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
        self._trouble = label("", "error", wrap=True, selectable=True)
        self._next = label("", "second", wrap=True, selectable=True)
        self._column.addWidget(self._trouble)
        self._column.addWidget(self._next)
        line = box(QHBoxLayout(), 12)
        line.addWidget(label(tr("Modality"), "quiet"))
        options: list[tuple[str, object]] = [(tr("Auto"), ""), ("IR", Modality.INFRARED), ("RGB", Modality.VISIBLE)]
        self._modality = Segment(tr("Modality"), options, size="small")
        self._modality.chosen.connect(self._set_modality)
        line.addStretch(1)
        line.addWidget(self._modality)
        self._column.addLayout(line)
        state = headed(self._column, tr("Camera"), title_role="quiet")
        self._camera = NameEdit()
        self._camera.setAccessibleName(tr("Camera"))
        self._camera.typed.connect(lambda now: show_state(state, now, tr("Escape takes it back.")))
        self._camera.leaving.connect(self._set_camera)
        self._camera.reverted.connect(lambda key: self._session.unrecorded.give_up(("camera", key)))
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
        self._row = row
        self.setEnabled(row is not None)
        if row is None:
            self._camera.turn_to(None, "")
            return
        self._items[row.item.id] = row.item
        item = row.item
        self._exhibit.setText(item.exhibit)
        self._name.set_text(item.path.name)
        for n, badge in enumerate(self._badges):
            badge.set_modality(row.modalities[n] if n < len(row.modalities) else None)
        self._show_trouble(row)
        self._modality.select(item.modality_override or "")
        self._camera.turn_to(item.id, item.camera.name)
        self.clock.show_row(row, keep_typing=same_clock)
        self._show_facts(row)

    def _show_trouble(self, row: FootageRow) -> None:
        """Why an item failed or is not what was registered, and what to do about it."""
        item = row.item
        failed = item.state is ItemState.FAILED
        found = [item.failure or tr("The ingest failed.")] if failed else []
        steps = [item.hint or ""] if failed else []
        if row.amiss:
            found += row.amiss
            steps.append(RESTORE)
        for shown, lines in ((self._trouble, found), (self._next, steps)):
            shown.setText("\n".join(line for line in lines if line))
            shown.setVisible(bool(shown.text()))

    def _show_facts(self, row: FootageRow) -> None:
        probe, item = row.item.probe, row.item
        rate = probe.get("average_rate")
        speed = tr(", {rate} frames/s").format(rate=figure(float(Fraction(str(rate))), ".4g")) if rate else ""
        values = {
            "container": f"{_container(item)}, {size(item.size)}",
            "video": f"{str(probe.get('codec', '')).upper()}, {probe.get('width')} × {probe.get('height')}{speed}",
            "base": str(item.time_base),
            "decoded": _decoded(item),
            "lost": _so_far(item, grouped(item.frames_failed)),
            "warnings": "\n".join(item.warnings) or tr("nothing"),
            "people": _so_far(item, grouped(row.tracklets)),
            "hash": " ".join(item.sha256[n : n + 8] for n in range(0, len(item.sha256), 8)),
        }
        for key, value in values.items():
            shown = self._fact_labels[key]
            shown.setText(value)  # type: ignore[attr-defined]

    def _set_modality(self, value: object) -> None:
        if self._row is not None:
            footage.set_modality(self._session, self._row.item.id, value if isinstance(value, Modality) else None)

    def _set_camera(self, item_id: int, name: str) -> None:
        edit = self._camera
        done, failed = lambda: edit.recorded(item_id, name), lambda: edit.refused(item_id)
        footage.set_camera(self._session, self._items[item_id], name, done, failed)

    def put_away(self) -> None:
        """Record a name that was typed, for the item it was typed for."""
        self._camera.put_away()

    def give_up(self) -> None:
        """Show what is recorded in place of what could not be."""
        self._camera.forget()
        self.clock.give_up()

    def forget(self) -> None:
        """Another case: its items have the same numbers."""
        self._camera.forget()
        self.clock.forget()
        self.show_row(None)
        self._items.clear()


def _container(item: EvidenceItem) -> str:
    """'MP4': of the names that a container goes by, the one that the file itself uses."""
    names = str(item.probe.get("container", "")).split(",")
    own = item.path.suffix.removeprefix(".").lower()
    return (own if own in names else names[0]).upper() or tr("pictures")


def _decoded(item: EvidenceItem) -> str:
    """'109 871 of 180 075 frames', the whole being what the file states or its length suggests."""
    whole = item.probe.get("stated_frames") or item.probe.get("frame_estimate")
    if item.state is ItemState.DONE or not isinstance(whole, int) or whole <= item.frames_decoded:
        return tr("{n} frames", "{n} frame", item.frames_decoded)
    return tr("{n} of {all} frames", "", item.frames_decoded).format(all=grouped(whole))


def _so_far(item: EvidenceItem, number: str) -> str:
    return number if item.state is ItemState.DONE else tr("{number} so far").format(number=number)
