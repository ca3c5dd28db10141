"""Frames of one evidence item for the player: decoded on one thread, exact by PTS, scaled to the screen there.

Asking for a frame replaces an older request that has not begun. While playing, the thread keeps a few frames ahead
and the GUI shows each when it is due; where decoding cannot keep up, the film slows instead of skipping people.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from app.tasks import Pool
from engine.errors import EvidenceError, NightjarError
from engine.types import Frame

if TYPE_CHECKING:
    from engine.media.values import FrameSource

AHEAD = 6
PRESENT_MS = 8
KEYFRAME_SPEED = 8.0  # from here on only pictures that decode on their own are shown


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture on the screen. `seconds` counts from the item's first PTS; `full` is the frame's own size."""

    image: QImage
    pts: int
    index: int
    seconds: float
    full: QSize


@dataclass(frozen=True, slots=True)
class Opened:
    """What the player knows of an item: `pts` (N,) int64 ascending, seconds per PTS unit, frame size."""

    path: Path
    pts: np.ndarray
    time_base: float
    size: QSize

    def at(self, seconds: float) -> int:
        """PTS of the frame on show `seconds` after the first."""
        wanted = int(self.pts[0]) + round(seconds / self.time_base)
        return int(self.pts[max(int(np.searchsorted(self.pts, wanted, side="right")) - 1, 0)])

    def beside(self, pts: int, steps: int) -> int:
        """PTS of the frame `steps` after (or before) this one."""
        place = int(np.searchsorted(self.pts, pts)) + steps
        return int(self.pts[min(max(place, 0), len(self.pts) - 1)])

    def seconds(self, pts: int) -> float:
        """Seconds from the first frame to this PTS."""
        return float(pts - self.pts[0]) * self.time_base

    @property
    def duration(self) -> float:
        return self.seconds(self.pts[-1])


def to_image(pixels: np.ndarray, room: QSize) -> QImage:
    """`(H, W, 3) uint8` RGB as a QImage that fits `room` (device pixels) and is never enlarged."""
    import cv2

    height, width = pixels.shape[:2]
    scale = min(room.width() / width, room.height() / height, 1.0) if not room.isEmpty() else 1.0
    if scale < 1.0:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


class FrameFeed(QObject):
    """Open an item, show frames of it, play it."""

    opened = Signal(object)  # Opened
    shown = Signal(object)  # Shown
    failed = Signal(object)  # Exception
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = Pool(1, "frames", self)
        self._source: FrameSource | None = None  # decoder thread only
        self._run: Iterator[Frame] | None = None  # decoder thread only
        self._registered = (Path(), 0)  # decoder thread only
        self.item: Opened | None = None
        self.current: Shown | None = None
        self._asked: int | None = None  # a frame on its way
        self._room = QSize(1280, 720)
        self._generation = 0
        self._queue: deque[Shown] = deque()
        self._filling = False
        self._at_end = False
        self._speed = 0.0
        self._base = (0.0, 0.0)  # media seconds, wall seconds
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(PRESENT_MS)
        self._timer.timeout.connect(self._present)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def bound(self) -> int | None:
        """PTS of the frame on its way, else of the one on show: what the next step goes on from."""
        if self._asked is not None:
            return self._asked
        return self.current.pts if self.current is not None else None

    def set_room(self, room: QSize) -> None:
        """Device pixels there are for the picture."""
        self._room = QSize(room)

    def open(self, path: Path, size: int, index_file: Path | None = None) -> None:
        """Open an item registered with `size` bytes; `opened` or `failed` follows."""
        self._forget()
        generation = self._generation

        def load() -> Opened:
            from engine.media.source import open_source

            self._let_go()
            self._registered = (path, size)
            self._check()
            index = load_index(path, index_file)
            source = open_source(path, index=index)
            probe = source.probe
            self._source = source
            made: Any = source
            if index is None and index_file is not None:
                _save_index(made.index, index_file)
            frame = QSize(probe.width, probe.height)
            return Opened(path, np.asarray(made.index.pts), float(probe.time_base), frame)

        def done(item: Opened) -> None:
            if generation == self._generation:
                self.item = item
                self.opened.emit(item)

        self._pool.submit(load, done, self._failing(), key="open")

    def clear(self) -> None:
        """Show nothing any more, and let go of the file."""
        self._forget()
        self._pool.submit(self._let_go, lambda _none: None, key="open")

    def _forget(self) -> None:
        self.stop()
        self._generation += 1
        self.item = self.current = self._asked = None
        self._pool.keep_only(lambda _key: False)  # what was asked of the last item

    def _let_go(self) -> None:
        """On the decoder thread, or when it has ended."""
        if self._source is not None:
            self._source.close()
            self._source = self._run = None

    def show(self, pts: int) -> None:
        """Show exactly this frame."""
        self.stop()
        self._request(pts)

    def _request(self, pts: int) -> None:
        self._asked = pts
        generation, room = self._generation, QSize(self._room)

        def decode() -> Shown:
            assert self._source is not None
            try:
                return self._shown(self._source.frame_at(pts), room)
            except EvidenceError:
                self._check()  # it may not be the picture's own fault
                raise

        def done(picture: Shown) -> None:
            if generation == self._generation:
                self.current = picture
                if self._asked == pts:
                    self._asked = None
                self.shown.emit(picture)

        self._pool.submit(decode, done, self._failing(), key="frame", interim=True)

    def redraw(self) -> None:
        """The frame asked for last, again, for a new room: a step on its way is not lost to a resize."""
        if self.current is not None and not self.playing:
            self._request(self.current.pts if self._asked is None else self._asked)

    def step(self, frames: int) -> None:
        """Frame by frame; steps asked for faster than frames decode add up."""
        if self.item is not None and self.bound is not None:
            self.show(self.item.beside(self.bound, frames))

    def skip(self, seconds: float) -> None:
        if self.item is not None and self.bound is not None:
            self.show(self.item.at(max(self.item.seconds(self.bound) + seconds, 0.0)))

    def play(self, speed: float = 1.0) -> None:
        """Play from the frame on show."""
        if self.item is None or self.current is None:
            return
        self.stop()
        self._speed = speed
        self._at_end, self._asked = False, None
        self._base = (self.current.seconds, time.perf_counter())
        start = self.item.beside(self.current.pts, 1)
        if start == self.current.pts:
            return
        self._fill(start)
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stop playing; the frame on show stays."""
        if self._timer.isActive():
            self._timer.stop()
            self._generation += 1
            self._queue.clear()
            self._filling = False
            self.playing_changed.emit(False)

    def close(self) -> None:
        """Let go of the file and end the thread, without waiting for it."""
        self.stop()
        self._generation += 1
        self._pool.stop(last=self._let_go)

    def _check(self) -> None:
        """Whether what is being played can still be what was registered; EvidenceError where it cannot."""
        from engine.media.hashing import check_size

        check_size(*self._registered)

    def _shown(self, frame: Frame, room: QSize) -> Shown:
        assert self._source is not None
        seconds = float((frame.timestamp.pts - self._source.probe.start_pts) * frame.timestamp.time_base)
        full = QSize(frame.width, frame.height)
        return Shown(to_image(frame.image, room), frame.timestamp.pts, frame.index, seconds, full)

    def _fill(self, start: int | None = None) -> None:
        """Decode a few frames ahead; `start` begins a new run."""
        self._filling = True
        generation, room, quick = self._generation, QSize(self._room), self._speed >= KEYFRAME_SPEED

        def decode() -> list[Shown]:
            assert self._source is not None
            if start is not None:
                self._run = self._source.keyframes(start=start) if quick else self._source.frames(start)
            pictures: list[Shown] = []
            for frame in self._run or ():
                pictures.append(self._shown(frame, room))
                if len(pictures) >= AHEAD // 2:
                    break
            else:
                self._check()  # the end of the film, or of what is left of the file
            return pictures

        def done(pictures: list[Shown]) -> None:
            if generation != self._generation:
                return
            self._filling = False
            self._queue.extend(pictures)
            self._at_end = not pictures

        self._pool.submit(decode, done, self._failing(), key="fill")

    def _present(self) -> None:
        now = time.perf_counter()
        due = self._base[0] + (now - self._base[1]) * self._speed
        picture = None
        while self._queue and self._queue[0].seconds <= due:
            picture = self._queue.popleft()
        if picture is None and not self._queue:
            shown = self.current.seconds if self.current else due
            self._base = (max(shown, min(due, shown + 0.1)), now)  # nothing decoded yet: the film waits
        if picture is not None:
            self.current = picture
            self.shown.emit(picture)
        if not self._filling and not self._at_end and len(self._queue) <= AHEAD // 2:
            self._fill()
        if self._at_end and not self._queue:
            self.stop()

    def _failing(self) -> Callable[[Exception], None]:
        """What tells of a failure; of a fault in what nobody waits for any more nothing is told."""
        generation = self._generation

        def fail(error: Exception) -> None:
            if generation == self._generation or not isinstance(error, NightjarError):
                self.stop()
                self._asked = None
                self.failed.emit(error)

        return fail


def load_index(path: Path, file: Path | None) -> Any:
    """The stored index of the film at `path`; None where there is none that can be used."""
    from engine.media.index import PtsIndex

    if file is None or not file.is_file() or not path.exists() or file.stat().st_mtime < path.stat().st_mtime:
        return None
    try:
        return PtsIndex.load(file)
    except EvidenceError:
        return None  # a cache: it is built again


def _save_index(index: Any, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        index.save(file)
    except OSError:
        return  # a cache: playing works without it
