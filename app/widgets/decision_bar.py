"""The bar of the search page where the analyst decides; the three decisions have equal weight and no colour."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.tiles import Tile
from app.widgets.basic import Button, ElidedLabel, box, label, rule, styled
from app.words import tr

HEIGHT = 64


class DecisionBar(QWidget):
    """The page connects the buttons."""

    def __init__(self) -> None:
        super().__init__()
        styled(self, "decisionbar")
        self.setFixedHeight(HEIGHT)
        self._row = row = box(QHBoxLayout(self), 8, (16, 0, 16, 0))
        words = box(QVBoxLayout(), 0)
        self._rank, self._who = label("", "item"), ElidedLabel("", "small")
        words.addStretch(1)
        words.addWidget(self._rank)
        words.addWidget(self._who)
        words.addStretch(1)
        self._about = QWidget()
        self._about.setLayout(words)
        row.addWidget(self._about)
        self.confirm = Button(tr("Confirm…"), "account-check-outline", "confirm", size="large")
        self.reject = Button(tr("Reject"), "close", "reject", size="large")
        self.inconclusive = Button(tr("Inconclusive"), "help", "inconclusive", size="large")
        line = rule(vertical=True)
        line.setFixedHeight(32)
        self.again = Button(tr("Search from here"), "magnify", "again")
        self.undo = Button(tr("Undo"), "undo", "undo")
        self.none = Button(tr("No candidate is this person"), "account-off-outline", "none")
        self.none.setCheckable(True)
        for widget in (self.confirm, self.reject, self.inconclusive, line, self.again, self.undo):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.none)
        self.set_narrow(False)
        self.show_tile(None, 0)

    def set_narrow(self, narrow: bool) -> None:
        """Fewer words where there is less room."""
        self.none.set_text(tr("None of them") if narrow else tr("No candidate is this person"))
        self.again.set_text(tr("Search again") if narrow else tr("Search from here"))
        self._about.setFixedWidth(88 if narrow else 112)
        self._row.setSpacing(6 if narrow else 8)

    def show_tile(self, tile: Tile | None, selected: int, *, blind: bool = False) -> None:
        """What a decision would be about."""
        for button in (self.confirm, self.reject, self.inconclusive, self.again):
            button.setEnabled(tile is not None)
        if tile is None:
            self._rank.setText("")
            self._who.set_text("")
        elif selected > 1:
            self._rank.setText(tr("{n} selected", "", selected))
            self._who.set_text(tr("one decision for all"))
        else:
            self._rank.setText(tr("Candidate") if blind else tr("Rank {n}").format(n=tile.lead))
            self._who.set_text(tile.camera)
