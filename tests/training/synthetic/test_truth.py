"""Truth is exact: boxes agree with masks and with re-projection to a pixel, occlusion is measured, formats parse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.synthetic.carrying import draw_conduct
from training.synthetic.person import draw_person
from training.synthetic.renderer import Box, Picture, Subject
from training.synthetic.station import Station, draw_station
from training.synthetic.studio import Studio
from training.synthetic.truth import Sighting, coco, mot_lines, sightings, whole_box

HAIRLESS = {None, "afro01", "bob01"}  # no cut-out hair, whose outline lies inside its triangles


@pytest.fixture(scope="module")
def station(studio: Studio) -> Station:
    station = draw_station(np.random.default_rng(5), studio.pack.texture_names, infrared=True, width=320, height=240)
    return replace(station, place=replace(station.place, clutter=[]))


def _people(studio: Studio, places: list[tuple[float, float]]) -> list[Subject]:
    numbers = [n for n in range(60) if draw_person(studio.pack, n).hair in HAIRLESS][: len(places)]
    subjects = []
    for i, (number, where) in enumerate(zip(numbers, places, strict=True), start=1):
        figure = studio.figure(number, 0)
        conduct = draw_conduct(np.random.default_rng(number), figure.person, walking=True)
        meshes = studio.pose(figure, conduct, 0.2 * i, 0.7 * i, where)
        subjects.append(Subject(i, meshes))
    return subjects


def _draw(studio: Studio, station: Station, subjects: list[Subject]) -> Picture:
    centre = np.array([0, 0.9, station.near + 2])
    return studio.renderer.draw(station.view, subjects, station.place, station.lighting, centre=centre)


def _mask_box(mask: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _mask(picture: Picture, number: int) -> np.ndarray:
    """(H, W) bool: pixels any sample of which shows the person."""
    height, width = picture.image.shape[:2]
    return (picture.person == number).reshape(height, 2, width, 2).any(axis=(1, 3))


def test_boxes_are_those_of_the_masks(studio: Studio, station: Station) -> None:
    middle = station.near + 1.5
    subjects = _people(studio, [(-1.2, middle), (0.1, middle + 0.5), (0.35, middle - 0.4)])
    together = _draw(studio, station, subjects)
    for subject in subjects:
        alone = _draw(studio, station, [subject])
        seen = together.seen[subject.number]
        assert seen.visible_box == _mask_box(_mask(together, subject.number))
        assert seen.full_box == _mask_box(_mask(alone, subject.number))
        assert seen.full_pixels == pytest.approx((alone.person == subject.number).sum() / 4)
        assert seen.visible_share == pytest.approx(
            (together.person == subject.number).sum() / (alone.person == subject.number).sum()
        )
    shares = [together.seen[n].visible_share for n in (1, 2, 3)]
    assert shares[0] == 1
    assert shares[1] < 0.9  # stands behind the third
    assert shares[2] == 1


def test_re_projected_boxes_agree_with_the_masks(studio: Studio, station: Station) -> None:
    for place in [(-0.8, station.near + 1), (0.6, station.near + 2.5)]:
        (subject,) = _people(studio, [place])
        box = _draw(studio, station, [subject]).seen[1].full_box
        assert box is not None
        points = np.concatenate([mesh.position[np.unique(mesh.triangles)] for mesh in subject.meshes])
        pixels = station.view.pixels(points)
        low, high = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0))
        assert np.abs(np.array(box) - [*low, *high]).max() <= 1


def test_people_who_leave_the_picture_keep_their_whole_box(studio: Studio, station: Station) -> None:
    depth = station.near + 1
    x = np.linspace(0, 8, 200)
    edge = station.view.pixels(np.stack([x, np.zeros(200), np.full(200, depth)], axis=1))[:, 0]
    (subject,) = _people(studio, [(float(x[np.argmin(np.abs(edge - 4))]), depth)])
    picture = _draw(studio, station, [subject])
    (found,) = sightings(station.view, [subject], picture.seen, {1: 42})
    assert found.person == 42
    assert found.full[2] > station.view.width or found.full[0] < 0
    assert 0 <= found.visible[0] < found.visible[2] <= station.view.width
    wide = station.view.window(-160, -120, 480, 360, 640, 480)  # the same pixels with a margin all round
    larger = studio.renderer.draw(
        wide, [subject], station.place, station.lighting, centre=np.array([0, 0.9, station.near])
    )
    box = larger.seen[1].full_box
    assert box is not None
    moved = np.array(box) - [160, 120, 160, 120]
    assert np.abs(moved - found.full).max() <= 1
    assert whole_box(wide, subject, box) == box


def test_a_backdrop_gives_the_same_truth_as_drawing_everything(studio: Studio) -> None:
    station = draw_station(np.random.default_rng(8), studio.pack.texture_names, infrared=False, width=320, height=240)
    subjects = _people(studio, [(-0.5, station.near + 1), (0.4, station.near + 2)])
    centre = np.array([0, 0.9, station.near + 2])
    whole = studio.renderer.draw(
        station.view, subjects, station.place, station.lighting, centre=centre, reach=6, shadow_size=512
    )
    backdrop = studio.renderer.backdrop(station.view, station.place, station.lighting, centre, 6.0, 512)
    quick = studio.renderer.draw_before(backdrop, subjects, station.place)
    assert quick.seen == whole.seen
    assert np.abs(quick.image - whole.image).mean() < 0.02 * whole.image.mean()


SIGHTING = Sighting(7, (-4, 10, 20, 60), (0, 12, 18, 50), 0.5)


def test_mot_lines_hold_the_full_box_from_frame_one() -> None:
    assert mot_lines([[], [SIGHTING]]) == "2,7,-4,10,24,50,1,1,0.500\n"


def test_coco_boxes_stay_inside_the_picture() -> None:
    listing = coco([("a.jpg", 16, 40, [SIGHTING])], {})
    assert listing["annotations"][0]["bbox"] == [0, 10, 16, 30]
    assert listing["annotations"][0]["image_id"] == listing["images"][0]["id"]
