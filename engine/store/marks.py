"""Marks: places in the footage worth coming back to, each with a note. Nothing is taken away: edits, removals and undos
are further rows, and logged."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.errors import UsageError
from engine.store.custody import require_item
from engine.store.database import Database, Transaction

Change = Literal["add", "edit", "remove"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an item's footage: `examiner` set it `at`; `changed_by` wrote the note as it stands, `changed_at`."""

    id: int
    item_id: int
    pts: int
    note: str
    examiner: str
    at: str
    changed_by: str
    changed_at: str

    @property
    def edited(self) -> bool:
        return self.changed_at != self.at


@dataclass(frozen=True, slots=True)
class MarkUndo:
    """What an undo took back, and the note of the mark it was about."""

    undone: Change
    note: str


class MarkStore:
    """The marks of every item."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, item_id: int, pts: int, note: str = "") -> Mark:
        """Set a mark."""
        require_item(self._db, item_id)
        with self._db.transaction("mark.add", f"item:{item_id}", pts=pts, note=note) as tx:
            mark_id = tx.insert("marks", item_id=item_id, pts=pts, examiner=tx.actor, at=tx.at)
            _write(tx, mark_id, note=note)
            tx.details["mark"] = mark_id
        return self.get(mark_id)

    def get(self, mark_id: int) -> Mark:
        """`UsageError` where it is not there (any more)."""
        row = self._db.row("SELECT * FROM current_marks WHERE id = ?", (mark_id,))
        if row is None:
            raise UsageError(f"There is no mark {mark_id}.")
        return _mark(row)

    def list(self, item_id: int) -> Sequence[Mark]:
        """In order of time."""
        rows = self._db.rows("SELECT * FROM current_marks WHERE item_id = ? ORDER BY pts, id", (item_id,))
        return [_mark(row) for row in rows]

    def edit(self, mark_id: int, note: str) -> Mark:
        """Give a mark another note; the log keeps the one before."""
        mark = self.get(mark_id)
        details = {"mark": mark_id, "pts": mark.pts, "note": note, "before": mark.note}
        with self._db.transaction("mark.edit", f"item:{mark.item_id}", **details) as tx:
            _write(tx, mark_id, note=note)
        return self.get(mark_id)

    def remove(self, mark_id: int) -> None:
        """Take a mark away; the log keeps that it was there."""
        mark = self.get(mark_id)
        details = {"mark": mark_id, "pts": mark.pts, "note": mark.note}
        with self._db.transaction("mark.remove", f"item:{mark.item_id}", **details) as tx:
            _write(tx, mark_id)

    def undo_last(self, item_id: int) -> MarkUndo:
        """Take back the newest change of the item's marks that stands; `UsageError` where there is none.

        What stood before it stands again: a note, a mark that was taken away, or no mark where it was set.
        """
        with self._db.transaction("mark.undo", f"item:{item_id}") as tx:
            row = tx.execute(
                "SELECT c.*, m.pts, (SELECT s.note FROM standing_mark_changes AS s WHERE s.mark_id = c.mark_id "
                "AND s.id < c.id ORDER BY s.id DESC LIMIT 1) AS before "
                "FROM standing_mark_changes AS c JOIN marks AS m ON m.id = c.mark_id "
                "WHERE m.item_id = ? ORDER BY c.id DESC LIMIT 1",
                (item_id,),
            ).fetchone()
            if row is None:
                raise UsageError("There is no change of a mark to undo in this item.")
            _write(tx, row["mark_id"], undoes=row["id"])
            undone: Change = "remove" if row["note"] is None else "add" if row["before"] is None else "edit"
            note = row["note"] if undone == "add" else row["before"]
            tx.details |= {"mark": row["mark_id"], "pts": row["pts"], "undone": f"mark.{undone}", "note": note}
        return MarkUndo(undone, note)


def _write(tx: Transaction, mark_id: int, *, note: str | None = None, undoes: int | None = None) -> None:
    tx.insert("mark_changes", mark_id=mark_id, note=note, undoes=undoes, examiner=tx.actor, at=tx.at)


def _mark(row: sqlite3.Row) -> Mark:
    return Mark(**dict(row))
