"""A video file as a source of exact frames."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from engine.errors import EvidenceError
from engine.media.files import name_of
from engine.media.index import PtsIndex, build_index
from engine.media.picture import Converter, Geometry, square_size
from engine.media.pictures import Picture, pictures
from engine.media.values import DecodeFailures, Probe
from engine.progress import finish
from engine.settings import MediaSettings
from engine.types import Frame, Timestamp

STEPPING = 32  # frames; a jump back of at most so many is stepping, and what lies before is wanted next
MAX_EARLIER_STARTS = 50  # damaged keyframes passed over before decoding begins at the beginning


class VideoSource:
    """Frames of one video file by PTS. Used by one thread at a time; generators may run beside `frame_at`."""

    def __init__(
        self, path: Path, probe: Probe, index: PtsIndex | None = None, settings: MediaSettings | None = None
    ) -> None:
        self._path, self._probe, self._index = path, probe, index
        self._settings = settings or MediaSettings()
        self._failures = DecodeFailures(probe.time_base, probe.frame_step)
        stored = square_size(probe.coded_width, probe.coded_height, probe.pixel_aspect)
        self._converter = Converter(Geometry(*stored, probe.rotation // 90, probe.mirrored))
        self._cache = _FrameCache(self._settings.cache_bytes)
        self._cursor: Generator[Picture, None, None] | None = None
        self._cursor_place = -1
        self._last_place = -1

    @property
    def probe(self) -> Probe:
        return self._probe

    @property
    def failures(self) -> DecodeFailures:
        return self._failures

    @property
    def index(self) -> PtsIndex:
        """The PTS index; built now if none was given."""
        if self._index is None:
            self._index = finish(build_index(self._path, self._probe))
        return self._index

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """Every frame from the first with PTS >= `start` (None: from the first frame), in presentation order."""
        if start is None:
            yield from self._all_frames()
            return
        place = self.index.first_from(start)
        if place >= len(self.index):
            return
        found = DecodeFailures(self._probe.time_base, self._probe.frame_step)
        try:
            for picture in self._run_towards(place, found):
                if picture.pts >= start:
                    yield self._frame(picture, self.index.first_from(picture.pts))
        finally:
            self._failures.take_over(found, start)

    def _all_frames(self) -> Iterator[Frame]:
        count = 0
        for picture in self._run(None, self._failures):
            yield self._frame(picture, count)
            count += 1
        lost = self._failures.undecoded
        self._failures.undelivered = max(0, (self._probe.stated_frames or 0) - count - lost)

    def frame_at(self, pts: int) -> Frame:
        """Exactly the frame with this PTS, the same bytes as from `frames`.

        `EvidenceError` where no frame has it or the picture does not decode.
        """
        place = self.index.position(pts)
        if place is None:
            raise EvidenceError(f"{name_of(self._path)} has no frame at time stamp {pts}.")
        going_back = 0 < self._last_place - place <= STEPPING
        self._last_place = place
        frame = self._cache.get(pts) or self._reach(place, going_back)
        if frame is None:
            raise EvidenceError(f"The picture at time stamp {pts} of {name_of(self._path)} does not decode.")
        return frame

    def keyframes(self, every_seconds: Fraction | int = 0, start: int | None = None) -> Iterator[Frame]:
        """Keyframes at least `every_seconds` apart, from the first with PTS >= `start`; only their own packets are
        read and decoded.

        Interlaced keyframes are decoded with their neighbours, which deinterlacing needs.
        """
        gap = every_seconds / self._probe.time_base
        due: int | Fraction | None = start
        for place in np.flatnonzero(self.index.keyframe):
            pts = int(self.index.pts[place])
            if due is not None and pts < due:
                continue
            due = pts + gap
            frame = self._lone_frame(int(place), pts) or self._reach(int(place))
            if frame is None:
                self._failures.note_undecoded(pts)
            else:
                yield frame

    def close(self) -> None:
        """Let go of the file and of all kept pictures."""
        self._drop_cursor()
        self._cache.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame(self, picture: Picture, index: int) -> Frame:
        if (picture.frame.width, picture.frame.height) != (self._probe.coded_width, self._probe.coded_height):
            self._failures.note_rescaled(picture.pts)
        return Frame(self._converter.image(picture.frame), Timestamp(picture.pts, self._probe.time_base), index)

    def _run(self, start: int | None, failures: DecodeFailures | None) -> Generator[Picture, None, None]:
        """Pictures from a keyframe's position on (None: from the first)."""
        return pictures(
            self._path,
            self._probe,
            index=self._index,
            start=start,
            threads=self._settings.threads,
            failures=failures,
        )

    def _starts(self, place: int) -> Iterator[int | None]:
        """Where decoding may begin so that the frame at `place` comes out right, nearest first.

        A few frames of pre-roll: in open GOPs the frames just before a keyframe need the GOP before it, and the
        deinterlacer needs a neighbour.
        """
        keys = np.flatnonzero(self.index.keyframe[: max(place - self._settings.preroll_frames, 0) + 1])
        nearest = [int(each) for each in keys[::-1][:MAX_EARLIER_STARTS] if each > 0]
        yield from nearest
        yield None

    def _run_towards(self, place: int, failures: DecodeFailures | None = None) -> Generator[Picture, None, None]:
        """Pictures from the nearest sound keyframe before `place` on."""
        for start in self._starts(place):
            run = self._run(start, failures)
            first = next(run, None)
            if first is not None and (start is None or self._is_sound_start(first, start)):
                yield first
                yield from run
                return
            run.close()

    def _is_sound_start(self, first: Picture, start: int) -> bool:
        return first.pts == int(self.index.pts[start]) and not first.corrupt

    def _reach(self, place: int, going_back: bool = False) -> Frame | None:
        """Decode up to the frame at `place`: on from where stepping stands if that is nearer than a keyframe.

        When going back, the frames on the way are kept: they are the next ones to be asked for.
        """
        nearest = next(iter(self._starts(place)))
        if self._cursor is None or not (nearest or 0) <= self._cursor_place < place:
            self._drop_cursor()
            self._cursor = self._run_towards(place)
        pts, passed = int(self.index.pts[place]), 0
        for picture in self._cursor:
            self._cursor_place, passed = self.index.first_from(picture.pts), passed + 1
            if picture.pts > pts:
                return None
            worth_keeping = (
                going_back and passed > self._settings.preroll_frames + 1 and place - self._cursor_place < STEPPING
            )
            if picture.pts == pts or worth_keeping:
                frame = self._frame(picture, self._cursor_place)
                self._cache.put(frame)
                if picture.pts == pts:
                    return frame
        self._drop_cursor()
        return None

    def _drop_cursor(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
        self._cursor, self._cursor_place = None, -1

    def _lone_frame(self, place: int, pts: int) -> Frame | None:
        """A keyframe from its own packet alone; None where that is not possible."""
        if self._probe.interlaced or self.index.by_packet:
            return None
        with closing(pictures(self._path, self._probe, index=self._index, start=place, threads=1, alone=True)) as run:
            picture = next(run, None)
        sound = picture is not None and picture.pts == pts and not picture.corrupt
        return self._frame(picture, place) if picture is not None and sound else None


class _FrameCache:
    """The frames that stepping visited last, within a bound of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._frames: OrderedDict[int, Frame] = OrderedDict()

    def get(self, pts: int) -> Frame | None:
        frame = self._frames.get(pts)
        if frame is not None:
            self._frames.move_to_end(pts)
        return frame

    def put(self, frame: Frame) -> None:
        if frame.timestamp.pts in self._frames:
            return
        self._frames[frame.timestamp.pts] = frame
        self._held += frame.image.nbytes
        while self._held > self._limit and self._frames:
            self._held -= self._frames.popitem(last=False)[1].image.nbytes

    def clear(self) -> None:
        self._frames.clear()
        self._held = 0
