"""What the tracklet section of `make accuracy` counts, on truth small enough to see."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks.accuracy_tracks import FOUND, People, Shown, clip_row, lines, shown, summed, truth_of, whom
from engine.types import Box, Timestamp, TrackPoint

ANNA, BERT = 1, 2
LEFT, RIGHT = Box(0, 0, 40, 100), Box(200, 0, 40, 100)
APART: People = {ANNA: (LEFT, LEFT), BERT: (RIGHT, RIGHT)}


def point(pts: int, box: Box) -> TrackPoint:
    return TrackPoint(Timestamp(pts, Fraction(1, 10)), box, 0.9)


def test_a_box_shows_everybody_it_overlaps_by_half() -> None:
    assert whom(LEFT, APART) == {ANNA}
    assert whom(Box(100, 0, 40, 100), APART) == set()
    behind = {ANNA: (LEFT, LEFT), BERT: (Box(35, 0, 10, 100), Box(5, 0, 40, 100))}  # seen beside Anna, hidden by her
    assert whom(LEFT, behind) == {ANNA, BERT}


def test_boxes_and_crops_of_another_person_are_counted() -> None:
    truth = dict.fromkeys(range(10), APART)
    hopped = [point(n, LEFT if n < 7 else RIGHT) for n in range(10)]
    found = shown(hopped, [(0, LEFT), (9, RIGHT)], truth)
    assert found == Shown(ANNA, boxes=10, others=3, crops=2, other_crops=1)
    assert found.mixed
    assert not shown(hopped[:9], [(0, LEFT)], truth).mixed  # two boxes may be the detector's slip


def test_who_is_covered_is_not_another() -> None:
    together: People = {ANNA: (LEFT, LEFT), BERT: (LEFT, LEFT)}
    truth = {n: APART if n < 6 else together for n in range(10)}
    assert shown([point(n, LEFT) for n in range(10)], [], truth) == Shown(ANNA, 10, 0, 0, 0)


def test_a_tracklet_of_a_shadow_is_nobodys() -> None:
    truth = dict.fromkeys(range(10), APART)
    shadow = [point(n, LEFT if n < 5 else Box(100, 0, 40, 100)) for n in range(10)]
    assert shown(shadow, [(0, LEFT)], truth).person is None


def test_a_clip_is_counted_against_the_truth_beside_it(tmp_path: Path) -> None:
    """Two people, ten frames; Anna is followed in two halves, Bert for the whole clip."""
    clip = tmp_path / "clip.mp4"
    boxes = {ANNA: [0, 0, 40, 100], BERT: [200, 0, 40, 100]}
    people = [{"id": n, "visible": box, "full": box} for n, box in boxes.items()]
    listing = {"frames": [{"pts": pts, "people": people} for pts in range(10)]}
    clip.with_suffix(".json").write_text(json.dumps(listing))
    known = [f"{pts + 1},{n},{box[0]},0,40,100,1,1,1.0\n" for pts in range(10) for n, box in boxes.items()]
    clip.with_suffix(".txt").write_text("".join(known))
    tracklets = {
        1: [point(n, LEFT) for n in range(5)],
        2: [point(n, LEFT) for n in range(5, 10)],
        3: [point(n, RIGHT) for n in range(10)],
    }
    truth = truth_of(clip.with_suffix(".json"))
    named = [shown(points, [(points[0].timestamp.pts, points[0].box)], truth) for points in tracklets.values()]
    row = clip_row(tracklets, named, clip)
    assert (row["people"], row["found"], row["tracklets"], row["mixed"], row["switches"]) == (2, 2, 3, 0, 1)
    line = summed("all", [row, row])
    (night, both) = lines("parted", [{"kind": "IR", **row}, {"kind": "IR", **row}])
    assert set(FOUND) <= set(night)
    assert (night["footage"], both["footage"], night["people"]) == ("IR, 2 clips", "all", 4)
    assert (line["per person"], line["purity"], line["crops right"], line["switches"]) == (1.5, 1.0, 1.0, 2)
    assert line["IDF1"] == pytest.approx(15 / 20)  # half of Anna's frames count for nobody, nor do their boxes


def test_without_tracklets_the_shares_are_unknown_not_perfect(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.with_suffix(".json").write_text(json.dumps({"frames": [{"pts": 0, "people": []}]}))
    line = summed("all", [clip_row({}, [], clip)])
    assert (line["per person"], line["purity"], line["crops right"]) == (None, None, None)
