"""Chain of custody (who held an item) and marks (places in the footage worth coming back to)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import UsageError
from engine.store.database import Database


@dataclass(frozen=True, slots=True)
class Handover:
    """At `happened_at`, `released_by` gave the item to `received_by`. Not the audit log: that says what the software
    did."""

    id: int
    item_id: int
    happened_at: str
    released_by: str
    received_by: str
    place: str
    purpose: str
    recorded_by: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an item's footage with a note."""

    id: int
    item_id: int
    pts: int
    note: str
    examiner: str
    at: str


class CustodyStore:
    """The chain of custody of every item; rows are never changed, a wrong one is followed by a right one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self,
        item_id: int,
        *,
        happened_at: datetime,
        released_by: str,
        received_by: str,
        place: str = "",
        purpose: str = "",
    ) -> Handover:
        """Record that the item changed hands."""
        values = {
            "happened_at": happened_at.isoformat(),
            "released_by": released_by,
            "received_by": received_by,
            "place": place,
            "purpose": purpose,
        }
        _require_item(self._db, item_id)
        with self._db.transaction("custody.add", f"item:{item_id}", **values) as tx:
            tx.insert("custody", item_id=item_id, recorded_by=tx.actor, recorded_at=tx.at, **values)
        return self.list(item_id)[-1]

    def list(self, item_id: int) -> Sequence[Handover]:
        """In the order they were recorded."""
        rows = self._db.rows("SELECT * FROM custody WHERE item_id = ? ORDER BY id", (item_id,))
        return [Handover(**dict(row)) for row in rows]


class MarkStore:
    """The marks of every item."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, item_id: int, pts: int, note: str = "") -> Mark:
        """Set a mark."""
        _require_item(self._db, item_id)
        with self._db.transaction("mark.add", f"item:{item_id}", pts=pts, note=note) as tx:
            mark_id = tx.insert("marks", item_id=item_id, pts=pts, note=note, examiner=tx.actor, at=tx.at)
        return next(mark for mark in self.list(item_id) if mark.id == mark_id)

    def list(self, item_id: int) -> Sequence[Mark]:
        """In order of time."""
        rows = self._db.rows(
            "SELECT id, item_id, pts, note, examiner, at FROM marks WHERE item_id = ? AND removed_at IS NULL "
            "ORDER BY pts, id",
            (item_id,),
        )
        return [Mark(*row) for row in rows]

    def remove(self, mark_id: int) -> None:
        """Take a mark away; the log keeps that it was there."""
        row = self._db.row("SELECT item_id, pts, note FROM marks WHERE id = ? AND removed_at IS NULL", (mark_id,))
        if row is None:
            raise UsageError(f"There is no mark {mark_id}.")
        details = {"mark": mark_id, "pts": row["pts"], "note": row["note"]}
        with self._db.transaction("mark.remove", f"item:{row['item_id']}", **details) as tx:
            tx.execute("UPDATE marks SET removed_at = ? WHERE id = ?", (tx.at, mark_id))


def _require_item(db: Database, item_id: int) -> None:
    if db.value("SELECT 1 FROM evidence WHERE id = ?", (item_id,)) is None:
        raise UsageError(f"There is no evidence item {item_id} in this case.")
