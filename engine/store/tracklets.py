"""Reading tracklets and crops: ids by filter and order, rows for what is on screen, pictures one by one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from engine.errors import UsageError
from engine.pipeline.messages import FrameDetections
from engine.store import results
from engine.store.codec import checked_picture
from engine.store.database import Database
from engine.store.evidence import EvidenceStore
from engine.store.records import Crop, Tracklet
from engine.types import Box, CropQuality, Modality, Timestamp, TrackPoint

Order = Literal["id", "item", "time", "quality", "observations"]
_ORDERS: dict[str, str] = {
    "id": "t.id",
    "item": "t.item_id, t.start_pts, t.id",
    "time": "l.zero IS NULL, l.zero + l.scale * t.start_pts, t.id",
    "quality": "t.quality DESC, t.id",
    "observations": "t.observations DESC, t.id",
}
_FROM = "FROM tracklets AS t JOIN evidence AS e ON e.id = t.item_id"
_TIMED = f"{_FROM} LEFT JOIN lines AS l ON l.item_id = t.item_id"
_LINES = (
    "WITH lines (item_id, zero, scale, margin) AS MATERIALIZED (SELECT json_extract(value, '$[0]'), "
    "json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]') FROM json_each(:lines)) "
)
_COLUMNS = (
    "SELECT t.*, e.exhibit, e.time_base_num, e.time_base_den, e.camera_id, c.name AS camera, "
    "(SELECT k.id FROM crops AS k WHERE k.tracklet_id = t.id AND k.rank = 1) AS best_crop, "
    f"t.run_id IS NOT e.current_run_id AS superseded {_FROM} JOIN cameras AS c ON c.id = e.camera_id"
)


@dataclass(frozen=True, slots=True)
class TrackletFilter:
    """Which tracklets; every field narrows, None and empty do not. Superseded results are left out unless asked for.

    `cameras` and `items` are ids; `from_pts` ≤ end and start ≤ `to_pts` (use with one item); `subject` wants members
    of that subject, `undecided` those without a decision in any search. `from_time` ≤ end and start < `to_time` on the
    true clock (on the recorder's where it was never compared), widened by that clock's uncertainty, so that nobody who
    may have been there is missed; items whose time is not known are then left out.
    """

    modality: Modality | None = None
    cameras: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    from_pts: int | None = None
    to_pts: int | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None
    min_quality: float | None = None
    usable: bool = False
    subject: int | None = None
    undecided: bool = False
    superseded: bool = False

    def sql(self) -> tuple[str, dict[str, Any]]:
        """A condition on `tracklets AS t`, `evidence AS e` and `lines AS l`, with its parameters."""
        conditions = {
            "t.modality = :modality": self.modality is not None,
            "e.camera_id IN (SELECT value FROM json_each(:cameras))": bool(self.cameras),
            "t.item_id IN (SELECT value FROM json_each(:items))": bool(self.items),
            "t.end_pts >= :from_pts": self.from_pts is not None,
            "t.start_pts <= :to_pts": self.to_pts is not None,
            "l.zero + l.scale * t.end_pts + l.margin >= :from_time": self.from_time is not None,
            "l.zero + l.scale * t.start_pts - l.margin < :to_time": self.to_time is not None,
            "t.quality >= :min_quality": self.min_quality is not None,
            "t.usable": self.usable,
            "t.id IN (SELECT tracklet_id FROM current_members WHERE subject_id = :subject)": self.subject is not None,
            "t.id NOT IN (SELECT tracklet_id FROM current_decisions)": self.undecided,
            "t.run_id = e.current_run_id": not self.superseded,
        }
        chosen = [condition for condition, wanted in conditions.items() if wanted]
        parameters = {
            "modality": self.modality,
            "cameras": json.dumps(self.cameras),
            "items": json.dumps(self.items),
            "from_pts": self.from_pts,
            "to_pts": self.to_pts,
            "from_time": _seconds(self.from_time),
            "to_time": _seconds(self.to_time),
            "min_quality": self.min_quality,
            "subject": self.subject,
        }
        return " AND ".join(chosen) or "1", parameters


EVERYTHING = TrackletFilter()


class TrackletStore:
    """The tracklets of one case, read side."""

    def __init__(self, db: Database, evidence: EvidenceStore) -> None:
        self._db = db
        self._evidence = evidence

    def count(self, filter: TrackletFilter = EVERYTHING) -> int:
        """How many `ids` would give."""
        where, parameters = self._where(filter)
        return int(self._db.value(f"{_LINES} SELECT count(*) {_TIMED} WHERE {where}", parameters))

    def ids(self, filter: TrackletFilter = EVERYTHING, order: Order = "item") -> np.ndarray:
        """`(N,) int64` ids: cheap for 100,000s of them; fetch what is visible with `rows`."""
        where, parameters = self._where(filter)
        sql = f"{_LINES} SELECT t.id {_TIMED} WHERE {where} ORDER BY {_ORDERS[order]}"
        with self._db.read() as connection:
            cursor = connection.cursor()
            cursor.row_factory = None
            return np.fromiter((row[0] for row in cursor.execute(sql, parameters)), np.int64)

    def rows(self, ids: Sequence[int] | np.ndarray) -> Sequence[Tracklet]:
        """The tracklets with these ids, in that order; `UsageError` naming an unknown one."""
        wanted = [int(number) for number in ids]
        found = {
            row["id"]: _tracklet(row)
            for row in self._db.rows(
                f"{_COLUMNS} WHERE t.id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),)
            )
        }
        for number in wanted:
            if number not in found:
                raise UsageError(f"There is no tracklet {number} in this case.", "List the tracklets to see them.")
        return [found[number] for number in wanted]

    def list(self, filter: TrackletFilter = EVERYTHING, order: Order = "item") -> Sequence[Tracklet]:
        """All of them as values; for many, use `ids` and `rows`."""
        return self.rows(self.ids(filter, order))

    def get(self, tracklet_id: int) -> Tracklet:
        """`UsageError` where there is no such tracklet; superseded ones are found too."""
        return self.rows([tracklet_id])[0]

    def times(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """`(N, 2) float64`: start and end in seconds since 1970 UTC (see `EvidenceStore.timelines`), NaN if unknown."""
        rows = self._db.rows(
            f"{_LINES} SELECT t.id, l.zero + l.scale * t.start_pts, l.zero + l.scale * t.end_pts {_TIMED} "
            "WHERE t.id IN (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps([int(n) for n in ids]), "lines": json.dumps(self._evidence.timelines())},
        )
        found = {row[0]: (row[1], row[2]) for row in rows}
        return np.array([found[int(n)] for n in ids], np.float64).reshape(-1, 2)

    def find(self, item_id: int, ordinal: int) -> Tracklet:
        """By its number within an item's shown results; `UsageError` where there is none."""
        row = self._db.row(
            f"{_COLUMNS} WHERE t.item_id = ? AND t.ordinal = ? AND t.run_id = e.current_run_id", (item_id, ordinal)
        )
        if row is None:
            raise UsageError(f"There is no tracklet {ordinal} of that item.", "List the tracklets to see them.")
        return _tracklet(row)

    def points(self, tracklet_id: int) -> tuple[TrackPoint, ...]:
        """The path, in order of time."""
        row = self._db.row(
            f"SELECT p.data, e.time_base_num, e.time_base_den {_FROM} "
            "JOIN tracklet_points AS p ON p.tracklet_id = t.id WHERE t.id = ?",
            (tracklet_id,),
        )
        if row is None:
            raise UsageError(f"There is no tracklet {tracklet_id} in this case.", "List the tracklets to see them.")
        return results.read_points(row["data"], _time_base(row))

    def crops(self, tracklet_id: int) -> Sequence[Crop]:
        """Best first."""
        return self._crops("k.tracklet_id = ? ORDER BY k.rank", tracklet_id)

    def crop(self, crop_id: int) -> Crop:
        """`UsageError` where there is no such crop."""
        found = self._crops("k.id = ?", crop_id)
        if not found:
            raise UsageError(f"There is no crop {crop_id} in this case.")
        return found[0]

    def crop_jpeg(self, crop_id: int) -> bytes:
        """The stored picture; `CaseCorruptError` where it is not the one that was stored."""
        row = self._db.row(
            "SELECT i.jpeg, k.jpeg_sha256 FROM crops AS k LEFT JOIN crop_images AS i ON i.crop_id = k.id "
            "WHERE k.id = ?",
            (crop_id,),
        )
        if row is None:
            raise UsageError(f"There is no crop {crop_id} in this case.")
        return checked_picture(row["jpeg"] or b"", row["jpeg_sha256"], f"crop {crop_id}")

    def during(self, item_id: int, from_pts: int, to_pts: int) -> Sequence[Tracklet]:
        """Those of an item that are present at some time in `from_pts` ≤ PTS ≤ `to_pts`."""
        return self.list(TrackletFilter(items=(item_id,), from_pts=from_pts, to_pts=to_pts))

    def at(self, item_id: int, pts: int) -> Sequence[tuple[Tracklet, TrackPoint]]:
        """Who is in the picture at `pts`, each with its newest observation at or before it."""
        present = self.during(item_id, pts, pts)
        return [(t, [p for p in self.points(t.id) if p.timestamp.pts <= pts][-1]) for t in present]

    def next_start(self, item_id: int, pts: int, *, backwards: bool = False) -> int | None:
        """PTS of the nearest tracklet start after (or before) `pts`; None where there is no further one."""
        pick, side = ("max", "<") if backwards else ("min", ">")
        sql = f"SELECT {pick}(t.start_pts) {_FROM} WHERE t.item_id = ? AND t.run_id = e.current_run_id "
        found = self._db.value(f"{sql} AND t.start_pts {side} ?", (item_id, pts))
        return None if found is None else int(found)

    def detections(self, item_id: int, from_pts: int, to_pts: int) -> Sequence[FrameDetections]:
        """The item's analysed frames with `from_pts` ≤ PTS ≤ `to_pts`."""
        row = self._db.row("SELECT current_run_id, time_base_num, time_base_den FROM evidence WHERE id = ?", (item_id,))
        if row is None or row["current_run_id"] is None:
            return []
        return results.read_detections(self._db, row["current_run_id"], _time_base(row), from_pts, to_pts)

    def density(self, item_id: int, bins: int, start_pts: int, end_pts: int) -> np.ndarray:
        """`(bins,) int32`: how many tracklets are present in each of `bins` equal parts of `start_pts`..`end_pts`."""
        rows = self._db.rows(
            f"SELECT t.start_pts, t.end_pts {_FROM} WHERE t.item_id = ? AND t.run_id = e.current_run_id", (item_id,)
        )
        spans = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2)
        width = max(end_pts - start_pts, 1)
        places = np.clip((spans - start_pts) * bins // width, -1, bins).astype(np.int64)
        first, last = np.maximum(places[:, 0], 0), np.minimum(places[:, 1], bins - 1)
        inside = first <= last
        change = np.zeros(bins + 1, np.int64)
        np.add.at(change, first[inside], 1)
        np.add.at(change, last[inside] + 1, -1)
        return np.cumsum(change)[:bins].astype(np.int32)

    def _where(self, filter: TrackletFilter) -> tuple[str, dict[str, Any]]:
        condition, parameters = filter.sql()
        return condition, {**parameters, "lines": json.dumps(self._evidence.timelines())}

    def _crops(self, condition: str, parameter: int) -> Sequence[Crop]:
        rows = self._db.rows(
            f"SELECT k.*, e.time_base_num, e.time_base_den {_FROM} JOIN crops AS k ON k.tracklet_id = t.id "
            f"WHERE {condition}",
            (parameter,),
        )
        return [crop_from_row(row) for row in rows]


def _seconds(when: datetime | None) -> float | None:
    if when is None:
        return None
    if when.tzinfo is None:
        raise ValueError("a time window needs a time zone")
    return when.timestamp()


def _time_base(row: sqlite3.Row) -> Fraction:
    return Fraction(row["time_base_num"], row["time_base_den"])


def _tracklet(row: sqlite3.Row) -> Tracklet:
    base = _time_base(row)
    return Tracklet(
        id=row["id"],
        item_id=row["item_id"],
        run_id=row["run_id"],
        ordinal=row["ordinal"],
        exhibit=row["exhibit"],
        camera=row["camera"],
        camera_id=row["camera_id"],
        modality=Modality(row["modality"]),
        start=Timestamp(row["start_pts"], base),
        end=Timestamp(row["end_pts"], base),
        observations=row["observations"],
        quality=row["quality"],
        usable=bool(row["usable"]),
        best_crop=row["best_crop"],
        superseded=bool(row["superseded"]),
    )


def crop_from_row(row: sqlite3.Row) -> Crop:
    """From a row of `crops` joined with the time base of its item."""
    return Crop(
        id=row["id"],
        tracklet_id=row["tracklet_id"],
        rank=row["rank"],
        timestamp=Timestamp(row["pts"], _time_base(row)),
        box=Box(row["box_left"], row["box_top"], row["box_width"], row["box_height"]),
        quality=CropQuality(
            row["width"],
            row["height"],
            row["sharpness"],
            row["exposure"],
            row["completeness"],
            row["score"],
            tuple(json.loads(row["faults"])),
        ),
        jpeg_sha256=row["jpeg_sha256"],
    )
