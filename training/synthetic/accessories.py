"""Things people wear on the head or carry: shapes in dm at rest, each tied to a bone, a hand or the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthetic import shapes
from training.synthetic.mesh import Shape

HAND = {"left": "wrist.L", "right": "wrist.R"}


@dataclass(frozen=True)
class Accessory:
    """anchor: 'bone' keeps its place on the body; 'hand' hangs upright from a hand; 'ground' stands below a hand;
    'front' stands before the body."""

    shape: Shape
    anchor: str
    bone: str


def rucksack(back: np.ndarray, size: float) -> Accessory:
    """back: (3,) the middle of the back's surface."""
    sack = shapes.superellipsoid(1.3 * size, 2.0 * size, 0.7 * size, 0.45, 10)
    pocket = shapes.superellipsoid(0.9 * size, 0.7 * size, 0.25 * size, 0.5, 8).moved((0, -0.8 * size, -0.65 * size))
    return Accessory(shapes.merge([sack, pocket]).moved(back + np.array([0, 0, -0.62 * size])), "bone", "spine02")


def hip_bag(hip: np.ndarray, size: float) -> Accessory:
    """hip: (3,) a point on the side of the hip."""
    bag = shapes.superellipsoid(0.32 * size, 0.85 * size, 1.15 * size, 0.4, 9)
    return Accessory(bag.moved(hip + np.array([np.sign(hip[0]) * 0.42 * size, -0.4, 0])), "bone", "spine05")


def hand_bag(side: str, size: float) -> Accessory:
    """A carrier or handbag that hangs from a hand."""
    bag = shapes.box(0.7 * size, 2.2 * size, 2.0 * size, 0.8).moved((0, -2.4 * size, 0))
    handle = shapes.merge([shapes.rod((0, -0.1, 0), (0, -1.35 * size, 0.5 * size * s), 0.06) for s in (-1, 1)])
    return Accessory(shapes.merge([bag, handle]), "hand", HAND[side])


def umbrella(side: str, size: float) -> Accessory:
    """Held upright; the canopy passes over the head."""
    inward = -0.9 if side == "left" else 0.9
    stick = shapes.rod((0, -0.8, 0.2), (inward, 6.4, -0.6), 0.05)
    canopy = shapes.dome(5.2 * size, 1.6 * size).moved((inward, 4.7, -0.6))
    return Accessory(shapes.merge([stick, canopy]), "hand", HAND[side])


def cane(side: str) -> Accessory:
    """A walking stick of unit height, stretched to the hand when posed."""
    stick = shapes.rod((0, 0, 0.15), (0, 1, 0), 0.1)
    grip = shapes.rod((0, 1, -0.45), (0, 1, 0.45), 0.14)
    return Accessory(shapes.merge([stick, grip]), "ground", HAND[side])


def suitcase(side: str, size: float) -> Accessory:
    """A trolley drawn behind."""
    case = shapes.superellipsoid(1.9 * size, 2.6 * size, 1.1 * size, 0.3, 8).moved((0, 2.9 * size, -2.6))
    handle = shapes.merge([shapes.rod((x, 5.3 * size, -2.6), (x * 0.6, 7.4, 0), 0.1) for x in (-0.7, 0.7)])
    return Accessory(shapes.merge([case, handle]), "ground", HAND[side])


def rollator() -> Accessory:
    """A wheeled walking frame before the body."""
    bars = [shapes.rod((x, 0.6, 2.2), (x, 8.6, 1.2), 0.13) for x in (-2.4, 2.4)]
    bars += [shapes.rod((x, 0.6, 5.2), (x, 6.4, 2.6), 0.13) for x in (-2.4, 2.4)]
    bars += [shapes.rod((-2.4, 5.0, 2.4), (2.4, 5.0, 2.4), 0.13), shapes.rod((-2.4, 6.4, 2.6), (2.4, 6.4, 2.6), 0.13)]
    bars += [shapes.rod((x, 8.6, 1.2), (x, 8.6, -0.2), 0.2) for x in (-2.4, 2.4)]
    seat = shapes.box(4.4, 0.3, 2.2).moved((0, 5.2, 3.2))
    wheels = [_wheel(0.9).moved((x, 0.9, z)) for x in (-2.4, 2.4) for z in (2.2, 5.2)]
    return Accessory(shapes.merge([*bars, seat, *wheels]), "front", "root")


def pram() -> Accessory:
    """A pushchair before the body."""
    bars = [shapes.rod((x, 0.9, 7.5), (x * 0.9, 9.6, 3.0), 0.14) for x in (-2.2, 2.2)]
    bars += [shapes.rod((x, 0.9, 3.2), (x, 6.0, 5.8), 0.14) for x in (-2.2, 2.2)]
    bars.append(shapes.rod((-2.0, 9.6, 3.0), (2.0, 9.6, 3.0), 0.2))
    seat = shapes.superellipsoid(2.1, 1.5, 2.4, 0.6, 9).moved((0, 4.4, 5.8))
    roof = shapes.superellipsoid(2.2, 1.7, 1.6, 0.8, 9).moved((0, 6.6, 5.0))
    wheels = [_wheel(1.0).moved((x, 1.0, z)) for x in (-2.4, 2.4) for z in (3.2, 7.5)]
    return Accessory(shapes.merge([*bars, seat, roof, *wheels]), "front", "root")


def cap_brim(forehead: np.ndarray) -> Accessory:
    """The peak of a cap; forehead: (3,)."""
    peak = shapes.superellipsoid(0.85, 0.09, 0.85, 1.0, 8).moved(forehead + np.array([0, 0.05, 0.3]))
    return Accessory(peak, "bone", "head")


def lowered_hood(nape: np.ndarray) -> Accessory:
    """A hood that lies on the back; nape: (3,) the back of the neck."""
    cloth = shapes.superellipsoid(1.05, 0.75, 0.5, 0.8, 10)
    return Accessory(cloth.moved(nape + np.array([0, -0.45, -0.45])), "bone", "spine01")


def neck_scarf(neck: np.ndarray, radius: float) -> Accessory:
    """A scarf about the neck with one end down the chest."""
    loop = shapes.ring(radius, 0.36).moved(neck)
    end = shapes.superellipsoid(0.38, 1.3, 0.14, 0.6, 7).moved(neck + np.array([0.35, -1.4, radius + 0.28]))
    return Accessory(shapes.merge([loop, end]), "bone", "neck01")


def _wheel(radius: float) -> Shape:
    turn = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])
    return shapes.ring(radius * 0.85, radius * 0.15).moved((0, 0, 0), turn)
