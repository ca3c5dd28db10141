"""What every audited write adds to the tables and takes from them, so that a row changed by other means shows.

A row is a number: SHAKE256 of its table and its values, `BITS` long. A table is the sum of its rows' numbers. Each
transaction logs by how much it changed the sum and the count of each table, whatever statement did it: triggers of the
writer's own connection see every row before and after. All differences of the log together must give what the rows
that are there give, in one pass over each table. A forged row never cancels out, however many honest changes follow.

Source: Bellare and Micciancio, A New Paradigm for Collision-free Hashing (1997), AdHash; forging one costs
2^(2 sqrt(BITS)) by Wagner's generalised birthday attack (2002), hence the length.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.store import schema
from engine.store.codec import canonical_json, sha256

BITS = 4096
_MODULUS = 1 << BITS
_STEP = 20_000  # rows between two signs of life
_ENCODER = json.JSONEncoder(default=lambda blob: {"sha256": hashlib.sha256(blob).hexdigest()}, separators=(",", ":"))

# What needs no sum, and why. Every other table of the schema has one, without being named anywhere.
ELSEWHERE = {
    "audit": "its own chain of hashes",
    "row_sums": "each entry of the audit log holds their digest",
    "crop_images": "jpeg_sha256 of each row of crops, compared wherever a picture is read",
    "_sqlite_migrations": "which steps the schema has taken; the schema itself is compared",
    "counters": "only says that a cache is stale; a cache is checked by its digests",
}


class RowSum(NamedTuple):
    """How many rows, and the sum of their numbers modulo 2^BITS; of a difference, `rows` may be negative."""

    rows: int = 0
    total: int = 0

    def plus(self, other: RowSum) -> RowSum:
        return RowSum(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def minus(self, other: RowSum) -> RowSum:
        return RowSum(self.rows - other.rows, (self.total - other.total) % _MODULUS)


NOTHING = RowSum()
RowSums = Mapping[str, RowSum]  # by table


def covered() -> list[str]:
    """The tables that are summed: all of the schema but `ELSEWHERE`."""
    return [name for kind, name in schema.own() if kind == "table" and name not in ELSEWHERE]


def number_of(table: str, values: Sequence[Any]) -> int:
    """One row as a number. `values` as SQLite gives them, in the order of the table's columns."""
    return int.from_bytes(hashlib.shake_256(_ENCODER.encode((table, *values)).encode()).digest(BITS // 8))


def measure(connection: sqlite3.Connection, table: str) -> Iterator[RowSum]:
    """The sum of a table's rows so far, every now and then and at the end."""
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = total = 0
    for values in cursor.execute(f"SELECT * FROM {table}"):
        rows, total = rows + 1, total + number_of(table, values)
        if rows % _STEP == 0:
            total %= _MODULUS
            yield RowSum(rows, total)
    yield RowSum(rows, total % _MODULUS)


def measure_all(connection: sqlite3.Connection) -> RowSums:
    """The sums of all covered tables that the database has."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {table: list(measure(connection, table))[-1] for table in covered() if table in there}


def difference(after: RowSums, before: RowSums) -> RowSums:
    """Table by table, without those that stayed the same."""
    changes = {
        table: after.get(table, NOTHING).minus(before.get(table, NOTHING)) for table in (after.keys() | before.keys())
    }
    return {table: change for table, change in changes.items() if change != NOTHING}


def digest(changes: RowSums) -> str:
    """What an entry of the audit log says of its changes; empty where there are none."""
    if not changes:
        return ""
    return sha256(canonical_json([[name, c.rows, f"{c.total:x}"] for name, c in sorted(changes.items())]).encode())


def write(connection: sqlite3.Connection, entry_id: int, changes: RowSums) -> None:
    """Keep the changes of an entry beside it."""
    connection.executemany(
        "INSERT INTO row_sums VALUES (?, ?, ?, ?)",
        [(entry_id, name, c.rows, c.total.to_bytes(BITS // 8)) for name, c in sorted(changes.items())],
    )


def read(rows: Sequence[sqlite3.Row]) -> RowSums:
    """The inverse of `write`, from one entry's rows."""
    return {row["name"]: RowSum(row["rows"], int.from_bytes(row["sum"]) % _MODULUS) for row in rows}


class RowWatch:
    """Sees every row that its connection adds, changes or removes, by temporary triggers that only it has."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sums: dict[str, tuple[int, int]] = {}
        connection.create_function("nightjar_row", -1, self._see)
        for table in covered():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for verb, sides in (("INSERT", ("NEW",)), ("DELETE", ("OLD",)), ("UPDATE", ("OLD", "NEW"))):
                calls = "".join(
                    f"SELECT nightjar_row('{table}', {1 if side == 'NEW' else -1}, "
                    f"{', '.join(f'{side}.{column}' for column in columns)}); "
                    for side in sides
                )
                connection.execute(
                    f"CREATE TEMP TRIGGER watch_{table}_{verb.lower()} AFTER {verb} ON main.{table} BEGIN {calls}END"
                )

    def restart(self) -> None:
        """Forget what was seen: a transaction begins."""
        self._sums.clear()

    def seen(self) -> RowSums:
        """What has changed since."""
        found = {table: RowSum(rows, total % _MODULUS) for table, (rows, total) in self._sums.items()}
        return {table: change for table, change in found.items() if change != NOTHING}

    def _see(self, table: str, sign: int, *values: Any) -> None:
        rows, total = self._sums.get(table, (0, 0))
        self._sums[table] = (rows + sign, total + sign * number_of(table, values))
