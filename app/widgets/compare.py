"""Query and candidate side by side: same scale, both clips, observations before the decision."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import clips, people, theme
from app.clips import Clip
from app.operations.searching import QueryDraft
from app.people import Person
from app.session import Session
from app.tasks import Pool
from app.thumbnails import Thumbnails, decode
from app.tiles import TileModel
from app.times import Reading, date_time
from app.widgets.basic import Badge, Button, CheckBox, ElidedLabel, Segment, box, label, rule, styled
from app.widgets.observations import Observations
from app.widgets.pictures import Strip
from app.words import tr

TICK_MS = 40
HOLD_SECONDS = 0.5  # a clip rests at its end before it begins again


class ZoomPicture(QWidget):
    """An image at a scale of its own, moved by dragging; both sides share `zoom` and `offset`."""

    zoomed = Signal(float)
    dragged = Signal(QPointF)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.zoom, self.offset = 1.0, QPointF()
        self.caption = ""
        self.box: QRectF | None = None  # share of the image
        self._image: QImage | None = None
        self._message = ""
        self._held: QPointF | None = None

    def show_image(self, image: QImage | None, message: str = "") -> None:
        self._image, self._message = image, message
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surround"))
        room = QRectF(self.rect()).adjusted(8, 8, -8, -28)
        if self._image is None:
            painter.setPen(theme.color("text1"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        size = self._image.size().toSizeF().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio) * self.zoom
        area = QRectF(0, 0, size.width(), size.height())
        area.moveCenter(room.center() + self.offset * self.zoom)
        painter.save()
        painter.setClipRect(room)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._image)
        if self.box is not None:
            share = self.box
            outline = QRectF(
                area.x() + share.x() * area.width(),
                area.y() + share.y() * area.height(),
                share.width() * area.width(),
                share.height() * area.height(),
            )
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(outline)
        painter.restore()
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text1"))
        foot = QRectF(8, self.height() - 24, self.width() - 16, 20)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.caption)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoomed.emit(1.25 if event.angleDelta().y() > 0 else 0.8)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held is not None:
            self.dragged.emit((event.position() - self._held) / self.zoom)
            self._held = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._held = None


class Side(QWidget):
    """One person: names and both times above, best crop and clip below."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.clip: Clip | None = None
        self._place = 0.0
        column = box(QVBoxLayout(self))
        head = styled(QWidget(), "topline")
        head.setFixedHeight(50)
        row = box(QHBoxLayout(head), 8, (16, 4, 16, 4))
        left = box(QVBoxLayout(), 0)
        first = box(QHBoxLayout(), 8)
        self._name = label(title, "strong")
        self._badge = Badge()
        first.addWidget(self._name)
        first.addWidget(self._badge)
        first.addStretch(1)
        left.addLayout(first)
        self._where = ElidedLabel("", "small")
        left.addWidget(self._where)
        row.addLayout(left, 1)
        self._times = label("", "second")
        row.addWidget(self._times)
        column.addWidget(head)
        pictures = box(QHBoxLayout(), 0)
        self.crop, self.film = ZoomPicture(f"{title}: {tr('best crop')}"), ZoomPicture(f"{title}: {tr('clip')}")
        pictures.addWidget(self.crop, 1)
        pictures.addWidget(self.film, 1)
        column.addLayout(pictures, 1)

    def show_person(self, person: Person | None, lead: str = "") -> None:
        self.clip = None
        self.film.show_image(None, tr("Reading the clip…") if person else "")
        if person is None:
            self.crop.show_image(None)
            return
        self._name.setText(f"{self._title}, {lead}" if lead else self._title)
        self._badge.set_modality(person.tracklet.modality)
        self._where.set_text(f"{person.camera} · {person.tracklet.label}")
        self._times.setText(_times(person.first))
        self.crop.caption = tr("Best crop · {w} × {h} px").format(
            w=person.best.quality.width, h=person.best.quality.height
        )

    def show_clip(self, clip: Clip | None, *, full: bool, why: str = "") -> None:
        """The clip has come, or `why` not."""
        self.clip, self._place = clip, 0.0
        if clip is None:
            self.film.show_image(None, why)
        elif full:
            self.film.box = clip.box
            self.film.show_image(clip.full, tr("This frame does not decode."))
            self.film.caption = tr("Full frame of the best crop")
        else:
            self.film.box = None
            self._show_place(0)

    def tick(self, seconds: float) -> None:
        """Go on in the clip; begin again after a short rest."""
        clip = self.clip
        if clip is None or not clip.images:
            return
        self._place += seconds
        if self._place > clip.seconds[-1] + HOLD_SECONDS:
            self._place = 0.0
        self._show_place(sum(at <= self._place for at in clip.seconds) - 1)

    def _show_place(self, n: int) -> None:
        assert self.clip is not None
        n = max(n, 0)
        if not self.clip.images:
            self.film.show_image(None, tr("No frame of this clip decodes."))
            return
        words = tr("Clip, {at:.1f} of {all:.1f} s")
        self.film.caption = words.format(at=self.clip.seconds[n], all=self.clip.seconds[-1])
        self.film.show_image(self.clip.images[n])


def _times(reading: Reading) -> str:
    adjusted = f"{date_time(reading.adjusted)} {reading.margin()}" if reading.adjusted else tr("no offset set")
    recorder = date_time(reading.recorder) or reading.recorder_time()
    return f"{tr('Recorder')}  {recorder}\n{tr('Adjusted')}  {adjusted}"


class CompareView(QWidget):
    """Follows the page's current candidate."""

    moved = Signal(int)

    def __init__(self, session: Session, thumbnails: Thumbnails, model: TileModel) -> None:
        super().__init__()
        self._session, self._model = session, model
        self._clips = Pool(1, "clips", self)
        self._row = -1
        self._shown: int | None = None
        self._query: QueryDraft | None = None
        self._full = False
        self.blind = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.observations = Observations()
        self._left, self._right = Side(tr("Query")), Side(tr("Candidate"))
        self._strip = Strip(thumbnails, model, tr("Candidates in ranked order"), ranks=True)
        self._strip.picked.connect(self.moved)
        row = box(QHBoxLayout(self))
        column = box(QVBoxLayout())
        column.addLayout(self._tools())
        sides = box(QHBoxLayout())
        sides.addWidget(self._left, 1)
        sides.addWidget(rule(vertical=True))
        sides.addWidget(self._right, 1)
        column.addLayout(sides, 1)
        held = box(QHBoxLayout(), 0, (16, 8, 16, 8))
        held.addWidget(self._strip)
        column.addLayout(held)
        row.addLayout(column, 1)
        row.addWidget(self.observations)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        for picture in self._pictures():
            picture.zoomed.connect(self.zoom)
            picture.dragged.connect(self._drag)

    def _tools(self) -> QHBoxLayout:
        row = box(QHBoxLayout(), 12, (16, 6, 16, 6))
        self._frames = Segment(tr("Picture"), [(tr("Crop"), False), (tr("Full frame"), True)])
        self._frames.select(False)
        self._frames.chosen.connect(lambda value: self._set_full(bool(value)))
        row.addWidget(self._frames)
        row.addWidget(label(tr("Zoom linked"), "second"))
        smaller, larger = (
            Button("", "magnify-minus-outline", size="small"),
            Button("", "magnify-plus-outline", size="small"),
        )
        smaller.setAccessibleName(tr("Zoom out"))
        larger.setAccessibleName(tr("Zoom in"))
        fit = Button(tr("Fit"), "fit-to-screen-outline", "zoom.fit", size="small")
        smaller.clicked.connect(lambda: self.zoom(0.8))
        larger.clicked.connect(lambda: self.zoom(1.25))
        fit.clicked.connect(self.fit)
        self._scale = label("1.00×")
        for widget in (smaller, self._scale, larger, fit):
            row.addWidget(widget)
        self._loop = CheckBox(tr("Loop both clips"), "loop")
        self._loop.setChecked(True)
        row.addWidget(self._loop)
        row.addStretch(1)
        return row  # type: ignore[return-value]

    def _pictures(self) -> tuple[ZoomPicture, ...]:
        return (self._left.crop, self._left.film, self._right.crop, self._right.film)

    def show_query(self, draft: QueryDraft | None) -> None:
        self._query = draft
        self._shown = None
        self._left.show_person(draft.person if draft else None)
        if draft is not None:
            self._load_crop(self._left, draft.used[0].crop if draft.used else draft.person.best.id)

    def show_candidate(self, row: int) -> None:
        """The candidate in this row; clips are read when the view is in sight."""
        tile = self._model.tile(row)
        self._row = row
        self._strip.delegate.blind = self.blind
        if row >= 0 and self._strip.currentIndex().row() != row:
            self._strip.select_row(row)
        if tile is None:
            self._right.show_person(None)
            return
        if not self._timer.isActive() and self.isVisible():
            self._timer.start()
        if self._query is not None and self._left.clip is None:
            self._load_clip(self._left, self._query.person.tracklet.id)
        if self._shown == tile.tracklet:
            return
        self._shown = tile.tracklet
        self.observations.clear()
        lead = "" if self.blind else tr("rank {n}").format(n=tile.lead)

        def show(person: Person) -> None:
            if self._shown == person.tracklet.id:
                self._right.show_person(person, lead)
                self._load_crop(self._right, person.best.id)
                self._load_clip(self._right, person.tracklet.id)

        self._session.read(lambda case: people.person(case, tile.tracklet), show, key="compare person")

    def _load_crop(self, side: Side, crop: int) -> None:
        def failed(error: Exception) -> None:
            side.crop.show_image(None, str(error))

        self._session.read(
            lambda case: decode(case.tracklets.crop_jpeg(crop), QSize()),
            side.crop.show_image,
            failed,
            key=("crop", id(side)),
        )

    def _load_clip(self, side: Side, tracklet: int) -> None:
        case = self._session.case
        if case is None:
            return
        room = QSize(960, 720)

        def done(clip: Clip) -> None:
            current = self._query.person.tracklet.id if side is self._left and self._query else self._shown
            if clip.tracklet == current:
                side.show_clip(clip, full=self._full)

        def failed(error: Exception) -> None:
            side.show_clip(None, full=False, why=f"{error}\n{getattr(error, 'hint', '')}")

        self._clips.submit(lambda: clips.load(case, tracklet, room), done, failed, key=id(side))

    def _tick(self) -> None:
        if self._loop.isChecked() and not self._full:
            for side in (self._left, self._right):
                side.tick(TICK_MS / 1000)

    def ready(self) -> bool:
        """True when both clips are there."""
        return self._left.clip is not None and self._right.clip is not None

    def rest(self) -> None:
        """Out of sight: nothing runs."""
        self._timer.stop()

    def stop(self) -> None:
        """End the thread."""
        self.rest()
        self._clips.stop()

    def toggle_frame(self) -> None:
        self._frames.select(not self._full)
        self._set_full(not self._full)

    def _set_full(self, full: bool) -> None:
        self._full = full
        for side in (self._left, self._right):
            if side.clip is not None:
                side.show_clip(side.clip, full=full)

    def toggle_loop(self) -> None:
        self._loop.toggle()

    def zoom(self, factor: float) -> None:
        """Both sides together."""
        self._set_zoom(min(max(self._left.crop.zoom * factor, 0.5), 8.0))

    def fit(self) -> None:
        for picture in self._pictures():
            picture.offset = QPointF()
        self._set_zoom(1.0)

    def _set_zoom(self, zoom: float) -> None:
        self._scale.setText(f"{zoom:.2f}×")
        for picture in self._pictures():
            picture.zoom = zoom
            picture.update()

    def _drag(self, by: QPointF) -> None:
        for picture in self._pictures():
            picture.offset += by
            picture.update()
