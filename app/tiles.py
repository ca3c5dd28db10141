"""Tiles of people: their content, the models that hold 100,000 of them, the delegate that paints one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import icons, theme
from app.plain import plain
from app.thumbnails import Thumbnails, Unreadable
from app.widgets.badge import paint_badge
from app.words import tr
from engine.types import Modality, Verdict

Index = QModelIndex | QPersistentModelIndex
BLOCK = 200
KEPT_BLOCKS = 40  # many screens of the smallest tiles; what was seen longest ago is fetched again
TEXT_HEIGHT, STRIP_HEIGHT, GAP = 76, 22, 8
RATIO = 1.3  # image height to tile width
VERDICT_ICONS = {
    Verdict.CONFIRMED: "account-check-outline",
    Verdict.REJECTED: "close",
    Verdict.INCONCLUSIVE: "help",
}
VERDICT_WORDS = {
    Verdict.CONFIRMED: tr("Confirmed"),
    Verdict.REJECTED: tr("Rejected"),
    Verdict.INCONCLUSIVE: tr("Inconclusive"),
}
TOGETHER = tr("In one frame with the person searched for or a confirmed candidate: cannot be the same person.")
BAND_BARS = {"close": 3, "moderate": 2, "distant": 1}
BAND_WORDS = {"close": tr("Close", "similar look"), "moderate": tr("Moderate"), "distant": tr("Distant")}


@dataclass(frozen=True, slots=True)
class Tile:
    """What one tile says. `lead` is the rank or the label; `note` stands at its right where there is no band."""

    tracklet: int
    crop: int
    modality: Modality
    lead: str
    camera: str
    date: str
    recorder: str
    adjusted: str
    uncertainty: str
    band: str = ""
    note: str = ""
    verdict: Verdict | None = None
    by: str = ""
    impossible: bool = False
    zone: str = ""  # of `adjusted`
    recorder_date: str = ""  # where it is not `date`

    def words(self) -> str:
        """For screen readers."""
        parts = [self.lead, BAND_WORDS.get(self.band, self.note), self.modality.label, self.camera, self.date]
        undecided = tr("Cannot be the same") if self.impossible else tr("Not reviewed")
        parts += [
            f"{self.recorder_date} {self.recorder}".lstrip(),
            VERDICT_WORDS[self.verdict] if self.verdict else undecided,
        ]
        return ", ".join(part for part in parts if part)


class TileModel(QAbstractListModel):
    """Tiles that are all at hand (candidates, members of a subject)."""

    def __init__(self) -> None:
        super().__init__()
        self.tiles: list[Tile] = []
        self.band_rule = ""  # shown in the tooltip

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.tiles)

    def tile(self, row: int) -> Tile | None:
        return self.tiles[row] if 0 <= row < len(self.tiles) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
            tile = self.tile(index.row())
            return tile.words() if tile else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            tile = self.tile(index.row())
            zone = tr("adjusted time in {zone}").format(zone=tile.zone) if tile and tile.zone else ""
            apart = TOGETHER if tile and tile.impossible else ""
            return plain("\n".join(part for part in (tile.camera, zone, self.band_rule, apart) if part)) if tile else ""
        return None

    def show(self, tiles: Sequence[Tile]) -> None:
        """Replace everything."""
        self.beginResetModel()
        self.tiles = list(tiles)
        self.endResetModel()

    def change(self, row: int, **values: Any) -> None:
        """Change one tile in place; nothing moves."""
        self.tiles[row] = replace(self.tiles[row], **values)
        self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, tracklet: int) -> int | None:
        return next((n for n, tile in enumerate(self.tiles) if tile.tracklet == tracklet), None)


class LazyTileModel(TileModel):
    """Any number of ids; the tiles of the blocks in sight are fetched when they are painted."""

    def __init__(self, fetch: Callable[[Sequence[int], Callable[[list[Tile]], None]], None]) -> None:
        super().__init__()
        self._fetch = fetch
        self.ids: Sequence[int] = ()
        self._blocks: OrderedDict[int, list[Tile] | None] = OrderedDict()
        self._generation = 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.ids)

    def show_ids(self, ids: Sequence[int]) -> None:
        self.beginResetModel()
        self.ids = ids
        self._blocks = OrderedDict()
        self._generation += 1
        self.endResetModel()

    def tile(self, row: int) -> Tile | None:
        if not 0 <= row < len(self.ids):
            return None
        block, place = divmod(row, BLOCK)
        if block not in self._blocks:
            self._blocks[block] = None
            wanted = [int(number) for number in self.ids[block * BLOCK : (block + 1) * BLOCK]]
            generation = self._generation
            self._fetch(wanted, lambda tiles: self._keep(generation, block, tiles))
        self._blocks.move_to_end(block)
        tiles = self._blocks[block]
        return tiles[place] if tiles is not None and place < len(tiles) else None

    def row_of(self, tracklet: int) -> int | None:
        found = np.flatnonzero(np.asarray(self.ids) == tracklet)
        return int(found[0]) if len(found) else None

    def _keep(self, generation: int, block: int, tiles: list[Tile]) -> None:
        if generation == self._generation:
            self._blocks[block] = tiles
            while len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
            last = min((block + 1) * BLOCK, len(self.ids)) - 1
            self.dataChanged.emit(self.index(block * BLOCK), self.index(last))


def tile_size(width: int, *, strip: bool = True, ratio: float = RATIO) -> QSize:
    """Outer size of a tile of this width."""
    return QSize(width, round(width * ratio) + TEXT_HEIGHT + (STRIP_HEIGHT if strip else 0))


class TileDelegate(QStyledItemDelegate):
    """Paints one tile; nothing in it moves when its state changes."""

    def __init__(self, thumbnails: Thumbnails, *, strip: bool = True, ratio: float = RATIO) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.strip, self.ratio = strip, ratio
        self.blind = False
        self.width = 142

    @property
    def size(self) -> QSize:
        return tile_size(self.width, strip=self.strip, ratio=self.ratio)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return self.size + QSize(GAP, GAP)

    def image_size(self, ratio: float) -> QSize:
        """Room for the picture in device pixels."""
        return QSize(round((self.width - 2) * ratio), round(self.width * self.ratio * ratio))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        tile = model.tile(index.row()) if isinstance(model, TileModel) else None
        area = QRect(option.rect.topLeft(), self.size)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        image = QRect(area.x() + 1, area.y() + 1, area.width() - 2, round(self.width * self.ratio) - 1)
        painter.save()
        painter.fillRect(area, theme.color("selected" if selected else "panel"))
        painter.fillRect(image, theme.color("surround"))
        if tile is not None:
            self._paint_image(painter, image, tile)
            self._paint_text(painter, QRect(area.x() + 9, image.bottom() + 5, area.width() - 18, TEXT_HEIGHT - 6), tile)
            if self.strip:
                strip = QRect(area.x() + 1, area.bottom() - STRIP_HEIGHT, area.width() - 2, STRIP_HEIGHT)
                paint_state(painter, strip, tile)
        edge = "accent" if selected or current else "line"
        painter.setPen(QPen(theme.color(edge), 2 if selected or current else 1))
        inset = 1 if selected or current else 0
        painter.drawRect(area.adjusted(inset, inset, -1, -1))
        painter.restore()

    def _paint_image(self, painter: QPainter, room: QRect, tile: Tile) -> None:
        ratio = painter.device().devicePixelRatioF()
        found = self._thumbnails.get(tile.crop, self.image_size(ratio), self)
        if isinstance(found, QImage):
            faded = tile.verdict is Verdict.REJECTED and self.strip
            paint_fitted(painter, room, found, 0.55 if faded else 1.0)
        elif isinstance(found, Unreadable):
            middle = room.center()
            icons.paint(painter, QRect(middle.x() - 12, middle.y() - 34, 24, 24), "image-broken-variant", "text1")
            painter.setFont(theme.font(12))
            painter.setPen(theme.color("text1"))
            words = tr("Crop unreadable") + "\n" + tr("Click to read again")
            painter.drawText(room.adjusted(0, 40, 0, 0), Qt.AlignmentFlag.AlignCenter, words)
        else:
            icons.paint(painter, QRect(room.center().x() - 9, room.center().y() - 9, 18, 18), "image-outline", "text3")
        paint_badge(painter, room.right() - 3, room.top() + 4, tile.modality)

    def _paint_text(self, painter: QPainter, room: QRect, tile: Tile) -> None:
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        head = QRect(room.x(), room.y(), room.width(), 20)
        row = QRect(room.x(), room.y() + 20, room.width(), 17)
        space = self._paint_head(painter, head, tile)
        painter.setFont(theme.font(12))
        date_width = painter.fontMetrics().horizontalAdvance(tile.date) + 8
        above = date_width <= space  # then the camera has its line to itself
        _text(painter, head if above else row, right | middle, tile.date, "text2", 12)
        painter.setFont(theme.font(12, bold=True))
        camera = painter.fontMetrics().elidedText(
            tile.camera, Qt.TextElideMode.ElideMiddle, row.width() - (0 if above else date_width)
        )
        _text(painter, row, left | middle, camera, "text1", 12, bold=True)
        recorder = f"{tile.recorder_date} {tile.recorder}".lstrip()
        for n, (name, value) in enumerate(((tr("Rec."), recorder), (tr("Adj."), tile.adjusted))):
            row = QRect(room.x(), room.y() + 37 + 15 * n, room.width(), 15)
            missing = n == 1 and not value
            shown = tr("not set") if missing else value
            tail = tile.uncertainty if n == 1 and value else ""
            taken = QFontMetrics(theme.font(11)).horizontalAdvance(f"{shown} {tail}") + 6
            _text(painter, row, left | middle, name, "text3", min(fitting(name, row.width() - taken), 11))
            if tail:
                _text(painter, row, right | middle, tail, "text3", 11)
                row = row.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(tail) - 4, 0)
            colour = "warning_text" if missing else "text1"
            _text(painter, row, right | middle, shown, colour, 11)

    def _paint_head(self, painter: QPainter, row: QRect, tile: Tile) -> int:
        """The rank or label, and the band or note at its right; returns the pixels left free at the right."""
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        if self.blind:
            icons.paint(painter, QRect(row.x(), row.y() + 3, 14, 14), "eye-off-outline")
            _text(painter, row.adjusted(20, 0, 0, 0), left | middle, tr("Blind mode"), "text2", 12)
            return 0
        _text(painter, row, left | middle, tile.lead, "text1", 15 if tile.band else 13, bold=True)
        free = row.width() - painter.fontMetrics().horizontalAdvance(tile.lead)
        if tile.band:
            paint_band(painter, row, tile.band)
        else:
            _text(painter, row, right | middle, tile.note, "text2", 11)
        return 0 if tile.band or tile.note else free


def paint_fitted(painter: QPainter, room: QRect, image: QImage, opacity: float = 1.0) -> None:
    """Draw an image centred in a room, without enlarging beyond it."""
    ratio = painter.device().devicePixelRatioF()
    size = image.size() / ratio
    if size.width() > room.width() or size.height() > room.height():
        size = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(0, 0, size.width(), size.height())
    target.moveCenter(room.center())
    painter.setOpacity(opacity)
    painter.drawImage(target, image)
    painter.setOpacity(1.0)


def paint_band(painter: QPainter, row: QRect, band: str) -> None:
    """Three bars and a word, neutral on purpose."""
    word = BAND_WORDS[band]
    painter.setFont(theme.font(12))
    width = painter.fontMetrics().horizontalAdvance(word)
    _text(painter, row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word, "text2", 12)
    paint_bars(painter, row.right() - width - 24, row.y() + 5, band)


def paint_bars(painter: QPainter, x: float, y: float, band: str) -> None:
    """The three bars of a band, 16 × 11 pixels."""
    for n in range(3):
        bar = QRectF(x + 6 * n, y, 4, 11)
        painter.setPen(QPen(theme.color("text2"), 1))
        painter.setBrush(theme.color("text2") if n < BAND_BARS[band] else Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_state(painter: QPainter, strip: QRect, tile: Tile) -> None:
    """The analyst's decision, or that there is none yet."""
    if tile.verdict is not None:
        name, glyph = tile.verdict.value, VERDICT_ICONS[tile.verdict]
        painter.fillRect(strip, theme.color(f"{name}_fill"))
        words, colour = VERDICT_WORDS[tile.verdict], f"{name}_text"
    elif tile.impossible:
        painter.fillRect(strip, theme.color("warning_fill"))
        words, colour, glyph = tr("Seen together"), "warning_text", "account-cancel-outline"
    else:
        painter.fillRect(strip, theme.color("raised"))
        words, colour, glyph = tr("Not reviewed"), "text2", "circle-outline"
    icons.paint(painter, QRect(strip.x() + 8, strip.y() + 4, 14, 14), glyph, colour)
    room = strip.adjusted(27, 0, -4, 0)
    size = fitting(words, room.width())
    by = f"{words} · {tile.by}" if tile.verdict is not None and tile.by else words
    shown = by if QFontMetrics(theme.font(size)).horizontalAdvance(by) <= room.width() else words
    _text(painter, room, Qt.AlignmentFlag.AlignVCenter, shown, colour, size)


def fitting(words: str, width: int) -> int:
    """Size of letters with which words are shown whole that must not be shortened."""
    sizes = (size for size in (12, 11, 10, 9) if QFontMetrics(theme.font(size)).horizontalAdvance(words) <= width)
    return next(sizes, 8)


def _text(
    painter: QPainter, room: QRect, flags: Qt.AlignmentFlag, words: str, colour: str, size: int, *, bold: bool = False
) -> None:
    painter.setFont(theme.font(size, bold=bold))
    painter.setPen(theme.color(colour))
    painter.drawText(room, flags, words)
