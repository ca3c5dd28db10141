"""The right panel of the subjects page: notes, the appearance chosen, who else was near."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.read_only import writes
from app.subjects import NEARBY_SECONDS, Appearance
from app.thumbnails import Thumbnails
from app.tiles import Tile, TileModel
from app.times import date_time
from app.widgets.basic import Button, box, headed, label, name_width, rule, scrolled, styled
from app.widgets.flow import flowing
from app.widgets.notes_edit import NotesEdit, show_state
from app.widgets.pictures import Strip
from app.words import tr

WIDTH = 288


class AppearancePanel(QWidget):
    """Shows one appearance; what is asked for is the page's to do."""

    stepped = Signal(int)  # 1 or -1
    footage_asked = Signal()
    removal_asked = Signal()
    nearby_asked = Signal(int)  # tracklet

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        column = box(QVBoxLayout(scrolled(self, WIDTH)), 8, (16, 12, 16, 16))
        self._build_notes(column)
        column.addWidget(rule())
        self._build_appearance(column)
        column.addWidget(rule())
        self._near = headed(column, tr("Nearby people"))
        self.nearby = TileModel()
        self.strip = Strip(thumbnails, self.nearby, tr("Nearby people"))
        self.strip.picked.connect(self._open_nearby)
        column.addWidget(self.strip)
        self._context = label("", "caption", wrap=True)
        column.addWidget(self._context)
        column.addStretch(1)

    def _build_notes(self, column: QVBoxLayout) -> None:
        state = headed(column, tr("Notes"))
        self.notes = NotesEdit()
        self.notes.setAccessibleName(tr("Notes"))
        self.notes.setFixedHeight(110)
        self.notes.setPlaceholderText(tr("What is known of this person, and from where"))
        self.notes.typed.connect(lambda now: show_state(state, now))
        column.addWidget(self.notes)
        self._noted = label("", "small", wrap=True)
        column.addWidget(self._noted)
        save = Button(tr("Save notes"), "content-save-outline", size="small")
        save.clicked.connect(self.notes.put_away)
        column.addWidget(save)
        writes(self.notes, save)

    def show_noted(self, words: str) -> None:
        """Who wrote the notes as they stand, and when; '' where nobody did."""
        self._noted.setText(words)
        self._noted.setVisible(bool(words))

    def _build_appearance(self, column: QVBoxLayout) -> None:
        self._place = headed(column, tr("Appearance"))
        steps = []
        for text, icon, command, by in (
            (tr("Previous"), "chevron-left", "appearance.previous", -1),
            (tr("Next"), "chevron-right", "appearance.next", 1),
        ):
            button = Button(text, icon, command, size="small")
            button.clicked.connect(lambda _=False, n=by: self.stepped.emit(n))
            steps.append(button)
        column.addWidget(flowing(*steps))
        self._facts: list[QLabel] = []
        names = (tr("Camera"), tr("Recorder"), tr("Adjusted"), tr("Decision"), tr("Reason"))
        for name in names:
            line = box(QHBoxLayout(), 8)
            key = label(name, "quiet")
            key.setFixedWidth(max(64, name_width(*names)))
            line.addWidget(key, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.append(label("", wrap=True, selectable=True))
            line.addWidget(self._facts[-1], 1)
            column.addLayout(line)
        footage = Button(tr("Show in footage"), "play-box-outline", size="small")
        footage.clicked.connect(self.footage_asked)
        remove = Button(tr("Remove…"), "minus", size="small")
        remove.clicked.connect(self.removal_asked)
        self._buttons = (footage, remove)
        writes(remove)
        column.addWidget(flowing(footage, remove))

    def show_nobody(self) -> None:
        """The subject has no appearance."""
        self._place.setText(tr("none", "appearance"))
        for fact in self._facts:
            fact.clear()
        for button in self._buttons:
            button.setEnabled(False)
        self.show_nearby([])
        self._near.setText("")
        self._context.setText("")

    def show_appearance(self, shown: Appearance, number: int, total: int) -> None:
        """One appearance, the `number`-th of `total`."""
        self._place.setText(tr("{n} of {all}").format(n=number, all=total))
        first = shown.first
        values = (
            shown.camera,
            date_time(first.recorder) or first.recorder_time(),
            f"{date_time(first.adjusted)} {first.margin()}" if first.adjusted else tr("no offset set"),
            shown.decision or tr("none, put in by {who}").format(who=shown.member.examiner),
            shown.member.reason or "–",
        )
        self._near.setText(tr("within {n} s").format(n=NEARBY_SECONDS))
        self._near.setToolTip(shown.camera)
        for fact, value in zip(self._facts, values, strict=True):
            fact.setText(value)
        for button in self._buttons:
            button.setEnabled(True)

    def show_nearby(self, tiles: Sequence[Tile]) -> None:
        """Who else was in the same footage then."""
        self.nearby.show(tiles)
        self.strip.setVisible(bool(tiles))
        alone = tr("Nobody else was found in this footage then.")
        self._context.setText(tr("Shown for context. Being near is not a link between people.") if tiles else alone)

    def _open_nearby(self, row: int) -> None:
        tile = self.nearby.tile(row)
        if tile is not None:
            self.nearby_asked.emit(tile.tracklet)
