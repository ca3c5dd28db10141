"""Triangle meshes: rigid ones of the surroundings, and skinned parts that follow a skeleton."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.synthetic import skinning
from training.synthetic.materials import Material


@dataclass
class Mesh:
    """Ready to draw. position, normal (V, 3) float32 in world metres; rest (V, 4): pattern position in dm and hem."""

    position: np.ndarray
    normal: np.ndarray
    rest: np.ndarray
    uv: np.ndarray  # (V, 2) float32
    material: np.ndarray  # (V,) int32 rows of `materials`
    triangles: np.ndarray  # (F, 3) int32
    materials: np.ndarray  # (M, ROW) float32


@dataclass(frozen=True)
class Shape:
    """Bare geometry: vertices (V, 3) float32 and faces (F, 3) int32."""

    vertices: np.ndarray
    faces: np.ndarray

    def moved(self, shift: Sequence[float], turn: np.ndarray | None = None) -> Shape:
        """Turned by a (3, 3) rotation, then shifted."""
        vertices = self.vertices if turn is None else self.vertices @ np.asarray(turn, np.float32).T
        return Shape((vertices + np.asarray(shift, np.float32)).astype(np.float32), self.faces)

    def scaled(self, x: float, y: float, z: float) -> Shape:
        """Stretched along the axes."""
        return Shape((self.vertices * np.array([x, y, z], np.float32)).astype(np.float32), self.faces)


@dataclass
class Skinned:
    """A part of a person at rest, in dm. Vertices split at texture seams for drawing share their skinned position."""

    vertices: np.ndarray  # (N, 3) float32
    bones: np.ndarray  # (N, 4) uint8
    weights: np.ndarray  # (N, 4) float32
    faces: np.ndarray  # (F, 3) into vertices, for normals
    source: np.ndarray  # (V,) vertex each drawn vertex comes from
    triangles: np.ndarray  # (F, 3) into drawn vertices
    rest: np.ndarray  # (V, 4) float32
    uv: np.ndarray  # (V, 2) float32
    material: np.ndarray  # (V,) int32

    @staticmethod
    def build(
        vertices: np.ndarray,
        faces: np.ndarray,
        bones: np.ndarray,
        weights: np.ndarray,
        rest: np.ndarray,
        material: np.ndarray | int,
        uv: np.ndarray | None = None,
        uv_faces: np.ndarray | None = None,
    ) -> Skinned:
        """Split drawn vertices where texture coordinates differ; material is one row or one per vertex."""
        corner = faces.reshape(-1).astype(np.int64)
        key = corner if uv is None or not len(uv) else corner * (1 << 20) + uv_faces.reshape(-1)
        unique, triangles = np.unique(key, return_inverse=True)
        source = unique if uv is None or not len(uv) else unique >> 20
        coordinates = (
            np.zeros((len(unique), 2), np.float32) if uv is None or not len(uv) else uv[unique & ((1 << 20) - 1)]
        )
        material = np.broadcast_to(material, len(vertices)) if np.isscalar(material) else np.asarray(material)
        hem = border(faces, len(vertices)).astype(np.float32)
        return Skinned(
            vertices.astype(np.float32),
            bones,
            weights.astype(np.float32),
            faces.astype(np.int32),
            source,
            triangles.reshape(-1, 3).astype(np.int32),
            np.c_[rest, hem].astype(np.float32)[source],
            coordinates.astype(np.float32),
            material[source].astype(np.int32),
        )

    @staticmethod
    def join(parts: Sequence[Skinned]) -> Skinned:
        """One mesh of several."""
        starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
        drawn = np.cumsum([0, *(len(part.source) for part in parts)])
        return Skinned(
            np.concatenate([part.vertices for part in parts]),
            np.concatenate([part.bones for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32),
            np.concatenate([part.source + start for part, start in zip(parts, starts, strict=False)]).astype(np.int64),
            np.concatenate([p.triangles + start for p, start in zip(parts, drawn, strict=False)]).astype(np.int32),
            np.concatenate([part.rest for part in parts]),
            np.concatenate([part.uv for part in parts]),
            np.concatenate([part.material for part in parts]),
        )


def border(faces: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool: vertices on an open edge of a triangle mesh."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1).astype(np.int64)
    unique, uses = np.unique(edges[:, 0] * count + edges[:, 1], return_counts=True)
    lone = unique[uses == 1]
    mask = np.zeros(count, bool)
    mask[lone // count] = mask[lone % count] = True
    return mask


def rigid(shapes: Sequence[tuple[Shape, Material]], texture_names: list[str]) -> Mesh:
    """A mesh of the surroundings from shapes in metres; patterns are laid out in dm."""
    materials = np.stack([material.packed(texture_names) for _, material in shapes])
    starts = np.cumsum([0, *(len(shape.vertices) for shape, _ in shapes)])
    position = np.concatenate([shape.vertices for shape, _ in shapes]).astype(np.float32)
    triangles = np.concatenate([shape.faces + start for (shape, _), start in zip(shapes, starts, strict=False)])
    row = np.repeat(np.arange(len(shapes)), [len(shape.vertices) for shape, _ in shapes])
    return Mesh(
        position=position,
        normal=skinning.vertex_normals(position, triangles.astype(np.int32)),
        rest=np.c_[position * 10, np.zeros(len(position))].astype(np.float32),
        uv=np.zeros((len(position), 2), np.float32),
        material=row.astype(np.int32),
        triangles=triangles.astype(np.int32),
        materials=materials,
    )
