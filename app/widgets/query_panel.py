"""The left panel of the search page: the person searched for stays in sight; what is compared is chosen here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.operations.searching import QueryDraft
from app.thumbnails import Thumbnails
from app.times import date_time
from app.widgets.badge import Badge
from app.widgets.basic import Button, ElidedLabel, box, label, name_width, rule, scrolled, styled
from app.widgets.flow import flowing
from app.widgets.pictures import CropPicture
from app.widgets.search_filters import SearchFilters
from app.words import tr

WIDTH = 288
SMALL = 4  # pictures beside the large one; further ones stand below, so many in a row:
PER_ROW = 3


class QueryPanel(QWidget):
    """Emits `changed` when the draft or the filters differ from what was searched."""

    changed = Signal()
    footage_asked = Signal()
    more_asked = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        styled(self, "leftpanel")
        self.setFixedWidth(WIDTH)
        self.draft: QueryDraft | None = None
        column = box(QVBoxLayout(scrolled(self, WIDTH)), 6, (16, 12, 16, 12))
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Query"), "strong"))
        self._badge = Badge()
        head.addWidget(self._badge)
        self._title = ElidedLabel("", "second")
        head.addWidget(self._title, 1)
        column.addLayout(head)
        pictures = box(QHBoxLayout(), 8)
        self._main = CropPicture(thumbnails, QSize(154, 284))
        pictures.addWidget(self._main)
        side = box(QVBoxLayout(), 8)
        self._side = [CropPicture(thumbnails, QSize(92, 65)) for _ in range(SMALL)]
        for picture in self._side:
            side.addWidget(picture)
        side.addStretch(1)
        pictures.addLayout(side)
        column.addLayout(pictures)
        self._below = box(QGridLayout(), 8)
        column.addLayout(self._below)
        self._thumbnails = thumbnails
        self._pictures = [self._main, *self._side]
        for picture in self._pictures:
            picture.toggled.connect(lambda used, p=picture: self._use(p.crop, used))
        self._warning = label("", "warning", wrap=True)
        column.addWidget(self._warning)
        self._where = [ElidedLabel() for _ in range(4)]
        names = (tr("Camera"), tr("Recorder"), tr("Adjusted"), "")
        for name, shown in zip(names, self._where, strict=True):
            line = box(QHBoxLayout(), 8)
            key = label(name, "quiet")
            key.setFixedWidth(max(64, name_width(*names)))
            line.addWidget(key)
            line.addWidget(shown, 1)
            column.addLayout(line)
        more = Button(tr("Add crops…"), "plus", size="small")
        more.clicked.connect(self.more_asked)
        footage = Button(tr("Show in footage"), size="small")
        footage.clicked.connect(self.footage_asked)
        column.addWidget(flowing(more, footage, spacing=6))
        column.addWidget(rule())
        self.filters = SearchFilters()
        self.filters.changed.connect(self.changed)
        column.addWidget(self.filters)
        column.addStretch(1)

    def show_draft(self, draft: QueryDraft | None) -> None:
        """Show the person; the best crop large, all others smaller."""
        self.draft = draft
        crops = draft.crops if draft else ()
        for n in range(max(len(crops), len(self._pictures))):
            picture = self._picture(n)
            picture.setVisible(n < len(crops))
            if n < len(crops):
                picture.show_crop(crops[n].crop, checked=crops[n].used, warning=crops[n].warning)
        self._warning.hide()
        if draft is None:
            self._badge.hide()
            for words in (self._title, *self._where):
                words.set_text("")
            return
        person = draft.person
        self._badge.show()
        self._badge.set_modality(person.tracklet.modality)
        self.filters.aim(draft.target)
        self._title.set_text(f"{person.tracklet.label}, {_used(draft)}")
        left_out = [crop.warning for crop in draft.crops if not crop.used and crop.warning]
        weak = [crop.warning for crop in draft.used if crop.warning]
        text = tr("Weak query: {why}").format(why=weak[0]) if weak else ""
        text = text or (tr("Left out: {why}").format(why=left_out[0]) if left_out else "")
        self._warning.setText(text)
        self._warning.setVisible(bool(text))
        first = person.first
        adjusted = date_time(first.adjusted.replace(tzinfo=None)) if first.adjusted else tr("no offset set")
        recorder = date_time(first.recorder) or first.recorder_time()
        times = (person.camera, recorder, adjusted, f"{first.zone} {first.margin()}".strip())
        for shown, value in zip(self._where, times, strict=True):
            shown.set_text(value)

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """What was searched with where it did not come from the case's footage; nothing can be chosen there."""
        for n, image in enumerate(pictures):
            self._picture(n).show_image(image)
            self._picture(n).show()
        if pictures:
            self._title.set_text(tr("{n} pictures from outside", "{n} picture from outside", len(pictures)))

    def _picture(self, n: int) -> CropPicture:
        while n >= len(self._pictures):
            picture = CropPicture(self._thumbnails, QSize(79, 72))
            picture.toggled.connect(lambda used, p=picture: self._use(p.crop, used))
            row, place = divmod(len(self._pictures) - 1 - SMALL, PER_ROW)
            self._below.addWidget(picture, row, place)
            self._pictures.append(picture)
        return self._pictures[n]

    def _use(self, crop: int | None, used: bool) -> None:
        if self.draft is None or crop is None:
            return
        draft = self.draft.with_use(crop, used)
        if draft.used:
            self.draft = draft
            self.changed.emit()
        self.show_draft(self.draft)


def _used(draft: QueryDraft) -> str:
    """'6 of 8 crops', and of how many shots where there are several."""
    words = tr("{used} of {n} crops", "{used} of {n} crop", len(draft.crops)).format(used=len(draft.used))
    shots = len({crop.tracklet for crop in draft.crops})
    return words if shots == 1 else ", ".join((words, tr("{n} shots", "{n} shot", shots)))
