"""A camera on its post: where it hangs, what it overlooks, how it is lit and how its sensor draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.synthetic import clutter
from training.synthetic import place as pl
from training.synthetic.camera import View, make_view
from training.synthetic.light import Daylight, Lamp, draw_daylight, draw_lamp
from training.synthetic.place import Place, draw_surface
from training.synthetic.sensor import Sensor, draw_sensor
from training.synthetic.styles import ALL, station_fits


@dataclass(frozen=True)
class Station:
    """A fixed camera looking along +Z. `near`, `far`: depths (metres) at which people walk; rows: sensor lines."""

    view: View
    place: Place
    lighting: Daylight | Lamp
    sensor: Sensor
    near: float
    far: float
    spread: float  # half the width in which people walk

    @property
    def infrared(self) -> bool:
        """True where the camera sees by its own lamp."""
        return isinstance(self.lighting, Lamp)

    def subject_level(self) -> float:
        """Linear level of a light garment (reflectance .55) in the middle of where people walk."""
        middle = np.array([0.0, 1.0, (self.near + self.far) / 2])
        if isinstance(self.lighting, Lamp):
            return 0.55 * self.lighting.irradiance(middle)
        return 0.55 * float(np.mean(self.lighting.sky * 0.7 + self.lighting.sun_colour * 0.5))

    def half_width(self, depth: float) -> float:
        """Metres from the middle of the picture to its side at a depth along +Z, on the ground."""
        corner = np.linalg.inv(self.view.clip) @ np.array([1.0, 0.0, 1.0, 1.0])
        ray = corner[:3] / corner[3] - self.view.eye
        return float(abs(ray[0] / ray[2]) * depth)

    def lighting_now(self, rng: np.random.Generator) -> Daylight | Lamp:
        """The light of another moment: the sun wanders and weakens, the lamp stays."""
        if isinstance(self.lighting, Lamp):
            return replace(self.lighting, ambient=self.lighting.ambient * rng.uniform(0.7, 1.4))
        cloud = rng.uniform(0.35, 1.15)
        turn = rng.normal(0, 0.25)
        c, s = np.cos(turn), np.sin(turn)
        sun = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ self.lighting.sun
        return replace(self.lighting, sun=sun, sun_colour=self.lighting.sun_colour * cloud)


def draw_station(
    rng: np.random.Generator, texture_names: list[str], infrared: bool, width: int = 1920, height: int = 1080,
    style: str = ALL,
) -> Station:  # fmt: skip
    """A new camera in new surroundings, of a style."""
    while not station_fits(station := _draw(rng, texture_names, infrared, width, height), style):
        pass
    return station


def _draw(rng: np.random.Generator, texture_names: list[str], infrared: bool, width: int, height: int) -> Station:
    eye = np.array([0.0, rng.uniform(2.2, 5.0), 0.0])
    near = rng.uniform(3.2, 5.0) + max(0.0, eye[1] - 3.0)
    far = near + rng.uniform(3.0, 8.0)
    target = np.array([rng.normal(0, 0.6), rng.uniform(0.6, 1.1), (near + far) / 2])
    view = make_view(eye, target, np.radians(rng.uniform(34, 62)), width, height)
    tilt, distance = rng.uniform(-0.7, 0.7), far + rng.uniform(0.8, 9.0)
    normal = np.array([np.sin(tilt), np.cos(tilt)])
    has_wall = rng.random() < 0.85
    surfaces = [draw_surface(rng, (pl.FLAT, pl.FLAT, pl.TILES, pl.TILES, pl.BRICKS, pl.LINES))]
    kinds = (pl.FLAT, pl.TILES, pl.BRICKS, pl.PANELS, pl.PANES, pl.SHUTTER)
    offset = float(distance * np.cos(tilt))
    if has_wall:
        top = rng.uniform(2.2, 12)
        surfaces.append(draw_surface(rng, kinds, top=top, normal=tuple(normal), offset=offset))
    else:
        surfaces.append(draw_surface(rng, kinds, top=rng.uniform(3, 14), normal=(0.0, 1.0), offset=rng.uniform(25, 60)))
    wall = (normal, offset) if has_wall else None
    spread = 0.36 * (near + far) / 2
    furniture = clutter.furnish(
        rng, texture_names, wall, (far + 0.8, far + 6.0), (near * 0.55, near - 0.6), spread * 1.6
    )
    lighting = draw_lamp(rng, eye, target) if infrared else draw_daylight(rng)
    return Station(view, Place(surfaces, furniture), lighting, draw_sensor(rng, infrared), near, far, spread)
