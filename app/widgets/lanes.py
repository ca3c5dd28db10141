"""Lanes by camera over time: where a subject was, in adjusted time, with the uncertainty of each clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app import theme
from app.plain import plain
from app.subjects import Appearance
from app.times import date_time, day, plus_minus, zone
from app.words import tr
from engine.types import Modality

LANE, AXIS, RIGHT = 24, 24, 16
NAMES = (96, 210)  # width of the names, at least and at most
SHOWN = 7  # lanes at once; the others are scrolled to
STEPS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 604800, 2592000)
LABEL = 110  # pixels from one time on the axis to the next, at least
ZOOMS = ((tr("All"), 0), (tr("Day"), 86_400), (tr("Hour"), 3600), (tr("10 min"), 600))
NARROWEST = 6  # of a bar, pixels
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class Bar:
    """One appearance whose time is known, in seconds since 1970; `margin` of its clock."""

    tracklet: int
    night: bool
    first: float
    last: float
    margin: float


@dataclass(frozen=True, slots=True)
class Lane:
    """A camera with its bars; `tail` says how sure its clock is, in a colour."""

    camera: str
    appearances: int
    bars: tuple[Bar, ...]
    tail: str
    colour: str


class Lanes(QAbstractScrollArea):
    """IR appearances are outlined, RGB ones filled; whiskers show clock uncertainty. A click picks an appearance, the
    next one where several lie under it."""

    picked = Signal(int)  # tracklet
    zoomed = Signal(object)  # seconds shown, 0 for all

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(tr("Cameras over time"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(LANE)
        self._appearances: Sequence[Appearance] = ()
        self._lanes: list[Lane] = []
        self._whole: tuple[float, float] | None = None  # seconds since 1970
        self._span: tuple[float, float] | None = None  # of it, on show
        self._names = NAMES[0]
        self.zoom = 0
        self.selected: int | None = None
        self._boxes: list[tuple[QRectF, int]] = []
        theme.themer.changed.connect(self.viewport().update)

    def show_appearances(self, appearances: Sequence[Appearance], cameras: Sequence[str]) -> None:
        """In order of time; a lane for each of the `cameras` that has any."""
        self._appearances = appearances
        by_camera: dict[str, list[Appearance]] = {name: [] for name in cameras}
        for appearance in appearances:
            by_camera.setdefault(appearance.camera, []).append(appearance)
        self._lanes = [_lane(name, mine) for name, mine in by_camera.items() if mine]
        self._whole = _extent([bar for lane in self._lanes for bar in lane.bars])
        bold, small = QFontMetrics(theme.font(12, bold=True)), QFontMetrics(theme.font(11))
        wide = [bold.horizontalAdvance(ln.camera) + small.horizontalAdvance(ln.tail) + 22 for ln in self._lanes]
        self._names = min(max([NAMES[0], *wide]), NAMES[1])
        self.setFixedHeight(AXIS + LANE * min(max(len(self._lanes), 1), SHOWN) + 4)
        self.setAccessibleDescription(", ".join(f"{lane.camera}: {lane.appearances}" for lane in self._lanes))
        self._look()

    def select(self, tracklet: int) -> None:
        """Show one appearance as chosen, in the middle where it was out of sight."""
        self.selected = tracklet
        chosen = self._chosen()
        if chosen is not None and chosen.first.adjusted and self._span is not None:
            if not self._span[0] <= chosen.first.sort_key() <= self._span[1]:
                self._look()
            lane = next((n for n, entry in enumerate(self._lanes) if entry.camera == chosen.camera), 0)
            bar, room = self.verticalScrollBar(), self.viewport().height() - AXIS
            bar.setValue(min(max(bar.value(), (lane + 1) * LANE - room), lane * LANE))
        self.viewport().update()

    def set_zoom(self, seconds: int) -> None:
        """This much time around the chosen appearance; 0 for all."""
        self.zoom = seconds
        self._look()
        self.zoomed.emit(seconds)

    def step_zoom(self, by: int) -> None:
        """One level nearer (1) or farther (-1)."""
        levels = [seconds for _, seconds in ZOOMS]
        self.set_zoom(levels[min(max(levels.index(self.zoom) + by, 0), len(levels) - 1)])

    @property
    def zone(self) -> str:
        """Of the times on the axis: 'UTC+2'; '' where none is known."""
        return zone(datetime.fromtimestamp(self._span[0]).astimezone()) if self._span else ""

    def _chosen(self) -> Appearance | None:
        return next((a for a in self._appearances if a.tracklet.id == self.selected), None)

    def _look(self) -> None:
        """Choose the time that is shown."""
        whole, chosen = self._whole, self._chosen()
        self._span = whole
        if whole is not None and 0 < self.zoom < whole[1] - whole[0]:
            known = chosen is not None and chosen.first.adjusted is not None
            middle = (chosen.first.sort_key() + chosen.last.sort_key()) / 2 if chosen and known else whole[0]
            self._span = (middle - self.zoom / 2, middle + self.zoom / 2)
        self.viewport().update()

    def resizeEvent(self, _event: object) -> None:  # noqa: N802
        bar, room = self.verticalScrollBar(), self.viewport().height() - AXIS
        bar.setPageStep(room)
        bar.setRange(0, max(len(self._lanes) * LANE - room, 0))

    def setFixedHeight(self, height: int) -> None:  # noqa: N802
        super().setFixedHeight(height)
        self.resizeEvent(None)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._boxes = []
        if self._span is not None:
            self._paint_axis(painter, self._span)
        painter.save()
        painter.setClipRect(QRectF(0, AXIS, self.viewport().width(), self.viewport().height() - AXIS))
        for n, lane in enumerate(self._lanes):
            top = AXIS + n * LANE - self.verticalScrollBar().value()
            if -LANE < top - AXIS < self.viewport().height():
                self._paint_lane(painter, top, lane)
        painter.restore()

    def _x(self, seconds: float, span: tuple[float, float]) -> float:
        share = (seconds - span[0]) / (span[1] - span[0])
        return self._names + share * (self.viewport().width() - self._names - RIGHT)

    def _paint_axis(self, painter: QPainter, span: tuple[float, float]) -> None:
        room = self.viewport().width() - self._names - RIGHT
        step = next((s for s in STEPS if (span[1] - span[0]) / s * LABEL <= room), STEPS[-1])
        offset = datetime.fromtimestamp(span[0]).astimezone().utcoffset()
        local = offset.total_seconds() if offset else 0.0  # midnight is where it is on this computer's clock
        at, before = ((span[0] + local) // step + 1) * step - local, ""
        painter.setFont(theme.font(11))
        while at < span[1]:
            x = self._x(at, span)
            when = datetime.fromtimestamp(at).astimezone()
            words = "" if step >= 86_400 else when.strftime("%H:%M:%S" if step < 60 else "%H:%M")
            if day(when) != before:
                words, before = f"{day(when)} {words}".strip(), day(when)
            painter.setPen(theme.color("line"))
            painter.drawLine(round(x), AXIS - 4, round(x), AXIS + LANE * len(self._lanes))
            painter.setPen(theme.color("text3"))
            painter.drawText(QRectF(x - 55, 0, 110, AXIS - 6), Qt.AlignmentFlag.AlignCenter, words)
            at += step

    def _paint_lane(self, painter: QPainter, top: int, lane: Lane) -> None:
        small, strong = theme.font(11), theme.font(12, bold=True)
        tail_width = QFontMetrics(small).horizontalAdvance(lane.tail)
        metrics = QFontMetrics(strong)
        name = metrics.elidedText(lane.camera, Qt.TextElideMode.ElideMiddle, self._names - tail_width - 18)
        painter.setFont(strong)
        painter.setPen(theme.color("text1"))
        painter.drawText(QRectF(0, top, self._names, LANE), _MIDDLE, name)
        painter.setFont(small)
        painter.setPen(theme.color(lane.colour))
        painter.drawText(QRectF(metrics.horizontalAdvance(name) + 8, top, tail_width + 2, LANE), _MIDDLE, lane.tail)
        room = QRectF(self._names, top + 2, self.viewport().width() - self._names - RIGHT, LANE - 4)
        painter.fillRect(room, theme.color("panel"))
        if not lane.bars:
            painter.fillRect(room, theme.color("warning_fill"))
            painter.fillRect(room, QBrush(theme.color("warning_edge", 110), Qt.BrushStyle.BDiagPattern))
            painter.setPen(theme.color("warning_text"))
            words = tr("Clock not set: times on this lane cannot be compared")
            plate = QRectF(room.x() + 4, room.y() + 2, painter.fontMetrics().horizontalAdvance(words) + 8, LANE - 8)
            painter.fillRect(plate, theme.color("warning_fill"))
            painter.drawText(plate.adjusted(4, 0, 0, 0), _MIDDLE, words)
        elif self._span is not None:
            painter.save()
            painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
            self._paint_bars(painter, room, lane.bars, self._span)
            painter.restore()

    def _paint_bars(self, painter: QPainter, lane: QRectF, bars: Sequence[Bar], span: tuple[float, float]) -> None:
        """Those in sight, the chosen one last; at the edges how many lie outside, which a click goes to."""
        before = [bar for bar in bars if bar.last + bar.margin < span[0]]
        after = [bar for bar in bars if bar.first - bar.margin > span[1]]
        inside = [bar for bar in bars if bar.last + bar.margin >= span[0] and bar.first - bar.margin <= span[1]]
        for bar in sorted(inside, key=lambda bar: bar.tracklet == self.selected):
            left, right = self._x(bar.first, span), self._x(bar.last, span)
            wide = max(right - left, NARROWEST)
            box = QRectF((left + right - wide) / 2, lane.y() + 3, wide, lane.height() - 6)
            reach = (self._x(bar.first - bar.margin, span), self._x(bar.last + bar.margin, span))
            colour = "accent" if bar.tracklet == self.selected else "text1"
            paint_bar(painter, box, reach, night=bar.night, colour=colour)
            self._boxes.append((box.adjusted(-3, -4, 3, 4), bar.tracklet))
        painter.setFont(theme.font(11))
        painter.setPen(theme.color("text3"))
        for some, words, flag in ((before[-1:], f"‹ {len(before)}", _LEFT), (after[:1], f"{len(after)} ›", _RIGHT)):
            for nearest in some:
                wide = painter.fontMetrics().horizontalAdvance(words) + 12
                room = QRectF(lane.left() if flag == _LEFT else lane.right() - wide, lane.y(), wide, lane.height())
                painter.fillRect(room, theme.color("raised"))
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                self._boxes = [(b, n) for b, n in self._boxes if not room.contains(b.center())]
                self._boxes.append((room, nearest.tracklet))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        under = [tracklet for box, tracklet in self._boxes if box.contains(event.position())]
        if under:
            after = under.index(self.selected) + 1 if self.selected in under else 0
            self.picked.emit(under[after % len(under)])

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """With Ctrl it zooms, as elsewhere."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.angleDelta().y():
            self.step_zoom(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """What lies under the pointer, in words."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            under = {tracklet for box, tracklet in self._boxes if box.contains(event.pos().toPointF())}
            said = [
                f"{n}. {a.camera}, {date_time(a.first.adjusted)} {a.first.margin()}"
                for n, a in enumerate(self._appearances, start=1)
                if a.tracklet.id in under
            ]
            QToolTip.showText(event.globalPos(), plain("\n".join(said)), self.viewport())
            return True
        return bool(super().viewportEvent(event))


class LanesLegend(QWidget):
    """What the lanes are drawn with."""

    PARTS = ((tr("IR"), True, True), (tr("RGB"), False, False))

    def __init__(self) -> None:
        super().__init__()
        self._words = tr("whiskers: clock uncertainty")
        self.setAccessibleName(tr("Outlined: IR. Filled: RGB. Whiskers: clock uncertainty."))
        metrics = QFontMetrics(theme.font(12))
        texts = [*(words for words, _, _ in self.PARTS), self._words]
        self.setFixedSize(sum(metrics.horizontalAdvance(words) for words in texts) + 100, 20)
        theme.themer.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(12))
        x = 1.0
        for words, night, whiskers in self.PARTS:
            box = QRectF(x + (9 if whiskers else 0), 4, 16, 12)
            reach = (box.left() - 8, box.right() + 8) if whiskers else (box.left(), box.right())
            paint_bar(painter, box, reach, night=night, colour="text1")
            x = self._say(painter, reach[1] + 6, words) + 14
        self._say(painter, x, self._words)

    @staticmethod
    def _say(painter: QPainter, x: float, words: str) -> float:
        wide = painter.fontMetrics().horizontalAdvance(words)
        painter.setPen(theme.color("text3"))
        painter.drawText(QRectF(x, 0, wide + 2, 20), _MIDDLE, words)
        return x + wide


def paint_bar(painter: QPainter, box: QRectF, reach: tuple[float, float], *, night: bool, colour: str) -> None:
    """One appearance, with whiskers as far as its clock may be wrong where they reach beyond the bar."""
    middle, inked = box.center().y(), theme.color(colour)
    for end, edge in ((reach[0], box.left()), (reach[1], box.right())):
        if abs(end - edge) >= 2 and not box.left() <= end <= box.right():
            painter.fillRect(QRectF(round(min(end, edge)), round(middle) - 1, round(abs(end - edge)), 2), inked)
            painter.fillRect(QRectF(round(end) - 1, round(middle) - 5, 2, 10), inked)
    painter.setPen(QPen(inked, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush if night else inked)  # in both themes what the legend says
    painter.drawRoundedRect(box, 2, 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _lane(camera: str, mine: Sequence[Appearance]) -> Lane:
    known = [a for a in mine if a.first.adjusted]
    bars = tuple(
        Bar(
            a.tracklet.id,
            a.tracklet.modality is Modality.INFRARED,
            a.first.sort_key(),
            a.last.sort_key(),
            a.first.uncertainty or 0.0,
        )
        for a in known
    )
    tail, colour = plus_minus(max((bar.margin for bar in bars), default=None)), "text3"
    if not known:
        tail, colour = tr("no offset"), "warning_text"
    elif len(known) < len(mine):
        tail, colour = tr("{n} without offset").format(n=len(mine) - len(known)), "warning_text"
    elif any(a.first.uncertainty is None for a in known):
        tail = tr("± not known")
    return Lane(camera, len(mine), bars, tail, colour)


def _extent(bars: Sequence[Bar]) -> tuple[float, float] | None:
    """From the earliest to the latest that any of these may have been, with a margin."""
    if not bars:
        return None
    first, last = min(bar.first - bar.margin for bar in bars), max(bar.last + bar.margin for bar in bars)
    spare = max((last - first) * 0.03, 2.0)
    return first - spare, last + spare
