"""Decoded pictures of one recording, in presentation order, each with its PTS and the packet that it came from.

Decoding is threaded while all is well. At the first damage it starts again at the last sound keyframe with a single
thread, because only then does an error belong to one packet and every run gives the same pictures; at the next sound
keyframe the threads come back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np

from engine.media.container import configure_decoder, open_container, packets
from engine.media.index import NO_DTS, PtsIndex
from engine.media.picture import Deinterlacer
from engine.media.values import DecodeFailures, Probe

REORDERING = 64  # packets; more than any codec holds back
MAX_RETURNS_TO_THREADS = 16  # a recording damaged all over stays with one thread


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
    if start is None or index is None:
        key, by_packet = None, probe.timing == "counted"
        stamp: _Stamp = _RunningStamp(probe, noted)
    else:
        key = KeyPoint(int(index.pts[start]), int(index.dts[start]), int(index.packet[start]))
        by_packet = index.by_packet
        stamp = _PacketStamp(index, key) if by_packet else _KeptStamp(key)
    decoder = _Decoder(
        path, probe, noted, threads=threads, restart=key, by_packet=by_packet, packets_wanted=1 if alone else None
    )
    with closing(decoder.run()) as run:
        stamped = _stamped(run, stamp, noted)
        yield from _deinterlaced(stamped, probe) if deinterlace else stamped


class _DamageError(Exception):
    """A threaded pass met an error or a patched picture at or before this packet."""

    def __init__(self, packet: int) -> None:
        super().__init__(packet)
        self.packet = packet


@dataclass(slots=True)
class _Decoder:
    """Feeds packets to the codec; yields `(packet number, av.VideoFrame)` in presentation order."""

    path: Path
    probe: Probe
    failures: DecodeFailures
    threads: int = 0
    restart: KeyPoint | None = None  # moves on as sound keyframes go by
    by_packet: bool = False
    packets_wanted: int | None = None
    _keys: dict[int, KeyPoint] = field(default_factory=dict)
    _emitted: set[int] = field(default_factory=set)

    def run(self) -> Generator[tuple[int, Any], None, None]:
        """All pictures from the key point on, each once."""
        returns = 0
        while self.threads != 1 and returns < MAX_RETURNS_TO_THREADS:
            try:
                yield from self._pass(self.threads)
                return
            except _DamageError as damage:
                returns += 1
                sound_after = None if self.by_packet else damage.packet
            if (yield from self._pass(1, sound_after)):
                return
        yield from self._pass(1)

    def _pass(self, threads: int, sound_after: int | None = None) -> Generator[tuple[int, Any], None, bool]:
        """Open the file and decode; True at its end, False after the first sound keyframe past `sound_after`."""
        with open_container(self.path) as container:
            stream = container.streams[self.probe.stream_index]
            configure_decoder(stream, threads)
            for number, packet in self._fed(container, stream):
                for frame in self._decode(stream, packet, number, threads):
                    origin = number if frame.opaque is None else frame.opaque
                    if origin in self._emitted:
                        continue
                    if frame.is_corrupt and threads != 1:
                        raise _DamageError(number)
                    is_restart = self._remember(origin, frame)
                    yield origin, frame
                    if is_restart and sound_after is not None and origin > sound_after:
                        return False
        return True

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
        found = None if self.by_packet else _sought(container, stream, key, self.path)
        if found is not None:
            yield from found
            return
        with open_container(self.path) as again:  # count packets from the beginning
            yield from islice(packets(again, again.streams[stream.index], self.path), key.packet, None)

    def _decode(self, stream: Any, packet: Any | None, number: int, threads: int) -> list[Any]:
        if packet is not None:
            packet.opaque = number
            if packet.is_keyframe:
                dts = NO_DTS if packet.dts is None else packet.dts
                self._keys[number] = KeyPoint(packet.pts, dts, number)
        try:
            return list(stream.codec_context.decode(packet))
        except av.FFmpegError as error:
            if threads != 1:
                raise _DamageError(number) from error
            if packet is not None:
                counted = packet.pts is None or self.probe.timing == "counted"
                self.failures.note_undecoded(number if counted else packet.pts)
            return []

    def _remember(self, origin: int, frame: Any) -> bool:
        """Note what was handed out; True where decoding could begin again at this picture."""
        self._emitted.add(origin)
        key = self._keys.get(origin)
        if key is None or frame.is_corrupt:
            return False
        self.restart = key
        oldest = origin - REORDERING
        self._emitted = {number for number in self._emitted if number >= oldest}
        self._keys = {number: each for number, each in self._keys.items() if number >= oldest}
        return True


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


class _Stamp(Protocol):
    def __call__(self, packet: int, frame: Any) -> int | None:
        """PTS on the probe's clock; None leaves the picture out."""


class _RunningStamp:
    """The container's PTS, or where `timing` is 'counted' the number of the picture.

    A missing or repeated PTS becomes the previous one plus the usual step.
    """

    def __init__(self, probe: Probe, failures: DecodeFailures) -> None:
        self._counted, self._step, self._failures = probe.timing == "counted", probe.frame_step, failures
        self._next = 0 if self._counted else probe.start_pts
        self._last: int | None = None

    def __call__(self, packet: int, frame: Any) -> int:
        pts: int | None = None if self._counted else frame.pts
        if pts is None or (self._last is not None and pts <= self._last):
            pts = self._next
            if not self._counted:
                self._failures.note_retimed(pts)
        self._last, self._next = pts, pts + self._step
        return pts


class _KeptStamp:
    """The container's PTS as they are, from a keyframe on."""

    def __init__(self, key: KeyPoint) -> None:
        self._first = key.pts

    def __call__(self, packet: int, frame: Any) -> int | None:
        pts: int | None = frame.pts
        return None if pts is None or (self._first is not None and pts < self._first) else pts


class _PacketStamp:
    """The PTS that the index gives to the packet which a picture came from."""

    def __init__(self, index: PtsIndex, key: KeyPoint) -> None:
        order = np.argsort(index.packet)
        self._packets, self._pts = index.packet[order], index.pts[order]
        self._first = self._look_up(key.packet)

    def _look_up(self, packet: int) -> int | None:
        place = int(np.searchsorted(self._packets, packet))
        known = place < len(self._packets) and int(self._packets[place]) == packet
        return int(self._pts[place]) if known else None

    def __call__(self, packet: int, frame: Any) -> int | None:
        pts = self._look_up(packet)
        return None if pts is None or (self._first is not None and pts < self._first) else pts


def _stamped(run: Iterator[tuple[int, Any]], stamp: _Stamp, failures: DecodeFailures) -> Iterator[Picture]:
    for packet, frame in run:
        pts = stamp(packet, frame)
        if pts is None:
            continue
        if frame.is_corrupt:
            failures.note_corrupt(pts)
        yield Picture(frame, pts, packet, bool(frame.key_frame), bool(frame.is_corrupt))


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
