"""The case's own description: who made it, when, and what it is called."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from engine.errors import CaseCorruptError
from engine.store.database import Database
from engine.store.sentences import RESTORE_HINT


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What the case says of itself. `uuid` never changes and tells copies of one case from different cases."""

    uuid: str
    title: str
    created_at: str
    created_by: str


def create_database(path: Path, title: str, examiner: str) -> None:
    """Write a new case database. It gets its name only when it is whole: a crash leaves no half-made case."""
    unfinished = unfinished_files(path)
    for leftover in unfinished:
        leftover.unlink(missing_ok=True)
    Database.create(unfinished[0])
    db = Database(unfinished[0], writable=True, actor=examiner)
    try:
        with db.transaction("case.create", title=title) as tx:
            identity = str(uuid.uuid4())
            tx.insert("case_info", id=1, uuid=identity, title=title, created_at=tx.at, created_by=examiner)
            tx.details["uuid"] = identity
    finally:
        db.close()
    os.replace(unfinished[0], path)


def unfinished_files(path: Path) -> list[Path]:
    """What a crash while creating `path` can leave behind."""
    return [path.with_name(path.name + suffix) for suffix in (".new", ".new-wal", ".new-shm")]


def read_info(db: Database) -> CaseInfo:
    """`CaseCorruptError` where the description is gone."""
    row = db.row("SELECT uuid, title, created_at, created_by FROM case_info")
    if row is None:
        raise CaseCorruptError(f"The case database {db.path} has lost its own description.", RESTORE_HINT)
    return CaseInfo(*row)


def rename(db: Database, title: str) -> None:
    """Give the case another title."""
    with db.transaction("case.rename", title=title) as tx:
        tx.execute("UPDATE case_info SET title = ?", (title,))
