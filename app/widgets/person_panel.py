"""The right panel of the review page: the chosen person, who else is in the frame, what is drawn, marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.people import Person, quality_sentence
from app.thumbnails import Thumbnails
from app.times import Reading
from app.widgets.badge import Badge
from app.widgets.basic import Button, box, label, rule, scrolled, styled
from app.widgets.checks import CheckBox
from app.widgets.flow import flowing
from app.widgets.pictures import CropPicture
from app.words import grouped, tr

WIDTH = 304
MOST = 8  # people of a frame that are listed
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
        middle.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        self._hint = label(tr("Click a person in the picture, or press J for the next one."), "second", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        middle.addWidget(self._hint, 1)
        self._facts = Facts((tr("First seen"), tr("Last seen"), tr("Crops"), tr("Quality")))
        middle.addWidget(self._facts, 1)
        column.addLayout(middle)
        self.search = Button(tr("Search the RGB archive"), "magnify", "search", primary=True)
        self.search.setSizePolicy(self.search.sizePolicy().Policy.Expanding, self.search.sizePolicy().Policy.Fixed)
        self.search.clicked.connect(self.searched)
        column.addWidget(self.search)
        self.add = Button(tr("Add to query"), "plus", "query.add", size="small")
        self.add.clicked.connect(self.queried)
        self.query = label("", "small")
        column.addWidget(flowing(self.add, self.query))
        column.addWidget(rule())
        column.addLayout(self._build_present())
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
        self.show_person(None)
        self.show_present((), None)

    def _build_present(self) -> QBoxLayout:
        column = box(QVBoxLayout(), 2)
        column.addWidget(label(tr("In this frame"), "strong"))
        column.addSpacing(4)
        self._rows = [PresentRow() for _ in range(MOST)]
        for line in self._rows:
            line.clicked.connect(lambda _on=False, line=line: self.picked.emit(line.tracklet))
            column.addWidget(line)
        self._others = label("", "quiet")
        column.addWidget(self._others)
        column.addSpacing(4)
        words = tr("People in one frame cannot be the same person; searches respect this.")
        column.addWidget(label(words, "caption", wrap=True))
        return column

    def show_person(self, person: Person | None) -> None:
        for button in (self.search, self.add):
            button.setEnabled(person is not None)
        self._facts.setVisible(person is not None)
        self._hint.setVisible(person is None)
        if person is None:
            self._name.setText(tr("No person chosen"))
            self._badge.set_modality(None)
            self.picture.show_crop(None)
            return
        target = "IR" if person.tracklet.modality.value == "rgb" else "RGB"
        self.search.set_text(tr("Search the {target} archive").format(target=target))
        self._name.setText(person.tracklet.label)
        self._badge.set_modality(person.tracklet.modality)
        self.picture.show_crop(person.best.id)
        crops = tr("{seen}, {n} chosen", "", len(person.crops)).format(seen=grouped(person.tracklet.observations))
        quality = quality_sentence(person.best.quality)
        self._facts.show_values((_both(person.first), _both(person.last), crops, quality))

    def show_present(self, people: Sequence[tuple[int, str, str, str]], selected: int | None) -> None:
        """`(tracklet, label, quality word, size)` of everybody in the frame."""
        for line, content in zip_longest(self._rows, people[:MOST]):
            line.show_one(content, chosen=content is not None and content[0] == selected)
        more = len(people) - MOST
        self._others.setText(tr("and {n} more", "", more) if more > 0 else tr("Nobody"))
        self._others.setVisible(more > 0 or not people)


def _both(reading: Reading) -> str:
    """Both times of a moment, then the zone and the uncertainty of the adjusted one."""
    lines = [tr("{time} rec.").format(time=reading.recorder_time(exact=True))]
    adjusted = reading.adjusted_time(exact=True)
    beside = [tr("{time} adj.").format(time=adjusted), f"{reading.zone} {reading.margin()}"]
    return "\n".join(lines + (beside if adjusted else [NO_OFFSET]))


class Facts(QWidget):
    """Values, each close under its quiet name."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        column = box(QVBoxLayout(self))
        self._values = [label(wrap=True) for _ in names]
        for n, (name, value) in enumerate(zip(names, self._values, strict=True)):
            column.addSpacing(8 if n else 0)
            column.addWidget(label(name, "small"))
            column.addWidget(value)
        column.addStretch(1)

    def show_values(self, values: Sequence[str]) -> None:
        for shown, text in zip(self._values, values, strict=True):
            shown.setText(text)


class PresentRow(QPushButton):
    """One person in the frame, across the panel: label, quality, size; a click chooses that person."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("flat", "true")
        self.setProperty("size", "small")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tracklet = 0
        row = box(QHBoxLayout(self), 8, (7, 0, 7, 0))
        self._parts = (label("", "strong"), label("", "second"), label("", "quiet"))
        for part, share in zip(self._parts, (0, 1, 0), strict=True):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part, share)

    def show_one(self, content: tuple[int, str, str, str] | None, *, chosen: bool) -> None:
        self.setVisible(content is not None)
        if content is not None:
            self.tracklet = content[0]
            for part, text in zip(self._parts, content[1:], strict=True):
                part.setText(text)
            self.setAccessibleName(", ".join(content[1:]))
            self.setChecked(chosen)
