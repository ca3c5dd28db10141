"""A subject's appearances: night over day, each section as high as it needs, scrolled as one."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.subjects import SubjectView
from app.thumbnails import Thumbnails
from app.tiles import Tile, TileModel
from app.widgets.badge import Badge
from app.widgets.basic import box, label
from app.widgets.grid import TileView
from app.words import tr
from engine.types import Modality

TILE, RATIO = 130, 1.12  # width, and image height to it: two rows of tiles over the lanes in a window 900 high
HEAD = 28  # over each section
SIDES = ((Modality.INFRARED, tr("Night")), (Modality.VISIBLE, tr("Day")))


class Section(TileView):
    """A grid as high as its tiles: what is around it scrolls."""

    passed = Signal(int)  # Down from the last row (1), Up from the first (-1)

    def __init__(self, thumbnails: Thumbnails, model: TileModel, name: str) -> None:
        super().__init__(thumbnails, model, name, strip=False, ratio=RATIO)
        self.set_tile_width(TILE)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        model.modelReset.connect(self.fit)

    def fit(self) -> None:
        rows = -(-self.tiles.rowCount() // self.columns())
        self.setFixedHeight(rows * self.gridSize().height())
        self.setVisible(rows > 0)  # else Tab would stop at nothing

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        before = self.row
        super().keyPressEvent(event)
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if self.row == before and event.key() in steps and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.passed.emit(steps[Qt.Key(event.key())])


class SubjectGallery(QScrollArea):
    """Emits `chosen` with a tracklet, `opened` for a double click on one."""

    chosen = Signal(int)
    opened = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = box(QVBoxLayout(inside), 4)
        self.models = {modality: TileModel() for modality, _ in SIDES}
        self.views: dict[Modality, Section] = {}
        self._counts = {}
        for modality, title in SIDES:
            line = box(QHBoxLayout(), 8)
            line.addWidget(Badge(modality))
            line.addWidget(label(title, "strong"))
            self._counts[modality] = label("", "quiet")
            line.addWidget(self._counts[modality])
            line.addStretch(1)
            column.addLayout(line)
            view = Section(thumbnails, self.models[modality], title)
            view.current_changed.connect(lambda row, m=modality: self._take(m, row))
            view.opened.connect(lambda _row: self.opened.emit())
            view.passed.connect(lambda step, m=modality: self._cross(m, step))
            self.views[modality] = view
            column.addWidget(view)
        column.addStretch(1)
        self.setWidget(inside)
        self.verticalScrollBar().setSingleStep(self.views[Modality.INFRARED].gridSize().height() // 4)
        self.current: int | None = None  # tracklet

    def show_subject(self, view: SubjectView) -> None:
        if self.current not in {a.tracklet.id for a in view.appearances}:
            self.current = None
        for modality, model in self.models.items():
            shown = view.of(modality)
            tiles = [a.tile for a in shown]
            if tiles != model.tiles:  # else what is selected stays selected
                model.show(tiles)
            words = tr("{n} appearances", "{n} appearance", len(shown))
            if shown and all(appearance.decision for appearance in shown):
                words += tr(", each confirmed by an analyst")
            self._counts[modality].setText(words)

    def select(self, tracklet: int) -> None:
        """Show one appearance as the chosen one, and bring it into sight."""
        self.current = tracklet
        for modality, view in self.views.items():
            row = self.models[modality].row_of(tracklet)
            if row is None:
                view.selectionModel().clear()  # its current tile too: a click on that one is news again
            elif view.row != row or row not in view.selected_rows():
                view.select_row(row)
        QTimer.singleShot(0, self, self._into_sight)  # once the sections have their height

    def selected(self) -> list[int]:
        """Every tracklet selected; the chosen one where none is."""
        tiles = [self.models[m].tile(row) for m, view in self.views.items() for row in view.selected_rows()]
        found = [tile.tracklet for tile in tiles if tile is not None]
        return found or ([self.current] if self.current is not None else [])

    def _into_sight(self) -> None:
        for modality, view in self.views.items():
            row = self.models[modality].row_of(self.current) if self.current is not None else None
            if row is not None:
                area = QRect(view.mapTo(self.widget(), view.tile_rect(row).topLeft()), view.gridSize())
                spare = max(self.viewport().height() - area.height(), 0)
                self.ensureVisible(area.center().x(), area.bottom() + 1, 0, 0)
                self.ensureVisible(area.center().x(), area.top(), 0, min(HEAD, spare))

    def _take(self, modality: Modality, row: int) -> None:
        tile: Tile | None = self.models[modality].tile(row)
        if tile is not None and tile.tracklet != self.current:
            self.chosen.emit(tile.tracklet)

    def _cross(self, modality: Modality, step: int) -> None:
        """On from one section to the other, in the same column."""
        column = self.views[modality].row % self.views[modality].columns()
        other = self.views[Modality.VISIBLE if step > 0 else Modality.INFRARED]
        last = other.tiles.rowCount() - 1
        if other is self.views[modality] or last < 0:
            return
        row = column if step > 0 else last - last % other.columns() + column
        other.setFocus()
        self._take(Modality.VISIBLE if step > 0 else Modality.INFRARED, min(row, last))
