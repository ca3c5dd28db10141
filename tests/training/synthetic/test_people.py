"""Who people are: drawn from a seed alone, all different, and told apart from their own skin in infrared."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.synthetic.assets import AssetPack
from training.synthetic.body import BodyShape, hat, morph, target_weights
from training.synthetic.figure import build_figure
from training.synthetic.materials import apart
from training.synthetic.person import draw_person
from training.synthetic.station import Station, draw_station
from training.synthetic.styles import ALL, HELD_OUT, RESERVED_HEIGHT, TRAINING, person_fits, station_fits

KNOTS = (("low", 0.0), ("middle", 0.5), ("high", 1.0))
AVERAGE = BodyShape(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, {"caucasian": 1 / 3, "african": 1 / 3, "asian": 1 / 3})


@given(st.floats(-1, 2))
def test_hat_functions_share_out_one(value: float) -> None:
    shares = hat(value, KNOTS)
    assert sum(shares.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in shares.values())
    position = sum(dict(KNOTS)[name] * share for name, share in shares.items())
    assert position == pytest.approx(min(max(value, 0), 1))


def test_target_weights_of_each_axis_share_out_one() -> None:
    weights = target_weights(AVERAGE)
    assert sum(w for name, w in weights.items() if name.startswith("universal")) == pytest.approx(1)
    assert sum(w for name, w in weights.items() if name.count("-") == 2) == pytest.approx(1)


def test_heavier_bodies_are_wider_and_taller_ones_taller(pack: AssetPack) -> None:
    trunk = (np.abs(pack.vertices[:, 1] - 1.5) < 1.0) & (np.abs(pack.vertices[:, 0]) < 2)

    def size(part: np.ndarray | slice, **changes: float) -> np.ndarray:
        shape = BodyShape(**{**AVERAGE.__dict__, **changes})
        return np.ptp(morph(pack, shape)[:13380][part], axis=0)

    assert size(trunk[:13380], weight=1.0)[2] > 1.1 * size(trunk[:13380], weight=0.0)[2]
    assert size(slice(None), height=1.0)[1] > 1.1 * size(slice(None), height=0.0)[1]


def test_no_two_of_a_thousand_share_all_attributes(pack: AssetPack) -> None:
    words = [tuple(draw_person(pack, number).words().items()) for number in range(1, 1001)]
    assert len(set(words)) == 1000


def test_a_person_is_the_same_every_time(pack: AssetPack) -> None:
    assert astuple(draw_person(pack, 7, 3)) == astuple(draw_person(pack, 7, 3))
    assert astuple(draw_person(pack, 7, 3)) != astuple(draw_person(pack, 7, 4))
    first, second = (build_figure(pack, draw_person(pack, 7)) for _ in range(2))
    assert np.array_equal(first.core.vertices, second.core.vertices)
    assert np.array_equal(first.materials, second.materials)


def test_cloth_is_told_from_skin_in_infrared(pack: AssetPack) -> None:
    """Garments beside skin differ from it by a quarter, so that nobody looks undressed."""
    for number in range(200):
        person = draw_person(pack, number)
        for garment in person.garments[:-1]:  # not the shoes
            if garment.material.retro == 0:
                assert abs(garment.material.nir / person.skin.nir - 1) > 0.2


@given(st.floats(0.04, 0.88), st.floats(0.3, 0.66), st.floats(0.04, 0.88))
def test_apart_keeps_its_distance(value: float, other: float, third: float) -> None:
    moved = apart(value, [other, third], 0.28)
    assert 0.04 <= moved <= 0.88
    assert abs(moved / other - 1) > 0.27
    assert abs(moved / third - 1) > 0.27


def test_people_stand_on_the_ground_at_human_size(pack: AssetPack) -> None:
    for number in range(12):
        figure = build_figure(pack, draw_person(pack, number))
        assert 1.2 < figure.height < 2.15


def test_rendering_needs_no_torch() -> None:
    code = "import training.synthetic.crops, training.synthetic.demo, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_training_styles_and_held_out_styles_share_nothing_reserved(pack: AssetPack) -> None:
    def worn(style: str) -> list[bool]:
        people = [draw_person(pack, number, style=style) for number in range(200)]
        return [person_fits(person, HELD_OUT) for person in people]

    assert not any(worn(TRAINING))
    assert all(worn(HELD_OUT))
    assert 0.2 < sum(worn(ALL)) / 200 < 0.8


def test_cameras_of_training_and_held_out_styles_differ(pack: AssetPack) -> None:
    def cameras(style: str) -> list[Station]:
        rngs = [np.random.default_rng(seed) for seed in range(20)]
        return [draw_station(rng, pack.texture_names, seed % 2 == 0, style=style) for seed, rng in enumerate(rngs)]

    assert not any(station_fits(camera, HELD_OUT) for camera in cameras(TRAINING))
    assert all(camera.view.eye[1] < RESERVED_HEIGHT for camera in cameras(TRAINING))
    assert all(station_fits(camera, HELD_OUT) for camera in cameras(HELD_OUT))
