"""A crop as a widget, and a strip of small tiles."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import icons, theme
from app.thumbnails import Thumbnails, Unreadable
from app.tiles import VERDICT_ICONS, Tile, TileModel, fitting, paint_fitted
from app.widgets.checks import paint_check
from app.words import tr
from engine.types import Verdict

Index = QModelIndex | QPersistentModelIndex
TILE_GAP = 6  # at the right of each tile of a strip
WHEEL = 40  # of the wheel's eighths of a degree, for one tile


class CropPicture(QWidget):
    """One crop, fitted on surround; can carry a check box (is it part of the query?) and a warning."""

    toggled = Signal(bool)
    clicked = Signal()

    def __init__(self, thumbnails: Thumbnails, size: QSize) -> None:
        super().__init__()
        self.setFixedSize(size)
        self._thumbnails = thumbnails
        self.crop: int | None = None
        self.checked: bool | None = None
        self.warning = ""
        self._image: QImage | None = None
        thumbnails.arrived.connect(self._arrived)

    def show_crop(self, crop: int | None, *, checked: bool | None = None, warning: str = "") -> None:
        self.crop, self.checked, self.warning, self._image = crop, checked, warning, None
        self.setToolTip(warning)
        can_focus = Qt.FocusPolicy.StrongFocus if checked is not None else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(can_focus)
        names = {None: tr("Crop"), True: tr("Query crop, used"), False: tr("Query crop, left out")}
        self.setAccessibleName(names[checked])
        self.update()

    def show_image(self, image: QImage) -> None:
        """A picture that does not come from the case's crops."""
        self.show_crop(None)
        self._image = image
        self.setAccessibleName(tr("Picture from outside"))

    def _arrived(self, crops: set[int]) -> None:
        if self.crop in crops:
            self.update()

    def _toggle(self) -> None:
        if self.checked is not None:
            self.checked = not self.checked
            self.update()
            self.toggled.emit(self.checked)

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._toggle()
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and self.checked is not None:
            self._toggle()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surround"))
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(self.height() * ratio))
        found = self._image if self.crop is None else self._thumbnails.get(self.crop, room)
        if isinstance(found, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            paint_fitted(painter, self.rect(), found, 0.55 if self.checked is False else 1.0)
        elif isinstance(found, Unreadable):
            icons.paint(painter, QRect(self.rect().center().x() - 12, 20, 24, 24), "image-broken-variant", "text1")
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.setPen(theme.color("text1"))
            painter.drawText(self.rect(), flags, tr("Crop unreadable"))
        if self.checked is not None:
            paint_check(painter, QRect(5, 5, 16, 16), self.checked)
        if self.warning:
            area = QRect(self.width() - 24, self.height() - 24, 20, 20)
            painter.fillRect(area, theme.color("warning_fill"))
            icons.paint(painter, area.adjusted(3, 3, -3, -3), "alert-outline", "warning_text")
        edge = "accent" if self.hasFocus() else "warning_edge" if self.warning else ""
        if edge:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(edge), 2 if self.hasFocus() else 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class StripDelegate(QStyledItemDelegate):
    """A small tile: picture, label, both times; or picture, rank and decision where `ranks`."""

    def __init__(self, thumbnails: Thumbnails, *, ranks: bool) -> None:
        super().__init__()
        self._thumbnails, self._ranks = thumbnails, ranks
        self.blind = False
        self.least = QSize(64, 84) if ranks else QSize(92, 136)
        self.tile = self.least

    def fit(self, room: int) -> int:
        """Widen the tiles so that as many as possible fill `room` pixels; returns how many of these they fill."""
        count = max(room // (self.least.width() + TILE_GAP), 1)
        self.tile = QSize(max(room // count - TILE_GAP, self.least.width()), self.least.height())
        return count * (self.tile.width() + TILE_GAP)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return self.tile + QSize(TILE_GAP, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        tile = model.tile(index.row()) if isinstance(model, TileModel) else None
        area = QRect(option.rect.topLeft(), self.tile)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(area, theme.color("selected" if selected else "panel"))
        foot = 20 if self._ranks else 50
        image = area.adjusted(1, 1, -1, -foot)
        painter.fillRect(image, theme.color("surround"))
        if tile is not None:
            ratio = painter.device().devicePixelRatioF()
            found = self._thumbnails.get(tile.crop, self.room(ratio))
            if isinstance(found, QImage):
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                paint_fitted(painter, image, found, 0.55 if tile.verdict is Verdict.REJECTED else 1.0)
            words = QRect(area.x() + 6, image.bottom() + 1, area.width() - 12, foot)
            if self._ranks:
                self._paint_rank(painter, words, tile, "" if self.blind else tile.lead)
            else:
                lines = (
                    ("", tile.lead, "text1"),
                    (tr("Rec."), tile.recorder, "text1"),
                    (tr("Adj."), tile.adjusted or tr("not set"), "text1" if tile.adjusted else "warning_text"),
                )
                for n, (name, value, colour) in enumerate(lines):
                    row = QRect(words.x(), words.y() + 2 + 15 * n, words.width(), 15)
                    room = row.width() - QFontMetrics(theme.font(11)).horizontalAdvance(value) - 4
                    painter.setFont(theme.font(min(fitting(name, room), 11)))
                    painter.setPen(theme.color("text3"))
                    painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, name)
                    painter.setFont(theme.font(11, bold=n == 0))
                    painter.setPen(theme.color(colour))
                    side = Qt.AlignmentFlag.AlignLeft if n == 0 else Qt.AlignmentFlag.AlignRight
                    painter.drawText(row, side | Qt.AlignmentFlag.AlignVCenter, value)
        painter.setPen(QPen(theme.color("accent" if selected else "line"), 2 if selected else 1))
        painter.drawRect(area.adjusted(1 if selected else 0, 1 if selected else 0, -1, -1))
        painter.restore()

    def room(self, ratio: float) -> QSize:
        foot = 20 if self._ranks else 50
        return QSize(round((self.tile.width() - 2) * ratio), round((self.tile.height() - foot - 1) * ratio))

    def _paint_rank(self, painter: QPainter, room: QRect, tile: Tile, rank: str) -> None:
        verdict = tile.verdict
        state = verdict.value if verdict else "warning" if tile.impossible else ""
        if state:
            painter.fillRect(room.adjusted(-5, 0, 5, -1), theme.color(f"{state}_fill"))
        glyph = VERDICT_ICONS[verdict] if verdict else "account-cancel-outline" if tile.impossible else "circle-outline"
        colour = f"{state}_text" if state else "text2"
        icons.paint(painter, QRect(room.right() - 12, room.y() + 4, 12, 12), glyph, colour)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.color(colour if state else "text1"))
        painter.drawText(room.adjusted(0, 0, 0, -1), Qt.AlignmentFlag.AlignVCenter, rank)


class Strip(QListView):
    """Small tiles in one line."""

    picked = Signal(int)  # row, by mouse or arrow

    def __init__(self, thumbnails: Thumbnails, model: TileModel, name: str, *, ranks: bool = False) -> None:
        super().__init__()
        self.tiles = model
        self.delegate = StripDelegate(thumbnails, ranks=ranks)
        self.setAccessibleName(name)
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerItem)  # whole tiles only
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(self.delegate.tile.height() + 2)
        self.clicked.connect(lambda index: self.picked.emit(index.row()))
        thumbnails.arrived.connect(self._arrived)

    def _arrived(self, _crops: set[int]) -> None:
        self.viewport().update()

    def select_row(self, row: int) -> None:
        index = self.tiles.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        room = self.width()
        filled = self.delegate.fit(room)
        self.setViewportMargins(0, 0, max(room - filled, 0), 0)
        self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - round((event.angleDelta().y() or event.angleDelta().x()) / WHEEL))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            self.picked.emit(self.currentIndex().row())
        else:
            event.ignore()
