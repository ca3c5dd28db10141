"""Marks in the footage: notes are edited, marks removed, changes undone; every row stays."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case import Case
from engine.errors import UsageError
from tests.helpers.cases import EXAMINER, new_case, register


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path, "night.mkv")
        register(case, tmp_path, "day.mkv")
        yield case


def notes(case: Case, item: int = 1) -> dict[int, str]:
    return {mark.pts: mark.note for mark in case.marks.list(item)}


def test_marks_stand_in_order_of_time(case: Case) -> None:
    case.marks.add(1, 30, "drops a bag")
    case.marks.add(1, 10)
    case.marks.add(2, 20, "another item")
    assert [mark.pts for mark in case.marks.list(1)] == [10, 30]
    with pytest.raises(UsageError, match="no evidence item 9"):
        case.marks.add(9, 10)


def test_an_edited_note_says_who_wrote_it_and_the_log_keeps_the_one_before(case: Case, tmp_path: Path) -> None:
    mark = case.marks.add(1, 30, "drops a bag")
    assert not mark.edited
    case.close()
    with Case.open(tmp_path / "case", examiner="B. Reviewer") as again:
        edited = again.marks.edit(mark.id, "drops a case")
        assert (edited.note, edited.edited, edited.examiner, edited.changed_by) == (
            *("drops a case", True),
            *(EXAMINER, "B. Reviewer"),
        )
        details = again.audit.entries(action="mark.edit")[0].details
        assert (details["before"], details["note"]) == ("drops a bag", "drops a case")


def test_a_removal_is_undone_and_both_are_logged(case: Case) -> None:
    mark = case.marks.add(1, 30, "drops a bag")
    case.marks.remove(mark.id)
    assert notes(case) == {}
    for act in (lambda: case.marks.remove(mark.id), lambda: case.marks.edit(mark.id, "x")):
        with pytest.raises(UsageError, match="no mark 1"):
            act()
    undo = case.marks.undo_last(1)
    assert (undo.undone, undo.note) == ("remove", "drops a bag")
    assert case.marks.list(1) == [mark]
    actions = [entry.action for entry in case.audit.entries(limit=3)]
    assert actions == ["mark.undo", "mark.remove", "mark.add"]
    assert case.audit.entries(limit=1)[0].details["undone"] == "mark.remove"
    assert case.audit.verify().intact


def test_undo_keeps_to_its_item(case: Case) -> None:
    case.marks.add(1, 30, "here")
    case.marks.add(2, 20, "there")
    case.marks.undo_last(1)
    assert (notes(case, 1), notes(case, 2)) == ({}, {20: "there"})
    entries = case.audit.count()
    with pytest.raises(UsageError, match="no change of a mark to undo"):
        case.marks.undo_last(1)
    assert case.audit.count() == entries


STEPS = st.lists(st.tuples(st.sampled_from(["add", "edit", "remove", "undo"]), st.integers(0, 5)), max_size=14)


@given(STEPS)
def test_undo_walks_back_through_any_order_of_changes(steps: list[tuple[str, int]]) -> None:
    """The plain model: a stack of what stood, one step popped by each undo."""
    with tempfile.TemporaryDirectory() as folder, new_case(Path(folder) / "case") as case:
        register(case, Path(folder))
        stood: list[dict[int, str]] = [{}]
        for n, (step, which) in enumerate(steps):
            marks = case.marks.list(1)
            if step == "add":
                case.marks.add(1, n, f"note {n}")
                stood.append({**stood[-1], n: f"note {n}"})
            elif step == "undo" and len(stood) > 1:
                case.marks.undo_last(1)
                stood.pop()
            elif step in ("edit", "remove") and marks:
                mark = marks[which % len(marks)]
                rest = {pts: note for pts, note in stood[-1].items() if pts != mark.pts}
                if step == "edit":
                    case.marks.edit(mark.id, f"edit {n}")
                    stood.append({**rest, mark.pts: f"edit {n}"})
                else:
                    case.marks.remove(mark.id)
                    stood.append(rest)
            assert notes(case) == stood[-1]


def test_marks_of_a_case_written_before_they_could_be_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlite_utils import Migrations

    from engine.store import row_sums, schema

    first = Migrations("nightjar")
    first()(schema.m001_case)
    first()(schema.m005_frame_times)  # without which no item can be read
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", first)
        patch.setattr(row_sums, "write", lambda *_: None)  # there was no such table yet
        with new_case(tmp_path / "case") as old:
            register(old, tmp_path)
            for number, note in ((1, "stays"), (2, "went")):
                with old._db.transaction("mark.add", "item:1", pts=number, note=note) as tx:
                    tx.insert("marks", item_id=1, pts=number, note=note, examiner=tx.actor, at=tx.at)
            with old._db.transaction("mark.remove", "item:1", mark=2, pts=2, note="went") as tx:
                tx.execute("UPDATE marks SET removed_at = ? WHERE id = 2", (tx.at,))
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
        assert notes(case) == {1: "stays"}
        assert case.marks.undo_last(1).undone == "remove"
        assert notes(case) == {1: "stays", 2: "went"}
        assert case.audit.verify().intact
    with closing(sqlite3.connect(tmp_path / "case" / "case.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
