"""Chain of custody: who held an item, and when."""

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
        require_item(self._db, item_id)
        with self._db.transaction("custody.add", f"item:{item_id}", **values) as tx:
            tx.insert("custody", item_id=item_id, recorded_by=tx.actor, recorded_at=tx.at, **values)
        return self.list(item_id)[-1]

    def list(self, item_id: int) -> Sequence[Handover]:
        """In the order they were recorded."""
        rows = self._db.rows("SELECT * FROM custody WHERE item_id = ? ORDER BY id", (item_id,))
        return [Handover(**dict(row)) for row in rows]


def require_item(db: Database, item_id: int) -> None:
    """`UsageError` where the case has no such item."""
    if db.value("SELECT 1 FROM evidence WHERE id = ?", (item_id,)) is None:
        raise UsageError(f"There is no evidence item {item_id} in this case.")
