"""Garments cut from the base mesh's helper geometry: shirts, coats, skirts, hoods and the like, in rest dm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.synthetic.assets import AssetPack
from training.synthetic.mesh import Skinned

Inside = Callable[[np.ndarray], np.ndarray]  # rest positions (N, 3) → (N,) signed distance, positive where cloth is
NECK, WAIST, CROTCH_TOP = 6.05, 1.3, 0.3


@dataclass(frozen=True)
class Piece:
    """One sheet of cloth: where it lies on which group of the base mesh and how far it is pushed out (dm)."""

    group: str
    inside: Inside
    offset: float
    hides: bool = True  # body parts well inside are not drawn


def band(low: float, high: float, reach: float = 9.0) -> Inside:
    """Between two heights and within |x| < reach."""
    return lambda r: np.minimum(np.minimum(r[:, 1] - low, high - r[:, 1]), reach - np.abs(r[:, 0]))


def top(low: float, reach: float, offset: float, high: float = NECK) -> list[Piece]:
    """A shirt, jumper or jacket; reach is how far the sleeves go."""
    return [Piece("helper-tights", band(low, high, reach), offset)]


def legs(low: float, offset: float) -> list[Piece]:
    """Trousers, shorts or leggings down to height `low`."""
    return [Piece("helper-tights", band(low, WAIST, 2.6), offset)]


def skirt(low: float, offset: float = 0.06) -> list[Piece]:
    """From the waist down to height `low`."""
    return [Piece("helper-skirt", lambda r: r[:, 1] - low, offset, hides=False)]


def coat(low: float, offset: float) -> list[Piece]:
    """A jacket with skirts."""
    return [*top(0.6, 4.15, offset), *skirt(low, offset)]


def dress(low: float, reach: float) -> list[Piece]:
    """A bodice and a skirt of one cloth."""
    return [*top(0.9, reach, 0.1, 5.9), *skirt(low, 0.1)]


def hood() -> list[Piece]:
    """A hood drawn over the head, open at the face."""

    def inside(r: np.ndarray) -> np.ndarray:
        return np.minimum(np.minimum(r[:, 1] - 5.85, 1.6 - np.abs(r[:, 0])), np.maximum(0.75 - r[:, 2], r[:, 1] - 7.85))

    return [Piece("body", inside, 0.36, hides=False)]


def veil() -> list[Piece]:
    """A head scarf that covers hair, neck and shoulders."""

    def inside(r: np.ndarray) -> np.ndarray:
        around = np.maximum(np.maximum(0.95 - r[:, 2], r[:, 1] - 7.75), 6.6 - r[:, 1])
        return np.minimum(np.minimum(r[:, 1] - 5.3, 1.7 - np.abs(r[:, 0])), around)

    return [Piece("body", inside, 0.24, hides=False)]


def beanie() -> list[Piece]:
    """A knitted cap."""
    return [Piece("body", lambda r: r[:, 1] - 7.42 - 0.28 * r[:, 2], 0.17, hides=False)]


def mask() -> list[Piece]:
    """A face mask over nose and mouth."""

    def inside(r: np.ndarray) -> np.ndarray:
        return np.minimum(np.minimum(r[:, 1] - 6.5, 7.28 - r[:, 1]), r[:, 2] - 0.55)

    return [Piece("body", inside, 0.1, hides=False)]


def gloves() -> list[Piece]:
    """Gloves or mittens."""
    return [Piece("body", lambda r: np.abs(r[:, 0]) - 3.95, 0.05, hides=False)]


def shoulder_straps() -> list[Piece]:
    """The two straps of a rucksack."""

    def inside(r: np.ndarray) -> np.ndarray:
        return np.minimum(0.17 - np.abs(np.abs(r[:, 0]) - 0.85), np.minimum(r[:, 1] - 3.0, r[:, 2] + 0.9))

    return [Piece("helper-tights", inside, 0.3, hides=False)]


def cross_strap() -> list[Piece]:
    """A bag's strap from one shoulder across to the other hip."""
    plane = np.array([0.92, -0.39, 0.0])

    def inside(r: np.ndarray) -> np.ndarray:
        near = 0.15 - np.abs((r - [-0.2, 3.4, 0]) @ plane)
        return np.minimum(near, np.minimum(r[:, 1], 2.0 - np.abs(r[:, 0])))

    return [Piece("helper-tights", inside, 0.32, hides=False)]


def cut(pack: AssetPack, piece: Piece, body: np.ndarray, normals: np.ndarray, material: int) -> Skinned | None:
    """Cut one piece from a morphed base mesh (19158, 3) with vertex normals; None where nothing of it is left.

    Faces that straddle the edge are kept, their outer vertices slid along an edge onto it: straight hems.
    """
    faces = pack.group(piece.group)
    inside = piece.inside(pack.vertices).astype(np.float32)
    faces = faces[(inside[faces] > 0).any(axis=1)]
    if not len(faces):
        return None
    used, flat = np.unique(faces, return_inverse=True)
    local = flat.reshape(-1, 3)
    positions = body[used] + normals[used] * np.float32(piece.offset)
    rest, bones, weights = pack.vertices[used].copy(), pack.bones[used].copy(), pack.bone_weights[used].copy()
    level = inside[used]
    edges = np.concatenate([local[:, [0, 1]], local[:, [1, 2]], local[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    edges = edges[(level[edges[:, 0]] <= 0) & (level[edges[:, 1]] > 0)]
    edges = edges[np.lexsort((level[edges[:, 1]], edges[:, 0]))]
    outer, last = np.unique(edges[:, 0][::-1], return_index=True)
    inner = edges[::-1][last, 1]
    share = (level[inner] / (level[inner] - level[outer]))[:, None]
    moved = positions[inner] + share * (positions[outer] - positions[inner])
    moved_rest = rest[inner] + share * (rest[outer] - rest[inner])
    positions[outer], rest[outer], bones[outer], weights[outer] = moved, moved_rest, bones[inner], weights[inner]
    return Skinned.build(positions, local, bones, weights, rest, material)


def hidden(pack: AssetPack, piece: Piece) -> np.ndarray:
    """(19158,) bool: body vertices that lie well under the piece."""
    if not piece.hides:
        return np.zeros(len(pack.vertices), bool)
    return piece.inside(pack.vertices) > 0.35
