"""A plain plan of the cameras with a subject's way past them, numbered in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, floor, hypot, log10, pi, sin
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from app import theme
from app.plans import Plan, Point, Stop, numbers, plan_of
from app.site_plans import Ground
from app.words import figure, tr

if TYPE_CHECKING:
    from engine.store.records import Camera

MARGIN, DOT, ARROW = 48, 7, 9
BORDER = 12  # around a site plan, whose cameras stand inside
DIMMED = {"dark": 0.28, "light": 0.45}  # opacity of a site plan: cameras and names must stand out from it
PLATE = 208  # opacity of what lies behind a name on a site plan, of 255
LINES = 8  # of the grid, about
EMPTY = 100.0  # extent of a plan with nothing on it
NO_PLAN = Plan({}, False, ())


class CameraMap(QWidget):
    """Emits `picked` with a tracklet when a camera on the way is clicked, `pressed` and `dragged` with a place on the
    plan for who places cameras."""

    picked = Signal(int)
    pressed = Signal(float, float)
    dragged = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 200)
        self.setAccessibleName(tr("Map of cameras"))
        self.plan = NO_PLAN
        self.ground: Ground | None = None
        self._scaled = QPixmap()  # the ground at the size it was last drawn
        self._cameras: Sequence[Camera] = ()
        self.stops: Sequence[Stop] = ()
        self.selected: int | None = None  # tracklet
        self.chosen: int | None = None  # camera
        self._names: dict[int, str] = {}
        self._extent: tuple[float, float, float] | None = None  # left, top, units per pixel
        self._held = False
        self.steady = False  # the view stays while everything is in it
        self.empty = tr("No camera has a place yet.")

    def show_cameras(self, cameras: Sequence[Camera], stops: Sequence[Stop]) -> None:
        """Cameras where they stand, and the way past them."""
        self._cameras, self.stops = cameras, stops
        self.plan = plan_of(cameras, picture=self.ground is not None)
        self._names = {camera.id: camera.name for camera in cameras}
        if not self._held and not (self.steady and self._in_sight()):
            self._extent = None
        words = [tr("site plan {name}").format(name=self.ground.name)] if self.ground else []
        words += [f"{self._names[stop.camera]} ({stop.number})" for stop in stops if stop.camera in self.plan.points]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def lay(self, ground: Ground | None) -> None:
        """A picture of the site under the cameras, or none."""
        if ground is None or self.ground is None or ground.image is not self.ground.image:
            self._scaled, self._extent = QPixmap(), None
        self.ground = ground
        self.show_cameras(self._cameras, self.stops)

    def refit(self) -> None:
        """Everything in sight again, where something went out of it."""
        self.show_cameras(self._cameras, self.stops)

    def _corners(self) -> list[Point]:
        """What must be in sight."""
        return [*self.plan.points.values(), *(self.ground.corners() if self.ground is not None else [])]

    def _in_sight(self) -> bool:
        room = QRectF(self.rect())
        return all(room.contains(self.on_screen(point)) for point in self._corners())

    def _view(self) -> tuple[float, float, float]:
        """Left, top and units per pixel: everything in sight, both axes alike; steady while something is dragged."""
        if self._extent is None:
            corners = self._corners()
            xs, ys = zip(*corners, strict=True) if corners else ((0, EMPTY), (0, EMPTY))
            margin = BORDER if self.ground is not None else MARGIN
            width, height = max(self.width() - 2 * margin, 1), max(self.height() - 2 * margin, 1)
            scale = max((max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height) or EMPTY / width
            middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
            self._extent = (middle[0] - scale * self.width() / 2, middle[1] - scale * self.height() / 2, scale)
        return self._extent

    def on_screen(self, point: Point) -> QPointF:
        left, top, scale = self._view()
        return QPointF((point[0] - left) / scale, (point[1] - top) / scale)

    def on_plan(self, place: QPointF) -> Point:
        left, top, scale = self._view()
        return (left + place.x() * scale, top + place.y() * scale)

    @property
    def step(self) -> float:
        """Units between two lines of the grid: 1, 2 or 5 times a power of ten."""
        rough = self._view()[2] * max(self.width(), 1) / LINES
        power = 10 ** floor(log10(rough))
        return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)

    def resizeEvent(self, _event: object) -> None:  # noqa: N802
        self._extent = None

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.color("panel"))
        if self.ground is not None:
            self._paint_ground(painter, self.ground)
        else:
            self._paint_grid(painter)
        for earlier, later in pairwise(self.stops):
            if earlier.camera in self.plan.points and later.camera in self.plan.points:
                self._paint_way(painter, earlier, later)
        for camera, point in self.plan.points.items():
            self._paint_camera(painter, camera, self.on_screen(point))
        if not self.plan.points:
            painter.setPen(theme.color("text1" if self.ground else "text2"))
            painter.setFont(theme.font(13))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.empty)

    def _paint_ground(self, painter: QPainter, ground: Ground) -> None:
        """Scaled once for each size of the view, in the screen's own pixels; while it is held, as it was scaled."""
        scale = ground.place.unit / self._view()[2]
        area = QRectF(0, 0, scale * ground.size[0], scale * ground.size[1])
        size = (area.size() * self.devicePixelRatioF()).toSize().boundedTo(ground.image.size())
        if self._scaled.size() != size and not (self._held and self._scaled.size().isValid()):
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = QPixmap.fromImage(ground.image.scaled(size, mode=smooth))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(DIMMED[theme.themer.name])
        painter.translate(self.on_screen((ground.place.x, ground.place.y)))
        painter.rotate(ground.place.turn)
        painter.drawPixmap(area, self._scaled, QRectF(self._scaled.rect()))
        painter.restore()

    def _paint_grid(self, painter: QPainter) -> None:
        left, top, scale = self._view()
        step = self.step
        painter.setPen(QPen(theme.color("line"), 1))
        for n in range(floor(left / step), floor((left + scale * self.width()) / step) + 1):
            x = (n * step - left) / scale
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        for n in range(floor(top / step), floor((top + scale * self.height()) / step) + 1):
            y = (n * step - top) / scale
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("text3"))
        words = tr("grid {n} m, north is up") if self.plan.metres else tr("grid {n}")
        painter.drawText(
            self.rect().adjusted(8, 4, -8, -4), Qt.AlignmentFlag.AlignRight, words.format(n=figure(step, "g"))
        )

    def _paint_way(self, painter: QPainter, earlier: Stop, later: Stop) -> None:
        """Dashed where the order is not certain."""
        start, end = self.on_screen(self.plan.points[earlier.camera]), self.on_screen(self.plan.points[later.camera])
        length = hypot(end.x() - start.x(), end.y() - start.y())
        if length <= 2 * DOT:
            return
        turn = atan2(end.y() - start.y(), end.x() - start.x())
        # A little to the side, so that the way there and the way back are two lines.
        aside = QPointF(-sin(turn), cos(turn)) * 4
        along = QPointF(cos(turn), sin(turn))
        lit = self.selected in (earlier.tracklet, later.tracklet)
        colour = "accent" if lit else "text2"
        start, end = start + aside + along * (DOT + 2), end + aside - along * (DOT + 3)
        paint_arrow(painter, start, end, certain=later.certain, colour=colour)

    def _paint_camera(self, painter: QPainter, camera: int, at: QPointF) -> None:
        here = [stop for stop in self.stops if stop.camera == camera]
        lit = camera == self.chosen or any(stop.tracklet == self.selected for stop in here)
        painter.setPen(QPen(theme.color("accent" if lit else "text1"), 2))
        painter.setBrush(theme.color("accent" if lit else "text1" if here else "panel"))
        painter.drawRect(QRectF(at.x() - DOT, at.y() - DOT, 2 * DOT, 2 * DOT))
        painter.setFont(theme.font(12, bold=bool(here)))
        name = self._names.get(camera, "")
        wide = painter.fontMetrics().horizontalAdvance(name) + 10
        left = max(min(at.x() - wide / 2, self.width() - wide), 0)  # whole, also at the edge
        room = QRectF(left, at.y() + DOT + 2, wide, 18)
        if self.ground is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("panel", PLATE))
            painter.drawRoundedRect(room, 4, 4)
        painter.setPen(theme.color("text1" if here else "text2"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)
        if here:
            text = numbers(here, camera)
            painter.setFont(theme.font(12, bold=True))
            width = painter.fontMetrics().horizontalAdvance(text) + 12
            bubble = QRectF(at.x() - width / 2, at.y() - DOT - 22, width, 18)
            painter.setPen(QPen(theme.color("accent" if lit else "control"), 1))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(bubble, 9, 9)
            painter.setPen(theme.color("text1"))
            painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, text)

    def camera_at(self, place: QPointF) -> int | None:
        """The camera under the pointer."""
        for camera, point in self.plan.points.items():
            at = self.on_screen(point)
            if QRectF(at.x() - 14, at.y() - 32, 28, 46).contains(place):
                return camera
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A camera on the way gives its next appearance after the one chosen."""
        camera = self.camera_at(event.position())
        here = [stop.tracklet for stop in self.stops if stop.camera == camera]
        if here:
            after = here.index(self.selected) + 1 if self.selected in here else 0
            self.picked.emit(here[after % len(here)])
        self._view()
        self._held = True
        self.pressed.emit(*self.on_plan(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held:
            self.dragged.emit(*self.on_plan(event.position()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._held = False


class MapLegend(QWidget):
    """What the way on the map is drawn with."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = ((tr("in order of adjusted time"), True), (tr("order not certain"), False))
        self.setAccessibleName(tr("Arrows: in order of adjusted time. Dashed: order not certain."))
        self.setToolTip(tr("Dashed: within the clocks’ uncertainty the order may be the other way."))
        metrics = QFontMetrics(theme.font(12))
        self.setFixedSize(sum(metrics.horizontalAdvance(words) + 66 for words, _ in self._parts), 20)
        theme.themer.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(12))
        x = 2.0
        for words, certain in self._parts:
            paint_arrow(painter, QPointF(x, 10), QPointF(x + 34, 10), certain=certain, colour="text2")
            wide = painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(theme.color("text3"))
            painter.drawText(QRectF(x + 42, 0, wide + 2, 20), Qt.AlignmentFlag.AlignVCenter, words)
            x += wide + 62


def paint_arrow(painter: QPainter, start: QPointF, end: QPointF, *, certain: bool, colour: str) -> None:
    """A line with a head, dashed where it is not `certain`."""
    pen = QPen(theme.color(colour), 2)
    pen.setStyle(Qt.PenStyle.SolidLine if certain else Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawLine(start, end)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(pen.color())
    turn = atan2(end.y() - start.y(), end.x() - start.x())
    corners = [end - ARROW * QPointF(cos(turn + side), sin(turn + side)) for side in (pi / 7, -pi / 7)]
    painter.drawPolygon(QPolygonF([end, *corners]))
