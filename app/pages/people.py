"""People: every tracklet of the case as a tile, filtered; any number of them without stutter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStackedWidget, QWidget

from app import people, thumbnails
from app.operations import searching
from app.operations.searching import QUALITIES
from app.pages.base import Page
from app.read_only import SEARCHES
from app.session import Changes, Session
from app.tiles import LazyTileModel, Tile
from app.widgets.basic import ComboBox, Glyph, Segment, box, styled
from app.widgets.grid import TileView
from app.widgets.notices import EmptyState
from app.widgets.results_line import NARROWEST, WIDEST
from app.words import tr
from engine.types import Modality

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.tracklets import TrackletFilter

ORDERS = (
    (tr("Order: item and time"), "item"),
    (tr("Order: best quality"), "quality"),
    (tr("Order: longest seen"), "observations"),
)


class PeoplePage(Page):
    """Pick somebody and search from there."""

    name, title = "people", tr("People")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self._cameras: list[tuple[int, str]] = []
        self.thumbnails = thumbnails.shared(session)
        self.model = LazyTileModel(self._fetch)
        self.view = TileView(self.thumbnails, self.model, tr("People"), strip=False)
        search = self.button(tr("Search from here"), "magnify", "people.search", self._search, primary=True)
        footage = self.button(tr("Show in footage"), "play-box-outline", "people.footage", self._footage)
        self.header.add(footage, search)
        self.body.addWidget(self._filters())
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "account-group-outline",
                tr("Nobody here. Ingest footage, or widen the filters."),
                tr("Go to Footage"),
                lambda: self.shell.show_page("footage"),
            )
        )
        holder = QWidget()
        box(QHBoxLayout(holder), 0, (16, 8, 0, 0)).addWidget(self.view)
        self._stack.addWidget(holder)
        self.body.addWidget(self._stack, 1)
        self.view.opened.connect(lambda _row: self._search())

    def _filters(self) -> QWidget:
        bar = styled(QWidget(), "topline")
        bar.setFixedHeight(48)
        row = box(QHBoxLayout(bar), 8, (16, 0, 16, 0))
        options: list[tuple[str, object]] = [(tr("All"), "all"), ("IR", Modality.INFRARED), ("RGB", Modality.VISIBLE)]
        self._kind = Segment(tr("Modality"), options)
        self._kind.select("all")
        self._kind.chosen.connect(lambda _value: self.refresh())
        self._camera, self._quality, self._order = ComboBox(), ComboBox(), ComboBox()
        for combo, name in ((self._camera, tr("Camera")), (self._quality, tr("Quality")), (self._order, tr("Order"))):
            combo.setAccessibleName(name)
            combo.setMinimumWidth(170)
        self._camera.addItem(tr("All cameras"))
        self._quality.addItems([text for text, _ in QUALITIES])
        self._order.addItems([text for text, _ in ORDERS])
        for combo in (self._camera, self._quality, self._order):
            combo.activated.connect(lambda _n: self.refresh())
        for widget in (self._kind, self._camera, self._quality, self._order):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(Glyph("image-size-select-large", 16))
        size = QSlider(Qt.Orientation.Horizontal)
        size.setAccessibleName(tr("Size of tiles"))
        size.setRange(NARROWEST, WIDEST)
        size.setValue(int(self.session.preferences.get("people_width", 142)))
        size.setFixedWidth(96)
        size.valueChanged.connect(self._resize)
        row.addWidget(size)
        self._resize(size.value())
        return bar

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "tracklets")

    def reset(self) -> None:
        self._cameras = []
        self._kind.select("all")
        self._camera.clear()
        self._camera.addItem(tr("All cameras"))
        self._quality.setCurrentIndex(0)
        self.model.show_ids([])

    def focus_main(self) -> None:
        self.view.setFocus()

    def _chosen_camera(self) -> int | None:
        """The camera's number, None for all."""
        n = self._camera.currentIndex()
        return self._cameras[n - 1][0] if n > 0 else None

    def refresh(self) -> None:
        kind = self._kind.value()
        modality = kind if isinstance(kind, Modality) else None
        camera = self._chosen_camera()
        quality = QUALITIES[max(self._quality.currentIndex(), 0)][1]
        order = ORDERS[max(self._order.currentIndex(), 0)][1]

        def ask(case: Case) -> Any:
            from engine.store.tracklets import TrackletFilter

            wanted: TrackletFilter = TrackletFilter(
                modality=modality, cameras=(camera,) if camera else (), min_quality=quality
            )
            return case.tracklets.ids(wanted, order), [(c.id, c.name) for c in case.cameras.list()]  # type: ignore[arg-type]

        self.session.read(ask, self._show, key="people")

    def _show(self, found: tuple[Any, list[tuple[int, str]]]) -> None:
        ids, cameras = found
        self.header.subtitle.setText(tr("{n} tracklets", "{n} tracklet", len(ids)))
        if cameras != self._cameras:
            now = self._chosen_camera()
            self._cameras = cameras
            self._camera.clear()
            self._camera.addItems([tr("All cameras"), *(name for _, name in cameras)])
            self._camera.setCurrentIndex(next((n for n, (number, _) in enumerate(cameras, 1) if number == now), 0))
            if self._chosen_camera() != now:
                self.refresh()  # the camera chosen is gone: these are its tracklets, and the list says 'All cameras'
                return
        row = self.view.row
        before = int(self.model.ids[row]) if 0 <= row < len(self.model.ids) else None
        self.model.show_ids(ids)
        if len(ids) and self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)
            self.content_shown()
        elif not len(ids):
            self._stack.setCurrentIndex(0)
        place = self.model.row_of(before) if before is not None else None
        self.view.select_row(place or 0)

    def _fetch(self, ids: Sequence[int], deliver: Any) -> None:
        self.session.read(lambda case: people.tiles(case, ids), deliver)

    def _resize(self, width: int) -> None:
        self.view.set_tile_width(width)
        self.session.preferences.set("people_width", width)

    def _current(self) -> Tile | None:
        return self.model.tile(self.view.row)

    def _search(self) -> None:
        tile = self._current()
        if tile is not None and self.session.may_change(SEARCHES):
            self.session.read(lambda case: people.person(case, tile.tracklet), self._start, key="person")

    def _start(self, person: people.Person) -> None:
        page = self.shell.show_page("search")
        if page is not None:
            page.start_query(searching.query_of(person))  # type: ignore[attr-defined]

    def _footage(self) -> None:
        tile = self._current()
        if tile is not None:
            self.shell.show_in_footage(tile.tracklet)


PAGE = PeoplePage
