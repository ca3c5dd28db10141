"""How many people when: bars over the whole item or a part of it, with the playhead, marks and what did not decode."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.plain import plain
from app.words import duration, tr

AXIS, BASE, MARK, SIDE = 22, 4, 6, 16
LOST = 4  # the least pixels for what was not decoded
BAR, TICK = 6, 90  # the least pixels for a bar, and from one time on the axis to the next
STEPS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
SHORTEST = 2.0  # seconds in sight at the most zoomed in


class Timeline(QWidget):
    """Times are seconds from the item's first frame."""

    sought = Signal(float)
    span_changed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Timeline: people over time"))
        self.duration = 0.0
        self.span = (0.0, 1.0)
        self._bars = np.zeros(0, np.int32)
        self._bar_span = (0.0, 1.0)
        self._failed: Sequence[tuple[float, float]] = ()
        self._marks: Sequence[tuple[float, str]] = ()
        self._now = 0.0
        self._clock: Callable[[float], str] = duration
        self._phase = 0.0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, 84)

    def set_item(self, length: float, clock: Callable[[float], str], phase: float = 0.0) -> None:
        """A new item; `clock` words a position (recorder time where it is known), and says `phase` seconds past
        a full day at the first frame: the axis counts in whole minutes of that clock."""
        self.duration, self._clock, self._phase = max(length, 0.001), clock, phase
        self.span = (0.0, self.duration)
        self._bars = np.zeros(0, np.int32)
        self.update()

    def bars(self) -> tuple[float, float, int]:
        """Where the bars of the span begin and end, in seconds, and how many they are: each of a round width."""
        first, last = self.span
        step = _round_step((last - first) * BAR / max(self._room(), BAR))
        start = float(np.floor((first + self._phase) / step)) * step - self._phase
        count = max(int(np.ceil((last - start) / step)), 1)
        return start, start + count * step, count

    def set_bars(self, bars: np.ndarray, span: tuple[float, float]) -> None:
        self._bars, self._bar_span = bars, span
        self.update()

    def set_failed(self, ranges: Sequence[tuple[float, float]]) -> None:
        self._failed = ranges
        self.update()

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        self._marks = marks
        self.update()

    def set_now(self, seconds: float) -> None:
        if round(self._x(seconds)) != round(self._x(self._now)):
            self.update()
        self._now = seconds
        first, last = self.span
        if not first <= seconds <= last and last - first < self.duration:
            half = (last - first) / 2
            self._set_span(seconds - half, seconds + half)

    def _set_span(self, first: float, last: float) -> None:
        width = min(max(last - first, SHORTEST), self.duration)
        first = min(max(first, 0.0), self.duration - width)
        self.span = (first, first + width)
        self.update()
        self.span_changed.emit(*self.span)

    def zoom(self, factor: float, centre: float | None = None) -> None:
        """Show `factor` of the span around a moment, by default the playhead's; 0 shows all of the item."""
        if not factor:
            self._set_span(0.0, self.duration)
            return
        first, last = self.span
        middle = self._now if centre is None else centre
        self._set_span(middle - (middle - first) * factor, middle + (last - middle) * factor)

    def _room(self) -> int:
        return max(self.width() - 2 * SIDE, 1)

    def _x(self, seconds: float) -> float:
        first, last = self.span
        return SIDE + (seconds - first) / max(last - first, 1e-9) * self._room()

    def _seconds(self, x: float) -> float:
        first, last = self.span
        return min(max(first + (x - SIDE) / self._room() * (last - first), 0.0), self.duration)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        self._paint_axis(painter)
        floor = self.height() - BASE
        painter.setClipRect(SIDE, 0, self._room() + 1, self.height())
        self._paint_bars(painter, floor)
        painter.setPen(theme.color("line"))
        painter.drawLine(0, floor, self.width(), floor)
        for start, end in self._failed:
            left, right = self._x(start), self._x(end)
            left = min(left, SIDE + self._room() - LOST)  # the last frame alone is seen, too
            paint_lost(painter, QRectF(left, AXIS, max(right - left, LOST), floor - AXIS))
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for seconds, _note in self._marks:
            if self.span[0] <= seconds <= self.span[1]:
                paint_mark(painter, QPointF(self._x(seconds), 28), MARK)
        self._paint_head(painter)

    def _paint_bars(self, painter: QPainter, floor: int) -> None:
        if not len(self._bars):
            return
        room = floor - AXIS - 4
        top = max(int(self._bars.max()), 1)
        first, last = self._bar_span
        step = (last - first) / len(self._bars)
        for n, count in enumerate(self._bars.tolist()):
            left, right = self._x(first + n * step), self._x(first + (n + 1) * step)
            here = first + n * step <= self._now < first + (n + 1) * step
            height = max(round(room * count / top), 2) if count else 0
            bar = QRectF(left, floor - height, max(right - left - 1, 1), height)
            painter.fillRect(bar, theme.color("accent" if here else "text3"))

    def _paint_axis(self, painter: QPainter) -> None:
        first, last = self.span
        step = max(_round_step((last - first) * TICK / max(self._room(), TICK)), 1)
        painter.setFont(theme.font(11))
        seconds = np.ceil((first + self._phase) / step) * step - self._phase
        while seconds <= last:
            x = round(self._x(seconds))
            painter.setPen(theme.color("line"))
            painter.drawLine(x, 0, x, self.height() - BASE)
            painter.setPen(theme.color("text3"))
            words = self._clock(float(seconds))
            if x + 4 + painter.fontMetrics().horizontalAdvance(words) <= self.width():
                painter.drawText(QRectF(x + 4, 2, TICK, 16), Qt.AlignmentFlag.AlignVCenter, words)
            seconds += step

    def _paint_head(self, painter: QPainter) -> None:
        x = self._x(self._now)
        painter.setPen(QPen(theme.color("text1"), 2))
        painter.drawLine(QPointF(x, 8), QPointF(x, self.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text1"))
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 0), QPointF(x + 6, 0), QPointF(x, 9)]))

    def _mark_at(self, x: float) -> tuple[float, str] | None:
        """The mark whose diamond is under the pointer."""
        near = min(self._marks, key=lambda mark: abs(self._x(mark[0]) - x), default=None)
        return near if near is not None and abs(self._x(near[0]) - x) <= MARK else None

    def event(self, event: QEvent) -> bool:
        """Under the pointer: a mark's note, else the time, how many people, and whether it was decoded."""
        if isinstance(event, QHelpEvent):
            mark = self._mark_at(event.pos().x())
            QToolTip.showText(event.globalPos(), plain(mark[1] if mark else self.words_at(event.pos().x())), self)
            return True
        return super().event(event)

    def words_at(self, x: float) -> str:
        """What the timeline knows of the moment under the pointer."""
        seconds = self._seconds(x)
        lines = [self._clock(seconds)]
        first, last = self._bar_span
        if len(self._bars) and first <= seconds < last:
            bar = int((seconds - first) / (last - first) * len(self._bars))
            lines.append(tr("{n} people", "{n} person", int(self._bars[bar])))
        if any(start <= seconds <= end for start, end in self._failed):
            lines.append(tr("not decoded"))
        return "\n".join(lines)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Seek; a mark is met exactly."""
        mark = self._mark_at(event.position().x())
        self.sought.emit(mark[0] if mark else self._seconds(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._seconds(event.position().x()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom around the pointer; with Shift, move along."""
        first, last = self.span
        turns = (event.angleDelta().y() or event.angleDelta().x()) / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            shift = -turns * (last - first) * 0.1
            self._set_span(first + shift, last + shift)
        else:
            self.zoom(0.8**turns, self._seconds(event.position().x()))


def _round_step(least: float) -> float:
    """The smallest round number of seconds that is at least so long."""
    return next((step for step in STEPS if step >= least), STEPS[-1])


def paint_lost(painter: QPainter, area: QRectF) -> None:
    """A stretch that was not decoded: hatched, so that it is not told by its colour alone."""
    painter.fillRect(area, theme.color("error_fill"))
    painter.fillRect(area, QBrush(theme.color("error_edge"), Qt.BrushStyle.BDiagPattern))
    painter.setPen(QPen(theme.color("error_edge"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)


def paint_mark(painter: QPainter, middle: QPointF, reach: float) -> None:
    """A mark's diamond."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("warning_text"))
    steps = ((0.0, -reach), (reach, 0.0), (0.0, reach), (-reach, 0.0))
    painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in steps]))
