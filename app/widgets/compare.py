"""Query and candidate side by side: same scale, both clips, observations before the decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import clips, people
from app.clips import Clip
from app.heat import HeatMaps, HeatPair
from app.operations.searching import QueryDraft
from app.people import Person
from app.session import Session
from app.tasks import Pool
from app.thumbnails import Thumbnails, decode
from app.tiles import TileModel
from app.widgets.basic import Button, Glyph, Segment, box, label, rule
from app.widgets.checks import CheckBox
from app.widgets.clip_transport import ClipTransport
from app.widgets.compare_side import Side, ZoomPicture
from app.widgets.observations import Observations
from app.widgets.pictures import Strip
from app.words import figure, tr

TICK_MS = 40
TIGHT, ROOMY = 1120, 1280  # pixels of width from which more and everything is spelt out
HEAT_WORDS = tr("Orange speaks for the likeness, blue against it. An aid, not evidence; it is not stored.")
IN_ORDER, SHUFFLED = tr("Candidates in ranked order"), tr("Candidates, shuffled")


class CompareView(QWidget):
    """Follows the page's current candidate."""

    moved = Signal(int)

    def __init__(self, session: Session, thumbnails: Thumbnails, model: TileModel) -> None:
        super().__init__()
        self._session, self._model = session, model
        self._clips = Pool(1, "clips", self)
        self._heat = HeatMaps(session, self)
        self._student = ""  # SHA-256 of the one that made the search
        self._crops: tuple[int, int] | None = None  # query's and candidate's on show
        self._row = -1
        self._shown: int | None = None
        self._query: QueryDraft | None = None
        self._full = False
        self.blind = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Comparison of query and candidate"))
        self.observations = Observations()
        self._left, self._right = Side(tr("Query")), Side(tr("Candidate"))
        self._strip = Strip(thumbnails, model, IN_ORDER, ranks=True)
        self._strip.picked.connect(self.moved)
        row = box(QHBoxLayout(self))
        column = box(QVBoxLayout())
        column.addLayout(self._tools())
        column.addWidget(self._heat_words)
        sides = box(QHBoxLayout())
        sides.addWidget(self._left, 1)
        sides.addWidget(rule(vertical=True))
        sides.addWidget(self._right, 1)
        column.addLayout(sides, 1)
        column.addWidget(rule())
        column.addLayout(self._candidates())
        row.addLayout(column, 1)
        row.addWidget(self.observations)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        for side in (self._left, self._right):
            side.transport.playing_changed.connect(self._show_playing)
            side.transport.looping_changed.connect(self._show_looping)
        for picture in self._pictures():
            picture.zoomed.connect(self.zoom)
            picture.dragged.connect(self._drag)

    def _tools(self) -> QHBoxLayout:
        row = box(QHBoxLayout(), 10, (16, 6, 16, 6))
        choices = [(tr("Crop"), False), (tr("Full frame"), True)]
        self._frames = Segment(tr("Picture"), choices, size="small", looks=(("", ""), ("", "frame")))
        self._frames.select(False)
        self._frames.chosen.connect(lambda value: self._set_full(bool(value)))
        row.addWidget(self._frames)
        row.addWidget(Glyph("link-variant"))
        self._linked = label(tr("Zoom linked"), "second")
        row.addWidget(self._linked)
        smaller, larger = (Button("", icon, size="small") for icon in ("magnify-minus-outline", "magnify-plus-outline"))
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
        self._loop.clicked.connect(self._set_looping)
        row.addWidget(self._loop)
        self._play = Button(tr("Pause"), "pause", "clips.play", size="small")
        self._play.clicked.connect(self.toggle_playing)
        row.addWidget(self._play)
        row.addStretch(1)
        self._heat_button = Button(tr("Heat map"), "gradient-vertical", "heat", size="small")
        self._heat_button.setCheckable(True)
        self._heat_button.setToolTip(tr("Which parts of both crops speak for the likeness: an aid, not evidence"))
        self._heat_button.toggled.connect(lambda _on: self._show_heat())
        row.addWidget(self._heat_button)
        self._aid = label(tr("an aid, not evidence"), "quiet")
        row.addWidget(self._aid)
        self._heat_words = label("", "second", wrap=True)
        self._heat_words.setContentsMargins(16, 0, 16, 6)
        self._heat_words.hide()
        return row  # type: ignore[return-value]

    def _candidates(self) -> QHBoxLayout:
        """The strip of candidates, with what goes on and back by mouse at its ends."""
        row = box(QHBoxLayout(), 4, (8, 8, 8, 8))
        row.addWidget(self._arrow("chevron-left", tr("Previous candidate"), -1))
        row.addWidget(self._strip, 1)
        row.addWidget(self._arrow("chevron-right", tr("Next candidate"), 1))
        return row  # type: ignore[return-value]

    def _arrow(self, icon: str, name: str, by: int) -> Button:
        arrow = Button("", icon, size="small")
        arrow.setProperty("flat", "true")
        arrow.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        arrow.setAccessibleName(name)
        arrow.setToolTip(name)
        arrow.clicked.connect(lambda: self.moved.emit(self._row + by))
        return arrow

    def commands(self) -> dict[str, Callable[[], None]]:
        """What keys do here."""
        left, right = self._left.transport, self._right.transport
        return {
            **self.observations.commands(),
            "frame": self.toggle_frame,
            "loop": self._loop.click,
            "heat": self.toggle_heat,
            "zoom.in": lambda: self.zoom(1.25),
            "zoom.out": lambda: self.zoom(0.8),
            "zoom.fit": self.fit,
            "clips.play": self.toggle_playing,
            "clip.back": lambda: right.step(-1),
            "clip.forward": lambda: right.step(1),
            "query.back": lambda: left.step(-1),
            "query.forward": lambda: left.step(1),
        }

    def _pictures(self) -> tuple[ZoomPicture, ...]:
        return (self._left.crop, self._left.film, self._right.crop, self._right.film)

    def show_query(self, draft: QueryDraft | None, student: str, pictures: Sequence[QImage] = ()) -> None:
        """The person searched for, or pictures from outside; and the hash of the student that ranked."""
        self._query, self._student = draft, student
        self._shown = None
        self._left.show_person(draft.person if draft else None)
        if draft is not None:
            self._load_crop(self._left, _main_crop(draft))
        elif pictures:
            self._left.crop.caption = tr("Picture from outside")
            self._left.crop.show_image(pictures[0])

    def set_blind(self, blind: bool) -> None:
        """Blind: no rank in sight, and no heat map, since it speaks of likeness."""
        if blind != self.blind:
            self.blind = self._strip.delegate.blind = blind
            self._strip.setAccessibleName(SHUFFLED if blind else IN_ORDER)
            self._heat_button.setChecked(False)
            self._heat_button.setEnabled(not blind)
            self._shown = None  # its heading is written anew

    def show_candidate(self, row: int) -> None:
        """The candidate in this row; clips are read when the view is in sight."""
        tile = self._model.tile(row)
        self._row = row
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
        self._shown, self._crops = tile.tracklet, None
        lead = "" if self.blind else tr("rank {n}").format(n=tile.lead)

        def show(person: Person) -> None:
            if self._shown == person.tracklet.id:
                self._right.show_person(person, lead)
                self._load_crop(self._right, person.best.id)
                self._load_clip(self._right, person.tracklet.id)
                self._crops = (_main_crop(self._query), person.best.id) if self._query else None
                self._show_heat()

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

    def toggle_heat(self) -> None:
        if self._heat_button.isEnabled():
            self._heat_button.toggle()

    def _show_heat(self) -> None:
        """Lay the maps over both crops where they are wanted; they come from a worker."""
        on, crops = self._heat_button.isChecked(), self._crops
        self._heat_words.setVisible(on)
        for side in (self._left, self._right):
            side.show_heat(None)
        if not on or crops is None:
            return
        self._heat_words.setText(tr("Computing the heat map…"))

        def done(pair: HeatPair) -> None:
            if self._crops == crops and self._heat_button.isChecked():
                self._heat_words.setText(HEAT_WORDS)
                self._left.show_heat(pair.query)
                self._right.show_heat(pair.candidate)

        def failed(error: Exception) -> None:
            if self._crops == crops:
                self._heat_words.setText(f"{error} {getattr(error, 'hint', '')}".strip())

        self._heat.ask(self._student, crops, done, failed)

    def _tick(self) -> None:
        for side in (self._left, self._right):
            side.transport.tick(TICK_MS / 1000)

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
        self._heat.stop()

    def toggle_frame(self) -> None:
        self._frames.select(not self._full)
        self._set_full(not self._full)

    def _set_full(self, full: bool) -> None:
        self._full = full
        for side in (self._left, self._right):
            if side.clip is not None:
                side.show_clip(side.clip, full=full)

    def _transports(self) -> tuple[ClipTransport, ClipTransport]:
        return self._left.transport, self._right.transport

    def toggle_playing(self) -> None:
        """Pause both clips, or play both."""
        on = not any(transport.playing for transport in self._transports())
        for transport in self._transports():
            transport.set_playing(on)

    def _show_playing(self) -> None:
        on = any(transport.playing for transport in self._transports())
        self._play.set_icon("pause" if on else "play")
        self._play.set_text(tr("Pause") if on else tr("Play"))

    def _set_looping(self, on: bool) -> None:
        for transport in self._transports():
            transport.set_looping(on)

    def _show_looping(self) -> None:
        self._loop.setChecked(all(transport.looping for transport in self._transports()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._aid.setVisible(event.size().width() >= ROOMY)
        self._linked.setVisible(event.size().width() >= TIGHT)

    def zoom(self, factor: float) -> None:
        """Both sides together."""
        self._set_zoom(min(max(self._left.crop.zoom * factor, 0.5), 8.0))

    def fit(self) -> None:
        for picture in self._pictures():
            picture.offset = QPointF()
        self._set_zoom(1.0)

    def _set_zoom(self, zoom: float) -> None:
        self._scale.setText(f"{figure(zoom, '.2f')}×")
        for picture in self._pictures():
            picture.zoom = zoom
            picture.update()

    def _drag(self, by: QPointF) -> None:
        for picture in self._pictures():
            picture.offset += by
            picture.update()


def _main_crop(draft: QueryDraft) -> int:
    """The crop that stands for the query: its first used one."""
    return draft.used[0].crop if draft.used else draft.person.best.id
