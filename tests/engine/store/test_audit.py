"""The audit log: complete, in order, and any later change shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.case import Case
from tests.helpers.cases import EXAMINER, ingest, new_case, register, tracklet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed case with a little history."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1),))
    return tmp_path / "case"


def tamper(folder: Path, *statements: str) -> None:
    """What somebody with a SQLite shell can do."""
    with closing(sqlite3.connect(folder / "case.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def problems(folder: Path, expected_head: str | None = None) -> str:
    with Case.open(folder, writable=False) as case:
        return " ".join(case.audit.verify(expected_head).problems)


def test_every_change_is_there_in_order_with_its_actor(folder: Path) -> None:
    with Case.open(folder, writable=False) as case:
        entries = list(case.audit.all())
        assert [entry.action for entry in entries] == [
            "case.create",
            "evidence.register",
            "ingest.begin",
            "ingest.commit",
            "ingest.finish",
        ]
        assert {entry.actor for entry in entries} == {EXAMINER}
        assert entries[1].details["sha256"] == case.evidence.get(1).sha256
        assert case.audit.head == entries[-1].hash


def test_pages_and_filters(folder: Path) -> None:
    with Case.open(folder, writable=False) as case:
        assert [e.action for e in case.audit.entries(action="ingest", limit=2)] == ["ingest.finish", "ingest.commit"]
        assert [e.action for e in case.audit.entries(action="ingest", before=5)] == ["ingest.commit", "ingest.begin"]
        assert [e.id for e in case.audit.entries(target="item:1", text="E-001")] == [2]
        assert case.audit.entries(actor="Nobody") == []
        moment = case.audit.entries(limit=1)[0].at
        assert [e.id for e in case.audit.entries(since=moment)] == [5]
        assert len(case.audit.entries(until=moment)) == 4


@pytest.mark.parametrize(
    "table",
    ["audit", "clock_records", "custody", "searches", "decisions", "subject_members", "marks", "mark_changes"],
)
def test_the_database_itself_refuses_to_rewrite_history(folder: Path, table: str) -> None:
    with closing(sqlite3.connect(folder / "case.db")) as connection:
        triggers = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
        assert {f"{table}_no_update", f"{table}_no_delete"} <= triggers


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'X'", "DELETE FROM audit WHERE id = 3"])
def test_rewriting_the_log_is_refused(folder: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tamper(folder, statement)
    assert problems(folder) == ""


@pytest.mark.parametrize("column", ["at", "actor", "action", "target", "details", "hash", "previous_hash"])
def test_a_changed_entry_shows(folder: Path, column: str) -> None:
    tamper(folder, "DROP TRIGGER audit_no_update", f"UPDATE audit SET {column} = {column} || 'x' WHERE id = 3")
    assert "Audit entry 3 was changed" in problems(folder)


def test_a_removed_entry_shows(folder: Path) -> None:
    tamper(folder, "DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE id = 3")
    assert "Audit entries 3 to 3 are missing" in problems(folder)


def test_a_cut_off_tail_shows_against_a_head_noted_earlier(folder: Path) -> None:
    with Case.open(folder, writable=False) as case:
        head = case.audit.head
    assert problems(folder, head) == ""
    tamper(folder, "DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE id = 5")
    assert "expected head" in problems(folder, head)
