"""Subjects: the people of a case as the analyst sees them, each with the tracklets confirmed as theirs.

A tracklet is one pass of one person, so it belongs to one subject at most; two tracklets that are in the picture at
the same time of one item cannot be the same person and never share a subject.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.store.codec import row_number
from engine.store.database import Database, Transaction
from engine.types import Modality


@dataclass(frozen=True, slots=True)
class Subject:
    """`merged_into` names the subject that took this one's members over."""

    id: int
    name: str
    notes: str
    created_by: str
    created_at: str
    merged_into: int | None
    members: int

    @property
    def label(self) -> str:
        """'S-001'."""
        return f"S-{self.id:03d}"


@dataclass(frozen=True, slots=True)
class Member:
    """A tracklet of a subject; `decision_id` names the decision that brought it in, where there was one."""

    tracklet_id: int
    modality: Modality
    decision_id: int | None
    reason: str
    examiner: str
    at: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """How many members of one modality a subject has, and the tracklet that joined last."""

    subject_id: int
    modality: Modality
    members: int
    newest: int


_SELECT = (
    "SELECT s.*, (SELECT count(*) FROM current_members AS m WHERE m.subject_id = s.id) AS members FROM subjects AS s"
)
_TOGETHER = "b.id <> a.id AND b.start_pts <= a.end_pts AND b.end_pts >= a.start_pts"
_OVERLAP = f"FROM tracklets AS a JOIN tracklets AS b ON b.run_id = a.run_id AND {_TOGETHER}"
# Both sides are known by their numbers here: the plus signs keep SQLite from walking through whole runs.
_PAIRS = f"""
SELECT a.id, b.id FROM tracklets AS a JOIN tracklets AS b ON +b.run_id = +a.run_id AND {_TOGETHER}
WHERE a.id IN (SELECT value FROM json_each(?1)) AND b.id IN (SELECT value FROM json_each(?2))
"""


class SubjectStore:
    """The subjects of one case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, name: str = "", notes: str = "") -> Subject:
        """A new subject without members; without a name it is called by its number."""
        with self._db.transaction("subject.create", name=name, notes=notes) as tx:
            subject_id = _insert(tx, name, notes)
            tx.target = f"subject:{subject_id}"
        return self.get(subject_id)

    def list(self, merged: bool = False) -> Sequence[Subject]:
        """In order of number; those merged into others only where asked for."""
        rows = self._db.rows(f"{_SELECT} WHERE ? OR s.merged_into IS NULL ORDER BY s.id", (merged,))
        return [_subject(row) for row in rows]

    def get(self, subject_id: int) -> Subject:
        """`UsageError` where there is no such subject."""
        row = self._db.row(f"{_SELECT} WHERE s.id = ?", (subject_id,))
        if row is None:
            raise UsageError(
                f"There is no subject {subject_id} in this case.", "List the subjects to see their numbers."
            )
        return _subject(row)

    def find(self, label: str) -> Subject:
        """By 'S-001' or '1'."""
        return self.get(row_number(label.upper().removeprefix("S-"), "subject, as S-001"))

    def describe(self, subject_id: int, *, name: str, notes: str) -> Subject:
        """Set name and notes."""
        with self._db.transaction("subject.describe", f"subject:{subject_id}", name=name, notes=notes) as tx:
            self._open(subject_id)
            tx.execute("UPDATE subjects SET name = ?, notes = ? WHERE id = ?", (name, notes, subject_id))
        return self.get(subject_id)

    def members(self, subject_id: int) -> Sequence[Member]:
        """In order of joining."""
        rows = self._db.rows(
            "SELECT m.tracklet_id, t.modality, m.decision_id, m.reason, m.examiner, m.at FROM current_members AS m "
            "JOIN tracklets AS t ON t.id = m.tracklet_id WHERE m.subject_id = ? ORDER BY m.id",
            (subject_id,),
        )
        return [Member(row[0], Modality(row[1]), *row[2:]) for row in rows]

    def galleries(self) -> Sequence[Gallery]:
        """Of every subject that has members, in one pass."""
        rows = self._db.rows(
            "SELECT m.subject_id, t.modality, count(*), m.tracklet_id, max(m.id) FROM current_members AS m "
            "JOIN tracklets AS t ON t.id = m.tracklet_id GROUP BY m.subject_id, t.modality"
        )
        return [Gallery(row[0], Modality(row[1]), row[2], row[3]) for row in rows]

    def of_tracklet(self, tracklet_id: int) -> Subject | None:
        """The subject that this tracklet belongs to."""
        found = self._db.value("SELECT subject_id FROM current_members WHERE tracklet_id = ?", (tracklet_id,))
        return None if found is None else self.get(found)

    def add(
        self, subject_id: int, tracklet_ids: Sequence[int], reason: str = "", decision_id: int | None = None
    ) -> None:
        """Let tracklets join; those that are members already stay as they are. All or none.

        `UsageError` where one belongs to another subject, or two cannot be the same person.
        """
        details = {"tracklets": list(tracklet_ids), "reason": reason, "decision": decision_id}
        with self._db.transaction("subject.add", f"subject:{subject_id}", **details) as tx:
            subject = self._open(subject_id)
            present = {member.tracklet_id for member in self.members(subject_id)}
            joining = [number for number in dict.fromkeys(tracklet_ids) if number not in present]
            for number in joining:
                if self._db.value("SELECT 1 FROM tracklets WHERE id = ?", (number,)) is None:
                    raise UsageError(f"There is no tracklet {number} in this case.")
                other = self.of_tracklet(number)
                if other is not None:
                    raise UsageError(
                        f"Tracklet {number} already belongs to {other.label}.",
                        "Remove it there, or merge the two subjects.",
                    )
            self._refuse_conflicts(present.union(joining), subject.label)
            for number in joining:
                _join(tx, subject_id, number, reason, decision_id)

    def remove(self, subject_id: int, tracklet_ids: Sequence[int], reason: str = "") -> None:
        """Let tracklets leave. `UsageError` where one is no member."""
        details = {"tracklets": list(tracklet_ids), "reason": reason}
        with self._db.transaction("subject.remove", f"subject:{subject_id}", **details) as tx:
            for member in self._chosen(subject_id, tracklet_ids):
                _leave(tx, subject_id, member.tracklet_id, reason)

    def merge(self, source_id: int, into_id: int, reason: str = "") -> Subject:
        """Both are one person: all members of `source_id` join `into_id`, and the source is closed."""
        if source_id == into_id:
            raise UsageError("A subject cannot be merged with itself.")
        with self._db.transaction("subject.merge", f"subject:{into_id}", reason=reason) as tx:
            source, into = self._open(source_id), self._open(into_id)
            moving = self.members(source_id)
            self._refuse_conflicts((m.tracklet_id for m in (*moving, *self.members(into_id))), into.label)
            for member in moving:
                _leave(tx, source_id, member.tracklet_id, reason)
                _join(tx, into_id, member.tracklet_id, reason, member.decision_id)
            tx.execute("UPDATE subjects SET merged_into = ? WHERE id = ?", (into_id, source_id))
            tx.details |= {"from": source.label, "tracklets": [m.tracklet_id for m in moving]}
        return self.get(into_id)

    def split(self, subject_id: int, tracklet_ids: Sequence[int], name: str = "", reason: str = "") -> Subject:
        """Some members are somebody else: they leave and form a new subject, which is given back."""
        details = {"tracklets": list(tracklet_ids), "reason": reason}
        with self._db.transaction("subject.split", f"subject:{subject_id}", **details) as tx:
            moving = self._chosen(subject_id, tracklet_ids)
            new_id = _insert(tx, name, "")
            for member in moving:
                _leave(tx, subject_id, member.tracklet_id, reason)
                _join(tx, new_id, member.tracklet_id, reason, member.decision_id)
            tx.details["new"] = f"S-{new_id:03d}"
        return self.get(new_id)

    def conflicts(self, tracklet_ids: Iterable[int]) -> Sequence[tuple[int, int]]:
        """Pairs (smaller id first) among these tracklets that are in one picture, hence different people."""
        wanted = json.dumps(sorted(set(tracklet_ids)))
        rows = self._db.rows(f"{_PAIRS} AND a.id < b.id ORDER BY a.id, b.id", (wanted, wanted))
        return [(row[0], row[1]) for row in rows]

    def apart(self, person: Iterable[int], others: Iterable[int]) -> dict[int, int]:
        """Which of the others are in one picture with a tracklet of a person, each with the first such tracklet."""
        ids = [json.dumps(sorted(set(side))) for side in (person, others)]
        return {row[1]: row[0] for row in self._db.rows(f"{_PAIRS} ORDER BY b.id, a.id DESC", tuple(ids))}

    def cannot_be(self, tracklet_id: int) -> frozenset[int]:
        """Every tracklet that is in the picture at some time together with this one."""
        return frozenset(row[0] for row in self._db.rows(f"SELECT b.id {_OVERLAP} WHERE a.id = ?", (tracklet_id,)))

    def _open(self, subject_id: int) -> Subject:
        subject = self.get(subject_id)
        if subject.merged_into is not None:
            raise UsageError(f"{subject.label} was merged into S-{subject.merged_into:03d}.", "Work with that one.")
        return subject

    def _chosen(self, subject_id: int, tracklet_ids: Sequence[int]) -> Sequence[Member]:
        subject = self._open(subject_id)
        present = {member.tracklet_id: member for member in self.members(subject_id)}
        for number in tracklet_ids:
            if number not in present:
                raise UsageError(f"Tracklet {number} does not belong to {subject.label}.")
        return [present[number] for number in dict.fromkeys(tracklet_ids)]

    def _refuse_conflicts(self, tracklet_ids: Iterable[int], label: str) -> None:
        pairs = self.conflicts(tracklet_ids)
        if pairs:
            first, second = pairs[0]
            raise UsageError(
                f"Tracklets {first} and {second} are in the picture at the same time, so they cannot both be {label}.",
                "Look at both again; one of them is somebody else.",
            )


def _insert(tx: Transaction, name: str, notes: str) -> int:
    return tx.insert("subjects", name=name, notes=notes, created_by=tx.actor, created_at=tx.at)


def _join(tx: Transaction, subject_id: int, tracklet_id: int, reason: str, decision_id: int | None) -> None:
    _write(tx, subject_id=subject_id, tracklet_id=tracklet_id, belongs=1, reason=reason, decision_id=decision_id)


def _leave(tx: Transaction, subject_id: int, tracklet_id: int, reason: str, decision_id: int | None = None) -> None:
    _write(tx, subject_id=subject_id, tracklet_id=tracklet_id, belongs=0, reason=reason, decision_id=decision_id)


def leave_subjects(tx: Transaction, decision_id: int) -> list[str]:
    """A decision replaces a confirmation: who joined because of that one leaves. Gives 'tracklet S-001' of each."""
    rows = tx.execute(
        "SELECT m.subject_id, m.tracklet_id FROM current_members AS m JOIN decisions AS old ON old.id = m.decision_id "
        "JOIN decisions AS new ON new.search_id = old.search_id AND new.tracklet_id = old.tracklet_id "
        "WHERE new.id = ? AND m.tracklet_id = new.tracklet_id",
        (decision_id,),
    ).fetchall()
    for row in rows:
        _leave(tx, row["subject_id"], row["tracklet_id"], "the decision was changed", decision_id)
    return [f"{row['tracklet_id']} S-{row['subject_id']:03d}" for row in rows]


def undo_members(tx: Transaction, decision_id: int) -> list[str]:
    """A decision is undone: who joined because of it leaves, who left because of it joins again where that is still
    possible. Gives '+tracklet S-001' or '-tracklet S-001' of each."""
    rows = tx.execute(
        "SELECT m.* FROM subject_members AS m JOIN subjects AS s ON s.id = m.subject_id WHERE m.decision_id = ? "
        "AND s.merged_into IS NULL AND m.id = (SELECT max(n.id) FROM subject_members AS n "
        "WHERE n.subject_id = m.subject_id AND n.tracklet_id = m.tracklet_id)",
        (decision_id,),
    ).fetchall()
    changes = []
    for row in rows:
        subject_id, tracklet_id = row["subject_id"], row["tracklet_id"]
        if row["belongs"]:
            _leave(tx, subject_id, tracklet_id, "the decision was undone", decision_id)
            changes.append(f"-{tracklet_id} S-{subject_id:03d}")
            continue
        in_the_way = tx.execute(
            f"SELECT 1 FROM current_members WHERE tracklet_id = ?1 UNION ALL SELECT 1 {_OVERLAP} "
            "JOIN current_members AS c ON c.tracklet_id = b.id WHERE a.id = ?1 AND c.subject_id = ?2",
            (tracklet_id, subject_id),
        ).fetchone()
        confirmed = tx.execute(
            "SELECT c.id FROM current_decisions AS c JOIN decisions AS d ON d.search_id = c.search_id "
            "AND d.tracklet_id = c.tracklet_id WHERE d.id = ? AND c.verdict = 'confirmed'",
            (decision_id,),
        ).fetchone()
        if in_the_way is None and confirmed is not None:
            _join(tx, subject_id, tracklet_id, "the decision was undone", confirmed["id"])
            changes.append(f"+{tracklet_id} S-{subject_id:03d}")
    return changes


def _write(tx: Transaction, **columns: Any) -> None:
    tx.insert("subject_members", examiner=tx.actor, at=tx.at, **columns)


def _subject(row: sqlite3.Row) -> Subject:
    values: dict[str, Any] = dict(row)
    return Subject(**{**values, "name": values["name"] or f"S-{values['id']:03d}"})
