"""Verify: silent where all is well, one plain sentence for each thing that is not."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.case import Case
from engine.progress import finish
from engine.types import Modality, Verdict
from engine.verify import VerifyReport, latest_checks, verify_case, verify_item
from tests.helpers.cases import EXAMINER, ingest, new_case, register, searched, tracklet
from tests.helpers.films import people_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed case with two items, a search and decisions."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path / "files", "night.mkv"), (tracklet(1),))
        day = (tracklet(1, modality=Modality.VISIBLE), tracklet(2, start=50, modality=Modality.VISIBLE))
        ingest(case, register(case, tmp_path / "files", "day.mkv"), day)
        searched(case, query=1, candidates=(3, 2))
        case.decisions.decide(1, [3], Verdict.CONFIRMED, reason="scarf")
        case.decisions.undo_last()
        case.decisions.decide(1, [3, 2], Verdict.REJECTED)
    return tmp_path / "case"


def verify(folder: Path, expected_head: str | None = None) -> VerifyReport:
    with Case.open(folder, writable=False) as case:
        return finish(verify_case(case, expected_head))


def tamper(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "case.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def test_an_untouched_case_passes_and_the_check_is_logged(folder: Path) -> None:
    with Case.open(folder, examiner=EXAMINER) as case:
        head = case.audit.head
        report = finish(verify_case(case))
        assert report.findings == ()
        assert (report.evidence_items, report.tracklets, report.crops, report.head) == (2, 3, 6, head)
        assert case.audit.entries(limit=1)[0].details["verified_head"] == head
    assert verify(folder, head).passed


def test_work_that_goes_on_meanwhile_is_no_finding(folder: Path) -> None:
    with Case.open(folder, examiner=EXAMINER) as case, ThreadPoolExecutor(1) as analyst:

        def go_on() -> None:
            case.decisions.decide(1, [3], Verdict.INCONCLUSIVE)
            case.marks.add(1, 5, "seen while it was checked")
            case.gallery.matrix("5" * 64)

        report = finish(verify_case(case), lambda _: analyst.submit(go_on).result())
        assert len(case.marks.list(1)) > 10
    assert report.findings == ()
    assert verify(folder).passed


def test_evidence_that_is_missing_changed_or_shorter_is_named(folder: Path) -> None:
    files = folder.parent / "files"
    content = (files / "night.mkv").read_bytes()
    (files / "night.mkv").write_bytes(b"X" + content[1:])
    (files / "day.mkv").unlink()
    sentences = [finding.sentence for finding in verify(folder).findings]
    assert sentences[0] == "E-001 (night.mkv) has changed: its SHA-256 is no longer the registered one."
    assert sentences[1].startswith("E-002 (day.mkv) is missing")
    (files / "night.mkv").write_bytes(content[:-1])
    assert "was 89 bytes" not in verify(folder).findings[0].sentence
    assert "it has 89 bytes, 90 were registered" in verify(folder).findings[0].sentence


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE evidence SET sha256 = '0' WHERE id = 1", "hash, size or number of E-001 was changed"),
        ("DELETE FROM evidence WHERE id = 2", "E-002 was registered but is no longer"),
        ("UPDATE decisions SET verdict = 'confirmed' WHERE id = 4", "Decision 4 of search Q-001 was changed"),
        ("DELETE FROM decisions WHERE id = 4", "Decision 4 of search Q-001 was changed"),
        (
            "INSERT INTO decisions SELECT 9, search_id, tracklet_id, 'confirmed', reason, observations, examiner, "
            "blind, at, NULL FROM decisions WHERE id = 1",
            "number of decisions",
        ),
        ("UPDATE search_results SET tracklet_id = 1 WHERE rank = 1", "ranked list of search Q-001 was changed"),
        (
            "UPDATE crop_images SET jpeg = (SELECT jpeg FROM crop_images WHERE crop_id = 2) WHERE crop_id = 1",
            "crop 1 of",
        ),
        ("UPDATE crop_images SET jpeg = x'00' WHERE crop_id = 3", "cannot be decoded"),
        ("DELETE FROM crop_images WHERE crop_id = 3", "crop 3 of tracklet E-002/1 is not the one"),
        ("UPDATE crops SET pts = 77 WHERE id = 1", "E-001/1 is not what the ingest found"),
        ("UPDATE tracklets SET digest = '0' WHERE id = 1", "tracklets of ingest run 1 are not those"),
        ("DELETE FROM tracklets WHERE id = 2", "tracklets of ingest run 2 are not those"),
        ("UPDATE embeddings SET vector = zeroblob(32) WHERE crop_id = 2", "crop 2 by trial is not a unit vector"),
        ("UPDATE audit SET actor = 'Nobody' WHERE id = 4", "Audit entry 4 was changed"),
        ("UPDATE case_info SET uuid = 'other'", "case's own number"),
    ],
)
def test_every_change_behind_the_programs_back_is_told(folder: Path, statement: str, told: str) -> None:
    tamper(folder, statement)
    sentences = [finding.sentence for finding in verify(folder).findings]
    assert any(told in sentence for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_case_whose_earlier_results_were_replaced_passes(folder: Path) -> None:
    with Case.open(folder, examiner=EXAMINER) as case:
        for item in case.evidence.list():
            ingest(case, item, (tracklet(1, seed=5),), student_sha256="6" * 64)
            ingest(case, item, (tracklet(1, seed=6),), student_sha256="7" * 64)
    assert verify(folder).findings == ()


def test_a_row_that_refers_to_nothing_is_told(folder: Path) -> None:
    tamper(folder, "UPDATE tracklets SET item_id = 99 WHERE id = 1")
    assert any("refers to something in evidence" in finding.sentence for finding in verify(folder).findings)


def test_a_damaged_page_is_told_and_the_rest_is_still_checked(folder: Path) -> None:
    (folder.parent / "files" / "day.mkv").unlink()
    with (folder / "case.db").open("r+b") as file:
        connection = sqlite3.connect(folder / "case.db")
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'crop_images'").fetchone()[0]
        connection.close()
        file.seek((page - 1) * 16384)
        file.write(b"\xa5" * 16384)
    areas = {finding.area for finding in verify(folder).findings}
    assert {"database", "evidence", "content"} <= areas


def test_one_item_is_verified_and_the_log_says_what_was_found(tmp_path: Path) -> None:
    with people_case(tmp_path) as case:
        night, gate, dock = case.evidence.list()
        assert finish(verify_item(case, night.id)) == ()
        gate.path.unlink()
        found = finish(verify_item(case, gate.id))
        assert [finding.area for finding in found] == ["evidence"]
        checks = latest_checks(case)
        assert set(checks) == {night.target, gate.target}
        assert checks[night.target][1] == ()
        assert "is missing" in checks[gate.target][1][0]
        assert dock.target not in checks
        assert case.audit.verify().intact
