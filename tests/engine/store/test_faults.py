"""What can go wrong around a case: kills, full and read-only disks, newer schemas. Nothing is ever half-written."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import CaseError, CaseTooNewError, StorageError
from engine.progress import finish
from engine.verify import verify_case
from tests.helpers.case_content import logical_content
from tests.helpers.cases import EXAMINER, batch, ingest, new_case, new_run, register, tracklet

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed case with one ingested item."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2, start=50)))
    return tmp_path / "case"


def run_as(script: str, *, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, which a test may limit or kill."""
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, user=user
    )


COMMIT_FOR_EVER = """
import sys
from pathlib import Path
from engine.case import Case
from tests.helpers.cases import EXAMINER, batch, new_run, tracklet
with Case.open(Path(sys.argv[1]), examiner=EXAMINER) as case:
    run = case.ingest.begin(1, new_run())
    print("running", flush=True)
    n = int(sys.argv[2])
    while True:
        case.ingest.commit(run, batch(10 * n, 10 * n + 9, (tracklet(n, start=10 * n, crops=5),)))
        n += 1
"""


def test_a_program_killed_while_it_commits_leaves_whole_commits(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path)
    done = 0
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", COMMIT_FOR_EVER, str(tmp_path / "case"), str(done + 1)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"running\n"
        time.sleep(random.uniform(0.01, 0.2))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
            ordinals = [t.ordinal for t in case.tracklets.list()]
            assert ordinals == list(range(1, len(ordinals) + 1))
            assert len(ordinals) >= done
            frames = case.tracklets.detections(1, 0, 2**40)
            assert [f.timestamp.pts for f in frames] == list(range(10, 10 * len(ordinals) + 10))
            assert finish(verify_case(case)).findings == ()
            done = len(ordinals)
    assert done > 0


def test_a_full_disk_is_told_and_leaves_what_was_committed(folder: Path) -> None:
    with Case.open(folder, examiner=EXAMINER) as case:
        before, head = logical_content(case), case.audit.head
        # As the disk is never full here, let SQLite believe that the file has reached its largest size.
        assert case._db._writer is not None
        pages = case._db._writer.execute("PRAGMA page_count").fetchone()[0]
        case._db._writer.execute(f"PRAGMA max_page_count = {pages}")
        run = case.ingest.begin(1, new_run(settings={"frame_step": 2}))
        head = case.audit.head
        big = tuple(tracklet(n, start=n, crops=5, length=50) for n in range(1, 60))
        with pytest.raises(StorageError, match=r"disk that holds .* is full") as caught:
            case.ingest.commit(run, batch(0, 99, big))
        assert "Nothing was half-written" in caught.value.hint
        assert case.audit.head == head
        assert {**logical_content(case)["E-001"], "state": "done"} == {**before["E-001"], "state": "done"}
        case._db._writer.execute("PRAGMA max_page_count = 1000000")
        case.ingest.commit(run, batch(0, 99, big))
        assert finish(verify_case(case)).findings == ()


WRITE_WITH_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
from engine.case import Case
from engine.errors import NightjarError
from tests.helpers.cases import EXAMINER, batch, new_run, tracklet
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
case = Case.open(Path({folder!r}), examiner=EXAMINER)
run = case.ingest.begin(1, new_run(settings={{"frame_step": 2}}))
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    for n in range(1, 400):
        case.ingest.commit(run, batch(10 * n, 10 * n + 9, (tracklet(n, start=10 * n, crops=5, length=50),)))
except NightjarError as error:
    print(type(error).__name__, case.tracklets.count(), n)
"""


def test_the_system_refusing_to_write_on_is_told_and_leaves_whole_commits(folder: Path) -> None:
    done = run_as(WRITE_WITH_A_LIMIT.format(folder=str(folder), limit=3_000_000))
    assert done.stdout.startswith("StorageError"), done.stderr
    with Case.open(folder, examiner=EXAMINER) as case:
        assert finish(verify_case(case)).findings == ()
        committed = int(done.stdout.split()[2]) - 1
        assert sum(e.action == "ingest.commit" for e in case.audit.all()) == committed + 1


def test_a_full_disk_while_the_gallery_is_prepared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Case.open(folder, writable=False) as case:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(StorageError, match="gallery could not be written"):
                case.gallery.matrix("5" * 64)
        assert len(case.gallery.matrix("5" * 64)) == 2


READ_IN_A_FOLDER_THAT_CANNOT_BE_WRITTEN = """
import fcntl, mmap  # now: the other user may not be allowed to read the interpreter's own folder
import os
from pathlib import Path
from engine.case import Case
from engine.errors import NightjarError
if os.getuid() == 0:
    os.setuid(65534)
folder = Path({folder!r})
try:
    Case.open(folder, examiner="X")
except NightjarError as error:
    print(type(error).__name__, error, error.hint)
with Case.open(folder, writable=False) as case:
    print(case.tracklets.count(), len(case.gallery.matrix("5" * 64)), case.audit.verify().intact)
"""


@pytest.fixture
def unwritable(folder: Path) -> Iterator[Path]:
    """The case where nobody may write, on a path that everybody may walk."""
    closed = [parent for parent in folder.parents if parent.stat().st_mode & 0o005 != 0o005]
    paths = [folder / "case.db", folder / "case.lock", folder, *closed]
    modes = [(path, path.stat().st_mode) for path in paths]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path, mode in reversed(modes):
        path.chmod(mode)


def test_a_case_in_a_folder_that_cannot_be_written_is_still_readable(unwritable: Path) -> None:
    done = run_as(READ_IN_A_FOLDER_THAT_CANNOT_BE_WRITTEN.format(folder=str(unwritable)))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(f"StorageError The case folder {unwritable} cannot be written to")
    assert "read-only" in first
    assert second == "2 2 True"


def test_a_case_that_was_not_closed_cannot_be_read_where_nothing_can_be_written(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    with Case.open(folder, examiner=EXAMINER) as case:
        case.rename("Unfolded log")
        shutil.copy(folder / "case.db-wal", folder.parent / "wal")
    shutil.move(folder.parent / "wal", folder / "case.db-wal")
    (folder / "case.db-wal").chmod(0o444)
    done = run_as(READ_IN_A_FOLDER_THAT_CANNOT_BE_WRITTEN.format(folder=str(request.getfixturevalue("unwritable"))))
    assert "was not closed properly" in done.stderr.splitlines()[-1]


def test_a_case_in_a_folder_that_cannot_be_entered_is_told_plainly(folder: Path, unwritable: Path) -> None:
    unwritable.chmod(0o600)
    done = run_as(READ_IN_A_FOLDER_THAT_CANNOT_BE_WRITTEN.format(folder=str(unwritable)))
    assert done.stdout.startswith(f"CaseError The case in {unwritable} could not be read (Permission denied)")


def test_a_case_of_a_newer_program_is_refused_and_left_alone(folder: Path) -> None:
    connection = sqlite3.connect(folder / "case.db")
    with connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('nightjar', 'm999_later', '')"
        )
    connection.close()
    content = (folder / "case.db").read_bytes()
    for writable in (True, False):
        with pytest.raises(CaseTooNewError, match=r"newer Nightjar .*m999_later"):
            Case.open(folder, writable=writable, examiner=EXAMINER)
    assert (folder / "case.db").read_bytes() == content


def test_a_migration_is_all_or_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlite_utils import Migrations

    from engine.store import schema

    later = Migrations("nightjar")
    for name, step in vars(schema).items():
        if name.startswith("m0"):
            later()(step)

    def m999_colours(db: object) -> None:
        db.conn.execute("ALTER TABLE cameras ADD COLUMN colour TEXT")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    later()(m999_colours)
    monkeypatch.setattr(schema, "migrations", later)
    with pytest.raises(KeyboardInterrupt):
        Case.open(folder, examiner=EXAMINER)
    with pytest.raises(CaseError, match="older Nightjar"):
        Case.open(folder, writable=False)
    monkeypatch.undo()
    with Case.open(folder, examiner=EXAMINER) as case:
        assert case.cameras.list()[0].name == "Gate"
        assert finish(verify_case(case)).findings == ()


def test_readers_on_many_threads_see_whole_commits_only(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def read(case: Case) -> None:
        while not stop.is_set():
            with case.reader():
                entries = sum(e.action == "ingest.commit" for e in case.audit.all())
                seen.append((case.tracklets.count(), entries))

    with new_case(tmp_path / "case") as case:
        run = case.ingest.begin(register(case, tmp_path).id, new_run())
        threads = [threading.Thread(target=read, args=(case,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for n in range(1, 30):
            case.ingest.commit(run, batch(10 * n, 10 * n + 9, (tracklet(n, start=10 * n),)))
        stop.set()
        for thread in threads:
            thread.join()
    assert seen
    assert all(tracklets == entries for tracklets, entries in seen)


def test_a_case_closed_while_others_read_it(tmp_path: Path) -> None:
    """A connection that is closed under its reader brings the whole program down."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), tuple(tracklet(n, start=10 * n) for n in range(1, 60)))
    for _round in range(20):
        case = Case.open(tmp_path / "case", examiner=EXAMINER)
        told: list[str] = []
        begun = threading.Barrier(4)

        def read(case: Case = case, told: list[str] = told, begun: threading.Barrier = begun) -> None:
            begun.wait()
            try:
                while True:
                    with case.reader():
                        case.tracklets.list()
                        case.audit.entries()
            except CaseError as error:
                told.append(str(error))

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        begun.wait()
        time.sleep(0.005)
        case.close()
        for thread in threads:
            thread.join()
        assert told == ["This case has been closed."] * 3
        assert not (tmp_path / "case" / "case.db-wal").exists(), "the log is folded back by whom it was closed"


def test_using_a_closed_case_is_told_plainly(folder: Path) -> None:
    case = Case.open(folder, examiner=EXAMINER)
    case.close()
    case.close()
    with pytest.raises(CaseError, match="closed"):
        case.tracklets.count()
    with pytest.raises(CaseError, match="closed"):
        case.rename("x")
