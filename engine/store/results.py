"""Writing and reading what an ingest run found: detections, tracklets, crops. Used inside transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from engine.pipeline.messages import FrameDetections
from engine.store.codec import canonical_json, pack_arrays, sha256, smallest_float, unpack_arrays, vector_to_bytes
from engine.store.database import Database, Transaction
from engine.store.embeddings import write_embedding
from engine.store.records import EvidenceItem
from engine.types import Box, CropQuality, Detection, NewCrop, NewTracklet, Timestamp, TrackPoint

# Tables whose rows make a tracklet part of somebody's reasoning.
_EMBEDDING_TOLERANCE = 5e-3  # per value of a unit vector computed again from the same picture
_REFERENCES = ("search_results", "search_queries", "subject_members")


def write_detections(tx: Transaction, run_id: int, frames: Sequence[FrameDetections], time_base: Fraction) -> int:
    """Append the frames that are newer than what the run has already; gives how many."""
    for frame in frames:
        _check_time_base(frame.timestamp, time_base)
    last = tx.execute("SELECT max(last_pts) FROM detections WHERE run_id = ?", (run_id,)).fetchone()[0]
    fresh = [frame for frame in frames if last is None or frame.timestamp.pts > last]
    if fresh:
        boxes = [(d.box.left, d.box.top, d.box.width, d.box.height, d.score) for f in fresh for d in f.detections]
        data = pack_arrays(
            {
                "pts": np.array([f.timestamp.pts for f in fresh], np.int64),
                "counts": np.array([len(f.detections) for f in fresh], np.int32),
                "boxes": smallest_float(np.array(boxes, np.float64).reshape(-1, 5)),
            }
        )
        tx.insert(
            "detections",
            run_id=run_id,
            first_pts=fresh[0].timestamp.pts,
            last_pts=fresh[-1].timestamp.pts,
            frames=len(fresh),
            data=data,
        )
    return len(fresh)


def read_detections(
    db: Database, run_id: int, time_base: Fraction, from_pts: int | None = None, to_pts: int | None = None
) -> list[FrameDetections]:
    """Analysed frames of a run with `from_pts` ≤ PTS ≤ `to_pts`, in order; frames without people included."""
    rows = db.rows(
        "SELECT data FROM detections WHERE run_id = ?1 AND (?2 IS NULL OR last_pts >= ?2) "
        "AND (?3 IS NULL OR first_pts <= ?3) ORDER BY first_pts",
        (run_id, from_pts, to_pts),
    )
    frames = []
    for row in rows:
        arrays = unpack_arrays(row["data"])
        boxes = iter(arrays["boxes"].tolist())
        for pts, count in zip(arrays["pts"].tolist(), arrays["counts"].tolist(), strict=True):
            found = tuple(Detection(Box(*box), score) for *box, score in (next(boxes) for _ in range(count)))
            if (from_pts is None or pts >= from_pts) and (to_pts is None or pts <= to_pts):
                frames.append(FrameDetections(Timestamp(pts, time_base), found))
    return frames


def write_tracklet(tx: Transaction, item: EvidenceItem, run_id: int, model_id: int, tracklet: NewTracklet) -> bool:
    """Add a tracklet with its crops and embeddings; False where the run has this very tracklet already."""
    points = _pack_points(item, tracklet.points)
    vectors = [vector_to_bytes(crop.embedding) for crop in tracklet.crops]
    digest = tracklet_digest(points, _facts(tracklet.crops, vectors))
    known = tx.execute(
        "SELECT id, digest FROM tracklets WHERE run_id = ? AND ordinal = ?", (run_id, tracklet.ordinal)
    ).fetchone()
    if known is not None:
        if known["digest"] != digest:
            stored = _stored_vectors(tx, known["id"], model_id)
            same = len(stored) == len(vectors) and tracklet_digest(points, _facts(tracklet.crops, stored))
            if same != known["digest"] or not _nearly_equal(stored, vectors):
                raise ValueError(f"tracklet {tracklet.ordinal} of run {run_id} came again with other content")
        return False
    tracklet_id = tx.insert(
        "tracklets",
        run_id=run_id,
        item_id=item.id,
        ordinal=tracklet.ordinal,
        modality=tracklet.modality,
        start_pts=tracklet.points[0].timestamp.pts,
        end_pts=tracklet.points[-1].timestamp.pts,
        observations=len(tracklet.points),
        quality=max(float(crop.quality.score) for crop in tracklet.crops),
        usable=int(any(crop.quality.usable for crop in tracklet.crops)),
        digest=digest,
    )
    tx.insert("tracklet_points", tracklet_id=tracklet_id, data=pack_arrays(points))
    for rank, crop in enumerate(tracklet.crops, start=1):
        _check_time_base(crop.timestamp, item.time_base)
        crop_id = _write_crop(tx, tracklet_id, rank, crop)
        write_embedding(tx, crop_id, model_id, crop.embedding)
    return True


def _write_crop(tx: Transaction, tracklet_id: int, rank: int, crop: NewCrop) -> int:
    quality = crop.quality
    crop_id = tx.insert(
        "crops",
        tracklet_id=tracklet_id,
        rank=rank,
        pts=crop.timestamp.pts,
        box_left=float(crop.box.left),
        box_top=float(crop.box.top),
        box_width=float(crop.box.width),
        box_height=float(crop.box.height),
        width=int(quality.width),
        height=int(quality.height),
        sharpness=float(quality.sharpness),
        exposure=float(quality.exposure),
        completeness=float(quality.completeness),
        score=float(quality.score),
        faults=canonical_json(quality.faults),
        jpeg_sha256=sha256(crop.jpeg),
    )
    tx.insert("crop_images", crop_id=crop_id, jpeg=crop.jpeg)
    return crop_id


def read_points(blob: bytes, time_base: Fraction) -> tuple[TrackPoint, ...]:
    """The inverse of what `write_tracklet` keeps of the path."""
    arrays = unpack_arrays(blob)
    rows = zip(arrays["pts"].tolist(), arrays["boxes"].tolist(), arrays["scores"].tolist(), strict=True)
    return tuple(TrackPoint(Timestamp(pts, time_base), Box(*box), score) for pts, box, score in rows)


def show(tx: Transaction, item_id: int, run_id: int) -> None:
    """Make `run_id` the run whose results the item shows."""
    tx.execute("UPDATE evidence SET current_run_id = ? WHERE id = ?", (run_id, item_id))
    tx.bump("columns")


def retire(tx: Transaction, run_id: int) -> None:
    """Take a run's results out of view: kept where somebody's reasoning refers to them, else removed, which the
    transaction's audit entry says."""
    tx.execute("UPDATE runs SET state = 'replaced' WHERE id = ?", (run_id,))
    tx.execute("DELETE FROM checkpoints WHERE run_id = ?", (run_id,))
    tx.bump("columns")
    for table in _REFERENCES:
        used = f"SELECT 1 FROM {table} WHERE tracklet_id IN (SELECT id FROM tracklets WHERE run_id = ?) LIMIT 1"
        if tx.execute(used, (run_id,)).fetchone():
            return
    tx.execute("UPDATE evidence SET current_run_id = NULL WHERE current_run_id = ?", (run_id,))
    tx.execute("DELETE FROM detections WHERE run_id = ?", (run_id,))
    if tx.execute("DELETE FROM tracklets WHERE run_id = ?", (run_id,)).rowcount:
        tx.bump("vectors")
        tx.bump("vectors_removed")
        tx.details.setdefault("removed_runs", []).append(run_id)


def discard(tx: Transaction, run_id: int) -> None:
    """Take a run's results out of view for good: what it read was not the item."""
    retire(tx, run_id)
    tx.execute("UPDATE evidence SET current_run_id = NULL WHERE current_run_id = ?", (run_id,))
    tx.details["discarded"] = run_id


def _pack_points(item: EvidenceItem, points: Sequence[TrackPoint]) -> dict[str, np.ndarray]:
    for point in points:
        _check_time_base(point.timestamp, item.time_base)
    boxes = [(p.box.left, p.box.top, p.box.width, p.box.height) for p in points]
    return {
        "pts": np.array([p.timestamp.pts for p in points], np.int64),
        "boxes": smallest_float(np.array(boxes, np.float64)),
        "scores": smallest_float(np.array([p.score for p in points], np.float64)),
    }


CropFacts = tuple[int, Box, CropQuality, str, bytes]  # PTS, box, quality, JPEG's SHA-256, embedding as stored


def tracklet_digest(points: dict[str, np.ndarray], crops: Sequence[CropFacts]) -> str:
    """SHA-256 over everything that analysis computed, the same from a new tracklet and from a stored one.

    Not the modality: the analyst may have overridden that since.
    """
    digest = hashlib.sha256()
    for array in points.values():
        digest.update(array.astype(np.float64).tobytes())
    for pts, box, quality, jpeg_sha256, vector in crops:
        edges = [float(edge) for edge in (box.left, box.top, box.width, box.height)]
        measures = [quality.sharpness, quality.exposure, quality.completeness, quality.score]
        facts = [pts, edges, quality.width, quality.height, [float(m) for m in measures], quality.faults, jpeg_sha256]
        digest.update(canonical_json(facts).encode())
        digest.update(vector)
    return digest.hexdigest()


def _facts(crops: Sequence[NewCrop], vectors: Sequence[bytes]) -> list[CropFacts]:
    return [
        (crop.timestamp.pts, crop.box, crop.quality, sha256(crop.jpeg), vector)
        for crop, vector in zip(crops, vectors, strict=True)
    ]


def _stored_vectors(tx: Transaction, tracklet_id: int, model_id: int) -> list[bytes]:
    rows = tx.execute(
        "SELECT v.vector FROM crops AS k JOIN embeddings AS v ON v.crop_id = k.id AND v.model_id = ? "
        "WHERE k.tracklet_id = ? ORDER BY k.rank",
        (model_id, tracklet_id),
    )
    return [row["vector"] for row in rows]


def _nearly_equal(first: Sequence[bytes], second: Sequence[bytes]) -> bool:
    """A graphics processor adds up in another order in another batch; the stored embedding then stays."""
    pairs = [(np.frombuffer(a, "<f2"), np.frombuffer(b, "<f2")) for a, b in zip(first, second, strict=True)]
    return all(a.shape == b.shape and float(np.abs(a - b).max()) < _EMBEDDING_TOLERANCE for a, b in pairs)


def run_digest(tracklet_digests: Iterable[str]) -> str:
    """SHA-256 over a run's tracklets in order of their ordinals; the audit log keeps it when the run is finished."""
    return sha256("".join(tracklet_digests).encode())


def _check_time_base(timestamp: Timestamp, time_base: Fraction) -> None:
    if timestamp.time_base != time_base:
        raise ValueError(f"a time in units of {timestamp.time_base} s in an item that counts {time_base} s")
