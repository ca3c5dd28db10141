"""Opening and closing a case: what an examiner meets when all is well and when it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import CaseCorruptError, CaseError, CaseLockedError, UsageError
from tests.helpers.cases import EXAMINER, new_case, register


def test_a_new_case_is_there_again_after_closing(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        identity = case.info.uuid
        register(case, tmp_path)
    with Case.open(tmp_path / "case", examiner="B. Other") as case:
        assert (case.info.uuid, case.info.title, case.info.created_by) == (identity, "Harbour", EXAMINER)
        assert [item.exhibit for item in case.evidence.list()] == ["E-001"]
        assert case.audit.verify().intact


def test_a_case_is_not_made_over_another_one_or_into_a_used_folder(tmp_path: Path) -> None:
    new_case(tmp_path / "case").close()
    with pytest.raises(UsageError, match="already a case"):
        new_case(tmp_path / "case")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        new_case(tmp_path / "used")


def test_a_crash_while_creating_leaves_no_half_made_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            new_case(tmp_path / "case")
    with pytest.raises(CaseError, match="no case"):
        Case.open(tmp_path / "case", examiner=EXAMINER)
    new_case(tmp_path / "case").close()


def test_a_second_writer_is_told_who_holds_the_case(tmp_path: Path) -> None:
    holder = f"A. Examiner in Nightjar .*process {os.getpid()} "
    with new_case(tmp_path / "case"), pytest.raises(CaseLockedError, match=holder):
        Case.open(tmp_path / "case", examiner="B. Other")
    Case.open(tmp_path / "case", examiner="B. Other").close()


def test_the_lock_of_a_killed_program_is_gone(tmp_path: Path) -> None:
    new_case(tmp_path / "case").close()
    script = (
        "import sys; from engine.case import Case\n"
        f"case = Case.open({str(tmp_path / 'case')!r}, examiner='X'); print('open', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"open\n"
    with pytest.raises(CaseLockedError, match=f"process {child.pid} "):
        Case.open(tmp_path / "case", examiner=EXAMINER)
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    Case.open(tmp_path / "case", examiner=EXAMINER).close()


def test_reading_goes_on_beside_a_writer(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as writer, Case.open(tmp_path / "case", writable=False) as reader:
        assert reader.evidence.list() == []
        register(writer, tmp_path)
        assert [item.exhibit for item in reader.evidence.list()] == ["E-001"]
        with pytest.raises(CaseError, match="read-only"):
            reader.rename("Other")


def test_a_snapshot_does_not_move_while_others_write(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as writer, Case.open(tmp_path / "case", writable=False) as other:
        with other.reader() as view:
            assert view.evidence.list() == []
            register(writer, tmp_path)
            assert view.evidence.list() == []
        assert len(other.evidence.list()) == 1


@pytest.mark.parametrize("content", [b"", b"not a database " * 4000])
def test_what_is_no_case_database_is_refused_plainly(tmp_path: Path, content: bytes) -> None:
    new_case(tmp_path / "case").close()
    (tmp_path / "case" / "case.db").write_bytes(content)
    for writable in (True, False):
        with pytest.raises(CaseCorruptError) as caught:
            Case.open(tmp_path / "case", writable=writable, examiner=EXAMINER)
        assert "Restore" in caught.value.hint


def test_a_failed_opening_gives_the_lock_back(tmp_path: Path) -> None:
    new_case(tmp_path / "case").close()
    database = tmp_path / "case" / "case.db"
    content = database.read_bytes()
    database.write_bytes(b"not a database " * 4000)
    with pytest.raises(CaseCorruptError):
        Case.open(tmp_path / "case", examiner=EXAMINER)
    database.write_bytes(content)
    Case.open(tmp_path / "case", examiner=EXAMINER).close()


def test_any_sqlite_file_is_not_a_case(tmp_path: Path) -> None:
    import sqlite3

    (tmp_path / "case").mkdir()
    connection = sqlite3.connect(tmp_path / "case" / "case.db")
    connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    with pytest.raises(CaseCorruptError, match="not the database of a Nightjar case"):
        Case.open(tmp_path / "case", writable=False)


def test_work_on_a_case_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="examiner's name"):
        Case.create(tmp_path / "case", "Harbour", " ")
    assert not (tmp_path / "case").exists()
    new_case(tmp_path / "case").close()
    with pytest.raises(UsageError, match="examiner's name"):
        Case.open(tmp_path / "case")
