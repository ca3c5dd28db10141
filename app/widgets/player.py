"""The picture of the player with boxes and paths of the people in it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.frames import Shown
from app.words import tr

PATH_SECONDS = 2
EDGE = 1.0  # a box that ends so near to the picture's edge goes on beyond it
SMOOTH = 3  # observations to each side
BLACK, WHITE, CHOSEN = QColor(0, 0, 0), QColor(255, 255, 255), QColor(theme.OVER_FOOTAGE)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A tracklet as it is drawn: `pts` (N,) int64 ascending, `boxes` (N, 4) float left, top, width, height."""

    tracklet: int
    label: str
    pts: np.ndarray
    boxes: np.ndarray
    gap: int  # PTS after an observation during which its box still stands

    def box_at(self, pts: int) -> QRectF | None:
        """The newest observation at or before `pts`, in frame pixels; None where the person is not there."""
        place = int(np.searchsorted(self.pts, pts, side="right")) - 1
        if place < 0 or pts > self.pts[place] + self.gap:
            return None
        return QRectF(*(float(value) for value in self.boxes[place]))

    def trail(self, pts: int, span: int, floor: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """Where the person stood during the `span` before `pts`: runs of PTS (M,) and feet (M, 2), frame pixels.

        A box that ends at `floor`, the picture's lower edge, shows no feet: it breaks the run. What is left is
        smoothed, since a box widens and narrows with every stride; both ends of a run stay where they were seen.
        """
        inside = (self.pts <= pts) & (self.pts >= pts - span)
        times, boxes = self.pts[inside], self.boxes[inside]
        feet = np.stack([boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3]], axis=1)
        seen = feet[:, 1] < floor - EDGE
        breaks = np.flatnonzero(np.diff(seen.astype(np.int8))) + 1
        runs = zip(np.split(times, breaks), np.split(feet, breaks), np.split(seen, breaks), strict=True)
        return [(when, _smoothed(where)) for when, where, good in runs if len(good) and good[0]]


def _smoothed(points: np.ndarray) -> np.ndarray:
    """`(M, 2)`: each point the mean of its neighbours, of as many before it as after it."""
    place = np.arange(len(points))
    reach = np.minimum(SMOOTH, np.minimum(place, place[::-1]))
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(points, axis=0)])
    return (sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1)[:, None]


class PlayerCanvas(QWidget):
    """Draws the frame on show; a click picks the person under it, a double click searches."""

    picked = Signal(int)
    searched = Signal(int)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Footage"))
        self.show_boxes = True
        self.show_paths = True
        self.selected: int | None = None
        self._hovered: int | None = None
        self._shown: Shown | None = None
        self._paths: Sequence[Path] = ()
        self._second = 1  # PTS per second
        self._message = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(80)
        self._settle.timeout.connect(self.resized)

    def room(self) -> QSize:
        """Device pixels for the picture."""
        ratio = self.devicePixelRatioF()
        return QSize(round(self.width() * ratio), round(self.height() * ratio))

    def set_frame(self, shown: Shown | None) -> None:
        self._shown, self._message = shown, ""
        self.update()

    def set_message(self, text: str) -> None:
        """A sentence instead of a picture."""
        self._message = text
        self.update()

    def set_paths(self, paths: Sequence[Path], second: int) -> None:
        self._paths, self._second = paths, max(second, 1)
        self.update()

    def set_boxes(self, shown: bool) -> None:
        self.show_boxes = shown
        self.update()

    def set_trails(self, shown: bool) -> None:
        self.show_paths = shown
        self.update()

    def present(self) -> list[tuple[Path, QRectF]]:
        """The people in the frame on show, boxes in frame pixels, in the order of their numbers."""
        if self._shown is None:
            return []
        found = [(path, path.box_at(self._shown.pts)) for path in self._paths]
        inside = [(path, area) for path, area in found if area is not None]
        return sorted(inside, key=lambda pair: pair[0].tracklet)

    def target(self) -> QRectF:
        """Where the frame is drawn."""
        if self._shown is None:
            return QRectF(self.rect())
        size = self._shown.full.toSizeF()
        size.scale(self.size().toSizeF(), Qt.AspectRatioMode.KeepAspectRatio)
        area = QRectF(0, 0, size.width(), size.height())
        area.moveCenter(QRectF(self.rect()).center())
        return area

    def on_screen(self, area: QRectF) -> QRectF:
        """A box of the frame in widget pixels."""
        target = self.target()
        assert self._shown is not None
        scale = target.width() / max(self._shown.full.width(), 1)
        return QRectF(
            target.x() + area.x() * scale, target.y() + area.y() * scale, area.width() * scale, area.height() * scale
        )

    def person_at(self, point: QPointF) -> int | None:
        """The smallest box under a point."""
        hits = [(p.tracklet, self.on_screen(a)) for p, a in self.present() if self.on_screen(a).contains(point)]
        return min(hits, key=lambda hit: hit[1].width() * hit[1].height())[0] if hits else None

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surround"))
        if self._message or self._shown is None:
            painter.setPen(theme.color("text1"))
            painter.setFont(theme.font(13))
            room = self.rect().adjusted(40, 0, -40, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.target(), self._shown.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        people = [(path, self.on_screen(area)) for path, area in self.present()]
        if self.show_paths:
            for path, area in people:
                nearer = [other.toRect() for _, other in people if other.bottom() > area.bottom()]
                self._paint_path(painter, path, nearer)
        for path, area in people:
            chosen = path.tracklet == self.selected
            if self.show_boxes or chosen:
                self._paint_box(painter, area, path, chosen)

    def _paint_path(self, painter: QPainter, path: Path, nearer: Sequence[QRect]) -> None:
        """A line with a dot for each second; it passes behind the boxes of whoever stands nearer to the camera."""
        assert self._shown is not None
        now, full, target = self._shown.pts, self._shown.full, self.target()
        scale = target.width() / max(full.width(), 1)
        corner = np.array([target.x(), target.y()])
        colour = CHOSEN if path.tracklet == self.selected else WHITE
        painter.save()
        painter.setClipRegion(functools.reduce(QRegion.subtracted, map(QRegion, nearer), QRegion(self.rect())))
        for times, feet in path.trail(now, PATH_SECONDS * self._second, full.height()):
            points = feet * scale + corner
            line = QPolygonF([QPointF(x, y) for x, y in points.tolist()])
            seconds = [now - n * self._second for n in range(PATH_SECONDS + 1)]
            inside = [at for at in seconds if times[0] - path.gap <= at <= times[-1] + path.gap]
            across = [np.interp(inside, times, points[:, n]).tolist() for n in (0, 1)]
            dots = [QPointF(x, y) for x, y in zip(*across, strict=True)]
            for grown, edge in ((1.0, BLACK), (0.0, colour)):
                painter.setPen(QPen(edge, 2 + 2 * grown))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolyline(line)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(edge)
                for dot in dots:
                    painter.drawEllipse(dot, 3 + grown, 3 + grown)
        painter.restore()

    def _paint_box(self, painter: QPainter, area: QRectF, path: Path, chosen: bool) -> None:
        hovered = path.tracklet == self._hovered
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(BLACK, 4 if chosen or hovered else 3))
        painter.drawRect(area)
        painter.setPen(QPen(CHOSEN if chosen else WHITE, 2 if chosen or hovered else 1))
        painter.drawRect(area)
        painter.setFont(theme.font(11))
        width = painter.fontMetrics().horizontalAdvance(path.label) + 12
        tag = QRectF(area.x() - 1, area.y() - 19, width, 17)
        tag.moveTop(max(tag.top(), 0))
        painter.fillRect(tag, CHOSEN if chosen else BLACK)
        painter.setPen(BLACK if chosen else WHITE)
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, path.label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hovered = self.person_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            shape = Qt.CursorShape.PointingHandCursor if hovered is not None else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.setFocus()
        person = self.person_at(event.position())
        if person is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(person)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        person = self.person_at(event.position())
        if person is not None:
            self.searched.emit(person)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._settle.start()

    def area_of(self, tracklet: int) -> QRect | None:
        """Where a person is drawn now (tests and the keyboard use it)."""
        for path, area in self.present():
            if path.tracklet == tracklet:
                return self.on_screen(area).toRect()
        return None
