"""Under a clip: play or pause, a scrubber that knows the clip's own times, and whether it begins again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStyle, QWidget

from app.widgets.basic import Button, box, label, styled
from app.words import figure, tr

HEIGHT = 32
MS = 1000


class Scrubber(QSlider):
    """A place in the clip in milliseconds; arrow keys go from frame to frame, a click goes where it points."""

    sought = Signal(float)  # seconds
    stepped = Signal(int)  # frames

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        back, forward = (Qt.Key.Key_Left, Qt.Key.Key_Down), (Qt.Key.Key_Right, Qt.Key.Key_Up)
        if event.key() in back + forward:
            self.stepped.emit(-1 if event.key() in back else 1)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.sought.emit((self.minimum() if event.key() == Qt.Key.Key_Home else self.maximum()) / MS)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._seek(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event.position())

    def _seek(self, at: QPointF) -> None:
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
        room = max(self.width() - handle, 1)
        place = QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), round(at.x() - handle / 2), room, upsideDown=self.isRightToLeft()
        )
        self.sought.emit(place / MS)


class ClipTransport(QWidget):
    """The place in one clip. Emits `shown` with the number of the frame (from 0) that belongs on screen."""

    shown = Signal(int)
    playing_changed = Signal()
    looping_changed = Signal()

    def __init__(self, whose: str, rest: float) -> None:
        """`rest` in seconds: how long a clip stands at its end before it begins again."""
        super().__init__()
        self._whose, self._hold = whose, rest
        self._seconds: Sequence[float] = ()
        self._place = 0.0
        self._frame = 0
        self.playing = self.looping = True
        self._over = False  # it rests because it came to its end, not because somebody paused it
        styled(self, "panel")
        self.setFixedHeight(HEIGHT)
        row = box(QHBoxLayout(self), 8, (12, 0, 12, 0))
        self.play = Button("", "pause", size="small")
        self.scrubber = Scrubber()
        self.scrubber.setAccessibleName(tr("{whose}: place in the clip").format(whose=whose))
        self._time = label("", "small")
        self.loop = Button("", "repeat", size="small")
        self.loop.setCheckable(True)
        self.loop.setAccessibleName(tr("{whose}: loop the clip").format(whose=whose))
        self.loop.setToolTip(self.loop.accessibleName())
        for button in (self.play, self.loop):
            button.setProperty("flat", "true")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the pictures
        self.play.clicked.connect(lambda: self.set_playing(not self.playing))
        self.loop.clicked.connect(lambda: self.set_looping(not self.looping))
        self.scrubber.sought.connect(self.seek)
        self.scrubber.stepped.connect(self.step)
        row.addWidget(self.play)
        row.addWidget(self.scrubber, 1)
        row.addWidget(self._time)
        row.addWidget(self.loop)
        self.show_clip(())
        self._show_state()

    def show_clip(self, seconds: Sequence[float]) -> None:
        """The times of a clip's frames, from its first; none where there is no clip. It begins from the start."""
        self._seconds = seconds
        self.setEnabled(bool(seconds))
        self.scrubber.setRange(0, round(seconds[-1] * MS) if seconds else 0)
        if self._over:
            self.set_playing(True)
        if seconds:
            widest = self._words(seconds[-1])
            self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance(widest))  # the scrubber keeps still
        self._go(0.0)

    def tick(self, seconds: float) -> None:
        """Time goes on."""
        if not self.playing or not self._seconds:
            return
        place, end = self._place + seconds, self._seconds[-1]
        if place > end and not self.looping:
            self._go(end)
            self.set_playing(False)
            self._over = True
        else:
            self._go(0.0 if place > end + self._hold else place)

    def seek(self, seconds: float) -> None:
        """Rest at this place."""
        self.set_playing(False)
        self._go(seconds)

    def step(self, frames: int) -> None:
        """Rest at the frame so many on from the one on show."""
        if self._seconds:
            self.seek(self._seconds[min(max(self._frame + frames, 0), len(self._seconds) - 1)])

    def set_playing(self, on: bool) -> None:
        """Play or pause; a clip that is over begins again."""
        if on and self._seconds and self._place >= self._seconds[-1]:
            self._place = 0.0
        self.playing, self._over = on, False
        self._show_state()
        self.playing_changed.emit()

    def set_looping(self, on: bool) -> None:
        """Whether the clip begins again at its end."""
        self.looping = on
        self._show_state()
        self.looping_changed.emit()

    def _show_state(self) -> None:
        self.play.set_icon("pause" if self.playing else "play")
        name = tr("{whose}: pause the clip") if self.playing else tr("{whose}: play the clip")
        self.play.setAccessibleName(name.format(whose=self._whose))
        self.play.setToolTip(self.play.accessibleName())
        self.loop.setChecked(self.looping)

    def _go(self, place: float) -> None:
        self._place = place
        if not self._seconds:
            self._time.setText("")
            return
        self._frame = max(bisect_right(self._seconds, place + 1e-6) - 1, 0)
        at = self._seconds[self._frame]
        self.scrubber.setValue(round(at * MS))
        self._time.setText(self._words(at))
        self.shown.emit(self._frame)

    def _words(self, at: float) -> str:
        return tr("{at} / {all} s").format(at=figure(at, ".2f"), all=figure(self._seconds[-1], ".2f"))
