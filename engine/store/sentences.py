"""What SQLite and the system refuse, in one plain sentence with what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CaseCorruptError, CaseError, CaseLockedError, NightjarError, StorageError

RESTORE_HINT = "Restore case.db from a copy, then run verify; the evidence files themselves are not affected."
_PRIMARY = 0xFF  # the low byte of an extended SQLite result code


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's failures into one plain sentence; our own bugs pass through."""
    try:
        yield
    except NightjarError:
        raise
    except sqlite3.IntegrityError:
        raise  # a broken promise inside the program, never the user's doing
    except sqlite3.DatabaseError as error:
        plain = _in_words(error, path)
        if plain is None:
            raise
        raise plain from error
    except OSError as error:
        raise StorageError(
            f"{path} could not be written or read ({error.strerror or error}).",
            "Check the disk and its free space. Nothing was half-written.",
        ) from error


def _in_words(error: sqlite3.DatabaseError, path: Path) -> NightjarError | None:
    again = "then repeat the last step. Nothing was half-written."
    elsewhere = "Open the case read-only, or copy the folder to a place where you may write."
    damaged = CaseCorruptError(f"The case database {path} is damaged ({error}).", RESTORE_HINT)
    in_use = CaseLockedError(f"Another program is using {path}.", "Close it there, then try again.")
    failed = f"The disk that holds {path} failed or is full ({error})."
    words: dict[int, NightjarError] = {
        sqlite3.SQLITE_CORRUPT: damaged,
        sqlite3.SQLITE_NOTADB: damaged,
        sqlite3.SQLITE_FULL: StorageError(f"The disk that holds {path} is full.", f"Free some space, {again}"),
        sqlite3.SQLITE_IOERR: StorageError(failed, f"Check the disk and its free space, {again}"),
        sqlite3.SQLITE_READONLY: StorageError(f"{path} cannot be written to ({error}).", elsewhere),
        sqlite3.SQLITE_BUSY: in_use,
        sqlite3.SQLITE_LOCKED: in_use,
        sqlite3.SQLITE_CANTOPEN: CaseError(
            f"{path} could not be opened.", "Check that the folder exists and may be read."
        ),
    }
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else words.get(code & _PRIMARY)
