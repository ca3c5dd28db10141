"""Stations as unlike one another as cameras in the world are, for a detector that must work where it has never been.

Cameras near and far, tilted, wide and narrow; streets, yards and rooms with walls about, lawns and roads on the ground,
houses behind, furniture anywhere, and solids that mean nothing, so that neither 'upright' nor 'unlike the ground' is
enough to be taken for a person (domain randomisation: Tobin et al., IROS 2017; Tremblay et al., CVPR workshops 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.synthetic import clutter, shapes
from training.synthetic import materials as ma
from training.synthetic import place as pl
from training.synthetic.camera import View, look_at, perspective
from training.synthetic.light import Daylight, draw_daylight, draw_lamp
from training.synthetic.materials import Material
from training.synthetic.mesh import rigid
from training.synthetic.place import Place, Surface, draw_surface
from training.synthetic.sensor import draw_sensor
from training.synthetic.station import Station
from training.synthetic.styles import ALL, station_fits

PERSON = 1.7  # metres
FLOORS = (pl.FLAT, pl.FLAT, pl.FLAT, pl.TILES, pl.BRICKS, pl.LINES, pl.PANELS)
WALLS = (pl.FLAT, pl.FLAT, pl.TILES, pl.BRICKS, pl.PANELS, pl.PANES, pl.SHUTTER)
PATTERNS = (ma.NO_PATTERN, ma.NO_PATTERN, ma.STRIPES_ACROSS, ma.STRIPES_DOWN, ma.PRINT, ma.BLOTCHES, ma.SIGN,
            ma.WINDOWS, ma.LEAVES, ma.LOWER_BLOCK)  # fmt: skip

Circle = tuple[float, float, float]  # x, z, radius


@dataclass(frozen=True)
class WideStation(Station):
    """A station that knows where things stand: nobody can stand in them. Circles of (x, z, radius), metres."""

    taken: tuple[Circle, ...] = ()

    def free(self, x: float, z: float) -> bool:
        """True where a person fits."""
        return all((x - a) ** 2 + (z - b) ** 2 > r**2 for a, b, r in self.taken)


def wide_station(
    rng: np.random.Generator, texture_names: list[str], infrared: bool, width: int, height: int, style: str = ALL
) -> WideStation:
    """A new camera somewhere, of a style. Lamps do not reach as far as daylight."""
    while not station_fits(station := _draw(rng, texture_names, infrared, width, height), style):
        pass
    return station


def _draw(
    rng: np.random.Generator, texture_names: list[str], infrared: bool, width: int, height: int
) -> WideStation:  # fmt: skip
    distance = float(np.exp(rng.uniform(np.log(3.0), np.log(13.0 if infrared else 26.0))))
    eye = np.array([0.0, _eye_height(rng), 0.0])
    target = np.array([rng.normal(0, 0.04) * distance, rng.uniform(0.3, 1.3), distance])
    share = float(np.exp(rng.uniform(np.log(0.07), np.log(0.75))))  # of the picture's height, by somebody there
    angle = float(np.clip(PERSON / np.hypot(distance, eye[1]) / share, np.radians(13), np.radians(82)))
    view = _tilted_view(eye, target, angle, width, height, rng.normal(0, np.radians(2.5)))
    near = max(1.5, distance * rng.uniform(0.3, 0.75))
    far = distance * rng.uniform(1.15, 1.5 if infrared else 2.2)
    spread = float(np.tan(angle / 2) * width / height * far) + 1.0
    surfaces, wall = _surroundings(rng, far, spread)
    pieces, taken = _things(rng, near, far, spread, wall, distance)
    lighting = draw_lamp(rng, eye, target) if infrared else _daylight(rng)
    place = Place(surfaces, [rigid(pieces, texture_names)] if pieces else [])
    sensor = draw_sensor(rng, infrared)
    return WideStation(view, place, lighting, sensor, near, far, spread * 0.5, tuple(taken))


def _eye_height(rng: np.random.Generator) -> float:
    return float(rng.choice([rng.uniform(1.4, 2.4), rng.uniform(2.2, 4.3), rng.uniform(4.3, 9.0)], p=[0.2, 0.5, 0.3]))


def _tilted_view(
    eye: np.ndarray, target: np.ndarray, angle: float, width: int, height: int, roll: float
) -> View:  # fmt: skip
    c, s = np.cos(roll), np.sin(roll)
    turn = np.eye(4)
    turn[:2, :2] = [[c, -s], [s, c]]
    return View(perspective(angle, width / height) @ turn @ look_at(eye, target), eye, width, height)


def _daylight(rng: np.random.Generator) -> Daylight:
    """Any daylight; sometimes the even, tinted light of lamps indoors."""
    light = draw_daylight(rng)
    if rng.random() < 0.75:
        return light
    tint = np.array([1.0, 0.95, 0.88]) ** rng.uniform(-0.5, 2.0)
    return replace(light, sun_colour=tint * rng.uniform(0.05, 0.3), sky=tint * rng.uniform(0.6, 1.0),
                   ground=tint * 0.4, horizon=tint * rng.uniform(0.2, 0.9))  # fmt: skip


def _surroundings(
    rng: np.random.Generator, far: float, spread: float
) -> tuple[list[Surface], tuple[np.ndarray, float] | None]:
    """Ground and up to three walls, and the one behind the people, if there is one: its normal and offset."""
    surfaces, behind = [draw_surface(rng, FLOORS)], None
    top = float(rng.choice([rng.uniform(0.8, 2.5), rng.uniform(2.5, 6), rng.uniform(6, 20)]))
    if rng.random() < 0.7:
        tilt, distance = rng.uniform(-0.8, 0.8), far + rng.uniform(0.4, 12.0)
        normal = np.array([np.sin(tilt), np.cos(tilt)])
        behind = (normal, float(distance * np.cos(tilt)))
        surfaces.append(draw_surface(rng, WALLS, top=top, normal=tuple(normal), offset=behind[1]))
    for sign in (-1.0, 1.0):
        if rng.random() < 0.28:
            tilt = rng.uniform(-0.4, 0.4)
            normal = np.array([np.cos(tilt), np.sin(tilt)]) * sign
            offset = float(spread * rng.uniform(0.35, 1.0) * np.cos(tilt) + abs(np.sin(tilt)) * 2)
            surfaces.append(draw_surface(rng, WALLS, top=top, normal=tuple(normal), offset=offset))
    if behind is None:  # a far skyline
        where = {"top": rng.uniform(2, 14), "normal": (0.0, 1.0), "offset": far + rng.uniform(15, 60)}
        surfaces.append(draw_surface(rng, WALLS, **where))
    return surfaces, behind


def _things(
    rng: np.random.Generator, near: float, far: float, spread: float, wall: tuple[np.ndarray, float] | None,
    scale: float,
) -> tuple[list[clutter.Piece], list[Circle]]:  # fmt: skip
    pieces: list[clutter.Piece] = []
    taken: list[Circle] = []
    for _ in range(int(rng.integers(0, 5))):
        pieces += _patch(rng, far, spread)
    for _ in range(int(rng.integers(0, 14))):
        where = (rng.uniform(-1, 1) * spread, near * 0.7 + (far * 1.35 - near * 0.7) * rng.random())
        pieces += clutter.stand(clutter.pick(rng, clutter.STREET), where, rng.uniform(0, 2 * np.pi))
        taken.append((*where, 1.0))
    for _ in range(int(rng.integers(0, 12))):
        where = (rng.uniform(-1, 1) * spread, near * 0.6 + (far * 1.3 - near * 0.6) * rng.random())
        size = 1.0 if rng.random() < 0.7 else scale / 8
        pieces += clutter.stand(_solid(rng, size), where, rng.uniform(0, 2 * np.pi))
        taken.append((*where, 0.5 * size))
    if rng.random() < 0.35:
        pieces += _houses(rng, far, spread)
    if wall is not None:
        pieces += _on_wall(rng, wall, spread)
    return pieces, taken


def _stuff(rng: np.random.Generator) -> Material:
    """Anything in any pattern."""
    first, second = ma.draw_colour(rng), ma.draw_colour(rng)
    nir, second_nir = rng.uniform(0.04, 0.75, 2)
    pattern = int(rng.choice(PATTERNS))
    return Material(first, float(nir), second, float(second_nir), pattern, float(np.exp(rng.uniform(-1.2, 1.6))),
                    gloss=rng.choice([0.0, 0.02, 0.2]), folds=rng.choice([0.0, 1.5]))  # fmt: skip


def _solid(rng: np.random.Generator, size: float) -> list[clutter.Piece]:
    """One to three solids on top of or beside each other, some as tall as people, some as thin as poles."""
    pieces: list[clutter.Piece] = []
    floor = 0.0 if rng.random() < 0.85 else rng.uniform(0.5, 3.0)
    stuff = _stuff(rng)
    for _ in range(int(rng.integers(1, 4))):
        x, z = np.exp(rng.uniform(np.log(0.06), np.log(1.3), 2)) * size
        y = float(np.exp(rng.uniform(np.log(0.1), np.log(2.4)))) * size
        shape = (
            shapes.box(x, y, z, rng.uniform(0.3, 1.0)),
            shapes.superellipsoid(x / 2, y / 2, z / 2, rng.uniform(0.3, 1.0), 8),
            shapes.tube(x / 2, x / 2 * rng.uniform(0.2, 1.2), y, 9).moved((0, -y / 2, 0)),
            shapes.blob(rng, x / 2, y / 2, z / 2, steps=8),
        )[int(rng.integers(4))]
        aside = rng.normal(0, 0.15, 2) * size
        pieces.append((shape.moved((aside[0], floor + y / 2, aside[1])), stuff))
        floor += y * rng.uniform(0.0, 1.0)
        stuff = stuff if rng.random() < 0.3 else _stuff(rng)
    return pieces


def _patch(rng: np.random.Generator, far: float, spread: float) -> list[clutter.Piece]:
    """A lawn, road, path, kerb or puddle of another colour on the ground."""
    surface = draw_surface(rng, FLOORS)
    leaves = rng.random() < 0.3
    green = np.array([0.07, 0.11, 0.035]) * rng.uniform(0.5, 1.6)
    stuff = Material(
        tuple(green * 0.6) if leaves else surface.colour, 0.4 if leaves else surface.nir,
        tuple(green * 1.3) if leaves else surface.second_colour, 0.6 if leaves else surface.second_nir,
        ma.LEAVES if leaves else int(rng.choice((ma.NO_PATTERN, ma.BLOTCHES, ma.STRIPES_ACROSS))), rng.uniform(0.3, 3),
    )  # fmt: skip
    long, wide = rng.uniform(0.4, 2.5) * spread, float(np.exp(rng.uniform(np.log(0.08), np.log(spread))))
    where = (rng.uniform(-1, 1) * spread, rng.uniform(0.2, 1.6) * far)
    height = rng.choice([0.01, 0.012, 0.015, 0.12])
    slab = shapes.box(long, height, wide).moved((0, height / 2, 0))
    return clutter.stand([(slab, stuff)], where, rng.uniform(0, np.pi))


def _houses(rng: np.random.Generator, far: float, spread: float) -> list[clutter.Piece]:
    """Blocks with rows of windows, well behind the people."""
    pieces: list[clutter.Piece] = []
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform([3, 2.5, 3], [14, 10, 8])
        windows = _stuff(rng).worn(pattern=ma.WINDOWS, pattern_scale=float(rng.uniform(0.3, 1.5)))
        block = [(shapes.box(*size).moved((0, size[1] / 2, 0)), windows if rng.random() < 0.6 else _stuff(rng))]
        where = (rng.uniform(-1.3, 1.3) * spread, far + size[2] / 2 + size[0] / 2 + rng.uniform(0.5, 15))
        pieces += clutter.stand(block, where, rng.uniform(-0.6, 0.6))
    return pieces


def _on_wall(rng: np.random.Generator, wall: tuple[np.ndarray, float], spread: float) -> list[clutter.Piece]:
    """Doors, windows and signs along the wall."""
    normal, offset = wall
    along = np.array([normal[1], -normal[0]])
    angle = float(np.arctan2(-normal[0], -normal[1]))
    reach = np.arange(-spread, spread, 1.6) + rng.uniform(0, 1)
    pieces: list[clutter.Piece] = []
    for t in rng.permutation(reach)[: int(rng.integers(0, 10))]:
        x, z = normal * (offset - 0.04) + along * t
        pieces += clutter.stand(clutter.pick(rng, clutter.ON_WALL), (float(x), float(z)), angle)
    return pieces
