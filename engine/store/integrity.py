"""Is what the case holds still what was put into it? Each problem is one plain sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from engine.store import schema
from engine.store.account import Account, compare, read_account
from engine.store.audit import AuditEntry, AuditLog
from engine.store.codec import canonical_json, sha256, unpack_arrays
from engine.store.database import Database
from engine.store.decisions import DecisionStore, logged
from engine.store.embeddings import UNIT_TOLERANCE
from engine.store.records import Crop
from engine.store.results import run_digest, tracklet_digest
from engine.store.searches import SearchStore, hash_ranked
from engine.store.tracklets import crop_from_row

_TRACKLETS_PER_STEP = 200


@dataclass(frozen=True, slots=True)
class CheckedTracklet:
    """`problems` found in the database's own records, and `(crop id, JPEG)` of pictures still to be decoded."""

    label: str
    problems: tuple[str, ...]
    pictures: tuple[tuple[int, bytes], ...]


class IntegrityStore:
    """Checks of one case; they read everything and change nothing."""

    def __init__(self, db: Database, audit: AuditLog, searches: SearchStore, decisions: DecisionStore) -> None:
        self._db = db
        self._audit = audit
        self._searches = searches
        self._decisions = decisions

    def database(self) -> Iterator[str]:
        """SQLite's own check of its pages and indexes, references that lead nowhere, and a schema not the program's."""
        with self._db.read() as connection:
            yield from _schema(schema.objects(connection))
            for (line,) in connection.execute("PRAGMA integrity_check(20)"):
                if line != "ok":
                    yield f"The case database is damaged: {line}."
            for row in connection.execute("PRAGMA foreign_key_check"):
                yield f"Row {row[1]} of the table {row[0]} refers to something in {row[2]} that is not there."

    def against_log(self) -> Iterator[str]:
        """Facts that stand both in a table and in the audit log must agree."""
        checks: dict[str, Callable[[AuditEntry], Iterator[str]]] = {
            "case.create": self._case_created,
            "evidence.register": self._evidence_registered,
            "search.record": self._search_recorded,
            "decision.take": self._decisions_taken,
            "decision.undo": self._decisions_taken,
        }
        decisions = 0
        runs: dict[int, str] = {}
        for entry in self._audit.all():
            for run_id in entry.details.get("removed_runs", ()):
                runs.pop(run_id, None)
            if entry.action == "ingest.finish":
                runs[entry.details["run"]] = entry.details["content_sha256"]
            if entry.action in checks:
                yield from checks[entry.action](entry)
            if entry.action.startswith("decision."):
                decisions += len(entry.details["decisions"])
        for run_id, content_sha256 in runs.items():
            yield from self._run_as_found(run_id, content_sha256)
        if decisions != len(self._decisions.all()):
            yield "The number of decisions is not what the audit log says."

    def account(self) -> Account:
        """What the audit log says each table must hold."""
        return read_account(self._audit)

    def rows(self, account: Account) -> Iterator[tuple[str, int, str]]:
        """`(table, rows read so far, problem or '')`: every row of every table against the account."""
        return compare(self._db, account)

    def count(self) -> int:
        """How many tracklets `tracklets` gives."""
        return int(self._db.value("SELECT count(*) FROM tracklets"))

    def tracklets(self) -> Iterator[CheckedTracklet]:
        """Every tracklet, superseded ones included, with its path, crops and embeddings."""
        last = 0
        while rows := self._db.rows(
            "SELECT t.id, t.digest, t.ordinal, e.exhibit, p.data FROM tracklets AS t "
            "JOIN evidence AS e ON e.id = t.item_id LEFT JOIN tracklet_points AS p ON p.tracklet_id = t.id "
            "WHERE t.id > ? ORDER BY t.id LIMIT ?",
            (last, _TRACKLETS_PER_STEP),
        ):
            crops = self._crops(rows[0]["id"], rows[-1]["id"])
            for row in rows:
                yield _check(row, crops.get(row["id"], ()))
            last = rows[-1]["id"]

    def embeddings(self) -> Iterator[str]:
        """Embeddings that are not unit vectors of their model's length."""
        last = 0
        while rows := self._db.rows(
            "SELECT v.id, v.crop_id, v.vector, m.dimension, m.name FROM embeddings AS v "
            "JOIN models AS m ON m.id = v.model_id WHERE v.id > ? ORDER BY v.id LIMIT 2000",
            (last,),
        ):
            for row in rows:
                whole = len(row["vector"]) == 2 * row["dimension"]
                vector = np.frombuffer(row["vector"], "<f2").astype(np.float64) if whole else np.zeros(1)
                if not abs(np.linalg.norm(vector) - 1.0) < 2 * UNIT_TOLERANCE:  # also catches NaN
                    yield f"The embedding of crop {row['crop_id']} by {row['name']} is not a unit vector."
            last = rows[-1]["id"]

    def _crops(self, first: int, last: int) -> dict[int, Sequence[sqlite3.Row]]:
        rows = self._db.rows(
            "SELECT k.*, e.time_base_num, e.time_base_den, i.jpeg, v.vector FROM crops AS k "
            "JOIN tracklets AS t ON t.id = k.tracklet_id JOIN evidence AS e ON e.id = t.item_id "
            "JOIN runs AS r ON r.id = t.run_id LEFT JOIN crop_images AS i ON i.crop_id = k.id "
            "LEFT JOIN embeddings AS v ON v.crop_id = k.id AND v.model_id = r.model_id "
            "WHERE k.tracklet_id BETWEEN ? AND ? ORDER BY k.tracklet_id, k.rank",
            (first, last),
        )
        return {number: list(group) for number, group in groupby(rows, key=lambda row: row["tracklet_id"])}

    def _case_created(self, entry: AuditEntry) -> Iterator[str]:
        if self._db.value("SELECT uuid FROM case_info") != entry.details["uuid"]:
            yield "The case's own number is not the one that its audit log began with."

    def _evidence_registered(self, entry: AuditEntry) -> Iterator[str]:
        row = self._db.row("SELECT exhibit, sha256, size FROM evidence WHERE id = ?", (_number(entry),))
        if row is None:
            yield f"{entry.details['exhibit']} was registered but is no longer in the case."
        elif any(row[key] != entry.details[key] for key in ("exhibit", "sha256", "size")):
            yield f"The registered hash, size or number of {entry.details['exhibit']} was changed in the database."

    def _run_as_found(self, run_id: int, content_sha256: str) -> Iterator[str]:
        rows = self._db.rows("SELECT digest FROM tracklets WHERE run_id = ? ORDER BY ordinal", (run_id,))
        if run_digest(row["digest"] for row in rows) != content_sha256:
            yield f"The tracklets of ingest run {run_id} are not those that it found."

    def _search_recorded(self, entry: AuditEntry) -> Iterator[str]:
        if hash_ranked(self._searches.results(_number(entry))) != entry.details["results_sha256"]:
            yield f"The ranked list of search Q-{_number(entry):03d} was changed after the search."

    def _decisions_taken(self, entry: AuditEntry) -> Iterator[str]:
        stored = {decision.id: decision for decision in self._decisions.history(_number(entry))}
        for line in entry.details["decisions"]:
            decision = stored.get(line["id"])
            same = decision is not None and _same(logged(decision), line)
            if decision is None or not same or (decision.examiner, decision.at) != (entry.actor, entry.at):
                yield f"Decision {line['id']} of search Q-{_number(entry):03d} was changed after it was taken."


def _schema(found: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Triggers keep history from being rewritten and views say what counts: none may be missing, other or added."""
    own = schema.own()
    for kind, name in sorted(own.keys() | found.keys()):
        if (kind, name) not in found:
            yield f"The {kind} '{name}' of the case database is missing."
        elif (kind, name) not in own:
            yield f"The case database has a {kind} '{name}' that this program did not make."
        elif found[kind, name] != own[kind, name]:
            yield f"The {kind} '{name}' of the case database was changed."


def _check(row: sqlite3.Row, crops: Sequence[sqlite3.Row]) -> CheckedTracklet:
    label = f"{row['exhibit']}/{row['ordinal']}"
    problems, facts = [], []
    for crop_row in crops:
        crop: Crop = crop_from_row(crop_row)
        if crop_row["jpeg"] is None or sha256(crop_row["jpeg"]) != crop.jpeg_sha256:
            problems.append(f"The picture of crop {crop.id} of tracklet {label} is not the one that was stored.")
        facts.append((crop.timestamp.pts, crop.box, crop.quality, crop.jpeg_sha256, crop_row["vector"] or b""))
    if row["data"] is None or tracklet_digest(unpack_arrays(row["data"]), facts) != row["digest"]:
        problems.append(f"Tracklet {label} is not what the ingest found: its path, crops or embeddings were changed.")
    pictures = tuple((crop_row["id"], crop_row["jpeg"] or b"") for crop_row in crops)
    return CheckedTracklet(label, tuple(problems), pictures)


def _number(entry: AuditEntry) -> int:
    return int(entry.target.partition(":")[2])


def _same(first: Any, second: Any) -> bool:
    return canonical_json(first) == canonical_json(second)
