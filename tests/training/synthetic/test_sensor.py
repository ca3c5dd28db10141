"""What a camera makes of light, and when the sun shines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.synthetic.archive import SWITCH, daylight_at, sun_height
from training.synthetic.camera import make_view
from training.synthetic.light import Lamp, draw_daylight, draw_lamp
from training.synthetic.sensor import FilmGrain, Sensor, draw_sensor, expose, reference_level

FLAT = np.full((64, 48, 3), 0.3, np.float32)


def _plain(infrared: bool = False) -> Sensor:
    sensor = draw_sensor(np.random.default_rng(0), infrared)
    return replace(sensor, gain=0.0, row_noise=0.0, dirt=0.0, rain=0.0, sharpening=0.0, quality=95)


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_infrared_pictures_are_grey_and_colour_ones_are_not() -> None:
    coloured = FLAT * np.array([1.5, 1.0, 0.5], np.float32)
    assert np.ptp(expose(_plain(infrared=True), coloured, _rng(), 0.3), axis=2).max() == 0
    assert np.ptp(expose(_plain(), coloured, _rng(), 0.3).astype(int), axis=2).min() > 20


def test_exposure_follows_the_level() -> None:
    one, double = (expose(_plain(), FLAT * k, _rng(), 0.3 * k) for k in (1, 2))
    assert np.array_equal(one, double)


def test_more_light_is_never_darker() -> None:
    ramp = np.linspace(0, 3, 200, dtype=np.float32)[None, :, None] * np.ones((32, 1, 3), np.float32)
    row = expose(replace(_plain(infrared=True), quality=0, blur=0.3), ramp, _rng(), 0.5)[16, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert row[-1] > row[0] + 150


@pytest.mark.parametrize("change", [{"gain": 0.02}, {"row_noise": 0.02}, {"rain": 8.0}, {"dirt": 0.5}])
def test_each_fault_shows(change: dict[str, float]) -> None:
    clean = expose(_plain(infrared=True), FLAT, _rng(), 0.3).astype(int)
    faulty = expose(replace(_plain(infrared=True), **change), FLAT, _rng(), 0.3).astype(int)
    assert faulty.std() > clean.std() + 0.5


def test_fewer_native_pixels_lose_detail() -> None:
    fine = np.zeros((64, 48, 3), np.float32)
    fine[::2] = 0.6
    sharp = expose(replace(_plain(), blur=0.3), fine, _rng(), 0.3)
    coarse = expose(replace(_plain(), blur=0.3), fine, _rng(), 0.3, native=0.4)
    assert coarse.shape == sharp.shape
    assert coarse.astype(float).std() < 0.4 * sharp.astype(float).std()


def test_film_grain_has_unit_variance() -> None:
    grain = FilmGrain(np.random.default_rng(0), 60, 80, 3)
    assert grain.draw(_rng()).shape == (60, 80, 3)
    assert grain.draw(_rng()).std() == pytest.approx(1, abs=0.1)


def test_the_level_rises_with_a_bright_subject() -> None:
    assert reference_level(FLAT, _rng(), 2.0) > reference_level(FLAT, _rng(), 0.0)


def test_lamps_light_what_they_point_at() -> None:
    lamp = draw_lamp(np.random.default_rng(2), np.array([0, 3.0, 0]), np.array([0, 1.0, 7.0]))
    assert isinstance(lamp, Lamp)
    ahead = lamp.position + 5 * lamp.beam
    assert lamp.irradiance(ahead) > 3 * lamp.irradiance(lamp.position + 10 * lamp.beam)
    assert lamp.irradiance(lamp.position - 5 * lamp.beam) == pytest.approx(lamp.ambient)


def test_shadow_maps_hold_what_they_are_centred_on() -> None:
    rng = np.random.default_rng(3)
    centre = np.array([1.0, 0.9, 6.0])
    for light in (draw_daylight(rng), draw_lamp(rng, np.array([0, 3.0, 0]), centre)):
        clip = light.shadow_clip(centre, 2.0) @ [*centre, 1.0]
        assert np.abs(clip[:2] / clip[3]).max() < 0.05


def test_the_sun_rises_and_sets() -> None:
    assert sun_height(0) < SWITCH < sun_height(12)
    day = draw_daylight(np.random.default_rng(0))
    assert daylight_at(day, 12).sun_colour.sum() > 2 * daylight_at(day, 7).sun_colour.sum()
    assert np.linalg.norm(daylight_at(day, 9).sun) == pytest.approx(1)


def test_pixels_of_a_view_are_symmetrical() -> None:
    view = make_view(np.array([0, 2.0, 0]), np.array([0, 2.0, 9.0]), np.radians(40), 200, 100)
    assert np.allclose(view.pixels(np.array([[0, 2.0, 5.0]])), [[100, 50]])
