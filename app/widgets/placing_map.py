"""The map of cameras where it is edited: cameras are put on it, or the plan is moved under them."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent

from app import theme
from app.plans import Point
from app.widgets.camera_map import CameraMap
from app.words import tr

if TYPE_CHECKING:
    from engine.store.site_plans import PlanPlace

Grip = Literal["move", "scale", "turn"]
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
SCALES = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
TURNS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
GROWTH, DEGREES, SNAP = 0.01, 1.0, 15.0  # of one key press, a tenth of it with Shift; Shift turns by mouse in steps
HANDLE, STALK = 10, 26  # pixels: width of a handle, and how far the one that turns stands off
NEAREST = 1e-6  # of the middle, share of the picture's width: nearer, nothing can be scaled


@dataclass(frozen=True, slots=True)
class Held:
    """What the mouse took hold of: where, and where the plan lay then."""

    grip: Grip
    at: Point
    place: PlanPlace


class PlacingMap(CameraMap):
    """Emits `nudged` for arrow keys; with `plan_mode`, `laid` with a new place of the plan, and whether that goes on
    with a movement that began before."""

    nudged = Signal(float, float)
    laid = Signal(object, bool)

    def __init__(self) -> None:
        super().__init__()
        self.steady = True
        self.empty = tr("Choose a camera and click here.")
        self.plan_mode = False
        self._grip: Held | None = None
        self._goes_on = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_mode(plan=False)

    def set_mode(self, *, plan: bool) -> None:
        """Move the plan, or the chosen camera."""
        self.plan_mode = plan
        self.setAccessibleName(
            tr("Map: arrow keys move the plan, + and − scale it, Page Up and Page Down turn it")
            if plan
            else tr("Map: arrow keys move the chosen camera")
        )
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = Qt.Key(event.key())
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in STEPS:
            size = self.step / (50 if fine else 5)
            right, down = STEPS[key][0] * size, STEPS[key][1] * size
            if not self.plan_mode:
                self.nudged.emit(right, down)
            elif self.ground is not None:
                self.laid.emit(self.ground.place.moved(right, down), False)
        elif self.plan_mode and self.ground is not None and key in (*SCALES, *TURNS):
            place, part = self.ground.place, 0.1 if fine else 1.0
            unit = place.unit * (1 + GROWTH * part) ** SCALES.get(key, 0)
            turn = place.turn + DEGREES * part * TURNS.get(key, 0)
            self.laid.emit(place.around(self._middle(), unit=unit, turn=turn), False)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.setFocus()
        if not self.plan_mode:
            super().mousePressEvent(event)
            return
        self._view()
        grip = self._grip_at(event.position())
        if grip is not None and self.ground is not None:
            self._held, self._goes_on = True, False
            self._grip = Held(grip, self.on_plan(event.position()), self.ground.place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self.plan_mode:
            super().mouseMoveEvent(event)
        elif self._grip is not None:
            snapped = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            place = self._moved(self._grip, self.on_plan(event.position()), snapped=snapped)
            if place != self._grip.place or self._goes_on:
                self.laid.emit(place, self._goes_on)
                self._goes_on = True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        self._grip = None
        self.refit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scales the plan about the pointer."""
        turns = event.angleDelta().y() / 120
        if not self.plan_mode or self.ground is None or not turns:
            super().wheelEvent(event)
            return
        place = self.ground.place
        pixel = place.pixel(*self.on_plan(event.position()))
        self.laid.emit(place.around(pixel, unit=place.unit * (1 + 2 * GROWTH) ** turns), False)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self.plan_mode or self.ground is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = [self.on_screen(corner) for corner in self.ground.corners()]
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawPolygon(QPolygonF(corners))
        top, knob = self._stalk()
        painter.drawLine(top, knob)
        painter.setBrush(theme.color("window"))
        painter.drawEllipse(knob, HANDLE / 2, HANDLE / 2)
        for corner in corners:
            painter.drawRect(QRectF(corner.x() - HANDLE / 2, corner.y() - HANDLE / 2, HANDLE, HANDLE))

    def _middle(self) -> tuple[float, float]:
        """The pixel in the middle of the picture."""
        assert self.ground is not None
        return self.ground.size[0] / 2, self.ground.size[1] / 2

    def _stalk(self) -> tuple[QPointF, QPointF]:
        """From the middle of the upper edge to the handle that turns, which stays in sight."""
        assert self.ground is not None
        upper_left, upper_right, _, lower_left = (self.on_screen(corner) for corner in self.ground.corners())
        top = (upper_left + upper_right) / 2
        down = lower_left - upper_left
        length = hypot(down.x(), down.y()) or 1.0
        knob = top - down * (STALK / length)
        if not self.rect().adjusted(HANDLE, HANDLE, -HANDLE, -HANDLE).contains(knob.toPoint()):
            knob = top + down * (STALK / length)  # inside the picture then
        return top, knob

    def _grip_at(self, at: QPointF) -> Grip | None:
        if self.ground is None:
            return None
        corners = [self.on_screen(corner) for corner in self.ground.corners()]
        if _near(at, self._stalk()[1]):
            return "turn"
        if any(_near(at, corner) for corner in corners):
            return "scale"
        return "move" if QPolygonF(corners).containsPoint(at, Qt.FillRule.OddEvenFill) else None

    def _moved(self, held: Held, now: Point, *, snapped: bool) -> PlanPlace:
        """Where the plan lies when what was taken hold of is here."""
        place, middle = held.place, self._middle()
        if held.grip == "move":
            return place.moved(now[0] - held.at[0], now[1] - held.at[1])
        about = place.position(*middle)
        before, after = ((x - about[0], y - about[1]) for x, y in (held.at, now))
        if held.grip == "turn":
            turn = place.turn + degrees(atan2(after[1], after[0]) - atan2(before[1], before[0]))
            return place.around(middle, turn=round(turn / SNAP) * SNAP if snapped else turn)
        least = NEAREST * place.unit * self._middle()[0]
        return place.around(middle, unit=place.unit * max(hypot(*after), least) / max(hypot(*before), least))


def _near(one: QPointF, other: QPointF) -> bool:
    return hypot(one.x() - other.x(), one.y() - other.y()) <= HANDLE
