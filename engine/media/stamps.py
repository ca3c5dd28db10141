"""Which PTS a decoded picture has: the container's own, repaired where it must be, and the same by every road."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.media.index import PtsIndex
from engine.media.values import DecodeFailures, Probe

WINDOW = 8  # pictures held to put a damaged stretch back in order


@dataclass(frozen=True, slots=True)
class Decoded:
    """An `av.VideoFrame`, the number of the packet that it came from, and whether the decoder had to patch it."""

    packet: int
    frame: Any
    patched: bool


def running(run: Iterator[Decoded], probe: Probe, failures: DecodeFailures) -> Iterator[tuple[Decoded, int]]:
    """From the first picture on: the container's PTS, or where `timing` is 'counted' the number of the picture.

    Pictures of a damaged stretch that come out of order are put back in order. A PTS that is missing or still not
    later than the one before is replaced by that one plus the usual step, and noted.
    """
    if probe.timing == "counted":
        yield from ((decoded, number) for number, decoded in enumerate(run))
        return
    last: int | None = None
    for decoded, stated in _in_order(_filled(run, probe, failures)):
        pts = stated
        if last is not None and pts <= last:
            pts = last + probe.frame_step
            failures.note_retimed(pts)
        yield decoded, pts
        last = pts


def kept(run: Iterator[Decoded], index: PtsIndex, first: int) -> Iterator[tuple[Decoded, int]]:
    """From the keyframe with PTS `first` on: the container's PTS as they are, in the order of the index."""
    timed = ((decoded, decoded.frame.pts) for decoded in run)
    yield from _in_order(((each, pts) for each, pts in timed if pts is not None and pts >= first), index, first)


def by_packet(run: Iterator[Decoded], index: PtsIndex, first: int) -> Iterator[tuple[Decoded, int]]:
    """From the keyframe with PTS `first` on: what the index gives to the packet that a picture came from."""
    order = np.argsort(index.packet)
    numbers, times = index.packet[order], index.pts[order]

    def timed() -> Iterator[tuple[Decoded, int]]:
        for decoded in run:
            place = int(np.searchsorted(numbers, decoded.packet))
            if place < len(numbers) and int(numbers[place]) == decoded.packet and int(times[place]) >= first:
                yield decoded, int(times[place])

    yield from _in_order(timed(), index, first)


def _filled(run: Iterator[Decoded], probe: Probe, failures: DecodeFailures) -> Iterator[tuple[Decoded, int]]:
    following = probe.start_pts
    for decoded in run:
        pts = decoded.frame.pts
        if pts is None:
            pts = following
            failures.note_retimed(pts)
        yield decoded, pts
        following = pts + probe.frame_step


def _in_order(
    timed: Iterator[tuple[Decoded, int]], index: PtsIndex | None = None, first: int = 0
) -> Iterator[tuple[Decoded, int]]:
    """The same pictures by ascending PTS within a small window; at once where the index says which one is next."""
    held: list[tuple[int, int, Decoded]] = []
    due = None if index is None else first
    for arrival, (decoded, pts) in enumerate(timed):
        heapq.heappush(held, (pts, arrival, decoded))
        while held and (held[0][0] == due or len(held) > WINDOW):
            earliest, _, ready = heapq.heappop(held)
            yield ready, earliest
            if index is not None:
                place = index.first_from(earliest + 1)
                due = int(index.pts[place]) if place < len(index) else None
    yield from ((ready, pts) for pts, _, ready in sorted(held))
