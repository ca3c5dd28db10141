"""Where somebody is at a given time: a smooth path over the ground, walked at a steady pace, with pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator, interp1d

from training.synthetic.station import Station

PATH_POINTS = 200
STRIDE_SHARE = 0.8  # of body height; a stride is two steps


@dataclass(frozen=True)
class Moment:
    """Place (x, z) in metres, yaw in radians and gait phase of somebody at one time."""

    where: tuple[float, float]
    yaw: float
    phase: float
    walking: bool


class Walk:
    """A path through waypoints (N, 2), begun at `start` seconds, with an optional pause on the way."""

    def __init__(
        self, waypoints: np.ndarray, start: float, speed: float, stride: float, pause: tuple[float, float] = (0.5, 0.0)
    ) -> None:
        """pause: (share of the way, seconds)."""
        chords = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(waypoints, axis=0), axis=1))])
        dense = PchipInterpolator(chords, waypoints, axis=0)(np.linspace(0, chords[-1], PATH_POINTS))
        at = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
        self.path = interp1d(at, dense, axis=0)  # by distance walked, so that the pace is even
        self.length, self.start, self.speed, self.stride = float(at[-1]), start, speed, stride
        self._halt, self._pause = pause[0] * self.length, pause[1]

    @property
    def end(self) -> float:
        """Seconds at which the path is done."""
        return self.start + self.length / self.speed + self._pause

    def at(self, time: float) -> Moment | None:
        """Where the walker is; None before the start and after the end."""
        if not self.start <= time <= self.end:
            return None
        walked = (time - self.start) * self.speed
        halted = self._halt < walked < self._halt + self._pause * self.speed
        if walked >= self._halt:
            walked = max(self._halt, walked - self._pause * self.speed)
        walked = min(walked, self.length)
        x, z = self.path(walked)
        ahead = self.path(min(walked + 0.3, self.length)) - self.path(max(walked - 0.3, 0.0))
        return Moment(
            (float(x), float(z)), float(np.arctan2(ahead[0], ahead[1])), walked / self.stride % 1.0, not halted
        )


def draw_walk(rng: np.random.Generator, station: Station, height: float, start: float, step: float = 1.0) -> Walk:
    """Somebody comes into view on one side and leaves on another."""
    sides = rng.choice(4, size=2, replace=False, p=[0.38, 0.38, 0.12, 0.12])
    first, last = (_gate(rng, station, int(side)) for side in sides)
    depth = rng.uniform(station.near, station.far)
    middle = np.array([rng.uniform(-0.6, 0.6) * station.half_width(depth), depth])
    stride = STRIDE_SHARE * height * (0.35 + 0.65 * step)
    pause = (rng.uniform(0.3, 0.7), rng.uniform(1.5, 6.0)) if rng.random() < 0.15 else (0.5, 0.0)
    return Walk(np.array([first, middle, last]), start, stride * rng.uniform(0.85, 1.0), stride, pause)


def beside(walk: Walk, rng: np.random.Generator, stride: float) -> Walk:
    """A companion of somebody, half a metre to the side."""
    t = np.linspace(0, walk.length, 5)
    points = walk.path(t)
    ahead = walk.path(np.minimum(t + 0.2, walk.length)) - walk.path(np.maximum(t - 0.2, 0))
    side = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    shifted = points + side * rng.choice([-1, 1]) * rng.uniform(0.5, 0.7)
    return Walk(shifted, walk.start + rng.uniform(-0.2, 0.3), walk.speed, stride)


def _gate(rng: np.random.Generator, station: Station, side: int) -> np.ndarray:
    """A point just outside the picture: 0 left, 1 right, 2 far, 3 under the camera."""
    depth = rng.uniform(station.near, station.far)
    if side in (0, 1):
        return np.array([(side * 2 - 1) * (station.half_width(depth) + 1.2), depth])
    if side == 2:
        return np.array([rng.uniform(-0.5, 0.5) * station.half_width(station.far), station.far + 0.4])
    near = max(station.near - 2.0, 1.6)
    return np.array([rng.uniform(-0.5, 0.5) * station.half_width(near), near])
