"""The analyst's decisions on candidates. Nothing is taken away: an undo is a further row, and logged like the rest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.store.codec import canonical_json
from engine.store.database import Database, Transaction
from engine.store.subjects import leave_subjects, undo_members
from engine.types import Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict` is None in the row of an undo, which names the decision that it `undoes`.

    `observations` are structured remarks, feature → 'similar' / 'different' / 'cannot tell'; `blind` says that rank
    and distance were hidden.
    """

    id: int
    search_id: int
    tracklet_id: int
    verdict: Verdict | None
    reason: str
    observations: dict[str, str]
    examiner: str
    blind: bool
    at: str
    undoes: int | None


class DecisionStore:
    """The decisions of one case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def decide(
        self,
        search_id: int,
        tracklet_ids: Sequence[int],
        verdict: Verdict,
        *,
        reason: str = "",
        observations: Mapping[str, str] | None = None,
        blind: bool = False,
    ) -> Sequence[Decision]:
        """Take the same decision on some candidates of a search, all or none. A later decision replaces an earlier.

        Where it replaces a confirmation, a tracklet that joined a subject because of that one leaves it.
        `UsageError` where one of them is not in the search's list.
        """
        for tracklet_id in tracklet_ids:
            self._require_candidate(search_id, tracklet_id)
        content = {
            "verdict": verdict,
            "reason": reason,
            "observations": canonical_json(observations or {}),
            "blind": int(blind),
        }
        with self._db.transaction("decision.take", f"search:{search_id}") as tx:
            ids = [_write(tx, search_id=search_id, tracklet_id=number, **content) for number in tracklet_ids]
            if verdict is not Verdict.CONFIRMED:
                tx.details["left"] = [change for decision_id in ids for change in leave_subjects(tx, decision_id)]
            tx.details["decisions"] = [logged(decision) for decision in self.rows(ids)]
        return self.rows(ids)

    def undo(self, decision_id: int) -> Decision:
        """Take back a decision that stands; what stood before it stands again. Gives the undo's own row.

        Tracklets that joined or left a subject because of it leave or join again.
        """
        with self._db.transaction("decision.undo") as tx:
            row = tx.execute("SELECT * FROM current_decisions WHERE id = ?", (decision_id,)).fetchone()
            if row is None:
                raise UsageError(f"Decision {decision_id} does not stand, so it cannot be undone.")
            undo_id = _write(
                tx,
                search_id=row["search_id"],
                tracklet_id=row["tracklet_id"],
                verdict=None,
                reason="",
                observations="{}",
                blind=row["blind"],
                undoes=decision_id,
            )
            tx.target = f"search:{row['search_id']}"
            tx.details["members"] = undo_members(tx, decision_id)
            tx.details["decisions"] = [logged(decision) for decision in self.rows([undo_id])]
        return self.rows([undo_id])[0]

    def undo_last(self, search_id: int | None = None) -> Decision:
        """Undo the newest decision that stands; `UsageError` where there is none."""
        newest = self.latest(search_id)
        if newest is None:
            raise UsageError("There is no decision to undo.")
        return self.undo(newest.id)

    def latest(self, search_id: int | None = None) -> Decision | None:
        """The newest decision that stands, which is what Ctrl+Z takes back; None where there is none."""
        rows = self._db.rows(
            "SELECT * FROM current_decisions WHERE ?1 IS NULL OR search_id = ?1 ORDER BY id DESC LIMIT 1", (search_id,)
        )
        return _decision(rows[0]) if rows else None

    def current(self, search_id: int) -> dict[int, Decision]:
        """What stands in a search, by tracklet id."""
        rows = self._db.rows("SELECT * FROM current_decisions WHERE search_id = ?", (search_id,))
        return {row["tracklet_id"]: _decision(row) for row in rows}

    def of_tracklet(self, tracklet_id: int) -> Sequence[Decision]:
        """What stands on one tracklet in any search."""
        rows = self._db.rows("SELECT * FROM current_decisions WHERE tracklet_id = ? ORDER BY id", (tracklet_id,))
        return [_decision(row) for row in rows]

    def history(self, search_id: int) -> Sequence[Decision]:
        """Every row of a search, undos included, in the order they were taken."""
        rows = self._db.rows("SELECT * FROM decisions WHERE search_id = ? ORDER BY id", (search_id,))
        return [_decision(row) for row in rows]

    def all(self) -> Sequence[Decision]:
        """Every row of the case, undos included, in the order they were taken."""
        return [_decision(row) for row in self._db.rows("SELECT * FROM decisions ORDER BY id")]

    def decided(self, verdict: Verdict | None = None) -> frozenset[int]:
        """Tracklets on which a decision (of that verdict) stands in any search."""
        rows = self._db.rows(
            "SELECT DISTINCT tracklet_id FROM current_decisions WHERE ?1 IS NULL OR verdict = ?1", (verdict,)
        )
        return frozenset(row[0] for row in rows)

    def _require_candidate(self, search_id: int, tracklet_id: int) -> None:
        found = self._db.value(
            "SELECT 1 FROM search_results WHERE search_id = ? AND tracklet_id = ?", (search_id, tracklet_id)
        )
        if found is None:
            raise UsageError(
                f"Tracklet {tracklet_id} is not among the candidates of search {search_id}.",
                "Decide on candidates from the ranked list.",
            )

    def rows(self, ids: Sequence[int]) -> Sequence[Decision]:
        """Those with these ids, in the order they were taken; ids of none are left out."""
        sql = "SELECT * FROM decisions WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return [_decision(row) for row in self._db.rows(sql, (json.dumps(list(ids)),))]


def logged(decision: Decision) -> dict[str, Any]:
    """What the audit log keeps of a decision: all of it but who and when, which every entry says anyway."""
    return {
        "id": decision.id,
        "tracklet": decision.tracklet_id,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "observations": decision.observations,
        "blind": decision.blind,
        "undoes": decision.undoes,
    }


def _write(tx: Transaction, **columns: Any) -> int:
    return tx.insert("decisions", examiner=tx.actor, at=tx.at, **columns)


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(
        id=row["id"],
        search_id=row["search_id"],
        tracklet_id=row["tracklet_id"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        reason=row["reason"],
        observations=json.loads(row["observations"]),
        examiner=row["examiner"],
        blind=bool(row["blind"]),
        at=row["at"],
        undoes=row["undoes"],
    )
