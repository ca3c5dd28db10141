"""Do the tables hold what the audit log accounts for? Each problem is one plain sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.store import row_sums
from engine.store.audit import ROWS, AuditLog
from engine.store.database import Database
from engine.store.row_sums import NOTHING, RowSum, RowSums

_ENTRIES_PER_STEP = 200  # an ingest's commit touches eight tables, half a KiB each


@dataclass(frozen=True, slots=True)
class Account:
    """What the log says each table must hold. `problems` with the account itself; `limit` in plain words where the
    log began to account for rows only later, else empty."""

    tables: RowSums
    problems: tuple[str, ...]
    limit: str


@dataclass(slots=True)
class _Reader:
    tables: dict[str, RowSum] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    since: int = 0  # the first entry that accounts for rows
    upgraded_at: str = ""


def read_account(audit: AuditLog) -> Account:
    """Add up what every entry of an intact log says of its rows."""
    reader = _Reader()
    last = 0
    for entry in audit.all():
        if entry.id > last:
            first, last = entry.id, entry.id + _ENTRIES_PER_STEP - 1
            pages = audit.row_sums(first, last)
        changes = pages.get(entry.id, {})
        said = entry.details.get(ROWS)
        if said is None and not reader.since and not changes:
            continue
        if not reader.since:
            reader.since, reader.upgraded_at = entry.id, entry.at
        if said != row_sums.digest(changes):
            reader.problems.append(f"What audit entry {entry.id} says of the rows it left was changed.")
        for table, change in changes.items():
            reader.tables[table] = reader.tables.get(table, NOTHING).plus(change)
    return Account(reader.tables, tuple(reader.problems), _limit(reader))


def _limit(reader: _Reader) -> str:
    before = "Entries of the audit log {} were written by a program that did not account for every row: {}"
    if reader.since == 1:
        return ""
    if not reader.since:
        return before.format("of this case", "most of its tables cannot be compared with them.")
    return before.format(
        f"before number {reader.since} ({reader.upgraded_at})",
        "what most tables held before then is taken as it stood at that moment.",
    )


def compare(db: Database, account: Account) -> Iterator[tuple[str, int, str]]:
    """`(table, rows read so far, problem or '')` of every covered table, every now and then and at its end."""
    for table in row_sums.covered():
        expected = account.tables.get(table, NOTHING)
        found = NOTHING
        with db.read() as connection:
            for found in row_sums.measure(connection, table):
                yield table, found.rows, ""
        if found.rows != expected.rows:
            yield table, found.rows, f"The table '{table}' has {_rows(found)}, the audit log knows of {expected.rows}."
        elif found != expected:
            yield table, found.rows, f"Rows of the table '{table}' are not as the audit log accounts for them."


def _rows(found: RowSum) -> str:
    return "1 row" if found.rows == 1 else f"{found.rows} rows"
