"""Daylight and the infrared lamp, packed into one float32 row for the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthetic.camera import look_at, perspective

# Columns of the packed row.
SUN, SUN_COLOUR, SKY, GROUND = 0, 3, 6, 9
LAMP, BEAM, POWER, FOCUS, SPILL, AMBIENT = 12, 15, 18, 19, 20, 21
HORIZON, WIDTH = 22, 25


@dataclass(frozen=True)
class Daylight:
    """Sun and sky. Directions are unit vectors towards the light, colours linear RGB."""

    sun: np.ndarray
    sun_colour: np.ndarray
    sky: np.ndarray
    ground: np.ndarray  # light that comes back from the ground
    horizon: np.ndarray  # what the camera sees as sky

    def packed(self) -> np.ndarray:
        """(WIDTH,) float32."""
        row = np.zeros(WIDTH, np.float32)
        for column, value in (
            (SUN, self.sun),
            (SUN_COLOUR, self.sun_colour),
            (SKY, self.sky),
            (GROUND, self.ground),
            (HORIZON, self.horizon),
        ):
            row[column : column + 3] = value
        return row

    def shadow_clip(self, centre: np.ndarray, reach: float) -> np.ndarray:
        """(4, 4) orthographic view from the sun of a ball of `reach` metres about `centre`."""
        depth = reach + 8.0
        box = np.diag([1 / reach, 1 / reach, -1 / depth, 1.0])
        box[2, 3] = -1.0
        return box @ look_at(np.asarray(centre) + self.sun * depth, np.asarray(centre) + 1e-6)


@dataclass(frozen=True)
class Lamp:
    """An infrared illuminator: cos^focus beam and a weak wide spill, falling with the square of distance."""

    position: np.ndarray
    beam: np.ndarray  # unit direction it points to
    power: float
    focus: float
    spill: float  # share of light outside the beam (walls of the housing, several LEDs)
    ambient: float  # stray light, as irradiance

    def irradiance(self, point: np.ndarray) -> float:
        """On a surface at `point` that faces the lamp."""
        ray = np.asarray(point) - self.position
        distance = float(np.linalg.norm(ray))
        cosine = max(float(ray @ self.beam) / distance, 0.0)
        return self.power * (cosine**self.focus + self.spill * cosine) / distance**2 + self.ambient

    def packed(self) -> np.ndarray:
        """(WIDTH,) float32."""
        row = np.zeros(WIDTH, np.float32)
        row[LAMP : LAMP + 3], row[BEAM : BEAM + 3] = self.position, self.beam
        row[POWER], row[FOCUS], row[SPILL], row[AMBIENT] = self.power, self.focus, self.spill, self.ambient
        return row

    def shadow_clip(self, centre: np.ndarray, reach: float) -> np.ndarray:
        """(4, 4) perspective view from the lamp of a ball of `reach` metres about `centre`."""
        distance = max(float(np.linalg.norm(np.asarray(centre) - self.position)), reach * 0.6)
        angle = 2 * np.arctan2(reach, distance)
        return perspective(min(angle, 2.4), 1.0, near=0.5, far=distance + 6 * reach) @ look_at(self.position, centre)


def draw_daylight(rng: np.random.Generator) -> Daylight:
    """Sunny or overcast, from low to high sun."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(22, 72))
    sun = np.array([np.cos(elevation) * np.cos(azimuth), np.sin(elevation), np.cos(elevation) * np.sin(azimuth)])
    warmth, overcast = rng.uniform(0, 1), rng.random() < 0.5
    strength = rng.uniform(0.1, 0.45) if overcast else rng.uniform(0.9, 1.8)
    sky = np.array([0.9, 0.97, 1.06]) * (rng.uniform(0.7, 1.1) if overcast else rng.uniform(0.35, 0.6))
    horizon = np.array([0.8, 0.86, 0.92]) if overcast else np.array([0.55, 0.7, 0.92])
    return Daylight(
        sun=sun,
        sun_colour=np.array([1.0, 0.96 - 0.08 * warmth, 0.92 - 0.2 * warmth]) * strength,
        sky=sky,
        ground=sky * 0.42 * np.array([1.04, 1.0, 0.94]),
        horizon=horizon * rng.uniform(0.7, 1.4),
    )


def draw_lamp(rng: np.random.Generator, eye: np.ndarray, target: np.ndarray) -> Lamp:
    """Mostly a ring of LEDs about the lens; one time in four a separate lamp up to two metres aside."""
    aside = rng.normal(0, 0.06, 3) if rng.random() < 0.75 else rng.uniform(-1, 1, 3) * np.array([2.0, 0.7, 0.5])
    position = np.asarray(eye) + aside
    axis = np.asarray(target) + rng.normal(0, 0.5, 3) - position
    distance = float(np.linalg.norm(axis))
    return Lamp(
        position=position,
        beam=axis / distance,
        power=rng.uniform(0.7, 1.7) * distance**2,
        focus=float(np.exp(rng.uniform(np.log(2.5), np.log(26)))),
        spill=rng.uniform(0.02, 0.2),
        ambient=float(np.exp(rng.uniform(np.log(0.004), np.log(0.09)))),
    )
