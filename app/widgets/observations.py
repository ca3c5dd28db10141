"""Structured observations and the reason: looked at and written down before the decision."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.read_only import writes
from app.widgets.basic import Glyph, Segment, box, headed, label, scrolled, styled
from app.words import tr

WIDTH = 290
FEATURES = (
    ("head and hair", tr("Head, hair")),
    ("upper clothing", tr("Upper clothing")),
    ("lower clothing", tr("Lower clothing")),
    ("footwear", tr("Footwear")),
    ("carried items", tr("Bag, carried items")),
    ("build and gait", tr("Build, gait")),
)
ANSWERS = ((tr("Similar"), "similar"), (tr("Different"), "different"), (tr("Cannot tell"), "cannot tell"))


@dataclass(frozen=True, slots=True)
class Draft:
    """What an analyst has written about a candidate, before it is recorded. `answers` as in `Verdicts.observations`."""

    reason: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


NOTHING_YET = Draft()


class ReasonEdit(QPlainTextEdit):
    """Ctrl+Enter confirms, Escape goes back to the pictures."""

    accepted = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accepted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Observations(QWidget):
    """What is written stays with its candidate, also while others are looked at, until it is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self._drafts: dict[Hashable, Draft] = {}
        self._key: Hashable = None  # the candidate on show
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        column = box(QVBoxLayout(scrolled(self, WIDTH)), 4, (16, 10, 16, 12))
        self._count = headed(column, tr("Observations"))
        note = box(QHBoxLayout(), 8)
        note.addWidget(Glyph("information-outline", 14))
        words = tr("IR brightness is not colour. Compare shape, length, pattern and what is carried.")
        note.addWidget(label(words, "caption", wrap=True), 1)
        column.addLayout(note)
        self._rows: dict[str, Segment] = {}
        for name, text in FEATURES:
            column.addSpacing(4)
            column.addWidget(label(text))
            segment = Segment(text, ANSWERS, size="small", fill=True)
            segment.chosen.connect(lambda _value: self._show_count())
            column.addWidget(segment)
            self._rows[name] = segment
        column.addSpacing(6)
        line = box(QHBoxLayout(), 8)
        line.addWidget(label(tr("Reason"), "strong"))
        line.addStretch(1)
        self._needed = label(tr("needed to confirm, Ctrl+Enter"), "quiet")
        line.addWidget(self._needed)
        column.addLayout(line)
        self._reason = ReasonEdit()
        self.accepted, self.left = self._reason.accepted, self._reason.left
        self._reason.setAccessibleName(tr("Reason"))
        self._reason.setTabChangesFocus(True)
        self._reason.setMinimumHeight(56)
        column.addWidget(self._reason, 1)
        writes(self._reason, *self._rows.values())
        self._show_count()

    def draft(self, key: Hashable) -> Draft:
        """What is written about a candidate so far."""
        return self._written() if key == self._key else self._drafts.get(key, NOTHING_YET)

    def turn_to(self, key: Hashable) -> None:
        """Show what is written about this candidate."""
        if key != self._key:
            self.keep(self._key, self._written())
            self._key = key
            self._show(self._drafts.get(key, NOTHING_YET))

    def keep(self, key: Hashable, draft: Draft) -> None:
        """Remember this for a candidate, in place of what was written."""
        self._drafts[key] = draft
        if draft == NOTHING_YET:
            del self._drafts[key]
        if key == self._key:
            self._show(draft)

    def ask_reason(self) -> None:
        """The reason is missing: take the analyst there."""
        self._reason.setFocus()
        self._reason.setPlaceholderText(tr("Why is this the same person? Then confirm again."))

    def forget(self) -> None:
        """Another case: its candidates have the same numbers."""
        self._drafts.clear()
        self._key = None
        self._show(NOTHING_YET)

    def _written(self) -> Draft:
        answers = {name: str(row.value()) for name, row in self._rows.items() if row.value() is not None}
        return Draft(self._reason.toPlainText().strip(), answers)

    def _show(self, draft: Draft) -> None:
        for name, row in self._rows.items():
            row.select(draft.answers.get(name))
        self._reason.setPlainText(draft.reason)
        self._reason.setPlaceholderText("")
        self._show_count()

    def _show_count(self) -> None:
        words = tr("{n} of {all} compared")
        self._count.setText(words.format(n=len(self._written().answers), all=len(FEATURES)))
