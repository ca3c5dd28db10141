"""Subjects and custody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import UsageError
from engine.store.tracklets import TrackletFilter
from engine.types import Modality, Verdict
from tests.helpers.cases import EXAMINER, ingest, new_case, register, searched, tracklet


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """Night: 1 and 2 apart. Day: 3, 4 apart, 5 in the picture together with 4."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path, "night.mkv"), (tracklet(1), tracklet(2, start=50)))
        day = (tracklet(1), tracklet(2, start=30), tracklet(3, start=35))
        ingest(case, register(case, tmp_path, "day.mkv"), day)
        yield case


def members(case: Case, subject_id: int) -> list[int]:
    return [member.tracklet_id for member in case.subjects.members(subject_id)]


def test_a_subject_gathers_tracklets_of_both_modalities(case: Case) -> None:
    subject = case.subjects.create("Red scarf")
    case.subjects.add(subject.id, [1, 3], "seen twice")
    case.subjects.add(subject.id, [3])
    assert members(case, subject.id) == [1, 3]
    assert case.subjects.members(subject.id)[0].modality is Modality.INFRARED
    assert case.subjects.members(subject.id)[0].examiner == EXAMINER
    assert case.subjects.find("S-001").members == 2
    assert case.tracklets.ids(TrackletFilter(subject=subject.id)).tolist() == [1, 3]


def test_a_subject_without_a_name_is_called_by_its_number(case: Case) -> None:
    subject = case.subjects.create()
    assert subject.name == subject.label == "S-001"
    assert case.subjects.describe(subject.id, name="Tall man", notes="limps").name == "Tall man"


def test_two_in_one_picture_cannot_be_the_same_person(case: Case) -> None:
    assert case.subjects.conflicts([1, 2, 3, 4, 5]) == [(4, 5)]
    assert case.subjects.cannot_be(5) == {4}
    assert case.subjects.apart([1, 4], [2, 3, 5]) == {5: 4}
    assert case.subjects.apart([5], [5]) == {}
    subject = case.subjects.create()
    case.subjects.add(subject.id, [4])
    with pytest.raises(UsageError, match="4 and 5 are in the picture at the same time"):
        case.subjects.add(subject.id, [1, 5])
    assert members(case, subject.id) == [4]


def test_all_pairs_at_once_are_those_found_one_by_one(case: Case) -> None:
    ids = [int(number) for number in case.tracklets.ids()]
    alone = {number: case.subjects.cannot_be(number) for number in ids}
    assert case.subjects.apart(ids, ids) == {number: min(found) for number, found in alone.items() if found}
    assert case.subjects.conflicts(ids) == sorted((a, b) for a, found in alone.items() for b in found if a < b)


def test_a_tracklet_belongs_to_one_subject_at_most(case: Case) -> None:
    first, second = case.subjects.create(), case.subjects.create()
    case.subjects.add(first.id, [1])
    with pytest.raises(UsageError, match="already belongs to S-001"):
        case.subjects.add(second.id, [1])
    case.subjects.remove(first.id, [1])
    case.subjects.add(second.id, [1])
    assert case.subjects.of_tracklet(1) == case.subjects.get(second.id)


def test_merge_and_split(case: Case) -> None:
    first, second = case.subjects.create("A"), case.subjects.create("B")
    case.subjects.add(first.id, [1, 2])
    case.subjects.add(second.id, [3])
    case.subjects.merge(second.id, first.id, "same gait")
    assert members(case, first.id) == [1, 2, 3]
    assert [s.label for s in case.subjects.list()] == ["S-001"]
    with pytest.raises(UsageError, match="merged into S-001"):
        case.subjects.add(second.id, [4])
    new = case.subjects.split(first.id, [2, 3], "C")
    assert (members(case, first.id), members(case, new.id), new.label) == ([1], [2, 3], "S-003")
    assert case.audit.entries(limit=1)[0].details["new"] == "S-003"


def test_merging_two_that_were_seen_together_is_refused(case: Case) -> None:
    first, second = case.subjects.create(), case.subjects.create()
    case.subjects.add(first.id, [4])
    case.subjects.add(second.id, [5])
    with pytest.raises(UsageError, match="cannot both be"):
        case.subjects.merge(second.id, first.id)
    assert members(case, second.id) == [5]


def test_custody(case: Case) -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    case.custody.add(1, happened_at=moment, released_by="Officer", received_by="Lab", purpose="analysis")
    assert [(h.received_by, h.happened_at) for h in case.custody.list(1)] == [("Lab", moment.isoformat())]


def test_undoing_a_confirmation_takes_its_member_out_again(case: Case) -> None:
    searched(case, query=1, candidates=(3, 4))
    subject = case.subjects.create()
    case.subjects.add(subject.id, [1])
    (confirmed,) = case.decisions.decide(1, [3], Verdict.CONFIRMED)
    case.subjects.add(subject.id, [3], decision_id=confirmed.id)
    case.decisions.undo_last()
    assert members(case, subject.id) == [1]
    assert case.audit.entries(limit=1)[0].details["members"] == ["-3 S-001"]
    with pytest.raises(UsageError, match="no decision to undo"):
        case.decisions.undo_last()


def test_a_changed_decision_takes_its_member_out_until_the_change_is_undone(case: Case) -> None:
    searched(case, query=1, candidates=(3, 4))
    subject = case.subjects.create()
    (confirmed,) = case.decisions.decide(1, [3], Verdict.CONFIRMED)
    case.subjects.add(subject.id, [3], decision_id=confirmed.id)
    case.decisions.decide(1, [3], Verdict.REJECTED)
    assert members(case, subject.id) == []
    case.decisions.undo_last()
    assert members(case, subject.id) == [3]
    case.decisions.undo_last()
    assert members(case, subject.id) == []
