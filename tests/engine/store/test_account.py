"""The audit log accounts for every row: whatever somebody with a SQLite shell changes, `verify` says so."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import CaseCorruptError
from engine.pipeline.messages import Checkpoint
from engine.progress import finish
from engine.store import row_sums, schema
from engine.store.audit import GENESIS, ROWS, entry_hash
from engine.store.codec import canonical_json
from engine.store.records import ClockRecord, Position
from engine.store.site_plans import PlanFile, PlanPlace
from engine.types import ItemState, Modality, ModalitySegment, Timestamp, Verdict
from engine.verify import VerifyReport, verify_case
from tests.helpers.cases import (
    DIMENSION,
    EXAMINER,
    TIME_BASE,
    batch,
    ingest,
    new_case,
    new_run,
    register,
    searched,
    tracklet,
    unit_vector,
)

OTHER = {"TEXT": "'~'", "INTEGER": "987654", "REAL": "0.12345", "BLOB": "x'0102'"}
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed case with rows in every table."""
    folder = tmp_path_factory.mktemp("filled")
    with new_case(folder / "case") as case:
        night = register(case, folder / "files", "night.mkv", start_time=NOON.replace(tzinfo=None))
        ingest(case, night, (tracklet(1),))
        day = register(case, folder / "files", "day.mkv", "Square")
        ingest(case, day, (tracklet(1, modality=Modality.VISIBLE), tracklet(2, start=50, modality=Modality.VISIBLE)))
        third = register(case, folder / "files", "third.mkv")
        unfinished = case.ingest.begin(third.id, new_run())
        case.ingest.commit(unfinished, batch(0, 9, (), Checkpoint(5, 5, 1, {})))
        case.ingest.interrupt(third.id)
        segment = ModalitySegment(Timestamp(0, TIME_BASE), Timestamp(99, TIME_BASE), Modality.INFRARED, 0.1, True)
        case.evidence.set_segments(night.id, [segment])
        case.evidence.set_clock(night.id, ClockRecord(NOON.replace(tzinfo=None), NOON, 2, "speaking clock"))
        case.evidence.override_modality(day.id, Modality.VISIBLE)
        case.cameras.place({1: Position(x=1, y=2)})
        case.custody.add(night.id, happened_at=NOON, released_by="A", received_by="B")
        case.marks.add(night.id, 10, "bag")
        case.site_plans.use(PlanFile("yard.png", ".png", "a" * 64, 10, 4, 4))
        case.site_plans.move(PlanPlace(3, 4, 2))
        case.embeddings.add("9" * 64, "other", [(1, unit_vector(3, DIMENSION))])
        search = searched(case, query=1, candidates=(3, 2))
        decision, _ = case.decisions.decide(search.id, [3, 2], Verdict.CONFIRMED, reason="scarf")
        subject = case.subjects.create("Red scarf")
        case.subjects.add(subject.id, [3], decision_id=decision.id)
        case.searches.set_none_found(search.id, True, "nobody fits")
        case.site_plans.folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "copy")
    return tmp_path / "copy" / "case"


def told(folder: Path) -> list[str]:
    """What the records' check finds; files of evidence and plans are not what is tested here."""
    return [finding.sentence for finding in report(folder).findings if finding.area in ("audit", "database")]


def report(folder: Path) -> VerifyReport:
    with Case.open(folder, writable=False) as case:
        return finish(verify_case(case))


def shell(folder: Path, *statements: str) -> None:
    """What somebody can do who knows where the triggers are, and puts them back."""
    with closing(sqlite3.connect(folder / "case.db", isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0
        for _, sql in triggers:
            connection.execute(sql)


def one_row(table: str) -> str:
    """A condition that one row of `table` meets."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.execute(schema.own()["table", table])
        keys = [row[1] for row in empty.execute(f"PRAGMA table_info({table})") if row[5]]
    return f"({', '.join(keys)}) = (SELECT {', '.join(keys)} FROM {table} LIMIT 1)"


def test_every_table_is_accounted_for_or_says_who_else_watches_it(filled: Path) -> None:
    tables = {name for kind, name in schema.own() if kind == "table"}
    assert tables == set(row_sums.covered()) | set(row_sums.ELSEWHERE)
    with closing(sqlite3.connect(filled / "case" / "case.db")) as connection:
        for table in row_sums.covered():
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0, table


def test_an_honest_case_is_as_accounted_for(folder: Path) -> None:
    assert told(folder) == []
    assert report(folder).limit == ""


def test_a_change_of_any_column_and_a_row_less_is_told_in_every_table(folder: Path) -> None:
    with Case.open(folder, writable=False) as case:
        account = case.integrity.account().tables
    with closing(sqlite3.connect(folder / "case.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for table in row_sums.covered():
            assert list(row_sums.measure(connection, table))[-1] == account[table]
            columns = [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({table})")]
            changes = [f"UPDATE {table} SET {name} = {OTHER[kind]}" for name, kind in columns]
            for statement in (*changes, f"DELETE FROM {table}"):
                connection.execute("BEGIN")
                assert connection.execute(f"{statement} WHERE {one_row(table)}").rowcount == 1
                assert list(row_sums.measure(connection, table))[-1] != account[table], statement
                connection.execute("ROLLBACK")


def test_a_row_more_or_less_is_told_with_its_table(folder: Path) -> None:
    shell(folder, "INSERT INTO cameras (name) VALUES ('Forged')", "DELETE FROM custody")
    found = told(folder)
    assert "The table 'cameras' has 3 rows, the audit log knows of 2." in found
    assert "The table 'custody' has 0 rows, the audit log knows of 1." in found


def test_a_forged_row_stays_visible_after_honest_changes(folder: Path) -> None:
    shell(folder, "UPDATE cameras SET name = 'Elsewhere' WHERE id = 1")
    with Case.open(folder, examiner=EXAMINER) as case:
        case.cameras.update(1, name="Gate", notes="put right")
        case.cameras.update(1, name="Gate")
        case.cameras.place({1: Position(x=1, y=2)})
        assert case.cameras.get(1).name == "Gate"
    assert told(folder) == ["Rows of the table 'cameras' are not as the audit log accounts for them."]


def test_what_the_log_says_of_rows_cannot_be_bent_to_a_forged_row(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "case.db")) as connection:
        found = list(row_sums.measure(connection, "custody"))[-1]
    shell(
        folder,
        "DELETE FROM custody",
        f"UPDATE row_sums SET rows = rows - {found.rows}, sum = zeroblob({row_sums.BITS // 8}) WHERE name = 'custody'",
    )
    assert any("says of the rows it left was changed" in sentence for sentence in told(folder))


def test_triggers_and_views_are_the_programs_own(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "case.db")) as connection:
        connection.execute("DROP TRIGGER custody_no_delete")
        connection.execute("DROP VIEW current_decisions")
        connection.execute("CREATE VIEW current_decisions AS SELECT * FROM decisions WHERE verdict = 'rejected'")
        connection.execute("CREATE TRIGGER sly AFTER INSERT ON marks BEGIN DELETE FROM counters; END")
    found = told(folder)
    assert "The trigger 'custody_no_delete' of the case database is missing." in found
    assert "The view 'current_decisions' of the case database was changed." in found
    assert "The case database has a trigger 'sly' that this program did not make." in found


def test_nothing_is_written_beside_a_foreign_trigger(folder: Path) -> None:
    """What it does would be logged as the examiner's own doing."""
    foreign = "CREATE TRIGGER sly AFTER INSERT ON marks BEGIN DELETE FROM segments; END"
    with Case.open(folder, examiner=EXAMINER) as case:
        case.marks.add(1, 20, "as usual")
        shell(folder, foreign)
        with pytest.raises(CaseCorruptError, match="sly"):
            case.marks.add(1, 21, "not any more")
        assert len(case.evidence.segments(1)) == 1
    with pytest.raises(CaseCorruptError, match="did not make"):
        Case.open(folder, examiner=EXAMINER)
    assert told(folder) == ["The case database has a trigger 'sly' that this program did not make."]


@pytest.mark.parametrize("number", [0, -3])
def test_an_entry_put_in_front_of_the_log_is_told(folder: Path, number: int) -> None:
    with closing(sqlite3.connect(folder / "case.db")) as connection, connection:
        connection.execute(
            "INSERT INTO audit VALUES (?, ?, 'Somebody', 'custody.note', 'item:1', '{}', ?, 'ab')",
            (number, NOON.isoformat(), GENESIS),
        )
    assert told(folder) == [f"Audit entry {number} was put in front of the first."]


def test_a_removed_run_and_its_replacement_are_accounted_for(folder: Path) -> None:
    with Case.open(folder, examiner=EXAMINER) as case:
        third = case.evidence.find("E-003")
        ingest(case, third, (tracklet(1, seed=5),), student_sha256="6" * 64)
        ingest(case, third, (tracklet(1, seed=6),), student_sha256="7" * 64)
        case.evidence.set_state(third.id, ItemState.FAILED, "the disk was taken away")
        with suppress(RuntimeError), case.together():
            case.marks.add(third.id, 3, "never there")
            raise RuntimeError
    assert told(folder) == []


def as_an_older_program_left_it(folder: Path) -> None:
    """Take back the last step of the schema, and what entries say of rows; the chain is right in itself."""
    with closing(sqlite3.connect(folder / "case.db", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        for name in ("audit_no_update", "row_sums_no_update", "row_sums_no_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        previous = GENESIS
        for row in connection.execute("SELECT * FROM audit ORDER BY id").fetchall():
            details = json.loads(row["details"])
            del details[ROWS]
            entry = {key: row[key] for key in ("id", "at", "actor", "action", "target")}
            entry["details"] = canonical_json(details)
            new = entry_hash(previous, entry)
            values = (entry["details"], previous, new, row["id"])
            connection.execute("UPDATE audit SET details = ?, previous_hash = ?, hash = ? WHERE id = ?", values)
            previous = new
        connection.execute("DROP TABLE row_sums")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm004_row_sums'")
        connection.execute(schema.own()["trigger", "audit_no_update"])


def test_a_case_of_an_older_program_passes_and_says_what_its_log_does_not_cover(folder: Path) -> None:
    as_an_older_program_left_it(folder)
    with Case.open(folder, examiner=EXAMINER) as case:
        upgrade = case.audit.entries(limit=1)[0]
        case.marks.add(1, 20, "later")
    assert upgrade.action == "case.upgrade"
    assert told(folder) == []
    limit = report(folder).limit
    assert f"before number {upgrade.id} ({upgrade.at})" in limit
    shell(folder, "UPDATE custody SET received_by = 'C'")
    assert told(folder) == ["Rows of the table 'custody' are not as the audit log accounts for them."]


def test_a_later_step_of_the_schema_is_accounted_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlite_utils import Migrations

    later = Migrations("nightjar")
    for name, step in vars(schema).items():
        if name.startswith("m0"):
            later()(step)

    def m999_colours(db: object) -> None:
        db.conn.execute("ALTER TABLE cameras ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'")  # type: ignore[attr-defined]

    later()(m999_colours)
    shell(folder, "UPDATE marks SET pts = 11")
    monkeypatch.setattr(schema, "migrations", later)
    with Case.open(folder, examiner=EXAMINER) as case:
        assert case.audit.entries(limit=1)[0].action == "case.upgrade"
        account = case.integrity.account()
        problems = [problem for _, _, problem in case.integrity.rows(account) if problem]
    assert problems == ["Rows of the table 'marks' are not as the audit log accounts for them."]
