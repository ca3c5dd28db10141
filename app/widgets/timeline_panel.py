"""The timeline of one item with its caption: reads the density it shows, and draws marks and what did not decode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.frames import Opened
from app.operations.footage import FootageRow
from app.session import Session
from app.times import time_of_day
from app.widgets.basic import box, label
from app.widgets.timeline import Timeline, paint_lost, paint_mark
from app.words import duration, figure, tr

if TYPE_CHECKING:
    from engine.store.marks import Mark


class TimelinePanel(QWidget):
    """Emits `sought` with seconds from the item's first frame."""

    sought = Signal(float)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._row: FootageRow | None = None
        self._item: Opened | None = None
        column = box(QVBoxLayout(self))
        caption = box(QHBoxLayout(), 12, (16, 2, 16, 2))
        self._step, self._span = label(tr("People over time"), "small"), label("", "small")
        caption.addWidget(self._step)
        for sign, words in ((_paint_lost, tr("not decoded")), (_paint_mark, tr("mark"))):
            entry = box(QHBoxLayout(), 6)
            entry.addWidget(Sign(sign))
            entry.addWidget(label(words, "small"))
            caption.addLayout(entry)
        caption.addStretch(1)
        caption.addWidget(self._span)
        column.addLayout(caption)
        self.timeline = Timeline()
        self.timeline.sought.connect(self.sought)
        self.timeline.span_changed.connect(lambda *_: self.load())
        column.addWidget(self.timeline)

    def show_item(self, row: FootageRow, item: Opened) -> None:
        """Footage that the player has opened, the whole of it."""
        self._row, self._item = row, item
        start = row.clock.start.recorder
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) if start else None
        phase = (start - midnight).total_seconds() if start and midnight else 0.0
        self.timeline.set_item(item.duration, self._words, phase)
        self.timeline.set_marks([])
        self.refresh(row)

    def forget(self) -> None:
        """No footage is open."""
        self._row = self._item = None
        self.timeline.set_item(0.0, lambda _seconds: "")
        self.timeline.set_failed(())
        self.timeline.set_marks(())
        for caption in (self._step, self._span):
            caption.clear()

    def refresh(self, row: FootageRow) -> None:
        """What the case knows of the footage on show has changed."""
        if self._row is not None and self._row.item.id == row.item.id:
            self._row = row
            self.timeline.set_failed([(self._seconds(a), self._seconds(b)) for a, b in row.item.failed_ranges])
            self.load()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Those of other footage are passed over."""
        if self._row is not None:
            mine = [mark for mark in marks if mark.item_id == self._row.item.id]
            self.timeline.set_marks([(self._seconds(mark.pts), mark.note) for mark in mine])

    def _words(self, seconds: float) -> str:
        """Recorder time where it is known, to the nearest second: a PTS may fall a hair before it."""
        assert self._row is not None
        assert self._item is not None
        reading = self._row.clock.at(self._row.item.start_pts + round(seconds / self._item.time_base))
        return time_of_day(reading.recorder + timedelta(seconds=0.5)) if reading.recorder else duration(seconds)

    def set_now(self, seconds: float) -> None:
        self.timeline.set_now(seconds)

    def load(self) -> None:
        """Read the bars of the span on show."""
        row, item = self._row, self._item
        if row is None or item is None:
            return
        start, end, bins = self.timeline.bars()
        first = int(item.pts[0])
        pts = tuple(first + round(seconds / item.time_base) for seconds in (start, end))

        def done(bars: np.ndarray) -> None:
            if self._item is not item:
                return  # other footage is open by now
            self.timeline.set_bars(bars, (start, end))
            clock = tr("recorder time") if row.clock.start.recorder else tr("position in the item")
            self._step.setText(tr("People per {step}, {clock}").format(step=_step((end - start) / bins), clock=clock))
            span = self.timeline.span
            shown, whole = duration(span[1] - span[0]), duration(item.duration)
            self._span.setText(tr("showing {a} of {b}").format(a=shown, b=whole))

        self._session.read(lambda case: case.tracklets.density(row.item.id, bins, *pts), done, key="bars")

    def _seconds(self, pts: int) -> float:
        assert self._item is not None
        return (pts - int(self._item.pts[0])) * self._item.time_base


class Sign(QWidget):
    """A sign of the timeline, for its legend."""

    def __init__(self, paint: Callable[[QPainter], None]) -> None:
        super().__init__()
        self._paint = paint
        self.setFixedSize(12, 12)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self._paint(painter)


def _paint_lost(painter: QPainter) -> None:
    paint_lost(painter, QRectF(0.5, 0.5, 11, 11))


def _paint_mark(painter: QPainter) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, QPointF(6, 6), 5)


def _step(seconds: float) -> str:
    """'10 s', '2 min', '1 h': how wide a bar is."""
    for unit, words in ((3600, tr("{time} h")), (60, tr("{time} min"))):
        if seconds >= unit:
            return words.format(time=round(seconds / unit))
    return tr("{time} s").format(time=figure(round(seconds, 1), "g"))
