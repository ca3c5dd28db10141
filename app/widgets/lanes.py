"""Lanes by camera over time: where a subject was, in adjusted time, with the uncertainty of each clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.subjects import Appearance
from app.times import day, plus_minus
from app.words import tr
from engine.types import Modality

NAME, LANE, AXIS = 190, 26, 24
STEPS = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 604800)


class Lanes(QWidget):
    """IR appearances are outlined, RGB ones filled; whiskers show clock uncertainty."""

    picked = Signal(int)  # tracklet

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Cameras over time"))
        self._appearances: Sequence[Appearance] = ()
        self._cameras: Sequence[str] = ()
        self.selected: int | None = None
        self._boxes: list[tuple[QRectF, int]] = []

    def show_appearances(self, appearances: Sequence[Appearance], cameras: Sequence[str]) -> None:
        self._appearances = appearances
        seen = {a.camera for a in appearances}
        self._cameras = [name for name in cameras if name in seen]
        self.setMinimumHeight(AXIS + LANE * max(len(self._cameras), 1) + 4)
        self.update()

    def _span(self) -> tuple[float, float] | None:
        """Seconds since 1970 shown, over everything whose true time is known."""
        known = [a for a in self._appearances if a.first.adjusted and a.last.adjusted]
        if not known:
            return None
        first = min(a.first.sort_key() - (a.first.uncertainty or 0) for a in known)
        last = max(a.last.sort_key() + (a.last.uncertainty or 0) for a in known)
        margin = max((last - first) * 0.04, 2.0)
        return first - margin, last + margin

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._boxes = []
        span = self._span()
        if span is not None:
            self._paint_axis(painter, span)
        for n, camera in enumerate(self._cameras):
            self._paint_lane(painter, n, camera, span)

    def _x(self, seconds: float, span: tuple[float, float]) -> float:
        return NAME + (seconds - span[0]) / (span[1] - span[0]) * (self.width() - NAME - 16)

    def _paint_axis(self, painter: QPainter, span: tuple[float, float]) -> None:
        step = next((s for s in STEPS if (span[1] - span[0]) / s * 110 <= self.width() - NAME), STEPS[-1])
        at = (span[0] // step + 1) * step
        painter.setFont(theme.font(11))
        while at < span[1]:
            x = self._x(at, span)
            when = datetime.fromtimestamp(at).astimezone()
            words = day(when) if step >= 86400 else when.strftime("%H:%M:%S" if step < 60 else "%H:%M")
            painter.setPen(theme.color("line"))
            painter.drawLine(round(x), AXIS - 4, round(x), self.height())
            painter.setPen(theme.color("text3"))
            painter.drawText(QRectF(x - 50, 0, 100, AXIS - 6), Qt.AlignmentFlag.AlignCenter, words)
            at += step

    def _paint_lane(self, painter: QPainter, n: int, camera: str, span: tuple[float, float] | None) -> None:
        top = AXIS + n * LANE
        mine = [a for a in self._appearances if a.camera == camera]
        known = [a for a in mine if a.first.adjusted]
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(theme.color("text1"))
        margins = plus_minus(max((a.first.uncertainty or 0 for a in known), default=None))
        tail = margins if len(known) == len(mine) else tr("no offset")
        painter.setFont(theme.font(11))
        tail_width = painter.fontMetrics().horizontalAdvance(tail)
        painter.setPen(theme.color("text3" if len(known) == len(mine) else "warning_text"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, top, NAME - 8, LANE), flags, tail)
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(theme.color("text1"))
        name = painter.fontMetrics().elidedText(camera, Qt.TextElideMode.ElideMiddle, NAME - tail_width - 14)
        painter.drawText(QRectF(0, top, NAME, LANE), Qt.AlignmentFlag.AlignVCenter, name)
        lane = QRectF(NAME, top + 3, self.width() - NAME - 16, LANE - 6)
        painter.fillRect(lane, theme.color("panel"))
        if span is None or len(known) < len(mine):
            painter.fillRect(lane, theme.color("warning_fill"))
            painter.setPen(theme.color("warning_text"))
            painter.setFont(theme.font(11))
            words = tr("Clock not set: times on this lane cannot be compared")
            painter.drawText(lane.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
        if span is not None:
            for appearance in known:
                self._paint_appearance(painter, appearance, top, span)

    def _paint_appearance(self, painter: QPainter, shown: Appearance, top: int, span: tuple[float, float]) -> None:
        left, right = self._x(shown.first.sort_key(), span), self._x(shown.last.sort_key(), span)
        box = QRectF(left, top + 5, max(right - left, 8), LANE - 10)
        margin = shown.first.uncertainty or 0
        low, high = self._x(shown.first.sort_key() - margin, span), self._x(shown.last.sort_key() + margin, span)
        middle = box.center().y()
        painter.setPen(QPen(theme.color("text2"), 1))
        for x, edge in ((low, box.left()), (high, box.right())):
            painter.drawLine(round(x), round(middle), round(edge), round(middle))
            painter.drawLine(round(x), round(middle - 4), round(x), round(middle + 4))
        night = shown.tracklet.modality is Modality.INFRARED
        chosen = shown.tracklet.id == self.selected
        colour = theme.color("accent" if chosen else "text1")
        painter.setPen(QPen(colour, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush if night else colour)  # in both themes what the legend says
        painter.drawRoundedRect(box, 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._boxes.append((box.adjusted(-3, -4, 3, 4), shown.tracklet.id))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        for box, tracklet in self._boxes:
            if box.contains(event.position()):
                self.picked.emit(tracklet)
                return
