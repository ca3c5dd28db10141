"""A decision that is in the log: who took it and when, what was observed, and why. It is read here, not written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app import icons, theme
from app.observing import ANSWERS, FEATURES
from app.tiles import VERDICT_ICONS, VERDICT_WORDS
from app.times import logged
from app.widgets.basic import Button, box, label, set_role
from app.words import tr
from engine.types import Verdict

if TYPE_CHECKING:
    from engine.store.decisions import Decision

STRIP = 28


class VerdictStrip(QWidget):
    """The verdict in its own colours, as on the tile."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict: Verdict | None = None
        self.setFixedHeight(STRIP)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_verdict(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.setAccessibleName(VERDICT_WORDS[verdict])
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self.verdict is None:
            return
        painter = QPainter(self)
        name = self.verdict.value
        painter.fillRect(self.rect(), theme.color(f"{name}_fill"))
        icons.paint(painter, QRect(8, (STRIP - 16) // 2, 16, 16), VERDICT_ICONS[self.verdict], f"{name}_text")
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(theme.color(f"{name}_text"))
        painter.drawText(self.rect().adjusted(32, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, VERDICT_WORDS[self.verdict])


class Recorded(QWidget):
    """The decision that stands on the candidate, with all that was recorded; `short` where another is being written."""

    change_asked = Signal()
    keep_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = box(QVBoxLayout(self), 4)
        self._verdict = VerdictStrip()
        column.addWidget(self._verdict)
        self._who = label("", "small", wrap=True, selectable=True)
        column.addWidget(self._who)
        self._whole = QWidget()
        self._fill(box(QVBoxLayout(self._whole), 6, (0, 4, 0, 0)))
        column.addWidget(self._whole)
        self._again = QWidget()
        again = box(QVBoxLayout(self._again), 4, (0, 4, 0, 0))
        words = tr("Draft, not recorded. It replaces this decision when you decide.")
        again.addWidget(label(words, "warning", wrap=True))
        keep = Button(tr("Keep what is recorded"), "undo-variant", size="small")
        keep.clicked.connect(self.keep_asked)
        again.addWidget(keep)
        column.addWidget(self._again)

    def _fill(self, column: QVBoxLayout) -> None:
        self._answers: dict[str, QLabel] = {}
        for name, text in FEATURES:
            line = box(QHBoxLayout(), 8)
            line.addWidget(label(text, "quiet"))
            line.addStretch(1)
            self._answers[name] = label("", "quiet")
            line.addWidget(self._answers[name])
            column.addLayout(line)
        column.addSpacing(4)
        column.addWidget(label(tr("Reason"), "strong"))
        self._reason = label("", wrap=True, selectable=True)
        column.addWidget(self._reason)
        column.addSpacing(4)
        words = tr("Recorded. Decide again to replace it; the log keeps both.")
        column.addWidget(label(words, "caption", wrap=True))
        self.change = Button(tr("Change…"), "pencil-outline", "change", size="small")
        self.change.setToolTip(tr("Take up what is recorded as a draft; nothing changes until you decide."))
        self.change.clicked.connect(self.change_asked)
        column.addWidget(self.change)

    def show_decision(self, decision: Decision, *, short: bool, hidden: bool) -> None:
        """`hidden`: what somebody else wrote would lead who reviews in blind mode."""
        assert decision.verdict is not None
        self._verdict.show_verdict(decision.verdict)
        who = f"{decision.examiner}, {logged(decision.at)}"
        self._who.setText(who + (tr(", in blind mode") if decision.blind else ""))
        self._whole.setVisible(not short)
        self._again.setVisible(short)
        words = {value: text for text, value in ANSWERS}
        for name, shown in self._answers.items():
            answer = decision.observations.get(name)
            shown.setText("–" if hidden else words.get(answer, answer) if answer else tr("not compared"))
            set_role(shown, "second" if answer and not hidden else "quiet")
        unseen, nothing = tr("Hidden in blind mode: another examiner wrote it."), tr("none given")
        self._reason.setText(unseen if hidden else decision.reason or nothing)
