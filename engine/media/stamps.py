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


_Held = tuple[int, int, Decoded]  # PTS, arrival, picture


def running(run: Iterator[Decoded], probe: Probe, failures: DecodeFailures) -> Iterator[tuple[Decoded, int]]:
    """From the first picture on: the container's PTS, or where `timing` is 'counted' the number of the picture.

    Pictures of a damaged stretch that come out of order are put back in order. A PTS that is missing, still not later
    than the one before, or far ahead of those that follow (a recorder's clock that jumped for a moment) is replaced by
    the one before plus the usual step, and noted.
    """
    if probe.timing == "counted":
        yield from ((decoded, number) for number, decoded in enumerate(run))
        return
    for decoded, pts, own in _in_recorded_order(_filled(run, probe, failures), probe.frame_step):
        if not own:
            failures.note_retimed(pts)
        yield decoded, pts


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


def _in_recorded_order(timed: Iterator[tuple[Decoded, int]], step: int) -> Iterator[tuple[Decoded, int, bool]]:
    """The same pictures by strictly ascending PTS within a small window, and whether that PTS is the stated one.

    A picture that `WINDOW` later ones have overtaken was not merely reordered: either its own clock or theirs has
    jumped. It takes its turn, with its own PTS only where that goes on from the picture before better than theirs.
    """
    held: list[_Held] = []
    last: int | None = None
    arrival = 0

    def next_one() -> tuple[Decoded, int, bool]:
        nonlocal last
        chosen, own = _turn(held, arrival, last, step)
        held.remove(chosen)
        heapq.heapify(held)
        last = chosen[0] if own or last is None else _between(last, step, held)
        return chosen[2], last, own

    for arrival, (decoded, pts) in enumerate(timed):
        heapq.heappush(held, (pts, arrival, decoded))
        if len(held) > WINDOW:
            yield next_one()
    while held:
        yield next_one()


def _turn(held: list[_Held], arrival: int, last: int | None, step: int) -> tuple[_Held, bool]:
    """Which held picture comes next, and whether its PTS can be used."""
    earliest, oldest = held[0], min(held, key=lambda each: each[1])
    if last is None:
        return earliest, True
    if arrival - oldest[1] < WINDOW or oldest is earliest:
        return earliest, earliest[0] > last
    due = last + step
    return oldest, oldest[0] > last and abs(oldest[0] - due) <= abs(earliest[0] - due)


def _between(last: int, step: int, held: list[_Held]) -> int:
    """The next free PTS: the usual step later, or sooner where the picture after it would lose its own."""
    following = min((pts for pts, _, _ in held if pts > last), default=last + 2 * step)
    return last + max(1, min(step, (following - last) // 2))


def _in_order(timed: Iterator[tuple[Decoded, int]], index: PtsIndex, first: int) -> Iterator[tuple[Decoded, int]]:
    """The same pictures by ascending PTS within a small window; at once where the index says which one is next."""
    held: list[tuple[int, int, Decoded]] = []
    due: int | None = first
    for arrival, (decoded, pts) in enumerate(timed):
        heapq.heappush(held, (pts, arrival, decoded))
        while held and (held[0][0] == due or len(held) > WINDOW):
            earliest, _, ready = heapq.heappop(held)
            yield ready, earliest
            place = index.first_from(earliest + 1)
            due = int(index.pts[place]) if place < len(index) else None
    yield from ((ready, pts) for pts, _, ready in sorted(held))
