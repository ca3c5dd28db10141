"""Where people walk: a floor, walls and things that stand about, the same whenever the camera looks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.synthetic.materials import Colour, grey
from training.synthetic.mesh import Mesh

# Columns of a packed surface; FIRST and SECOND are (r, g, b, nir).
FIRST, SECOND, KIND, SCALE, GRAIN, TOP, NORMAL, OFFSET, WIDTH = 0, 4, 8, 9, 10, 11, 12, 14, 16
FLAT, TILES, BRICKS, PANELS, PANES, LINES, SHUTTER = range(7)


@dataclass(frozen=True)
class Surface:
    """A floor or an endless upright wall: points p with p·normal = offset (x, z), up to `top` metres."""

    colour: Colour
    nir: float
    second_colour: Colour
    second_nir: float
    kind: int = FLAT
    scale: float = 1.0
    grain: float = 1.0
    top: float = 0.0
    normal: tuple[float, float] = (0.0, 0.0)
    offset: float = 0.0

    def packed(self) -> np.ndarray:
        """(WIDTH,) float32."""
        row = np.zeros(WIDTH, np.float32)
        row[FIRST : FIRST + 4] = *self.colour, self.nir
        row[SECOND : SECOND + 4] = *self.second_colour, self.second_nir
        row[KIND], row[SCALE], row[GRAIN], row[TOP] = self.kind, self.scale, self.grain, self.top
        row[NORMAL : NORMAL + 2], row[OFFSET] = self.normal, self.offset
        return row


@dataclass(frozen=True)
class Place:
    """One camera's surroundings."""

    surfaces: list[Surface]
    clutter: list[Mesh] = field(default_factory=list)

    def packed(self) -> np.ndarray:
        """(S, WIDTH) float32, the ground first."""
        return np.stack([surface.packed() for surface in self.surfaces])


def draw_surface(rng: np.random.Generator, kinds: tuple[int, ...], **where: object) -> Surface:
    """Concrete, asphalt, brick, grass or paint.

    NIR: concrete and brick reflect a little more than in the visible, asphalt stays dark, grass is several times
    brighter (the red edge); paints follow their binder and white pigment. For the sources see
    materials.py; the factors are guesses about published curves.
    """
    stuff = rng.choice(["mineral", "asphalt", "brick", "grass", "paint"], p=[0.42, 0.2, 0.14, 0.06, 0.18])
    if stuff == "asphalt":
        colour, factor = grey(rng, 0.05, 0.12), rng.uniform(1.1, 1.5)
    elif stuff == "brick":
        colour, factor = tuple(np.array([0.28, 0.16, 0.11]) * rng.uniform(0.6, 1.5)), rng.uniform(1.6, 2.4)
    elif stuff == "grass":
        colour, factor = tuple(np.array([0.07, 0.10, 0.04]) * rng.uniform(0.7, 1.3)), rng.uniform(4.0, 6.0)
    elif stuff == "paint":
        colour, factor = tuple(np.array(grey(rng, 0.2, 0.6)) * rng.uniform(0.75, 1.2, 3)), rng.uniform(0.9, 1.4)
    else:
        colour, factor = grey(rng, 0.1, 0.42), rng.uniform(1.05, 1.4)
    second = tuple(float(c) for c in np.clip(np.array(colour) * rng.uniform(0.5, 1.7), 0, 0.8))
    nir = float(np.clip(np.mean(colour) * factor, 0.04, 0.7))
    return Surface(
        tuple(float(c) for c in colour), nir, second, float(np.clip(nir * rng.uniform(0.6, 1.5), 0.04, 0.8)),
        int(rng.choice(kinds)), rng.uniform(0.8, 2.5), rng.uniform(0.5, 2.0), **where,
    )  # fmt: skip
