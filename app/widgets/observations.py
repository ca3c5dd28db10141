"""Structured observations and the reason: looked at and written down before the decision."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.observing import ANSWERS, FEATURES
from app.read_only import writes
from app.widgets.band_line import BandLine
from app.widgets.basic import Button, Glyph, Segment, box, headed, label, scrolled, styled
from app.widgets.key_hint import KeyHint
from app.widgets.recorded import Recorded
from app.words import tr

if TYPE_CHECKING:
    from app.tiles import Tile
    from engine.store.decisions import Decision

WIDTH = 290
LEAST = 72  # pixels of the reason


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

    def sizeHint(self) -> QSize:  # noqa: N802
        """It takes what room there is, and asks for none."""
        return QSize(super().sizeHint().width(), LEAST)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accepted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Observations(QWidget):
    """What is written stays with its candidate, also while others are looked at, until it is recorded.

    Of a candidate that is decided on, what is recorded is shown, and nothing to fill in until that is asked for.
    """

    apart_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drafts: dict[Hashable, Draft] = {}
        self._key: Hashable = None  # the candidate on show
        self._decision: Decision | None = None  # that stands on it
        self._hidden = False  # what that one says
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        column = box(QVBoxLayout(scrolled(self, WIDTH)), 4, (16, 8, 16, 8))
        self._count = headed(column, tr("Observations"))
        self.rank = BandLine()
        column.addWidget(self.rank)
        self._together = label("", "warning", wrap=True)
        self._together.hide()
        column.addWidget(self._together)
        self.recorded = Recorded()
        self.recorded.change_asked.connect(self.change)
        self.recorded.keep_asked.connect(lambda: self.keep(self._key, NOTHING_YET))
        column.addWidget(self.recorded)
        self._form = QWidget()
        self._build_form(box(QVBoxLayout(self._form), 2))
        column.addWidget(self._form, 1)
        self.apart = Button(tr("Cannot be the same person…"), "account-cancel-outline", "apart", size="small")
        self.apart.setProperty("link", "true")
        self.apart.clicked.connect(self.apart_asked)
        column.addWidget(self.apart)
        self._filler = QWidget()  # in place of the form, where that is out of sight
        column.addWidget(self._filler, 1)
        self._show(NOTHING_YET)

    def _build_form(self, column: QVBoxLayout) -> None:
        note = box(QHBoxLayout(), 8)
        note.addWidget(Glyph("information-outline", 14), 0, Qt.AlignmentFlag.AlignTop)
        words = tr("IR brightness is not colour. Compare shape, length, pattern and what is carried.")
        note.addWidget(label(words, "caption", wrap=True), 1)
        column.addLayout(note)
        self._rows: dict[str, Segment] = {}
        for n, (name, text) in enumerate(FEATURES, start=1):
            column.addSpacing(4)
            column.addLayout(_named(text, f"observe.{n}"))
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
        self._reason.setMinimumHeight(LEAST)
        column.addWidget(self._reason, 1)
        writes(self._reason, *self._rows.values())

    def commands(self) -> dict[str, Callable[[], None]]:
        """What keys do here."""
        answer = {
            f"observe.{n}": (lambda name=name: self._next_answer(name)) for n, name in enumerate(self._rows, start=1)
        }
        return {**answer, "reason": self._write_reason}

    def _next_answer(self, name: str) -> None:
        """Similar, different, cannot tell, not compared, and round again."""
        row = self._rows[name]
        if self._key is None or not self.isVisible() or not row.isEnabled():
            return
        self.change(answering=True)
        round_about = [None, *(value for _, value in ANSWERS)]
        row.select(round_about[(round_about.index(row.value()) + 1) % len(round_about)])  # type: ignore[arg-type]
        self._show_count()

    def _write_reason(self) -> None:
        if self.isVisible():
            self.change()
            self._reason.setFocus()

    def draft(self, key: Hashable) -> Draft:
        """What is written about a candidate so far."""
        return self._written() if key == self._key else self._drafts.get(key, NOTHING_YET)

    def drafts(self) -> dict[Hashable, Draft]:
        """Everything that is written and not recorded, by candidate."""
        mine = self._written()
        written = {**self._drafts, self._key: NOTHING_YET if mine == self._taken_up() else mine}
        return {key: draft for key, draft in written.items() if key is not None and draft != NOTHING_YET}

    def turn_to(self, key: Hashable, decision: Decision | None = None, *, hidden: bool = False) -> None:
        """Show what is written about this candidate, else the decision that stands; `hidden`: not what it says."""
        before, now = (self._decision and self._decision.id, self._hidden), (decision and decision.id, hidden)
        if key == self._key and before == now:
            return
        if key != self._key:
            mine = self._written()
            self.keep(self._key, NOTHING_YET if mine == self._taken_up() else mine)
        self._decision, self._hidden = decision, hidden
        written = self._written() if key == self._key else self._drafts.get(key, NOTHING_YET)
        self._key = key
        self._show(written)

    def show_candidate(self, tile: Tile | None, together: str = "", rule: str = "", *, blind: bool = False) -> None:
        """Rank and band by their `rule`, unless blind; `together` is whom of the person it is in one frame with."""
        self.rank.show_tile(None if blind else tile, rule)
        words = tr("In one frame with {label}, who is confirmed or searched for: cannot be the same person.")
        self._together.setText(words.format(label=together) if together else "")
        self._together.setVisible(bool(together))
        self.apart.setEnabled(tile is not None)

    def keep(self, key: Hashable, draft: Draft) -> None:
        """Remember this for a candidate, in place of what was written."""
        self._drafts[key] = draft
        if draft == NOTHING_YET:
            del self._drafts[key]
        if key == self._key:
            self._show(draft)

    def change(self, *, answering: bool = False) -> None:
        """Take up what is recorded as a draft, to be changed and decided on again; the reason first, or the answers."""
        if self._decision is not None and self._form.isHidden():
            self._show(self._taken_up(), writing=True)
            if not answering:
                self._reason.setFocus()

    def ask_reason(self) -> None:
        """The reason is missing: take the analyst there."""
        self.change()
        self._reason.setFocus()
        self._reason.setPlaceholderText(tr("Why is this the same person? Then confirm again."))

    def forget(self) -> None:
        """Another case: its candidates have the same numbers."""
        self._drafts.clear()
        self._key = self._decision = None
        self._show(NOTHING_YET)

    def _taken_up(self) -> Draft:
        """What is recorded, as a draft."""
        if self._decision is None or self._hidden:
            return NOTHING_YET
        return Draft(self._decision.reason.strip(), self._decision.observations)

    def _written(self) -> Draft:
        answers = {name: str(row.value()) for name, row in self._rows.items() if row.value() is not None}
        return Draft(self._reason.toPlainText().strip(), answers)

    def _show(self, draft: Draft, *, writing: bool = False) -> None:
        for name, row in self._rows.items():
            row.select(draft.answers.get(name))
        self._reason.setPlainText(draft.reason)
        self._reason.setPlaceholderText("")
        writing = writing or self._decision is None or draft != NOTHING_YET
        if self._decision is not None:
            self.recorded.show_decision(self._decision, short=writing, hidden=self._hidden)
        self.recorded.setVisible(self._decision is not None)
        self._form.setVisible(writing)
        self._filler.setHidden(writing)
        self._show_count()

    def _show_count(self) -> None:
        words = tr("{n} of {all} compared")
        answers = (self._taken_up() if self._form.isHidden() else self._written()).answers
        self._count.setText(words.format(n=len(answers), all=len(FEATURES)))


def _named(text: str, command: str) -> QHBoxLayout:
    """The name of a feature, and the key that goes through its answers."""
    row = box(QHBoxLayout(), 8)
    row.addWidget(label(text))
    row.addStretch(1)
    row.addWidget(KeyHint(command))
    return row  # type: ignore[return-value]
