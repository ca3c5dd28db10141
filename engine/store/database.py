"""Connections to `case.db`: one writer, cheap readers for any thread, and the one transaction that everybody uses.

Every write goes through `Database.transaction`, which writes the audit entry of the work in the work's own
transaction: there is no change without its entry and no entry without its change.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from traceback import clear_frames
from typing import Any
from urllib.parse import quote

from engine.errors import CaseCorruptError, CaseError, StorageError
from engine.store import row_sums, schema
from engine.store.audit import append_entry
from engine.store.codec import utc_now
from engine.store.row_sums import RowWatch
from engine.store.sentences import RESTORE_HINT, told_plainly

PAGE_SIZE = 16384  # crops and embeddings are a few KiB each: 1.4 times the write rate of 4 KiB pages
BUSY_SECONDS = 10.0
CLOSE_SECONDS = 10.0  # how long closing waits for who is reading or writing
SYNCHRONOUS = "FULL"  # a decision that was shown as taken must survive a power cut
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_PART = ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part")


class Transaction:
    """What `Database.transaction` gives: statements, and details that go into its audit entry."""

    def __init__(
        self, connection: sqlite3.Connection, actor: str, at: str, target: str, details: dict[str, Any]
    ) -> None:
        self._connection = connection
        self.actor = actor
        self.at = at
        self.target = target
        self.details = details

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)

    def insert(self, table: str, **columns: Any) -> int:
        """Insert one row; returns its id."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        cursor = self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def bump(self, counter: str) -> None:
        """Note that what `counter` stands for has changed (see `Database.counter`)."""
        self._connection.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (counter,)
        )


class Database:
    """An open `case.db`. Reads may come from any thread; writes take turns."""

    def __init__(self, path: Path, *, writable: bool, actor: str) -> None:
        self.path = path
        self.actor = actor
        self.writable = writable
        self._immutable = False
        self._write_lock = threading.RLock()
        self._schema_version: int | None = None  # of the last look at the triggers
        self._together = False  # only looked at by who holds the write lock
        self._local = threading.local()
        self._writer: sqlite3.Connection | None = None
        self._idle: list[sqlite3.Connection] = []
        self._lent: dict[sqlite3.Connection, int] = {}  # to which thread
        self._pool_lock = threading.Lock()
        self._returned = threading.Condition(self._pool_lock)
        self._closed = False
        with told_plainly(path):
            try:
                if writable:
                    self._open_writer()
                self._check()
            except BaseException:
                self.close()
                raise

    @classmethod
    def create(cls, path: Path) -> None:
        """Write an empty case database of the current schema to `path`, which must not exist."""
        with told_plainly(path):
            connection = _connect(f"file:{_quoted(path)}?mode=rwc")
            try:
                connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
                connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
                schema.migrate(connection)
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections; the last writer folds the write-ahead log back into the database.

        What other threads are reading is interrupted first: a connection closed under a reader brings the whole
        program down. One that is not given back within `CLOSE_SECONDS` is closed by its reader, afterwards.
        """
        end = time.monotonic() + CLOSE_SECONDS
        with self._returned:
            self._closed = True
            while self._lent_elsewhere() and time.monotonic() < end:
                for connection in self._lent_elsewhere():
                    connection.interrupt()
                self._returned.wait(timeout=0.02)
            while self._idle:
                self._idle.pop().close()
        if self._write_lock.acquire(timeout=CLOSE_SECONDS):
            try:  # the writer last: a reader cannot fold the log back
                if self._writer is not None:
                    self._writer.close()
            finally:
                self._write_lock.release()

    def _lent_elsewhere(self) -> list[sqlite3.Connection]:
        """Connections on which another thread is reading; asked under the pool's lock."""
        return [connection for connection, thread in self._lent.items() if thread != threading.get_ident()]

    @contextmanager
    def transaction(self, action: str, target: str = "", **details: Any) -> Iterator[Transaction]:
        """All or nothing, with its audit entry. `StorageError` where the disk is full; nothing is half-written.

        `action` is 'room.verb' ('evidence.register'); `target` names what it is about ('item:3'); `details` are
        JSON values and may be added to in the block (`tx.details`). Not to be nested, but see `together`.
        """
        with self._write_lock:
            writer = self._require_writer()
            if writer.in_transaction and not self._together:
                raise RuntimeError("transactions are not nested")
            with self._all_or_nothing(writer):
                self._require_own_triggers(writer)
                self._watch.restart()
                tx = Transaction(writer, self.actor, utc_now(), target, dict(details))
                yield tx
                entry = {"at": tx.at, "actor": tx.actor, "action": action, "target": tx.target}
                append_entry(writer, entry, tx.details, self._watch.seen())

    @contextmanager
    def together(self) -> Iterator[None]:
        """The transactions of this block, each with its own audit entry, happen all or not at all."""
        with self._write_lock:
            writer = self._require_writer()
            if self._together:
                raise RuntimeError("blocks of transactions are not nested")
            with self._all_or_nothing(writer):
                self._together = True
                try:
                    yield
                finally:
                    self._together = False

    @contextmanager
    def _all_or_nothing(self, writer: sqlite3.Connection) -> Iterator[None]:
        """A transaction of SQLite's, or a part of one; this thread's reads inside it see what it has written."""
        part = writer.in_transaction
        begin, keep, drop = _PART if part else _WHOLE
        with told_plainly(self.path):
            if not self.path.exists():  # SQLite would go on writing to what nobody can open any more
                raise StorageError(f"{self.path} is not there any more.", "Bring the case folder back to its place.")
            writer.execute(begin)
            outer = getattr(self._local, "pinned", None)
            self._local.pinned = writer
            try:
                yield
                writer.execute(keep)
            except BaseException:
                if writer.in_transaction:  # SQLite itself takes everything back where the disk is full
                    writer.execute(drop)
                raise
            finally:
                self._local.pinned = outer

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading on this thread. Within a transaction or a snapshot: that one's view."""
        pinned: sqlite3.Connection | None = getattr(self._local, "pinned", None)
        with told_plainly(self.path):
            if pinned is not None:
                yield pinned
                return
            with self._borrowed() as connection:
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads of this thread inside the block see one and the same state of the case."""
        if getattr(self._local, "pinned", None) is not None:
            yield
            return
        with ExitStack() as kept:  # not `read` around the block: a fault of the block's own is no fault of case.db
            with told_plainly(self.path):
                connection = kept.enter_context(self._borrowed())
                connection.execute("BEGIN")
            kept.callback(connection.execute, "ROLLBACK")
            self._local.pinned = connection
            try:
                yield
            finally:
                self._local.pinned = None

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        connection = self._borrow()
        try:
            yield connection
        except sqlite3.OperationalError as error:
            clear_frames(error.__traceback__)  # cursors in them would keep the connection alive after its close
            self._require_open()  # interrupted by another thread that closes the case
            raise
        finally:
            with self._returned:
                del self._lent[connection]
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)
                self._returned.notify_all()

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.read() as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self.read() as connection:
            found: sqlite3.Row | None = connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def counter(self, name: str) -> int:
        """How often `name` was bumped: caches compare it to see whether they are stale."""
        return int(self.value("SELECT value FROM counters WHERE name = ?", (name,)) or 0)

    def require_writable(self) -> None:
        """`CaseError` where the case is open for reading only."""
        if not self.writable:
            raise CaseError("This case is open read-only.", "Open it for writing to change anything.")

    def _require_writer(self) -> sqlite3.Connection:
        self.require_writable()
        self._require_open()
        assert self._writer is not None
        return self._writer

    def _require_open(self) -> None:
        if self._closed:
            raise CaseError("This case has been closed.")

    def _open_writer(self) -> None:
        connection = self._writer = _connect(f"file:{_quoted(self.path)}?mode=rw")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA trusted_schema = OFF")  # triggers of a forged case cannot call our functions
        connection.execute("PRAGMA recursive_triggers = ON")  # so that REPLACE cannot get past the triggers

    def _borrow(self) -> sqlite3.Connection:
        with self._pool_lock:
            self._require_open()
            if self._idle:
                connection = self._idle.pop()
            else:
                mode = "mode=ro&immutable=1" if self._immutable else "mode=ro"
                connection = _connect(f"file:{_quoted(self.path)}?{mode}")
            self._lent[connection] = threading.get_ident()
            return connection

    def _check(self) -> None:
        """Refuse what is not a case of this program's schema; bring an older one up to date."""
        if not self.writable:
            self._choose_read_mode()
        with self.read() as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
                raise CaseCorruptError(f"{self.path} is not the database of a Nightjar case.", RESTORE_HINT)
            schema.refuse_newer(connection)
        if self._writer is not None:
            if schema.needs_migration(self._writer):
                self._upgrade(self._writer)
            self._require_own_triggers(self._writer)
            self._watch = RowWatch(self._writer)
        else:
            with self.read() as connection:
                if schema.needs_migration(connection):
                    raise CaseError(
                        "This case was written by an older Nightjar and must be brought up to date first.",
                        "Open it once for writing; a copy made before keeps the old form.",
                    )

    def _require_own_triggers(self, writer: sqlite3.Connection) -> None:
        """What a foreign trigger does would be logged as the examiner's own doing: nothing is written beside one.

        Looked at when the case is opened and where somebody has changed the schema since.
        """
        version = writer.execute("PRAGMA main.schema_version").fetchone()[0]
        if version == self._schema_version:
            return
        own, found = schema.own(), schema.objects(writer)
        foreign = [key[1] for key in found if key[0] == "trigger" and found[key] != own.get(key)]
        if foreign:
            raise CaseCorruptError(
                f"The case database has a trigger that this program did not make: {', '.join(sorted(foreign))}.",
                f"Nothing is written while it is there. Open the case read-only and verify it. {RESTORE_HINT}",
            )
        self._schema_version = version

    def _upgrade(self, writer: sqlite3.Connection) -> None:
        """Take the steps of the schema that are missing, and log what they did to the rows.

        Where the log accounted for no rows yet, this entry accounts for all of them, as they stand now.
        """
        with self._all_or_nothing(writer):
            accounted = ("table", "row_sums") in schema.objects(writer)
            before = row_sums.measure_all(writer) if accounted else {}
            schema.migrate(writer)
            changes = row_sums.difference(row_sums.measure_all(writer), before)
            entry = {"at": utc_now(), "actor": self.actor, "action": "case.upgrade", "target": ""}
            append_entry(writer, entry, {}, changes)

    def _choose_read_mode(self) -> None:
        """On a disk that cannot be written, SQLite cannot make the files that a write-ahead log needs."""
        try:
            with self.read() as connection:
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except (StorageError, CaseError) as error:
            wal = self.path.with_name(self.path.name + "-wal")
            if isinstance(error, CaseCorruptError):
                raise
            if wal.exists() and wal.stat().st_size > 0:
                raise StorageError(
                    f"{self.path} was not closed properly, and its folder cannot be written to put that right.",
                    "Copy the whole case folder to a place where you may write and open it there.",
                ) from error
            self._immutable = True
            with self._pool_lock:
                while self._idle:
                    self._idle.pop().close()


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    return connection


def _quoted(path: Path) -> str:
    return quote(path.absolute().as_posix())
