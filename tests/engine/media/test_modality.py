"""IR or RGB by time, on pictures of the kinds that fool simple rules."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.index import PtsIndex
from engine.media.modality import _on_show, colourfulness, segment_modality
from engine.media.source import open_source
from engine.progress import finish
from engine.settings import ModalitySettings
from engine.types import Modality
from tests.helpers import clips

SETTINGS = ModalitySettings(sample_seconds=0.4, min_segment_seconds=1.0)


def scene(seed: int = 0, saturation: float = 1.0) -> np.ndarray:
    """A street in miniature: grey ground and wall, a few coloured things. (240, 320, 3) uint8."""
    random = np.random.default_rng(seed)
    image = np.full((240, 320, 3), 105, np.float64)
    image[:100] = 150
    for _ in range(12):
        x, y = random.integers(0, 270), random.integers(20, 160)
        image[y : y + 75, x : x + 45] = random.integers(20, 230, 3)
    grey = image.mean(axis=2, keepdims=True)
    return (grey + (image - grey) * saturation).clip(0, 255).astype(np.uint8)


def infrared(seed: int = 0) -> np.ndarray:
    return scene(seed, saturation=0.0)


def noisy(image: np.ndarray, sigma: float = 8.0) -> np.ndarray:
    return (image + np.random.default_rng(1).normal(0, sigma, image.shape)).clip(0, 255).astype(np.uint8)


def tinted(image: np.ndarray) -> np.ndarray:
    return (image * np.array([1.06, 0.97, 1.02]) + np.array([4, 0, 2])).clip(0, 255).astype(np.uint8)


def with_clock_text(image: np.ndarray) -> np.ndarray:
    marked = cv2.putText(image.copy(), "2024-01-31 23:59", (8, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 220, 0), 2)
    return cv2.putText(marked, "CAM 4", (8, 230), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 255, 60), 2)


def compressed(image: np.ndarray, quality: int = 35) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)[..., ::-1]


@pytest.mark.parametrize("spoil", [noisy, tinted, with_clock_text, lambda image: compressed(noisy(tinted(image)))])
@pytest.mark.parametrize("seed", range(3))
def test_spoiled_infrared_is_not_coloured(spoil, seed):
    chroma, _ = colourfulness(spoil(infrared(seed)))
    assert chroma < ModalitySettings().chroma_threshold - ModalitySettings().uncertain_margin


def test_a_few_coloured_people_in_a_grey_yard_are_colour():
    image = np.full((270, 480, 3), 120, np.uint8) + np.random.default_rng(0).integers(0, 12, (270, 480, 1), np.uint8)
    for place, colour in enumerate([(150, 60, 50), (60, 90, 160), (170, 150, 70), (70, 120, 80), (120, 70, 120)]):
        image[90:200, 40 + 80 * place : 75 + 80 * place] = colour
    chroma, _ = colourfulness(compressed(image))
    assert chroma > ModalitySettings().chroma_threshold + ModalitySettings().uncertain_margin


@pytest.mark.parametrize("seed", range(3))
def test_colour_is_coloured_even_if_noisy_and_compressed(seed):
    for image in (scene(seed), compressed(noisy(scene(seed)))):
        chroma, _ = colourfulness(image)
        assert chroma > ModalitySettings().chroma_threshold + ModalitySettings().uncertain_margin


def segments_of(path: Path, images: list[np.ndarray], settings: ModalitySettings = SETTINGS):
    clips.write_clip(path, images, rate=10, options={"g": "15", "crf": "20", "x264-params": "log=-1"})
    with open_source(path) as source:
        found = finish(segment_modality(source, settings))
        assert found[0].start.pts == source.index.pts[0]
        assert found[-1].end.pts > source.index.pts[-1]
        for earlier, later in pairwise(found):
            assert earlier.end == later.start
            assert earlier.modality is not later.modality
        return found, source.index


def test_a_camera_that_switches_at_dusk(tmp_path):
    images = [scene(1)] * 37 + [noisy(infrared(1))] * 43
    (day, night), index = segments_of(tmp_path / "dusk.mp4", images)
    assert (day.modality, night.modality) == (Modality.VISIBLE, Modality.INFRARED)
    assert day.certain
    assert night.certain
    assert index.position(night.start.pts) == 37


def test_a_flash_of_colour_is_no_segment(tmp_path):
    images = [infrared(2)] * 30 + [scene(2)] * 5 + [infrared(2)] * 30
    (only,), _ = segments_of(tmp_path / "flash.mp4", images)
    assert only.modality is Modality.INFRARED


def test_one_long_gop_is_sampled_between_its_keyframes(tmp_path):
    path = clips.write_clip(
        tmp_path / "long-gop.mp4",
        [infrared(3)] * 40 + [scene(3)] * 40,
        rate=10,
        options={"g": "1000", "sc_threshold": "0", "x264-params": "log=-1"},
    )
    with open_source(path) as source:
        found = finish(segment_modality(source, SETTINGS))
    assert [each.modality for each in found] == [Modality.INFRARED, Modality.VISIBLE]


def test_hardly_any_colour_is_uncertain(tmp_path):
    found, _ = segments_of(tmp_path / "grey-day.mp4", [scene(4, saturation=0.1)] * 30)
    assert not any(each.certain for each in found)


def test_a_single_frame_is_one_segment(tmp_path):
    (only,), _ = segments_of(tmp_path / "one.mp4", [scene(5)])
    assert only.modality is Modality.VISIBLE
    assert only.end.pts > only.start.pts


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20, unique=True), st.integers(-50, 350), st.integers(1, 60))
def test_a_gap_is_walked_as_if_step_by_step(times, first, step):
    pts = np.array(sorted(times), np.int64)
    index = PtsIndex(pts, np.ones(len(pts), bool), pts, np.arange(len(pts)))
    plain = dict.fromkeys(index.nearest(at) for at in range(first, 320, step))
    assert list(_on_show(index, first, 320, step)) == list(plain)
