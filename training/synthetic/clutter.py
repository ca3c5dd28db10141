"""Things that stand about: cars, trees, doors, signs, bins, poles, railings, benches. Shapes in metres."""

from __future__ import annotations

import numpy as np

from training.synthetic import materials as ma
from training.synthetic import shapes
from training.synthetic.materials import Material, grey
from training.synthetic.mesh import Mesh, Shape, rigid

Piece = tuple[Shape, Material]


def _turn(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _paint(rng: np.random.Generator, gloss: float = 0.02) -> Material:
    colour = ma.draw_colour(rng)
    return Material(colour, float(np.clip(np.mean(colour) * rng.uniform(0.7, 1.8), 0.05, 0.75)), gloss=gloss)


def _dark(rng: np.random.Generator) -> Material:
    return Material(grey(rng, 0.02, 0.06), rng.uniform(0.03, 0.1))


def car(rng: np.random.Generator) -> list[Piece]:
    """A parked car, seen along x."""
    body, glass, tyre = _paint(rng, 0.15), Material((0.03, 0.035, 0.04), 0.05, gloss=0.3), _dark(rng)
    length, width = rng.uniform(3.7, 4.8), rng.uniform(1.65, 1.85)
    pieces = [
        (shapes.superellipsoid(length / 2, 0.36, width / 2, 0.35, 10).moved((0, 0.62, 0)), body),
        (shapes.superellipsoid(length * 0.27, 0.36, width * 0.43, 0.45, 10).moved((-0.15, 1.05, 0)), glass),
        (shapes.superellipsoid(length * 0.23, 0.08, width * 0.4, 0.5, 8).moved((-0.15, 1.4, 0)), body),
    ]
    wheel = shapes.superellipsoid(0.31, 0.31, 0.11, 0.9, 8)
    pieces += [(wheel.moved((x, 0.31, z)), tyre) for x in (-length * 0.31, length * 0.31)
               for z in (-width * 0.47, width * 0.47)]  # fmt: skip
    plate = Material((0.7, 0.7, 0.6), 0.7, retro=3.0)
    pieces += [(shapes.box(0.04, 0.11, 0.5).moved((x, 0.5, 0)), plate) for x in (-length / 2, length / 2)]
    return pieces


def _leaves(rng: np.random.Generator) -> Material:
    green = np.array([0.05, 0.09, 0.03]) * rng.uniform(0.5, 1.5)
    return Material(tuple(green * 0.3), rng.uniform(0.15, 0.3), tuple(green * 1.7), rng.uniform(0.5, 0.75), ma.LEAVES,
                    rng.uniform(2.5, 5.0), folds=2.5)  # fmt: skip


def tree(rng: np.random.Generator) -> list[Piece]:
    """Trunk and crown; foliage is several times brighter in infrared than in green."""
    leaves, height = _leaves(rng), rng.uniform(1.8, 3.2)
    trunk = Material((0.09, 0.07, 0.05), rng.uniform(0.25, 0.45))
    pieces = [(shapes.tube(rng.uniform(0.1, 0.22), 0.08, height + 0.6, 9), trunk)]
    for _ in range(int(rng.integers(6, 12))):
        size = rng.uniform(0.35, 0.8)
        where = rng.normal(0, 0.6, 3) * [1, 0.6, 1] + [0, height + 0.8, 0]
        pieces.append((shapes.blob(rng, size, size * 0.8, size).moved(where), leaves))
    return pieces


def bush(rng: np.random.Generator) -> list[Piece]:
    """A hedge or shrub."""
    leaves, height = _leaves(rng), rng.uniform(0.35, 0.8)
    clumps = []
    for x in np.arange(rng.integers(2, 7)) * 0.45:
        size = rng.uniform(0.35, 0.6)
        where = (x, height * rng.uniform(0.5, 1.0), rng.normal(0, 0.15))
        clumps.append((shapes.blob(rng, size, height * rng.uniform(0.6, 1.0), size).moved(where), leaves))
    return clumps


def post(rng: np.random.Generator) -> list[Piece]:
    """A lamp post or bollard."""
    height = rng.choice([0.95, 3.5, 5.0], p=[0.4, 0.4, 0.2])
    pieces = [(shapes.tube(0.08, 0.06, height, 9), _paint(rng))]
    if height < 1:
        band = Material((0.7, 0.7, 0.7), 0.7, retro=2.5)
        pieces.append((shapes.tube(0.085, 0.085, 0.1, 9).moved((0, 0.75, 0)), band))
    return pieces


def sign(rng: np.random.Generator) -> list[Piece]:
    """A sign or poster on a stand."""
    board = _paint(rng).worn(second_colour=ma.draw_colour(rng), second_nir=rng.uniform(0.1, 0.8), pattern=ma.SIGN,
                             pattern_scale=rng.uniform(0.6, 1.6), retro=rng.choice([0.0, 0.8]))  # fmt: skip
    low, height = rng.choice([0.3, 1.2, 2.0]), rng.uniform(0.5, 1.4)
    return [
        (shapes.box(rng.uniform(0.5, 1.3), height, 0.05).moved((0, low + height / 2, 0)), board),
        (shapes.box(0.06, low + 0.1, 0.04).moved((0, (low + 0.1) / 2, -0.03)), _dark(rng)),
    ]


def door(rng: np.random.Generator) -> list[Piece]:
    """A door in its frame, with a handle, a step and perhaps a pane."""
    leaf, frame = _paint(rng), _paint(rng)
    pieces = [
        (shapes.box(1.12, 2.15, 0.06).moved((0, 1.07, 0)), frame),
        (shapes.box(0.95, 2.05, 0.1).moved((0, 1.02, 0)), leaf),
        (shapes.box(0.05, 0.14, 0.2).moved((0.38, 1.05, 0)), _dark(rng)),
    ]
    if rng.random() < 0.5:
        pane = Material((0.05, 0.055, 0.06), 0.08, gloss=0.3)
        pieces.append((shapes.box(0.5, 0.7, 0.12).moved((0, 1.5, 0)), pane))
    return pieces


def window(rng: np.random.Generator) -> list[Piece]:
    """A shop or house window."""
    width, height = rng.uniform(0.9, 2.6), rng.uniform(0.9, 1.7)
    pane = Material((0.06, 0.07, 0.08), rng.uniform(0.04, 0.2), (0.3, 0.28, 0.25), 0.3, ma.BLOTCHES, 0.8, gloss=0.3)
    middle = (0, rng.uniform(0.4, 1.1) + height / 2, 0)
    return [
        (shapes.box(width + 0.16, height + 0.16, 0.06).moved(middle), _paint(rng)),
        (shapes.box(width, height, 0.1).moved(middle), pane),
    ]


def bin_(rng: np.random.Generator) -> list[Piece]:
    """A wheeled bin or litter bin."""
    stuff = _paint(rng)
    return [
        (shapes.box(0.55, 0.95, 0.6, 1.1).moved((0, 0.5, 0)), stuff),
        (shapes.box(0.62, 0.08, 0.7).moved((0, 1.02, 0)), stuff),
    ]


def bench(rng: np.random.Generator) -> list[Piece]:
    """A bench."""
    wood = Material((0.2, 0.13, 0.08), rng.uniform(0.35, 0.55))
    planks = [shapes.box(1.6, 0.05, 0.12).moved((0, 0.45, z)) for z in (-0.16, 0, 0.16)]
    planks += [shapes.box(1.6, 0.12, 0.05).moved((0, y, 0.26)) for y in (0.62, 0.8)]
    legs = [shapes.box(0.06, 0.45, 0.4).moved((x, 0.22, 0)) for x in (-0.65, 0.65)]
    return [(shapes.merge(planks), wood), (shapes.merge(legs), _dark(rng))]


def railing(rng: np.random.Generator) -> list[Piece]:
    """Bars one looks through."""
    length = rng.uniform(1.5, 4)
    bars = [shapes.rod((-length / 2, y, 0), (length / 2, y, 0), 0.025, 6) for y in (0.35, 1.02)]
    step = rng.uniform(0.14, 0.5)
    bars += [shapes.rod((x, 0, 0), (x, 1.02, 0), 0.015, 5) for x in np.arange(-length / 2, length / 2, step)]
    return [(shapes.merge(bars), _paint(rng))]


def crate(rng: np.random.Generator) -> list[Piece]:
    """Boxes on the pavement, or an electricity cabinet."""
    width, height, depth = rng.uniform(0.4, 1.2), rng.uniform(0.4, 1.5), rng.uniform(0.4, 0.9)
    return [(shapes.box(width, height, depth).moved((0, height / 2, 0)), _paint(rng))]


STREET = {
    car: 0.2, tree: 0.14, bush: 0.12, post: 0.13, sign: 0.13, bin_: 0.1, bench: 0.06, railing: 0.06, crate: 0.06
}  # fmt: skip
ON_WALL = {door: 0.4, window: 0.35, sign: 0.25}
BEFORE = {post: 0.35, railing: 0.2, sign: 0.12, bush: 0.13, bin_: 0.1, car: 0.1}


def pick(rng: np.random.Generator, table: dict) -> list[Piece]:
    makers = list(table)
    shares = np.array(list(table.values()))
    return makers[int(rng.choice(len(makers), p=shares / shares.sum()))](rng)


def stand(pieces: list[Piece], where: tuple[float, float], angle: float) -> list[Piece]:
    return [(shape.moved((where[0], 0, where[1]), _turn(angle)), stuff) for shape, stuff in pieces]


def furnish(
    rng: np.random.Generator, texture_names: list[str], wall: tuple[np.ndarray, float] | None,
    behind: tuple[float, float], before: tuple[float, float], spread: float,
) -> list[Mesh]:  # fmt: skip
    """Furniture of a place whose camera looks along +Z from the origin.

    wall: unit normal (x, z) and offset; behind, before: ranges of depth (metres) in which things stand behind the
    people and between them and the camera; spread: half the width of the strip.
    """
    pieces: list[Piece] = []
    for _ in range(int(rng.integers(3, 9))):
        where = (rng.uniform(-spread, spread), rng.uniform(*behind))
        pieces += stand(pick(rng, STREET), where, rng.uniform(0, 2 * np.pi))
    if wall is not None:
        normal, offset = wall
        along = np.array([normal[1], -normal[0]])
        angle = float(np.arctan2(-normal[0], -normal[1]))
        reach = np.arange(-spread, spread, 1.6) + rng.uniform(0, 1)
        for t in rng.permutation(reach)[: int(rng.integers(2, 7))]:
            x, z = normal * (offset - 0.04) + along * t
            pieces += stand(pick(rng, ON_WALL), (float(x), float(z)), angle)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.45, 0.35, 0.2]))):
        where = (rng.uniform(-spread, spread) * 0.4, rng.uniform(*before))
        pieces += stand(pick(rng, BEFORE), where, rng.uniform(-0.5, 0.5))
    return [rigid(pieces, texture_names)] if pieces else []
