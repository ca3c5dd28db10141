"""What an ingest run commits, so that every commit is a consistent state to carry on from.

A run is continued only by a run with equal inputs (detector, model, settings, versions, provider). Another run
replaces it: a finished run stays in view until its replacement is finished, anything less gives way at once.
Results that a search, decision or subject refers to are kept, out of view of new searches; others are removed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from engine.errors import UsageError
from engine.media.files import shown
from engine.pipeline.messages import Batch, Checkpoint, Finished, Resume
from engine.store import results
from engine.store.codec import canonical_json, pack_arrays, unpack_arrays
from engine.store.database import Database, Transaction
from engine.store.embeddings import model_id
from engine.store.evidence import EvidenceStore, write_segments
from engine.store.records import EvidenceItem, NewRun, Run
from engine.types import ItemState, ModalitySegment

UNFINISHED = ("running", "interrupted", "failed")
_SHOWS_WHOLE = (
    "SELECT 1 FROM evidence AS e JOIN runs AS r ON r.id = e.current_run_id WHERE e.id = ? AND r.state = 'done'"
)
_RUNS = "SELECT r.*, m.sha256, m.name, m.dimension FROM runs AS r JOIN models AS m ON m.id = r.model_id"


class IngestStore:
    """The ingest runs of one case."""

    def __init__(self, db: Database, evidence: EvidenceStore) -> None:
        self._db = db
        self._evidence = evidence

    def runs(self, item_id: int) -> list[Run]:
        """Every run of the item, oldest first."""
        return [_run(row) for row in self._db.rows(f"{_RUNS} WHERE r.item_id = ? ORDER BY r.id", (item_id,))]

    def run(self, run_id: int) -> Run:
        """`UsageError` where there is no such run."""
        row = self._db.row(f"{_RUNS} WHERE r.id = ?", (run_id,))
        if row is None:
            raise UsageError(f"There is no ingest run {run_id} in this case.")
        return _run(row)

    def unfinished(self, item_id: int) -> Run | None:
        """The item's newest run, if it can still be carried on."""
        runs = self.runs(item_id)
        return runs[-1] if runs and runs[-1].state in UNFINISHED else None

    def resume_point(self, item_id: int, *, detections: bool = True) -> Resume:
        """Where the unfinished run goes on, with the detections known after that point; empty to start afresh.

        `detections` False leaves those out: a detector with a memory computes them again anyway.
        """
        run = self.unfinished(item_id)
        if run is None:
            return Resume()
        with self._db.snapshot():
            row = self._db.row("SELECT * FROM checkpoints WHERE run_id = ?", (run.id,))
            checkpoint = None
            if row is not None:
                memory = unpack_arrays(row["memory"])
                checkpoint = Checkpoint(row["after_pts"], row["frame_index"], row["next_ordinal"], memory)
            if not detections:
                return Resume(checkpoint)
            first = checkpoint.after + 1 if checkpoint is not None else None
            known = results.read_detections(self._db, run.id, self._evidence.get(item_id).time_base, first)
        return Resume(checkpoint, tuple(known))

    def begin(self, item_id: int, inputs: NewRun, segments: Sequence[ModalitySegment] = ()) -> int:
        """Carry on the item's unfinished run if its inputs equal `inputs`, else start a new one; gives the run's id.

        A finished run with equal inputs is opened again: what is found again is compared with what is there, so that
        decisions keep what they refer to. A new run must be fed from the first frame: where `resume_point` was used
        beforehand, compare `unfinished(item_id).inputs` with what the child reports.
        """
        item = self._evidence.get(item_id)
        open_again = (self.unfinished(item_id), self.run(item.current_run) if item.current_run else None)
        known = next((run for run in open_again if run is not None and run.inputs == inputs), None)
        with self._db.transaction("ingest.resume" if known else "ingest.begin", item.target) as tx:
            if known is not None:
                run_id = known.id
                finished = "CASE state WHEN 'done' THEN finished_at END"  # a run opened again has it: see `_stop`
                tx.execute(f"UPDATE runs SET state = 'running', finished_at = {finished} WHERE id = ?", (run_id,))
            else:
                run_id = self._new_run(tx, item, inputs)
            tx.execute(
                "UPDATE evidence SET state = ?, failure = NULL, hint = NULL WHERE id = ?",
                (ItemState.INGESTING, item_id),
            )
            if segments:
                write_segments(tx, item_id, segments)
            tx.details |= {"run": run_id, "inputs": inputs, "sha256": item.sha256}
        return run_id

    def _new_run(self, tx: Transaction, item: EvidenceItem, inputs: NewRun) -> int:
        run_id = tx.insert(
            "runs",
            item_id=item.id,
            detector=inputs.detector,
            detector_sha256=inputs.detector_sha256,
            model_id=model_id(tx, inputs.student_sha256, inputs.student, inputs.embedding_dimension),
            provider=inputs.provider,
            settings=canonical_json(inputs.settings),
            versions=canonical_json(inputs.versions),
            state="running",
            started_at=tx.at,
        )
        done = "SELECT 1 FROM runs WHERE id = ? AND state = 'done'"
        keep_in_view = item.current_run is not None and tx.execute(done, (item.current_run,)).fetchone()
        for (other,) in tx.execute("SELECT id FROM runs WHERE item_id = ? AND id <> ?", (item.id, run_id)).fetchall():
            if not (keep_in_view and other == item.current_run):
                results.retire(tx, other)
        if not keep_in_view:
            results.show(tx, item.id, run_id)
        return run_id

    def commit(self, run_id: int, batch: Batch) -> None:
        """Everything of one batch, or nothing of it.

        Tracklets and frames that are there already (a resumed run finds them again) are left as they are.
        ValueError where a tracklet comes again with other content: the run was not repeatable, which is a bug.
        """
        row = self._db.row("SELECT item_id, model_id, state FROM runs WHERE id = ?", (run_id,))
        if row is None or row["state"] != "running":
            raise ValueError(f"run {run_id} is not running")
        item = self._evidence.get(row["item_id"])
        with self._db.transaction("ingest.commit", item.target) as tx:
            frames = results.write_detections(tx, run_id, batch.detections, item.time_base)
            added = [
                results.write_tracklet(tx, item, run_id, row["model_id"], tracklet) for tracklet in batch.tracklets
            ]
            if batch.checkpoint is not None:
                _write_checkpoint(tx, run_id, batch.checkpoint)
            tx.execute(
                "UPDATE evidence SET frames_decoded = ?, frames_analysed = ?, position_pts = ? WHERE id = ?",
                (batch.frames_decoded, batch.frames_analysed, batch.position.pts, item.id),
            )
            if any(added):
                tx.bump("vectors")
            tx.details |= {
                "run": run_id,
                "position": batch.position.pts,
                "frames": frames,
                "tracklets": sum(added),
                "checkpoint": batch.checkpoint is not None,
            }

    def finish(self, run_id: int, finished: Finished) -> None:
        """The item is done: the run's results come into view, and earlier ones give way."""
        run = self.run(run_id)
        with self._db.transaction("ingest.finish", f"item:{run.item_id}", run=run_id) as tx:
            tx.execute(
                "UPDATE runs SET state = 'done', finished_at = ?, seconds = ? WHERE id = ?",
                (tx.at, canonical_json(finished.seconds), run_id),
            )
            tx.execute("DELETE FROM checkpoints WHERE run_id = ?", (run_id,))
            tx.execute(
                "UPDATE evidence SET state = ?, frames_decoded = ?, frames_failed = ?, failed_ranges = ?, "
                "frames_retimed = ?, retimed_ranges = ?, frames_rescaled = ? WHERE id = ?",
                (
                    ItemState.DONE,
                    finished.frames_decoded,
                    finished.frames_failed,
                    canonical_json(finished.failed_ranges),
                    finished.frames_retimed,
                    canonical_json(finished.retimed_ranges),
                    finished.frames_rescaled,
                    run.item_id,
                ),
            )
            others = tx.execute("SELECT id FROM runs WHERE item_id = ? AND id <> ?", (run.item_id, run_id)).fetchall()
            for (other,) in others:
                results.retire(tx, other)
            results.show(tx, run.item_id, run_id)
            found = tx.execute("SELECT digest FROM tracklets WHERE run_id = ? ORDER BY ordinal", (run_id,)).fetchall()
            tx.details |= {
                "tracklets": len(found),
                "content_sha256": results.run_digest(row["digest"] for row in found),
                "frames_decoded": finished.frames_decoded,
                "frames_failed": finished.frames_failed,
                "frames_retimed": finished.frames_retimed,
                "frames_rescaled": finished.frames_rescaled,
            }

    def fail(self, item_id: int, failure: str, hint: str = "") -> None:
        """The item could not be ingested; what was committed stays and can be carried on from."""
        self._stop(item_id, "failed", ItemState.FAILED, shown(failure), shown(hint))

    def discard(self, item_id: int, failure: str, hint: str = "") -> None:
        """As `fail`, and what the run under way committed is not to be trusted: nothing goes on from it."""
        self._stop(item_id, "failed", ItemState.FAILED, failure, hint, discard=True)

    def interrupt(self, item_id: int) -> None:
        """The work was stopped; it can be carried on."""
        self._stop(item_id, "interrupted", ItemState.INTERRUPTED, None, None)

    def recover(self) -> list[int]:
        """Mark items that a killed program left in the middle as interrupted; gives their ids."""
        left = [row[0] for row in self._db.rows("SELECT id FROM evidence WHERE state = ?", (ItemState.INGESTING,))]
        for item_id in left:
            self.interrupt(item_id)
        return left

    def _stop(
        self,
        item_id: int,
        run_state: str,
        state: ItemState,
        failure: str | None,
        hint: str | None,
        *,
        discard: bool = False,
    ) -> None:
        """The run under way ends without result. Where the item's results are whole all the same, it stays done: it
        was done and nothing was begun, or a finished run had been opened again, to find the same."""
        item = self._evidence.get(item_id)
        with self._db.transaction(f"ingest.{run_state}", item.target, failure=failure) as tx:
            run = tx.execute("SELECT * FROM runs WHERE item_id = ? AND state = 'running'", (item_id,)).fetchone()
            if run is None:
                whole = item.state is ItemState.DONE
            elif whole := run["finished_at"] is not None:
                tx.execute("UPDATE runs SET state = 'done' WHERE id = ?", (run["id"],))
            elif discard:
                results.discard(tx, run["id"])
                whole = bool(tx.execute(_SHOWS_WHOLE, (item_id,)).fetchone())
            else:
                tx.execute("UPDATE runs SET state = ?, finished_at = ? WHERE id = ?", (run_state, tx.at, run["id"]))
            if whole:
                state, failure, hint = ItemState.DONE, None, None
            tx.details["state"] = state
            tx.execute(
                "UPDATE evidence SET state = ?, failure = ?, hint = ? WHERE id = ?", (state, failure, hint, item_id)
            )


def _write_checkpoint(tx: Transaction, run_id: int, checkpoint: Checkpoint) -> None:
    tx.execute(
        "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET after_pts = "
        "excluded.after_pts, frame_index = excluded.frame_index, next_ordinal = excluded.next_ordinal, "
        "memory = excluded.memory",
        (
            run_id,
            checkpoint.after,
            checkpoint.frame_index,
            checkpoint.next_ordinal,
            pack_arrays(checkpoint.memory),
        ),
    )


def _run(row: sqlite3.Row) -> Run:
    inputs = NewRun(
        detector=row["detector"],
        detector_sha256=row["detector_sha256"],
        student=row["name"],
        student_sha256=row["sha256"],
        embedding_dimension=row["dimension"],
        provider=row["provider"],
        settings=json.loads(row["settings"]),
        versions=json.loads(row["versions"]),
    )
    return Run(
        row["id"],
        row["item_id"],
        inputs,
        row["state"],
        row["started_at"],
        row["finished_at"],
        json.loads(row["seconds"]),
    )
