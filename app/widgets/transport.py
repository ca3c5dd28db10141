"""The exact time over the player and its controls under it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.frames import FrameFeed, Shown
from app.operations.footage import FootageRow
from app.widgets.basic import Button, Segment, Whole, box, label, set_role, styled
from app.words import figure, grouped, tr

SPEEDS = (0.5, 1.0, 4.0, 16.0)


class TimeBar(QWidget):
    """Recorder time, adjusted time, PTS and frame number of the frame on show."""

    def __init__(self) -> None:
        super().__init__()
        styled(self, "topline")
        self.setFixedHeight(40)
        row = box(QHBoxLayout(self), 8, (16, 0, 16, 0))
        self._recorder, self._adjusted = label("", "clock"), label("", "clock")
        self._margin = label("", "quiet")
        self._pts = Whole("mono")
        row.addWidget(label(tr("Recorder"), "quiet"))
        row.addWidget(self._recorder)
        row.addSpacing(16)
        row.addWidget(label(tr("Adjusted"), "quiet"))
        row.addWidget(self._adjusted)
        row.addWidget(self._margin)
        row.addWidget(self._pts, 1)

    def clear(self) -> None:
        """No frame is on show."""
        for shown in (self._recorder, self._adjusted, self._margin):
            shown.setText("")
        self._pts.set_text("")

    def show_frame(self, row: FootageRow, shown: Shown) -> None:
        reading = row.clock.at(shown.pts)
        date = f"{reading.recorder:%Y-%m-%d} " if reading.recorder else ""
        self._recorder.setText(date + reading.recorder_time(exact=True))
        adjusted = f"{reading.adjusted:%Y-%m-%d} {reading.adjusted_time(exact=True)}" if reading.adjusted else "–"
        self._adjusted.setText(adjusted)
        self._margin.setText(f"{reading.zone} {reading.margin()}" if reading.adjusted else tr("no offset set"))
        set_role(self._margin, "quiet" if reading.adjusted else "warning")
        words = tr("PTS {pts} at {base}   Frame {n}")
        self._pts.set_text(words.format(pts=grouped(shown.pts), base=row.item.time_base, n=grouped(shown.index)))


class Transport(QWidget):
    """Step, play, speed. The page adds what concerns people at the right."""

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__()
        self.setFixedHeight(48)
        self._feed = feed
        self.row = box(QHBoxLayout(self), 4, (16, 0, 16, 0))
        self.play = Button("", "play", "play", size="small")
        self.play.clicked.connect(self.toggle)
        ends = [_button("skip-previous", tr("First frame"), lambda: self.to_end(first=True))]
        ends.append(_button("skip-next", tr("Last frame"), lambda: self.to_end(first=False)))
        back = _button("chevron-left", tr("One frame back"), lambda: feed.step(-1))
        forward = _button("chevron-right", tr("One frame forward"), lambda: feed.step(1))
        self._speed = Segment(tr("Speed"), [(f"{figure(speed, 'g')}×", speed) for speed in SPEEDS], size="small")
        self._speed.select(1.0)
        self._speed.chosen.connect(lambda _value: feed.play(self._rate()) if feed.playing else None)
        for widget in (ends[0], back, self.play, forward, ends[1]):
            self.row.addWidget(widget)
        self.row.addSpacing(6)
        self.row.addWidget(self._speed)
        self.row.addStretch(1)
        feed.playing_changed.connect(self._show_playing)
        self._show_playing(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Where there is no room for all, keys leave before words, from the right."""
        super().resizeEvent(event)
        items = [self.row.itemAt(n) for n in range(self.row.count())]
        buttons = [made for item in items if item is not None and isinstance(made := item.widget(), Button)]
        for button in buttons:
            button.show_hint(True)
        for button in reversed(buttons):
            if self.row.sizeHint().width() <= self.width():
                return
            button.show_hint(False)

    def _rate(self) -> float:
        value = self._speed.value()
        return value if isinstance(value, float) else 1.0

    def toggle(self) -> None:
        """Play or pause."""
        if self._feed.playing:
            self._feed.stop()
        else:
            self._feed.play(self._rate())

    def to_end(self, *, first: bool) -> None:
        """Show the first or the last frame of the item."""
        if self._feed.item is not None:
            self._feed.show(int(self._feed.item.pts[0 if first else -1]))

    def _show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")
        name = tr("Pause") if playing else tr("Play")
        self.play.setAccessibleName(name)
        self.play.setToolTip(name)


def _button(icon: str, name: str, act: Callable[[], None]) -> Button:
    """A button without words."""
    made = Button("", icon, size="small")
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.clicked.connect(lambda: act())  # noqa: PLW0108 - the signal's own argument stays out
    return made
