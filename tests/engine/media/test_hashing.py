"""Digests of evidence, and files that change while they are read."""

import hashlib
import os
from pathlib import Path

import pytest

from engine.errors import EvidenceChangedError, EvidenceError
from engine.media import hashing
from engine.media.hashing import FileDigest, hash_file
from engine.progress import finish


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "CHUNK_BYTES", 1000)


def test_a_file(tmp_path):
    content = os.urandom(4321)
    (tmp_path / "a.bin").write_bytes(content)
    reports = []
    digest = finish(hash_file(tmp_path / "a.bin"), reports.append)
    assert digest == FileDigest(hashlib.sha256(content).hexdigest(), 4321)
    assert [(each.done, each.total) for each in reports] == [(n, 4321) for n in (1000, 2000, 3000, 4000, 4321)]


def test_a_folder_is_the_digest_of_its_sorted_list(tmp_path):
    lines = b""
    for name in ("10.png", "9.png", "A.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(name.encode() * 700)
        lines += name.encode() + b"\0" + hashlib.sha256(name.encode() * 700).hexdigest().encode() + b"\n"
    (tmp_path / "notes.txt").write_text("does not count")
    assert finish(hash_file(tmp_path)).sha256 == hashlib.sha256(lines).hexdigest()


@pytest.mark.parametrize("change", ["shrinks", "grows", "is overwritten"])
def test_a_file_that_changes_meanwhile(tmp_path, change):
    path = tmp_path / "recording.bin"
    path.write_bytes(os.urandom(5000))
    os.utime(path, ns=(10**18, 10**18))
    work = hash_file(path)
    next(work)
    if change == "shrinks":
        os.truncate(path, 1500)
    elif change == "grows":
        with open(path, "ab") as file:
            file.write(b"more")
    else:
        path.write_bytes(os.urandom(5000))
    with pytest.raises(EvidenceChangedError, match="changed while it was being read"):
        finish(work)


def test_a_picture_added_meanwhile(tmp_path):
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"x" * 3000)
    work = hash_file(tmp_path)
    next(work)
    (tmp_path / "3.png").write_bytes(b"x")
    with pytest.raises(EvidenceChangedError, match="added to or removed"):
        finish(work)


def test_closing_stops_reading(tmp_path):
    (tmp_path / "a.bin").write_bytes(bytes(9000))
    work = hash_file(tmp_path / "a.bin")
    next(work)
    work.close()


@pytest.mark.parametrize("name", ["missing.bin", "empty.bin", ""])
def test_nothing_to_hash(tmp_path, name):
    Path(tmp_path / "empty.bin").touch()
    with pytest.raises(EvidenceError):
        finish(hash_file(tmp_path / name))
