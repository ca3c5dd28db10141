"""Walking: joints that stay joined, steps that repeat, feet that touch the ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.synthetic.carrying import draw_conduct
from training.synthetic.gait import Manner, align, draw_manner
from training.synthetic.studio import Studio
from training.synthetic.walk import Walk

MANNER = Manner(step=1.0, arm_swing=18, elbow=12, lean=2, arms_out=7, legs_out=2)


def test_poses_repeat_after_a_stride_and_are_rotations(studio: Studio) -> None:
    pose = studio.gait.pose(0.3, MANNER)
    assert np.allclose(pose, studio.gait.pose(1.3 % 1.0, MANNER))
    assert np.allclose(pose @ pose.transpose(0, 2, 1), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(pose), 1)


def test_the_two_legs_take_turns(studio: Studio) -> None:
    left, right = (studio.pack.bone_index["upperleg01" + side] for side in (".L", ".R"))

    def forward(phase: float, bone: int) -> float:
        return float(studio.gait.pose(phase, MANNER)[bone][1, 2])

    assert np.sign(forward(0.0, left)) != np.sign(forward(0.0, right))
    assert np.sign(forward(0.0, left)) == np.sign(forward(0.5, right))


@pytest.mark.parametrize("number", range(4))
def test_feet_touch_the_ground_and_nothing_is_below(studio: Studio, number: int) -> None:
    figure = studio.figure(number, 0)
    rng = np.random.default_rng(number)
    meshes = studio.pose(figure, draw_conduct(rng, figure.person), rng.random(), 1.0, (2.0, 5.0))
    assert meshes[0].position[:, 1].min() == pytest.approx(0, abs=1e-5)
    assert all(mesh.position[:, 1].min() > -0.08 for mesh in meshes)
    assert np.allclose(meshes[0].position[:, [0, 2]].mean(axis=0), [2, 5], atol=0.3)


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6))
def test_align_turns_one_direction_into_another(numbers: list[float]) -> None:
    a, b = np.add(numbers[:3], (2, 0, 0)), np.add(numbers[3:], (0, 2, 0))
    turned = align(a, b) @ (a / np.linalg.norm(a))
    assert np.allclose(turned, b / np.linalg.norm(b), atol=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_manners_are_human(seed: int) -> None:
    manner = draw_manner(np.random.default_rng(seed), 0.9)
    assert 0 <= manner.step < 1.3
    assert 0 <= manner.arms_out <= 30


def test_a_walk_is_walked_at_its_pace_with_a_pause() -> None:
    walk = Walk(np.array([[0, 0], [3, 0], [3, 4.0]]), start=2, speed=1.0, stride=1.4, pause=(0.5, 3.0))
    assert walk.at(1.9) is None
    assert walk.at(walk.end + 0.01) is None
    moments = [walk.at(t) for t in np.arange(2, walk.end, 0.05)]
    places = np.array([m.where for m in moments if m])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1) / 0.05
    assert steps.max() < 1.25
    halted = np.array([not m.walking for m in moments if m])
    assert halted.sum() * 0.05 == pytest.approx(3.0, abs=0.11)
    assert places[-1] == pytest.approx([3, 4], abs=0.06)
