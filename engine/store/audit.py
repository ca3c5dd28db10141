"""What the software did, in a chain that shows any later change.

Each entry's hash is SHA-256(previous hash ‖ canonical JSON of the entry); triggers forbid UPDATE and DELETE. A
cut-off tail leaves a chain that is right in itself: only a head noted elsewhere (printed in every report) shows it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine import __version__
from engine.store import row_sums
from engine.store.codec import canonical_json, sha256

if TYPE_CHECKING:
    from engine.store.database import Database

GENESIS = "0" * 64  # 'previous hash' of the first entry, which carries the case's own UUID
ROWS = "rows_sha256"  # in an entry's details: the digest of what it added to the tables and took from them
_PAGE = 5000
_BEFORE_ALL = -(2**63)  # smaller than any id: an entry that somebody put in front is read too


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing done: `action` is 'room.verb', `target` names what it is about ('item:3', 'search:1', '')."""

    id: int
    at: str
    actor: str
    action: str
    target: str
    details: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What checking the chain found: `entries` read, the `head` hash, `problems` in plain sentences."""

    entries: int
    head: str
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.problems


def entry_hash(previous: str, content: Mapping[str, Any]) -> str:
    """SHA-256(previous hash ‖ canonical JSON of id, at, actor, action, target and details (as text))."""
    return sha256((previous + canonical_json(content)).encode())


def append_entry(
    connection: sqlite3.Connection, content: Mapping[str, Any], details: Mapping[str, Any], changes: row_sums.RowSums
) -> None:
    """Add an entry inside the caller's transaction, and the `changes` of rows that it accounts for.

    `content` has at, actor, action and target; the digest of the changes and the program's version join the `details`.
    """
    last = connection.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    number, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    own = {ROWS: row_sums.digest(changes), "program": f"nightjar {__version__}"}
    text = canonical_json({**details, **own})
    entry = {"id": number, **content, "details": text}
    connection.execute(
        "INSERT INTO audit (id, at, actor, action, target, details, previous_hash, hash) "
        "VALUES (:id, :at, :actor, :action, :target, :details, :previous, :hash)",
        {**entry, "previous": previous, "hash": entry_hash(previous, entry)},
    )
    row_sums.write(connection, number, changes)


class AuditLog:
    """The log as read: filtered pages for people, the head for reports, the check of the chain."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def head(self) -> str:
        """Hash of the newest entry."""
        return self._db.value("SELECT hash FROM audit ORDER BY id DESC LIMIT 1") or GENESIS

    def count(self) -> int:
        return int(self._db.value("SELECT count(*) FROM audit"))

    def actors(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT DISTINCT actor FROM audit ORDER BY actor")]

    def actions(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT DISTINCT action FROM audit ORDER BY action")]

    def note(self, action: str, target: str = "", **details: Any) -> None:
        """Record something that changes nothing else in the case (an export, a verification)."""
        with self._db.transaction(action, target, **details):
            pass

    def entries(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[AuditEntry]:
        """Newest first. `action` also takes a room ('evidence'); `since`/`until` are ISO UTC, until exclusive;
        `text` is searched in the details; `before` is the id to page on from."""
        conditions = {
            "actor = :actor": actor,
            "(action = :action OR action LIKE :action || '.%')": action,
            "target = :target": target,
            "at >= :since": since,
            "at < :until": until,
            "instr(lower(details), lower(:text)) > 0": text,
            "id < :before": before,
        }
        chosen = [sql for sql, value in conditions.items() if value is not None]
        where = " AND ".join(chosen) or "1"
        rows = self._db.rows(
            f"SELECT * FROM audit WHERE {where} ORDER BY id DESC LIMIT :limit",
            {
                "actor": actor,
                "action": action,
                "target": target,
                "since": since,
                "until": until,
                "text": text,
                "before": before,
                "limit": limit,
            },
        )
        return [_entry(row) for row in rows]

    def newest(self, action: str) -> list[AuditEntry]:
        """The newest entry with this action about each target."""
        newest = "SELECT max(id) FROM audit WHERE action = ? GROUP BY target"
        return [
            _entry(row) for row in self._db.rows(f"SELECT * FROM audit WHERE id IN ({newest}) ORDER BY id", (action,))
        ]

    def all(self) -> Iterator[AuditEntry]:
        """Every entry, oldest first, read page by page."""
        for row in self._rows():
            yield _entry(row)

    def verify(self, expected_head: str | None = None) -> ChainReport:
        """Recompute the whole chain. `expected_head` is a head noted earlier; it must occur in the chain."""
        problems: list[str] = []
        previous, number, seen_expected = GENESIS, 0, expected_head is None
        for row in self._rows():
            if row["id"] < 1:
                problems.append(f"Audit entry {row['id']} was put in front of the first.")
                continue
            number += 1
            if row["id"] != number:
                problems.append(f"Audit entries {number} to {row['id'] - 1} are missing.")
                number = row["id"]
            if row["previous_hash"] != previous:
                problems.append(f"Audit entry {number} does not follow the entry before it.")
            content = {key: row[key] for key in ("id", "at", "actor", "action", "target", "details")}
            if entry_hash(row["previous_hash"], content) != row["hash"]:
                problems.append(f"Audit entry {number} was changed after it was written.")
            previous = row["hash"]
            seen_expected = seen_expected or previous == expected_head
        if number == 0:
            problems.append("The audit log is empty.")
        if not seen_expected:
            problems.append("The expected head is not in the audit log: entries were cut off or replaced.")
        return ChainReport(number, previous, tuple(problems))

    def row_sums(self, first: int, last: int) -> dict[int, row_sums.RowSums]:
        """What the entries `first` to `last` added to the tables and took from them, by entry."""
        rows = self._db.rows("SELECT * FROM row_sums WHERE entry_id BETWEEN ? AND ? ORDER BY entry_id", (first, last))
        return {number: row_sums.read(list(group)) for number, group in groupby(rows, key=lambda row: row["entry_id"])}

    def _rows(self) -> Iterator[sqlite3.Row]:
        last = _BEFORE_ALL
        while rows := self._db.rows("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", (last, _PAGE)):
            yield from rows
            last = rows[-1]["id"]


def _entry(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        row["id"],
        row["at"],
        row["actor"],
        row["action"],
        row["target"],
        json.loads(row["details"]),
        row["previous_hash"],
        row["hash"],
    )
