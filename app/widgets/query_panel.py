"""The left panel of the search page: the person searched for stays in sight; what is compared is chosen here."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.operations.searching import Choice, QueryDraft
from app.thumbnails import Thumbnails
from app.times import date_time
from app.widgets.basic import Badge, Button, CheckBox, ComboBox, ElidedLabel, box, label, rule, scrolled, styled
from app.widgets.pictures import CropPicture
from app.words import grouped, tr

WIDTH = 288
SMALL = 4
QUALITIES = (("Any quality", None), ("Fair or better", 0.35), ("Good only", 0.6))


class QueryPanel(QWidget):
    """Emits `changed` when the draft or the filters differ from what was searched."""

    changed = Signal()
    footage_asked = Signal()
    more_asked = Signal()
    hide_toggled = Signal(bool)

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
        self._main = CropPicture(thumbnails, QSize(154, 312))
        pictures.addWidget(self._main)
        side = box(QVBoxLayout(), 8)
        self._side = [CropPicture(thumbnails, QSize(92, 72)) for _ in range(SMALL)]
        for picture in self._side:
            side.addWidget(picture)
        side.addStretch(1)
        pictures.addLayout(side)
        column.addLayout(pictures)
        for picture in (self._main, *self._side):
            picture.toggled.connect(lambda used, p=picture: self._use(p.crop, used))
        self._warning = label("", "warning", wrap=True)
        column.addWidget(self._warning)
        self._where = [ElidedLabel() for _ in range(3)]
        for name, shown in zip((tr("Camera"), tr("Recorder"), tr("Adjusted")), self._where, strict=True):
            line = box(QHBoxLayout(), 8)
            key = label(name, "quiet")
            key.setFixedWidth(64)
            line.addWidget(key)
            line.addWidget(shown, 1)
            column.addLayout(line)
        buttons = box(QHBoxLayout(), 8)
        more = Button(tr("Add crops…"), "plus", size="small")
        more.clicked.connect(self.more_asked)
        footage = Button(tr("Show in footage"), size="small")
        footage.clicked.connect(self.footage_asked)
        buttons.addWidget(more)
        buttons.addWidget(footage)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(rule())
        self._build_filters(column)
        column.addStretch(1)

    def _build_filters(self, column: QVBoxLayout) -> None:
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Filters"), "strong"))
        head.addStretch(1)
        reset = Button(tr("Reset"), size="small")
        reset.setProperty("link", "true")
        reset.clicked.connect(self.reset_filters)
        head.addWidget(reset)
        column.addLayout(head)
        self._cameras = box(QVBoxLayout(), 0)
        column.addLayout(self._cameras)
        self._checks: dict[int, CheckBox] = {}
        line = box(QHBoxLayout(), 8)
        key = label(tr("Quality"), "quiet")
        key.setFixedWidth(64)
        line.addWidget(key)
        self._quality = ComboBox()
        self._quality.setAccessibleName(tr("Least quality of candidates"))
        self._quality.addItems([tr(text) for text, _ in QUALITIES])
        self._quality.currentIndexChanged.connect(lambda _n: self.changed.emit())
        line.addWidget(self._quality, 1)
        column.addLayout(line)
        self.hide_decided = CheckBox(tr("Hide decided"), "hide")
        self.hide_decided.toggled.connect(self.hide_toggled)
        self._impossible = CheckBox(tr("Hide ‘cannot be the same’"))
        self._impossible.setToolTip(tr("People who are in one frame with the query cannot be the same person."))
        self._impossible.setChecked(True)
        self._impossible.toggled.connect(lambda _on: self.changed.emit())
        column.addWidget(self.hide_decided)
        column.addWidget(self._impossible)

    def show_draft(self, draft: QueryDraft | None) -> None:
        """Show the person; the best crop large, up to four more beside it."""
        self.draft = draft
        pictures = (self._main, *self._side)
        if draft is None:
            for picture in pictures:
                picture.show_crop(None)
            return
        person = draft.person
        self._badge.set_modality(person.tracklet.modality)
        crops = tr("{used} of {all} crops").format(used=len(draft.used), all=len(draft.crops))
        self._title.set_text(f"{person.tracklet.label}, {crops}")
        for n, picture in enumerate(pictures):
            crop = draft.crops[n] if n < len(draft.crops) else None
            picture.setVisible(crop is not None)
            if crop is not None:
                picture.show_crop(crop.crop, checked=crop.used, warning=crop.warning)
        left_out = [crop.warning for crop in draft.crops if not crop.used and crop.warning]
        weak = [crop.warning for crop in draft.used if crop.warning]
        text = tr("Weak query: {why}").format(why=weak[0]) if weak else ""
        text = text or (tr("Left out: {why}").format(why=left_out[0]) if left_out else "")
        self._warning.setText(text)
        self._warning.setVisible(bool(text))
        adjusted = f"{date_time(person.first.adjusted)} {person.first.margin()}" if person.first.adjusted else ""
        recorder = date_time(person.first.recorder) or person.first.recorder_time()
        for shown, value in zip(self._where, (person.camera, recorder, adjusted or tr("no offset set")), strict=True):
            shown.set_text(value)

    def show_cameras(self, cameras: list[tuple[int, str, int]]) -> None:
        """Cameras of the archive with their numbers of people; a camera once unchecked stays so."""
        off = {number for number, check in self._checks.items() if not check.isChecked()}
        while self._cameras.count():
            item = self._cameras.takeAt(0)
            if item is not None and item.widget():
                item.widget().deleteLater()
        self._checks = {}
        for number, name, count in cameras[:8]:
            row = QWidget()
            line = box(QHBoxLayout(row), 4)
            check = CheckBox(name)
            check.setChecked(number not in off)
            check.toggled.connect(lambda _on: self.changed.emit())
            line.addWidget(check, 1)
            line.addWidget(label(grouped(count), "quiet"))
            self._cameras.addWidget(row)
            self._checks[number] = check

    def choice(self, reranker: str | None) -> Choice:
        """What the filters say."""
        chosen = tuple(number for number, check in self._checks.items() if check.isChecked())
        everything = len(chosen) == len(self._checks)
        quality = QUALITIES[self._quality.currentIndex()][1]
        return Choice(reranker, () if everything else chosen or (-1,), quality, self._impossible.isChecked())

    def reset_filters(self) -> None:
        for check in self._checks.values():
            check.setChecked(True)
        self._quality.setCurrentIndex(0)
        self._impossible.setChecked(True)
        self.hide_decided.setChecked(False)

    def _use(self, crop: int | None, used: bool) -> None:
        if self.draft is None or crop is None:
            return
        draft = self.draft.with_use(crop, used)
        if draft.used:
            self.draft = draft
            self.changed.emit()
        self.show_draft(self.draft)
