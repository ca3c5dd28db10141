"""Simple closed shapes that bags, hats, cars and trees are put together from. Centred on the origin."""

from __future__ import annotations

import numpy as np

from training.synthetic.mesh import Shape


def _grid_faces(rows: int, columns: int) -> np.ndarray:
    g = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([g[:-1, :-1], g[:-1, 1:], g[1:, 1:], g[1:, :-1]], axis=-1).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 2, 1]], quads[:, [0, 3, 2]]]).astype(np.int32)


def box(x: float, y: float, z: float, taper: float = 1.0) -> Shape:
    """A box of full size x, y, z, its top scaled by `taper` in x and z. Edges are sharp: faces share no vertices."""
    corners = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    corners[corners[:, 1] > 0] *= [taper, 1, taper]
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    vertices = np.concatenate([corners[list(side)] for side in sides]) * [x, y, z]
    faces = np.concatenate([[[4 * i, 4 * i + 1, 4 * i + 2], [4 * i, 4 * i + 2, 4 * i + 3]] for i in range(6)])
    return Shape(vertices.astype(np.float32), faces.astype(np.int32))


def superellipsoid(x: float, y: float, z: float, roundness: float = 1.0, steps: int = 12) -> Shape:
    """Half axes x, y, z; roundness 1 is an ellipsoid, towards 0 a box."""
    around, up = np.meshgrid(np.linspace(0, 2 * np.pi, steps * 2), np.linspace(-np.pi / 2, np.pi / 2, steps))

    def power(value: np.ndarray) -> np.ndarray:
        return np.sign(value) * np.abs(value) ** roundness

    c = power(np.cos(up))
    points = np.stack([c * power(np.cos(around)) * x, power(np.sin(up)) * y, c * power(np.sin(around)) * z], axis=-1)
    return Shape(points.reshape(-1, 3).astype(np.float32), _grid_faces(steps, steps * 2))


def tube(bottom: float, top: float, length: float, steps: int = 12) -> Shape:
    """An upright open cone frustum: radii at bottom and top, from y = 0 to `length`."""
    around = np.linspace(0, 2 * np.pi, steps)
    rings = [np.stack([np.cos(around) * r, np.full(steps, y), np.sin(around) * r], -1) for r, y in
             ((bottom, 0.0), (top, length))]  # fmt: skip
    return Shape(np.concatenate(rings).astype(np.float32), _grid_faces(2, steps))


def rod(start: np.ndarray, end: np.ndarray, radius: float, steps: int = 6) -> Shape:
    """A thin round bar between two points."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = end - start
    length = float(np.linalg.norm(axis))
    y = axis / length
    x = np.cross(y, [0.3, 0.1, 0.95] if abs(y[2]) < 0.9 else [1.0, 0.0, 0.0])
    x /= np.linalg.norm(x)
    return tube(radius, radius, length, steps).moved(start, np.stack([x, y, np.cross(x, y)], axis=1))


def ring(radius: float, thickness: float, steps: int = 16) -> Shape:
    """A torus lying in the x–z plane."""
    a, b = np.meshgrid(np.linspace(0, 2 * np.pi, steps), np.linspace(0, 2 * np.pi, 8))
    reach = radius + thickness * np.cos(b)
    points = np.stack([reach * np.cos(a), thickness * np.sin(b), reach * np.sin(a)], axis=-1)
    return Shape(points.reshape(-1, 3).astype(np.float32), _grid_faces(8, steps))


def dome(radius: float, height: float, ribs: int = 8, sag: float = 0.06) -> Shape:
    """An umbrella's canopy, apex up at y = height, rim at y = 0, cloth sagging between the ribs."""
    steps = ribs * 4 + 1
    around, out = np.meshgrid(np.linspace(0, 2 * np.pi, steps), np.linspace(0, 1, 7))
    slack = 1 - sag * (1 - np.abs(np.cos(around * ribs / 2))) * out
    y = height * (1 - out**2)
    points = np.stack([radius * out * slack * np.cos(around), y, radius * out * slack * np.sin(around)], axis=-1)
    return Shape(points.reshape(-1, 3).astype(np.float32), _grid_faces(7, steps))


def blob(rng: np.random.Generator, x: float, y: float, z: float, rough: float = 0.12, steps: int = 12) -> Shape:
    """A lumpy ellipsoid, such as a bush."""
    shape = superellipsoid(x, y, z, 1.0, steps)
    lumps = 1 + rough * rng.normal(size=(len(shape.vertices), 1)).clip(-2, 2)
    return Shape((shape.vertices * lumps).astype(np.float32), shape.faces)


def merge(shapes: list[Shape]) -> Shape:
    """One shape of several."""
    starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    return Shape(
        np.concatenate([shape.vertices for shape in shapes]),
        np.concatenate([shape.faces + start for shape, start in zip(shapes, starts, strict=False)]).astype(np.int32),
    )
