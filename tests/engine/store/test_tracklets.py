"""Reading tracklets: filters, what is in the picture, density and next person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case import Case
from engine.errors import UsageError
from engine.store.tracklets import TrackletFilter
from engine.types import Modality
from tests.helpers.cases import ingest, new_case, register, tracklet


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path / "case") as case:
        night = (tracklet(1, start=10), tracklet(2, start=15), tracklet(3, start=60))
        ingest(case, register(case, tmp_path, "night.mkv"), night)
        ingest(case, register(case, tmp_path, "day.mkv", "Door"), (tracklet(1, modality=Modality.VISIBLE),))
        yield case


def test_filters_narrow_together(case: Case) -> None:
    door = case.evidence.find("E-002").camera.id
    chosen = {
        (): [1, 2, 3, 4],
        (("modality", Modality.VISIBLE),): [4],
        (("cameras", (door,)),): [4],
        (("items", (1,)), ("from_pts", 20), ("to_pts", 59)): [2],
        (("min_quality", 0.95),): [],
        (("usable", True), ("items", (1, 2))): [1, 2, 3, 4],
    }
    for fields, expected in chosen.items():
        wanted = TrackletFilter(**dict(fields))
        assert case.tracklets.ids(wanted).tolist() == expected
        assert case.tracklets.count(wanted) == len(expected)
        assert [t.id for t in case.tracklets.list(wanted)] == expected


def test_rows_come_in_the_order_asked(case: Case) -> None:
    assert [t.id for t in case.tracklets.rows([3, 1, 3])] == [3, 1, 3]
    with pytest.raises(UsageError, match="no tracklet 77"):
        case.tracklets.rows([1, 77])


def test_who_is_in_the_picture(case: Case) -> None:
    assert [(t.id, point.timestamp.pts) for t, point in case.tracklets.at(1, 16)] == [(1, 16), (2, 16)]
    assert case.tracklets.at(1, 40) == []
    assert [t.id for t in case.tracklets.during(1, 20, 60)] == [2, 3]


def test_next_and_previous_person(case: Case) -> None:
    assert case.tracklets.next_start(1, 10) == 15
    assert case.tracklets.next_start(1, 60) is None
    assert case.tracklets.next_start(1, 60, backwards=True) == 15


SPANS = [(1, 10, 10), (2, 15, 30), (3, 60, 1)]


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Three tracklets with the (ordinal, start, length) of SPANS."""
    folder = tmp_path_factory.mktemp("passes")
    with new_case(folder / "case") as case:
        ingest(
            case,
            register(case, folder),
            tuple(tracklet(n, start=first, length=count, crops=1) for n, first, count in SPANS),
        )
        yield case


@given(bins=st.integers(1, 40), start=st.integers(-50, 80), length=st.integers(40, 200))
def test_density_counts_who_is_present_in_each_part(passes: Case, bins: int, start: int, length: int) -> None:
    expected = np.zeros(bins, int)
    for _, first, count in SPANS:
        touched = {(pts - start) * bins // length for pts in range(first, first + count)}
        expected[[part for part in touched if 0 <= part < bins]] += 1
    np.testing.assert_array_equal(passes.tracklets.density(1, bins, start, start + length), expected)
