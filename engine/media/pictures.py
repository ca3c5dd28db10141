"""Decoded pictures of one recording, in presentation order, each with its PTS and the packet that it came from.

Decoding is threaded and strict while all is well. At the first damage it starts again at the last sound keyframe with
a single thread that patches what it can, because only then does an error belong to one packet and every run gives the
same pictures; at the next sound keyframe the threads come back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Self

import av

from engine.media import stamps
from engine.media.container import configure_decoder, open_container, packets
from engine.media.index import NO_DTS, PtsIndex, index_by_demuxing
from engine.media.picture import Copier, Deinterlacer
from engine.media.stamps import Decoded
from engine.media.values import DecodeFailures, Probe
from engine.progress import finish

NO_PACKET = NO_DTS  # a PTS that no packet has
REORDERING = 64  # packets; more than any codec holds back
MAX_COUNTED_RETURNS = 16  # to strict decoding, where the way back is counting packets from the beginning


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A packet where decoding may begin: its PTS and DTS as the container states them, and its number."""

    pts: int | None
    dts: int
    packet: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded `av.VideoFrame` with its PTS on the probe's clock."""

    frame: Any
    pts: int
    packet: int
    keyframe: bool
    corrupt: bool


def pictures(
    path: Path,
    probe: Probe,
    *,
    index: PtsIndex | None = None,
    start: int | None = None,
    threads: int = 0,
    failures: DecodeFailures | None = None,
    deinterlace: bool = True,
    alone: bool = False,
) -> Generator[Picture, None, None]:
    """Pictures from the keyframe at position `start` of `index` on (None: from the beginning of the file).

    Pictures that belong before that keyframe are left out. Damage is noted in `failures`. `alone` decodes the
    keyframe's own packet and nothing else.
    """
    noted = failures or DecodeFailures(probe.time_base, probe.frame_step)
    key: KeyPoint | None = None
    if start is not None and index is not None:
        key = KeyPoint(int(index.pts[start]), int(index.dts[start]), int(index.packet[start]))
    decoder = _Decoder(
        path,
        probe,
        noted,
        threads=threads,
        restart=key,
        index=index,
        may_seek=index is not None and not index.by_packet,
        packets_wanted=1 if alone else None,
    )
    with closing(decoder.run()) as run:
        if key is None or index is None or start is None:
            timed = stamps.running(run, probe, noted)
        elif index.by_packet:
            timed = stamps.by_packet(run, index, first=int(index.pts[start]))
        else:
            timed = stamps.kept(run, index, first=int(index.pts[start]))
        found = _noted(timed, noted)
        yield from _deinterlaced(found, probe) if deinterlace else found


class _Origin:
    """Travels through the decoder with its packet. An object of its own per packet: PyAV keeps these by identity,
    so that a shared one, such as a small int, would vanish with the first of its frames."""

    __slots__ = ("packet",)

    def __init__(self, packet: int) -> None:
        self.packet = packet


class _DamageError(Exception):
    """A strict pass met damage."""


class _LostError(Exception):
    """After a seek the container gave other packets than the index holds."""


@dataclass(slots=True)
class _Decoder:
    """Feeds packets to the codec; yields pictures in presentation order."""

    path: Path
    probe: Probe
    failures: DecodeFailures
    threads: int = 0
    restart: KeyPoint | None = None  # moves on as sound keyframes go by
    index: PtsIndex | None = None
    may_seek: bool = False
    packets_wanted: int | None = None
    _keys: dict[int, KeyPoint] = field(default_factory=dict)
    _emitted: set[int] = field(default_factory=set)

    def run(self) -> Generator[Decoded, None, None]:
        """All pictures from the key point on, each once."""
        strict, returns = True, 0
        while True:
            try:
                if (yield from self._pass(strict)):
                    return
                strict = returns <= MAX_COUNTED_RETURNS or self.may_seek
            except _DamageError:
                strict, returns = False, returns + 1
                self._prepare_to_seek()
            except _LostError:
                self.may_seek = False

    def _prepare_to_seek(self) -> None:
        """A damaged recording is entered many times, so that it pays to index it."""
        if self.index is None and self.probe.timing == "container":
            self.index = finish(index_by_demuxing(self.path, self.probe))
            self.may_seek = self.index is not None

    def _pass(self, strict: bool) -> Generator[Decoded, None, bool]:
        """Open the file and decode; True at its end, False after the first sound keyframe behind the damage."""
        with open_container(self.path) as container, _Judge(self.path, self.probe) as judge:
            stream = container.streams[self.probe.stream_index]
            configure_decoder(stream, self.threads if strict else 1, strict=strict)
            number, copier = 0, Copier()
            for number, packet in self._fed(container, stream):
                if not strict:
                    judge.look(number, packet)
                for frame in self._decode(stream, packet, number, strict):
                    origin = number if frame.opaque is None else frame.opaque.packet
                    if origin in self._emitted:
                        continue
                    if frame.is_corrupt and strict:
                        raise _DamageError
                    patched = bool(frame.is_corrupt) or origin in judge.damaged
                    is_restart = self._remember(origin, patched)
                    shown = frame if strict else copier.copy(frame)
                    del frame
                    yield Decoded(origin, shown, patched)
                    if is_restart and any(damaged < origin for damaged in judge.damaged):
                        self._note_lost(judge, before=origin)
                        return False
            self._note_lost(judge, before=number)
            if strict and self._has_gap(number):
                raise _DamageError
        return True

    def _note_lost(self, judge: _Judge, before: int) -> None:
        """Damaged packets that gave no picture at all."""
        for number, pts in judge.damaged.items():
            if number < before and number not in self._emitted:
                counted = pts is None or self.probe.timing == "counted"
                self.failures.note_undecoded(number if counted or pts is None else pts)

    def _has_gap(self, end: int) -> bool:
        """Whether a packet since the last sound keyframe gave no picture: a threaded decoder drops some silently
        when the last ones are damaged."""
        first = 0 if self.restart is None else self.restart.packet
        return any(number not in self._emitted for number in range(first, end))

    def _fed(self, container: Any, stream: Any) -> Iterator[tuple[int, Any | None]]:
        """`(number, packet)` from the restart point on, then a None that drains the decoder."""
        key = self.restart
        number = -1 if key is None else key.packet - 1
        for packet in islice(self._from_restart(container, stream), self.packets_wanted):
            number += 1
            yield number, packet
        yield number + 1, None

    def _from_restart(self, container: Any, stream: Any) -> Iterator[Any]:
        key = self.restart
        if key is None:
            yield from packets(container, stream, self.path)
            return
        found = _sought(container, stream, key, self.path) if self.may_seek else None
        if found is not None:
            yield from self._checked(found, key)
            return
        with open_container(self.path) as again:  # count packets from the beginning
            yield from islice(packets(again, again.streams[stream.index], self.path), key.packet, None)

    def _checked(self, found: Iterator[Any], key: KeyPoint) -> Iterator[Any]:
        """Packets after a seek, as long as they are those of the index."""
        expected = self.index.pts_by_packet(key.packet) if self.index is not None else iter(())
        for packet in found:
            pts = next(expected, NO_PACKET)
            if pts is not None and packet.pts != pts:
                raise _LostError
            yield packet

    def _decode(self, stream: Any, packet: Any | None, number: int, strict: bool) -> list[Any]:
        if packet is not None:
            packet.opaque = _Origin(number)
            if packet.is_keyframe:
                dts = NO_DTS if packet.dts is None else packet.dts
                self._keys[number] = KeyPoint(packet.pts, dts, number)
        try:
            return list(stream.codec_context.decode(packet))
        except av.FFmpegError as error:
            if strict:
                raise _DamageError from error
            return []

    def _remember(self, origin: int, patched: bool) -> bool:
        """Note what was handed out; True where decoding could begin again at this picture."""
        self._emitted.add(origin)
        key = self._keys.get(origin)
        if key is None or patched:
            return False
        self.restart = key
        oldest = origin - REORDERING
        self._emitted = {number for number in self._emitted if number >= oldest}
        self._keys = {number: each for number, each in self._keys.items() if number >= oldest}
        return True


class _Judge:
    """A second, strict decoder that says which packets are damaged while the first one patches them."""

    def __init__(self, path: Path, probe: Probe) -> None:
        self._path, self._probe = path, probe
        self._resources = ExitStack()
        self._context: Any = None
        self.damaged: dict[int, int | None] = {}  # packet number -> its PTS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._resources.close()

    def look(self, number: int, packet: Any | None) -> None:
        """Decode one packet strictly (None: the recording ended) and note damage."""
        if self._context is None:
            container = self._resources.enter_context(open_container(self._path))
            stream = container.streams[self._probe.stream_index]
            configure_decoder(stream, 1, strict=True)
            self._context = stream.codec_context
        if packet is not None:
            try:
                self._context.decode(packet)
            except av.FFmpegError:
                self.damaged[number] = packet.pts


def _sought(container: Any, stream: Any, key: KeyPoint, path: Path) -> Iterator[Any] | None:
    """The packets from the key packet on; None where the container's own seeking does not get there.

    Containers compare with DTS, with PTS or with rounded positions, so where a seek landed is checked by PTS.
    """
    for target in dict.fromkeys((key.pts, key.dts)):
        if target is None or target == NO_DTS:
            continue
        try:
            container.seek(target, stream=stream)
        except av.FFmpegError:
            continue
        run = packets(container, stream, path)
        for packet in run:
            if not packet.is_keyframe or packet.pts is None or key.pts is None:
                continue
            if packet.pts == key.pts:
                return chain([packet], run)
            if packet.pts > key.pts:
                break
    return None


def _noted(timed: Iterator[tuple[Decoded, int]], failures: DecodeFailures) -> Iterator[Picture]:
    for decoded, pts in timed:
        if decoded.patched:
            failures.note_corrupt(pts)
        yield Picture(decoded.frame, pts, decoded.packet, bool(decoded.frame.key_frame), decoded.patched)


def _deinterlaced(run: Iterator[Picture], probe: Probe) -> Iterator[Picture]:
    """The same pictures with interlaced ones woven into full pictures; begins at the first interlaced picture."""
    weaver: Deinterlacer | None = None
    held: deque[Picture] = deque()
    for picture in run:
        if weaver is not None and not weaver.fits(picture.frame):
            yield from _drained(weaver.push(None), held)
            weaver = None
        if weaver is None and picture.frame.interlaced_frame:
            weaver = Deinterlacer(picture.frame, probe.time_base)
        if weaver is None:
            yield picture
            continue
        held.append(picture)
        yield from _drained(weaver.push(picture.frame), held)
    if weaver is not None:
        yield from _drained(weaver.push(None), held)


def _drained(frames: list[Any], held: deque[Picture]) -> Iterator[Picture]:
    for frame in frames:
        yield replace(held.popleft(), frame=frame)
