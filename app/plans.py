"""Cameras on one plane, and the way of a subject past them in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.subjects import Appearance
    from engine.store.records import Camera

EARTH_METRES = 6_371_008.8  # mean radius, IUGG
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """`points` by camera id: x to the right, y downwards; `metres` True where they come from latitude and longitude
    (north is up then), else in the site plan's own unit. `without`: cameras that have no place on this plan."""

    points: dict[int, Point]
    metres: bool
    without: tuple[Camera, ...]


def plan_of(cameras: Sequence[Camera], *, picture: bool = False) -> Plan:
    """Site plan positions where any camera has them or a `picture` lies under them, else latitude and longitude: the
    two share no origin.

    Degrees become metres by an equirectangular projection about the cameras' middle latitude, which is exact enough
    for the extent of a town.
    """
    points: dict[int, Point] = {c.id: (c.x, c.y) for c in cameras if c.x is not None and c.y is not None}
    metres = not points and not picture
    if metres:
        known = [(c.id, c.latitude, c.longitude) for c in cameras if c.latitude is not None and c.longitude is not None]
        if known:
            middle = sum(latitude for _, latitude, _ in known) / len(known)
            west = known[0][2]
            for number, latitude, longitude in known:
                turn = (longitude - west + 180) % 360 - 180  # the shorter way round
                x = EARTH_METRES * cos(radians(middle)) * radians(turn)
                points[number] = (x, -EARTH_METRES * radians(latitude - middle))
    return Plan(points, metres and bool(points), tuple(c for c in cameras if c.id not in points))


@dataclass(frozen=True, slots=True)
class Stop:
    """An appearance on the way. `number` counts from 1 as everywhere on the page; `certain` False where it may have
    been before the stop in front of it, by the clocks' uncertainty."""

    number: int
    tracklet: int
    camera: int
    certain: bool


def route(appearances: Sequence[Appearance]) -> list[Stop]:
    """The appearances whose true time is known, in its order. Recorder times of two clocks cannot be compared."""
    known = [(n, a) for n, a in enumerate(appearances, start=1) if a.first.adjusted is not None]
    known.sort(key=lambda pair: pair[1].first.sort_key())
    stops: list[Stop] = []
    for place, (number, shown) in enumerate(known):
        before = known[place - 1][1] if place else None
        stops.append(Stop(number, shown.tracklet.id, shown.tracklet.camera_id, before is None or _apart(before, shown)))
    return stops


def _apart(earlier: Appearance, later: Appearance) -> bool:
    """True where the order stands whatever the clocks' errors; one clock agrees with itself."""
    if earlier.tracklet.item_id == later.tracklet.item_id:
        return True
    margin = (earlier.first.uncertainty or 0) + (later.first.uncertainty or 0)
    return later.first.sort_key() - earlier.first.sort_key() > margin


def numbers(stops: Sequence[Stop], camera: int) -> str:
    """'1, 3–5': the stops at one camera."""
    found = sorted(stop.number for stop in stops if stop.camera == camera)
    runs: list[list[int]] = []
    for number in found:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
