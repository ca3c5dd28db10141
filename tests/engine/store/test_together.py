"""Several changes as one: a confirmation and the subject it fills must never be found apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import CaseError, StorageError, UsageError
from tests.helpers.case_content import logical_content
from tests.helpers.cases import ingest, new_case, register, tracklet


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """An open case with two tracklets."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2, start=50)))
        yield case


def actions(case: Case) -> list[str]:
    return [entry.action for entry in case.audit.entries()]


def create_and_fill(case: Case, tracklets: list[int]) -> None:
    with case.together():
        case.subjects.add(case.subjects.create("Walker").id, tracklets)


def create_many(case: Case) -> None:
    with case.together():
        for n in range(20):
            case.subjects.create(f"Walker {n}", "notes " * 4000)


def test_each_change_keeps_its_own_entry_and_is_seen_by_the_next(case: Case) -> None:
    with case.together():
        subject = case.subjects.create("Walker")
        case.subjects.add(subject.id, [1])
        assert case.subjects.get(subject.id).members == 1
    assert actions(case)[:2] == ["subject.add", "subject.create"]
    assert case.audit.verify().intact


def test_a_refusal_takes_the_changes_before_it_back(case: Case) -> None:
    before = logical_content(case)
    with pytest.raises(UsageError):
        create_and_fill(case, [99])
    assert logical_content(case) == before
    assert case.audit.verify().intact


def test_a_refusal_that_is_taken_up_leaves_only_that_change_out(case: Case) -> None:
    with case.together():
        kept = case.subjects.create("Walker")
        with pytest.raises(UsageError):
            case.subjects.add(kept.id, [1, 99])
        case.subjects.add(kept.id, [2])
    assert [member.tracklet_id for member in case.subjects.members(kept.id)] == [2]
    assert case.audit.verify().intact


@pytest.mark.parametrize("pages", range(6))
def test_a_disk_that_fills_up_in_between_leaves_nothing(case: Case, pages: int) -> None:
    before = logical_content(case)
    writer = case._db._writer
    assert writer is not None
    free = writer.execute("PRAGMA freelist_count").fetchone()[0]
    count = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {count - free + pages}")
    with pytest.raises(StorageError):
        create_many(case)
    assert logical_content(case) == before
    writer.execute("PRAGMA max_page_count = 100000")
    with case.together():
        case.subjects.create("Walker")
    assert case.audit.verify().intact


def test_nobody_else_sees_half_of_it(case: Case) -> None:
    with Case.open(case.folder, writable=False) as beside:
        with case.together():
            case.subjects.create("Walker")
            assert beside.subjects.list() == []
        assert len(beside.subjects.list()) == 1


def test_a_case_open_for_reading_refuses(case: Case) -> None:
    with Case.open(case.folder, writable=False) as beside, pytest.raises(CaseError), beside.together():
        pass


def test_blocks_are_not_nested(case: Case) -> None:
    with pytest.raises(RuntimeError), case.together(), case.together():
        pass
    case.rename("Quay")
    assert case.info.title == "Quay"
