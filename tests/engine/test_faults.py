"""Ordinary faults of disks, folders, names and numbers: one sentence each, and never a traceback."""

from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.case import Case
from engine.cli import main
from engine.errors import EvidenceError, StorageError
from engine.ingest import register
from engine.media import container
from engine.media.files import open_evidence
from engine.media.hashing import hash_file
from engine.media.probe import probe
from engine.progress import finish
from engine.report.tables import TABLES, CaseFacts
from engine.verify import check_evidence
from tests.helpers import clips
from tests.helpers.cases import EXAMINER, new_case
from tests.helpers.cases import register as register_file


def nightjar(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def fault(*arguments: object) -> str:
    """The sentence that a failing command says."""
    result = nightjar(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    return result.stderr


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    clips.write_clip(path, [clips.numbered(n) for n in range(12)])
    return path


def closed_to_us(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As where another account's folder may not be entered; the tests may run as one that may do everything."""
    real = os.stat

    def guarded(path: Any, *rest: Any, **named: Any) -> os.stat_result:
        if isinstance(path, str | os.PathLike) and folder in Path(path).parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "stat", guarded)


@pytest.mark.parametrize("read", [probe, lambda path: finish(hash_file(path)), open_evidence])
def test_a_folder_that_may_not_be_entered(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    closed_to_us(monkeypatch, tmp_path)
    with pytest.raises(EvidenceError, match=r"'clip.mp4' cannot be read .Permission denied"):
        read(clip)


def test_verify_tells_of_an_exhibit_in_such_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_case(tmp_path / "case") as case:
        item = register_file(case, tmp_path / "footage")
        closed_to_us(monkeypatch, tmp_path / "footage")
        (finding,) = finish(check_evidence(item))
    assert "could not be read: Permission denied" in finding.sentence


class Failing:
    """A file on a disk that gives up after some reads."""

    def __init__(self, inner: Any, reads: int) -> None:
        self._inner, self._left, self.name = inner, reads, str(inner.name)

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            raise OSError(errno.EIO, "Input/output error")
        self._left -= 1
        data: bytes = self._inner.read(size)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> Failing:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()


@pytest.mark.parametrize("reads", [0, 1])
def test_a_disk_that_fails_at_the_first_reads(clip: Path, monkeypatch: pytest.MonkeyPatch, reads: int) -> None:
    monkeypatch.setattr(container, "READ_BYTES", 512)
    monkeypatch.setattr(container, "open_evidence", lambda path: Failing(open_evidence(path), reads))
    with pytest.raises(EvidenceError, match=r"cannot be read .Input/output error|is not a video"):
        probe(clip)


def test_a_name_that_is_not_utf_8_is_kept_and_shown_escaped(tmp_path: Path, clip: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 100%.mp4"))
    try:
        clip.rename(odd)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    with new_case(tmp_path / "case") as case:
        item = finish(register(case, odd, "Gate"))
        assert case.evidence.get(item.id).path == odd
        assert finish(check_evidence(item)) == []
        assert case.audit.verify().intact
        case.ingest.fail(item.id, f"{odd} is odd")
        for rows in TABLES.values():
            json.dumps(list(rows(CaseFacts(case))), ensure_ascii=False).encode()
    listed = nightjar("evidence", "list", tmp_path / "case")
    assert listed.exit_code == 0
    assert "caf\\udce9 100%.mp4" in listed.output
    assert nightjar("evidence", "show", tmp_path / "case", "E-001", "--json").exit_code == 0
    os.rename(odd, clip)
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
        (finding,) = finish(check_evidence(case.evidence.get(1)))
        finding.sentence.encode()
        case.evidence.relocate(1, clip, finish(hash_file(clip)))
        assert case.evidence.get(1).path == clip


def test_an_account_without_a_name_must_say_who_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "needs the examiner's name" in fault("case", "create", tmp_path / "case")
    assert nightjar("case", "create", tmp_path / "case", "--examiner", "A. Examiner").exit_code == 0
    assert nightjar("case", "info", tmp_path / "case").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("subject", "show", "{case}", "S-99999999999999999999"),
        ("decide", "{case}", "Q-99999999999999999999", "1", "rejected"),
        ("search", "{case}", "--crop", "99999999999999999999"),
        ("search", "{case}", "--tracklet", "99999999999999999999"),
        ("search", "{case}", "--tracklet", "E-001/99999999999999999999"),
        ("subject", "show", "{case}", "S-" + "9" * 5000),
    ],
)
def test_numbers_that_no_case_holds(tmp_path: Path, command: tuple[str, ...]) -> None:
    with new_case(tmp_path / "case") as case:
        register_file(case, tmp_path)
    assert "is not the number of a" in fault(*(part.format(case=tmp_path / "case") for part in command))


def test_a_case_where_files_cannot_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_case(tmp_path / "case").close()

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StorageError, match="lies where files cannot be locked") as caught:
        Case.open(tmp_path / "case", examiner=EXAMINER)
    assert "local disk" in caught.value.hint
    with Case.open(tmp_path / "case", writable=False) as case:
        assert case.evidence.list() == []


def test_what_nobody_thought_of_is_still_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded", "/cases/case.db")

    monkeypatch.setattr(Case, "open", refused)
    assert "The system refused: Disk quota exceeded (/cases/case.db)." in fault("case", "info", tmp_path)
