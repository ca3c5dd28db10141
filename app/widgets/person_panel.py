"""The right panel of the review page: the chosen person, who else is in the frame, what is drawn, marks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.people import Person, quality_sentence
from app.thumbnails import Thumbnails
from app.widgets.basic import Badge, Button, box, label, rule, scrolled, styled
from app.widgets.checks import CheckBox
from app.widgets.pictures import CropPicture
from app.words import tr

WIDTH = 304
NO_OFFSET = tr("no offset set")


class PersonPanel(QWidget):
    """Shows a tracklet and offers the search."""

    searched = Signal()
    queried = Signal()
    picked = Signal(int)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        styled(self, "rightpanel")
        self.setFixedWidth(WIDTH)
        column = box(QVBoxLayout(scrolled(self, WIDTH)), 8, (16, 12, 16, 16))
        head = box(QHBoxLayout(), 8)
        self._name = label(tr("No person chosen"), "strong")
        self._badge = Badge()
        head.addWidget(self._name)
        head.addWidget(self._badge)
        head.addStretch(1)
        column.addLayout(head)
        middle = box(QHBoxLayout(), 10)
        self.picture = CropPicture(thumbnails, QSize(112, 216))
        middle.addWidget(self.picture)
        self._facts = label(tr("Click a person in the picture, or press J for the next one."), "second", wrap=True)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        middle.addWidget(self._facts, 1)
        column.addLayout(middle)
        self.search = Button(tr("Search the RGB archive"), "magnify", "search", primary=True)
        self.search.setSizePolicy(self.search.sizePolicy().Policy.Expanding, self.search.sizePolicy().Policy.Fixed)
        self.search.clicked.connect(self.searched)
        column.addWidget(self.search)
        row = box(QHBoxLayout(), 8)
        self.add = Button(tr("Add to query"), "plus", "query.add", size="small")
        self.add.clicked.connect(self.queried)
        self.query = label("", "small")
        row.addWidget(self.add)
        row.addWidget(self.query)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(rule())
        column.addWidget(label(tr("In this frame"), "strong"))
        self._present = box(QVBoxLayout(), 2)
        column.addLayout(self._present)
        column.addWidget(
            label(tr("People in one frame cannot be the same person; searches respect this."), "caption", wrap=True)
        )
        column.addWidget(rule())
        column.addWidget(label(tr("Show"), "strong"))
        self.boxes = CheckBox(tr("Boxes"), "boxes")
        self.paths = CheckBox(tr("Paths of the last 2 s"), "paths")
        for check in (self.boxes, self.paths):
            check.setChecked(True)
            column.addWidget(check)
        column.addWidget(rule())
        self.foot = box(QVBoxLayout())  # what else the page has to show there
        column.addLayout(self.foot, 1)
        self._shown: Sequence[tuple[int, str, str, str]] = ()
        self.show_person(None)

    def show_person(self, person: Person | None) -> None:
        for button in (self.search, self.add):
            button.setEnabled(person is not None)
        if person is None:
            self._name.setText(tr("No person chosen"))
            self._facts.setText(tr("Click a person in the picture, or press J for the next one."))
            self._badge.set_modality(None)
            self.picture.show_crop(None)
            return
        target = "IR" if person.tracklet.modality.value == "rgb" else "RGB"
        self.search.set_text(tr("Search the {target} archive").format(target=target))
        self._name.setText(person.tracklet.label)
        self._badge.set_modality(person.tracklet.modality)
        self.picture.show_crop(person.best.id)
        lines = []
        for title, reading in ((tr("First seen"), person.first), (tr("Last seen"), person.last)):
            adjusted = reading.adjusted_time(exact=True)
            lines += [title, tr("{time} rec.").format(time=reading.recorder_time(exact=True))]
            lines += (
                [tr("{time} adj.").format(time=adjusted), f"{reading.zone} {reading.margin()}"]
                if adjusted
                else [NO_OFFSET]
            )
            lines.append("")
        lines += [tr("Crops"), tr("{n} chosen", "", len(person.crops)), "", tr("Quality")]
        lines.append(quality_sentence(person.best.quality))
        self._facts.setText("\n".join(lines))

    def show_present(self, people: Sequence[tuple[int, str, str, str]], selected: int | None) -> None:
        """`(tracklet, label, quality word, size)` of everybody in the frame."""
        if tuple(people) == tuple(self._shown) and self._selected == selected:
            return
        self._shown, self._selected = tuple(people), selected
        while self._present.count():
            item = self._present.takeAt(0)
            if item is not None and item.widget():
                item.widget().deleteLater()
        for tracklet, name, word, size in people[:6]:
            self._present.addWidget(self._line(tracklet, name, word, size, chosen=tracklet == selected))
        if not people:
            self._present.addWidget(label(tr("Nobody"), "quiet"))
        elif len(people) > 6:
            self._present.addWidget(label(tr("and {n} more", "", len(people) - 6), "quiet"))

    _selected: int | None = None

    def _line(self, tracklet: int, name: str, word: str, size: str, *, chosen: bool) -> Button:
        button = Button(f"{name}   {word}   {size}", size="small")
        button.setProperty("flat", "true")
        button.setCheckable(True)
        button.setChecked(chosen)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.picked.emit(tracklet))
        return button
