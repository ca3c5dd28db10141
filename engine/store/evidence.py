"""Evidence items: what was registered, where it stands, and what is known about its clock and modality."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import EvidenceError, UsageError
from engine.media.clock import RecorderClock, require_sensible
from engine.media.files import shown
from engine.store.cameras import CameraStore
from engine.store.codec import canonical_json, path_from_text, path_to_text, plain
from engine.store.database import Database, Transaction
from engine.store.records import Camera, ClockRecord, Digest, EvidenceItem, Probe
from engine.types import ItemState, Modality, ModalitySegment

_LONG_SECONDS = 100_000  # two moments this far apart give a line that microsecond rounding does not tilt


class Timeline(NamedTuple):
    """PTS p of an item is at `zero + scale * p` seconds since 1970 UTC, to a microsecond or so, give or take at most
    `margin` seconds anywhere in the recording (as far as that is known)."""

    item_id: int
    zero: float
    scale: float
    margin: float


class EvidenceStore:
    """The evidence items of one case."""

    def __init__(self, db: Database, cameras: CameraStore) -> None:
        self._db = db
        self._cameras = cameras
        self._timelines: tuple[int, Sequence[Timeline]] = (-1, [])

    def register(
        self,
        path: Path,
        digest: Digest,
        probe: Probe,
        camera: str,
        *,
        exhibit: str | None = None,
        modality: Modality | None = None,
        start_time: datetime | None = None,
    ) -> EvidenceItem:
        """Take an item into the case. `camera` is a name, new or known; `start_time` is what the recorder's clock
        showed at the first PTS. `UsageError` where the exhibit number or the same content is already there."""
        require_sensible(start_time, "The recorder's start time")
        absolute = Path(os.path.abspath(path))
        try:
            modified = datetime.fromtimestamp(absolute.stat().st_mtime, UTC).isoformat()
        except OSError as error:
            raise EvidenceError(
                f"{shown(str(path))} could not be read ({error.strerror}).", "Check that it is still there."
            ) from error
        self._refuse_duplicates(digest.sha256, exhibit)
        with self._db.transaction("evidence.register") as tx:
            number = exhibit or self._next_exhibit()
            item_id = tx.insert(
                "evidence",
                exhibit=number,
                path=path_to_text(absolute),
                path_given=shown(str(path)),
                sha256=digest.sha256,
                size=digest.size,
                modified_at=modified,
                probe=canonical_json(probe),
                time_base_num=probe.time_base.numerator,
                time_base_den=probe.time_base.denominator,
                start_pts=probe.start_pts,
                camera_id=self._cameras.id_of(tx, camera),
                modality_override=modality,
                start_time=start_time.isoformat() if start_time else None,
                registered_at=tx.at,
                registered_by=tx.actor,
                state=ItemState.REGISTERED,
            )
            tx.target = f"item:{item_id}"
            tx.details |= {
                "exhibit": number,
                "path": absolute,
                "sha256": digest.sha256,
                "size": digest.size,
                "camera": camera,
                "modality": modality,
                "start_time": plain(start_time),
            }
            tx.bump("columns")
        return self.get(item_id)

    def _refuse_duplicates(self, sha256: str, exhibit: str | None) -> None:
        same = self._db.value("SELECT exhibit FROM evidence WHERE sha256 = ?", (sha256,))
        if same is not None:
            raise UsageError(
                f"This content is already in the case as {same}.",
                "Nothing was added. If its file was moved, 'Find moved footage' notes where it lies now.",
            )
        if exhibit and self._db.value("SELECT 1 FROM evidence WHERE exhibit = ?", (exhibit,)):
            raise UsageError(f"The exhibit number {exhibit} is already taken.", "Choose another one.")

    def _next_exhibit(self) -> str:
        taken = {row[0] for row in self._db.rows("SELECT exhibit FROM evidence")}
        number = len(taken) + 1
        while f"E-{number:03d}" in taken:
            number += 1
        return f"E-{number:03d}"

    def list(self) -> Sequence[EvidenceItem]:
        """All items in the order of their registration."""
        return self._items("SELECT * FROM evidence ORDER BY id")

    def get(self, item_id: int) -> EvidenceItem:
        """`UsageError` where there is no such item."""
        found = self._items("SELECT * FROM evidence WHERE id = ?", item_id)
        if not found:
            raise UsageError(
                f"There is no evidence item {item_id} in this case.",
                "The Footage page and 'nightjar evidence list' show their numbers.",
            )
        return found[0]

    def find(self, name: str) -> EvidenceItem:
        """By exhibit number; else by id as text, but not in a case whose exhibit numbers are plain numbers too."""
        found = self._items("SELECT * FROM evidence WHERE exhibit = ?", name)
        if not found and not any(item.exhibit.isdecimal() for item in self.list()):
            found = self._items("SELECT * FROM evidence WHERE CAST(id AS TEXT) = ?", name)
        if not found:
            raise UsageError(
                f"There is no evidence item {name} in this case.",
                "The Footage page and 'nightjar evidence list' show their numbers.",
            )
        return found[0]

    def by_sha256(self, sha256: str) -> EvidenceItem | None:
        """The item with this content, if it is in the case."""
        found = self._items("SELECT * FROM evidence WHERE sha256 = ?", sha256)
        return found[0] if found else None

    def set_state(self, item_id: int, state: ItemState, failure: str | None = None, hint: str | None = None) -> None:
        """Where the item stands; `failure` is one plain sentence where `state` is FAILED."""
        with self._change(item_id, "state", state=state, failure=failure, hint=hint):
            pass

    def override_modality(self, item_id: int, modality: Modality | None) -> None:
        """The analyst's word on the whole item; None lets the segments decide again. Tracklets that are in the
        case already follow it."""
        with self._change(item_id, "override_modality", modality_override=modality) as tx:
            if modality is not None:
                tx.execute("UPDATE tracklets SET modality = ? WHERE item_id = ?", (modality, item_id))
            else:
                for segment in self.segments(item_id):
                    tx.execute(
                        "UPDATE tracklets SET modality = ? WHERE item_id = ? AND start_pts >= ? AND start_pts < ?",
                        (segment.modality, item_id, segment.start.pts, segment.end.pts),
                    )
            tx.bump("columns")

    def set_camera(self, item_id: int, camera: str) -> None:
        """Give the item to another camera, new or known."""
        self.get(item_id)
        with self._db.transaction("evidence.set_camera", f"item:{item_id}", camera=camera) as tx:
            camera_id = self._cameras.id_of(tx, camera)
            tx.execute("UPDATE evidence SET camera_id = ? WHERE id = ?", (camera_id, item_id))
            tx.bump("columns")

    def set_start_time(self, item_id: int, start_time: datetime | None) -> None:
        """What the recorder's clock showed at the first PTS; `UsageError` for a year that no recorder shows."""
        require_sensible(start_time, "The recorder's start time")
        with self._change(item_id, "set_start_time", start_time=start_time.isoformat() if start_time else None) as tx:
            tx.bump("columns")

    def relocate(self, item_id: int, path: Path, digest: Digest) -> None:
        """The file lies elsewhere now. `EvidenceError` unless its content is the registered one."""
        if digest.sha256 != self.get(item_id).sha256:
            raise EvidenceError(f"{path} is not the registered file: its SHA-256 differs.", "Choose the original.")
        with self._change(item_id, "relocate", path=path_to_text(Path(os.path.abspath(path)))):
            pass

    def set_clock(self, item_id: int, record: ClockRecord) -> ClockRecord:
        """Add a reading of the recorder's clock; earlier ones stay, the newest counts. `UsageError` where it makes no
        sense (no time zone, or two readings that contradict each other)."""
        record.require_sensible()
        self.get(item_id).clock(record)
        readings = {
            "recorder_reading": plain(record.recorder_reading),
            "reference_reading": plain(record.reference_reading),
            "uncertainty_seconds": float(record.uncertainty_seconds),
            "second_recorder_reading": plain(record.second_recorder_reading),
            "second_reference_reading": plain(record.second_reference_reading),
            "source": record.source,
        }
        with self._db.transaction("evidence.set_clock", f"item:{item_id}", **readings) as tx:
            tx.insert("clock_records", item_id=item_id, examiner=tx.actor, at=tx.at, **readings)
            tx.bump("columns")
        return self.clock_records(item_id)[-1]

    def clock_records(self, item_id: int) -> Sequence[ClockRecord]:
        """Every reading ever taken of this item's recorder, oldest first."""
        rows = self._db.rows("SELECT * FROM clock_records WHERE item_id = ? ORDER BY id", (item_id,))
        return [_clock_record(row) for row in rows]

    def clock(self, item_id: int) -> RecorderClock:
        """Reads recorder time and true time of any moment of the item, as far as they are known."""
        records = self.clock_records(item_id)
        return self.get(item_id).clock(records[-1] if records else None)

    def timelines(self) -> Sequence[Timeline]:
        """One line for each item whose time is known, on the recorder's own clock where nobody compared it with a
        reference. Items without a start time, or with one from which no calendar goes on, are left out."""
        version = self._db.counter("columns")
        if self._timelines[0] != version:
            found = [line for item in self.list() if (line := self._timeline(item)) is not None]
            self._timelines = (version, found)
        return self._timelines[1]

    def _timeline(self, item: EvidenceItem) -> Timeline | None:
        clock = self.clock(item.id)
        span = round(_LONG_SECONDS / item.time_base)
        ends = [clock.read(item.timestamp(item.start_pts + offset)) for offset in (0, span)]
        first, second = (reading.adjusted or reading.recorder for reading in ends)
        if first is None or second is None:
            return None
        scale = (_seconds(second) - _seconds(first)) / span
        last = clock.read(item.timestamp(item.end_pts if item.end_pts is not None else item.start_pts))
        # The error grows away from the readings, so within the recording it is largest at one of its ends.
        margin = max(float(reading.uncertainty_seconds or 0) for reading in (ends[0], last))
        return Timeline(item.id, _seconds(first) - scale * item.start_pts, scale, margin)

    def set_segments(self, item_id: int, segments: Sequence[ModalitySegment]) -> None:
        """Which modality holds when, as measured; replaces an earlier measurement."""
        self.get(item_id)
        with self._db.transaction("evidence.set_segments", f"item:{item_id}", segments=len(segments)) as tx:
            write_segments(tx, item_id, segments)

    def segments(self, item_id: int) -> Sequence[ModalitySegment]:
        """In order of time."""
        item = self.get(item_id)
        rows = self._db.rows("SELECT * FROM segments WHERE item_id = ? ORDER BY ordinal", (item_id,))
        return [
            ModalitySegment(
                item.timestamp(row["start_pts"]),
                item.timestamp(row["end_pts"]),
                Modality(row["modality"]),
                row["chroma"],
                bool(row["certain"]),
            )
            for row in rows
        ]

    @contextmanager
    def _change(self, item_id: int, verb: str, **columns: Any) -> Iterator[Transaction]:
        self.get(item_id)
        with self._db.transaction(f"evidence.{verb}", f"item:{item_id}", **columns) as tx:
            assignments = ", ".join(f"{column} = ?" for column in columns)
            tx.execute(f"UPDATE evidence SET {assignments} WHERE id = ?", (*columns.values(), item_id))
            yield tx

    def _items(self, sql: str, *parameters: Any) -> Sequence[EvidenceItem]:
        with self._db.snapshot():
            cameras = {camera.id: camera for camera in self._cameras.list()}
            return [_item(row, cameras[row["camera_id"]]) for row in self._db.rows(sql, parameters)]


def write_segments(tx: Transaction, item_id: int, segments: Sequence[ModalitySegment]) -> None:
    """Replace the item's measured segments inside a transaction."""
    tx.execute("DELETE FROM segments WHERE item_id = ?", (item_id,))
    tx.executemany(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (item_id, ordinal, s.start.pts, s.end.pts, s.modality, float(s.chroma), int(s.certain))
            for ordinal, s in enumerate(segments)
        ],
    )


def _item(row: sqlite3.Row, camera: Camera) -> EvidenceItem:
    return EvidenceItem(
        id=row["id"],
        exhibit=row["exhibit"],
        path=path_from_text(row["path"]),
        path_given=row["path_given"],
        sha256=row["sha256"],
        size=row["size"],
        modified_at=row["modified_at"],
        probe=json.loads(row["probe"]),
        time_base=Fraction(row["time_base_num"], row["time_base_den"]),
        start_pts=row["start_pts"],
        camera=camera,
        modality_override=Modality(row["modality_override"]) if row["modality_override"] else None,
        start_time=_time(row["start_time"]),
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        state=ItemState(row["state"]),
        failure=row["failure"],
        hint=row["hint"],
        frames_decoded=row["frames_decoded"],
        frames_analysed=row["frames_analysed"],
        frames_failed=row["frames_failed"],
        failed_ranges=tuple((first, last) for first, last in json.loads(row["failed_ranges"])),
        position_pts=row["position_pts"],
        current_run=row["current_run_id"],
        frames_retimed=row["frames_retimed"],
        retimed_ranges=tuple((first, last) for first, last in json.loads(row["retimed_ranges"])),
        frames_rescaled=row["frames_rescaled"],
    )


def _clock_record(row: sqlite3.Row) -> ClockRecord:
    return ClockRecord(
        recorder_reading=datetime.fromisoformat(row["recorder_reading"]),
        reference_reading=datetime.fromisoformat(row["reference_reading"]),
        uncertainty_seconds=row["uncertainty_seconds"],
        source=row["source"],
        second_recorder_reading=_time(row["second_recorder_reading"]),
        second_reference_reading=_time(row["second_reference_reading"]),
        examiner=row["examiner"],
        at=row["at"],
        id=row["id"],
    )


def _seconds(when: datetime) -> float:
    """Since 1970; a time without zone is counted on its own dial."""
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
