"""Searches with everything needed to repeat them, and the ranked lists they gave. Never changed afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.store.codec import canonical_json, checked_picture, row_number, sha256
from engine.store.database import Database, Transaction

GALLERY_DIGEST = {"gallery_digest": "2"}  # in a search's versions: how its `gallery_sha256` was made


@dataclass(frozen=True, slots=True)
class QueryPicture:
    """One picture of the person searched for: a crop of the case, or JPEG bytes from outside with a `label`, and
    SHA-256 and size in bytes of the file that they were made from."""

    crop_id: int | None = None
    jpeg: bytes | None = None
    label: str = ""
    file_sha256: str | None = None
    file_size: int | None = None

    def __post_init__(self) -> None:
        if (self.crop_id is None) == (self.jpeg is None):
            raise ValueError("a query picture is either a crop of the case or a picture from outside")


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranked list. Ranks start at 1; distances are cosine distances, lower is nearer, `raw_distance`
    before re-ranking."""

    rank: int
    tracklet_id: int
    distance: float
    raw_distance: float


@dataclass(frozen=True, slots=True)
class NewSearch:
    """Every input of a search. `gallery_sha256` is `GalleryMatrix.digest` of what was compared, which
    `versions` says by `GALLERY_DIGEST`; searches without that hold a hash of tracklet ids instead."""

    queries: tuple[QueryPicture, ...]
    model_sha256: str
    settings: Mapping[str, Any]
    filters: Mapping[str, Any]
    reranker: str
    provider: str
    versions: Mapping[str, str]
    gallery_size: int
    gallery_sha256: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query picture as recorded: `sha256` of its JPEG, `tracklet_id` where it is a crop of the case, `file_sha256`
    and `file_size` of the examiner's file where it came from outside."""

    position: int
    tracklet_id: int | None
    crop_id: int | None
    sha256: str
    label: str
    file_sha256: str | None = None
    file_size: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A recorded search. Counts are of candidates: listed, and decided so far."""

    id: int
    at: str
    examiner: str
    queries: tuple[StoredQuery, ...]
    model_sha256: str
    model_name: str
    settings: dict[str, Any]
    filters: dict[str, Any]
    reranker: str
    provider: str
    versions: dict[str, str]
    gallery_size: int
    gallery_sha256: str
    note: str
    listed: int
    confirmed: int
    rejected: int
    inconclusive: int
    none_found: bool

    @property
    def label(self) -> str:
        """'Q-001'."""
        return f"Q-{self.id:03d}"

    @property
    def undecided(self) -> int:
        """Candidates not yet reviewed."""
        return self.listed - self.confirmed - self.rejected - self.inconclusive


_SELECT = """
SELECT s.*, m.sha256 AS model_sha256, m.name AS model_name,
    (SELECT count(*) FROM search_results AS r WHERE r.search_id = s.id) AS listed,
    (SELECT count(*) FROM current_decisions AS d WHERE d.search_id = s.id AND d.verdict = 'confirmed') AS confirmed,
    (SELECT count(*) FROM current_decisions AS d WHERE d.search_id = s.id AND d.verdict = 'rejected') AS rejected,
    (SELECT count(*) FROM current_decisions AS d WHERE d.search_id = s.id AND d.verdict = 'inconclusive')
        AS inconclusive,
    coalesce((SELECT c.none_found FROM search_closures AS c WHERE c.search_id = s.id ORDER BY c.id DESC LIMIT 1), 0)
        AS none_found
FROM searches AS s JOIN models AS m ON m.id = s.model_id
"""


class SearchStore:
    """The searches of one case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def record(self, search: NewSearch, ranked: Sequence[Ranked]) -> Search:
        """Keep a search and its list. ValueError where ranks are not 1, 2, 3, … or no query is given."""
        if [line.rank for line in ranked] != list(range(1, len(ranked) + 1)) or not search.queries:
            raise ValueError("a search needs a query and ranks 1, 2, 3, …")
        with self._db.transaction("search.record") as tx:
            model = tx.execute("SELECT id FROM models WHERE sha256 = ?", (search.model_sha256,)).fetchone()
            if model is None:
                raise ValueError("the search names a model that embedded nothing in this case")
            search_id = tx.insert(
                "searches",
                at=tx.at,
                examiner=tx.actor,
                model_id=model["id"],
                settings=canonical_json(search.settings),
                filters=canonical_json(search.filters),
                reranker=search.reranker,
                provider=search.provider,
                versions=canonical_json(search.versions),
                gallery_size=search.gallery_size,
                gallery_sha256=search.gallery_sha256,
                note=search.note,
            )
            pictures = [_write_query(tx, search_id, n, query) for n, query in enumerate(search.queries)]
            tx.executemany(
                "INSERT INTO search_results VALUES (?, ?, ?, ?, ?)",
                [(search_id, r.rank, r.tracklet_id, float(r.distance), float(r.raw_distance)) for r in ranked],
            )
            tx.target = f"search:{search_id}"
            tx.details |= {
                "queries": pictures,
                "model": search.model_sha256,
                "settings": search.settings,
                "filters": search.filters,
                "reranker": search.reranker,
                "provider": search.provider,
                "versions": search.versions,
                "gallery_size": search.gallery_size,
                "gallery_sha256": search.gallery_sha256,
                "listed": len(ranked),
                "results_sha256": hash_ranked(ranked),
            }
        return self.get(search_id)

    def list(self) -> Sequence[Search]:
        """All searches, newest first."""
        return self._searches("ORDER BY s.id DESC")

    def get(self, search_id: int) -> Search:
        """`UsageError` where there is no such search."""
        found = self._searches("WHERE s.id = ?", search_id)
        if not found:
            raise UsageError(f"There is no search {search_id} in this case.", "List the searches to see their numbers.")
        return found[0]

    def find(self, label: str) -> Search:
        """By 'Q-001' or '1'."""
        return self.get(row_number(label.upper().removeprefix("Q-"), "search, as Q-001"))

    def of_tracklet(self, tracklet_id: int) -> Sequence[Search]:
        """Searches for which crops of this tracklet were the query."""
        return self._searches(
            "WHERE s.id IN (SELECT search_id FROM search_queries WHERE tracklet_id = ?) ORDER BY s.id", tracklet_id
        )

    def results(self, search_id: int) -> Sequence[Ranked]:
        """The ranked list, nearest first."""
        rows = self._db.rows("SELECT * FROM search_results WHERE search_id = ? ORDER BY rank", (search_id,))
        return [Ranked(row["rank"], row["tracklet_id"], row["distance"], row["raw_distance"]) for row in rows]

    def query_jpeg(self, search_id: int, position: int) -> bytes:
        """The picture searched with, wherever it came from; `CaseCorruptError` where it is another one now."""
        row = self._db.row(
            "SELECT coalesce(q.jpeg, i.jpeg) AS jpeg, q.sha256 FROM search_queries AS q LEFT JOIN crop_images AS i "
            "ON i.crop_id = q.crop_id WHERE q.search_id = ? AND q.position = ?",
            (search_id, position),
        )
        if row is None or row["jpeg"] is None:
            raise UsageError(f"Search {search_id} has no query picture {position}.")
        return checked_picture(row["jpeg"], row["sha256"], f"query {position + 1} of search Q-{search_id:03d}")

    def set_none_found(self, search_id: int, none_found: bool, reason: str = "") -> None:
        """The analyst's word that no candidate of this search is the person; False takes it back. Both are logged."""
        self.get(search_id)
        action = "search.none_found" if none_found else "search.reopen"
        with self._db.transaction(action, f"search:{search_id}", reason=reason) as tx:
            tx.insert(
                "search_closures",
                search_id=search_id,
                none_found=int(none_found),
                reason=reason,
                examiner=tx.actor,
                at=tx.at,
            )

    def _searches(self, condition: str, *parameters: Any) -> Sequence[Search]:
        with self._db.snapshot():
            rows = self._db.rows(f"{_SELECT} {condition}", parameters)
            return [_search(row, self._queries(row["id"])) for row in rows]

    def _queries(self, search_id: int) -> tuple[StoredQuery, ...]:
        rows = self._db.rows(
            "SELECT position, tracklet_id, crop_id, sha256, label, file_sha256, file_size FROM search_queries "
            "WHERE search_id = ? ORDER BY position",
            (search_id,),
        )
        return tuple(StoredQuery(*row) for row in rows)


def hash_ranked(ranked: Sequence[Ranked]) -> str:
    """SHA-256 of a ranked list, kept in the audit log so that a later change of the list shows."""
    lines = [[line.rank, line.tracklet_id, float(line.distance), float(line.raw_distance)] for line in ranked]
    return sha256(canonical_json(lines).encode())


def _write_query(tx: Transaction, search_id: int, position: int, query: QueryPicture) -> dict[str, Any]:
    if query.crop_id is None:
        assert query.jpeg is not None
        tracklet_id, digest = None, sha256(query.jpeg)
    else:
        crop = tx.execute("SELECT tracklet_id, jpeg_sha256 FROM crops WHERE id = ?", (query.crop_id,)).fetchone()
        if crop is None:
            raise ValueError(f"the search names crop {query.crop_id}, which does not exist")
        tracklet_id, digest = crop["tracklet_id"], crop["jpeg_sha256"]
    file = {"file_sha256": query.file_sha256, "file_size": query.file_size}
    tx.insert(
        "search_queries",
        search_id=search_id,
        position=position,
        tracklet_id=tracklet_id,
        crop_id=query.crop_id,
        jpeg=query.jpeg,
        sha256=digest,
        label=query.label,
        **file,
    )
    return {"tracklet": tracklet_id, "crop": query.crop_id, "sha256": digest, "label": query.label, **file}


def _search(row: sqlite3.Row, queries: tuple[StoredQuery, ...]) -> Search:
    return Search(
        id=row["id"],
        at=row["at"],
        examiner=row["examiner"],
        queries=queries,
        model_sha256=row["model_sha256"],
        model_name=row["model_name"],
        settings=json.loads(row["settings"]),
        filters=json.loads(row["filters"]),
        reranker=row["reranker"],
        provider=row["provider"],
        versions=json.loads(row["versions"]),
        gallery_size=row["gallery_size"],
        gallery_sha256=row["gallery_sha256"],
        note=row["note"],
        listed=row["listed"],
        confirmed=row["confirmed"],
        rejected=row["rejected"],
        inconclusive=row["inconclusive"],
        none_found=bool(row["none_found"]),
    )
