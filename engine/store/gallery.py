"""The gallery as one matrix for searching: one fused embedding per tracklet, memory-mapped from `cache/`.

The truth is in SQLite; the files (`gallery_files.py`) can be deleted at any time. New tracklets are appended, anything
else (another model's embeddings, removed results, files that somebody changed) builds them anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import CaseCorruptError, ModelError, StorageError, UsageError
from engine.progress import Progress, Work, finish
from engine.retrieval.distance import fuse
from engine.retrieval.exact import Int8Matrix, quantise
from engine.store import gallery_files
from engine.store.codec import sha256, vectors_from_bytes
from engine.store.database import Database
from engine.store.embeddings import EmbeddingStore
from engine.store.gallery_files import MARK_BYTES, Meta
from engine.store.lock import lock_file

_TRACKLETS_PER_STEP = 500
_NO_LIMIT = 2**63 - 1
_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class GalleryMatrix:
    """Every tracklet embedded by one model, superseded ones included: `ids (N,) int64` ascending,
    `float16 (N, D)` fused unit vectors, `int8` the same in 8 bits, `marks (N, 32) uint8` a digest of each tracklet and
    its vector. All memory-mapped and read-only."""

    model_sha256: str
    ids: NDArray[np.int64]
    float16: NDArray[np.float16]
    int8: Int8Matrix
    marks: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.float16) == len(self.int8) == len(self.marks):
            raise ValueError("ids, float16, int8 and marks differ in length")

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, tracklet_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """`(M,) int64` row numbers, in the order asked; `UsageError` where one was not embedded with this model."""
        wanted = np.asarray(tracklet_ids, np.int64)
        rows, known = self._find(wanted)
        if not known.all():
            raise UsageError(
                f"Tracklet {wanted[~known][0]} has no embedding of the chosen model.",
                "Re-embed the archive with it first.",
            )
        return rows

    def mask(self, tracklet_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """`(N,) bool`, True in the rows of these tracklets (`TrackletStore.ids` of a filter); others are ignored."""
        rows, known = self._find(np.asarray(tracklet_ids, np.int64))
        mask = np.zeros(len(self.ids), np.bool_)
        mask[rows[known]] = True
        return mask

    def digest(self, mask: NDArray[np.bool_]) -> str:
        """SHA-256 of the marks of these rows, in order: equal only where the same tracklets with the same embeddings
        were compared."""
        return sha256(np.ascontiguousarray(self.marks[mask]).tobytes())

    def _find(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if len(self.ids) == 0:
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        rows = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1).astype(np.int64)
        return rows, self.ids[rows] == wanted


class GalleryStore:
    """The gallery matrices of one case, one per model."""

    def __init__(self, db: Database, embeddings: EmbeddingStore, cache: Path) -> None:
        self._db = db
        self._embeddings = embeddings
        self._cache = cache
        self._temporary: Path | None = None
        # What this process has checked or written: rows, and the files' sizes and times when it had.
        self._sound: dict[Path, tuple[int, gallery_files.Stamp]] = {}

    def matrix(self, model_sha256: str) -> GalleryMatrix:
        """The up-to-date matrix. `UsageError` where the case has no embedding of this model."""
        return finish(self.prepare(model_sha256))

    def is_fresh(self, model_sha256: str) -> bool:
        """True where `matrix` has nothing to compute."""
        meta = gallery_files.read_meta(self._folder(model_sha256))
        return meta is not None and self._state(meta) == "fresh"

    def prepare(self, model_sha256: str) -> Work[GalleryMatrix]:
        """Bring the matrix up to date, reporting progress, and give it. Builders of one case take turns."""
        dimension = self._embeddings.dimension(model_sha256)
        with _told_plainly(self._cache):
            folder = self._writable_folder(model_sha256)
            fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                while not lock_file(fd):
                    yield Progress("waiting for another search to prepare the gallery", 0)
                    time.sleep(_WAIT_SECONDS)
                meta = gallery_files.read_meta(folder)
                state = "stale" if meta is None else self._state(meta)
                if meta is not None and state != "stale" and not (yield from self._unchanged(folder, meta)):
                    state = "stale"
                    self._note_damage(model_sha256)
                if meta is None or state == "stale":
                    meta = Meta(gallery_files.FORMAT, uuid.uuid4().hex[:12], dimension, 0, -1, -1, 0, "")
                if state != "fresh":
                    meta = yield from self._append(folder, model_sha256, meta)
                    gallery_files.write_meta(folder, meta)
                    gallery_files.remove_older(folder, meta)
                    self._sound[folder] = (meta.rows, gallery_files.stamp(folder, meta))
                return _open(folder, model_sha256, meta)
            finally:
                os.close(fd)

    def compare(self) -> Work[list[str]]:
        """Every matrix in `cache/` that a search would use, row by row with what the database gives; one sentence for
        each that differs."""
        problems = []
        for model_sha256, name, _ in self._embeddings.models():
            folder = self._folder(model_sha256)
            meta = gallery_files.read_meta(folder)
            if meta is None or self._state(meta) == "stale":
                continue
            try:
                same = yield from self._is_database(folder, model_sha256, meta)
            except (CaseCorruptError, ModelError, UsageError):  # embeddings of which no matrix can be made
                same = False
            moved_on = gallery_files.read_meta(folder) != meta or self._state(meta) == "stale"
            if not same and not moved_on:
                problems.append(
                    f"The search matrix of {name} in {self._cache.name}/ is not what the database gives: searches may "
                    "have listed others. Delete that folder and search again."
                )
        return problems

    def close(self) -> None:
        """Remove what was built outside the case because its folder cannot be written."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def _is_database(self, folder: Path, model_sha256: str, meta: Meta) -> Work[bool]:
        stored = gallery_files.arrays(folder, meta)
        if meta.dimension != self._embeddings.dimension(model_sha256):
            return False
        row, last_id = 0, 0
        while last_id < meta.last_id and (page := self._page(model_sha256, last_id, meta.last_id)).tracklets:
            yield Progress("checking the gallery", row, meta.rows, "tracklets")
            here = slice(row, row + len(page.ids))
            if page.ids and not all(
                np.array_equal(held[here], given)
                for held, given in zip(stored, _columns(page, meta.dimension), strict=True)
            ):
                return False
            row, last_id = row + len(page.ids), page.last_id
        return row == meta.rows

    def _unchanged(self, folder: Path, meta: Meta) -> Work[bool]:
        """Whether the files hold what was written; they are read once in a process, and where they look touched."""
        now = gallery_files.stamp(folder, meta)
        if self._sound.get(folder) != (meta.rows, now):
            if not (yield from gallery_files.check(folder, meta)):
                return False
            self._sound[folder] = (meta.rows, now)
        return True

    def _note_damage(self, model_sha256: str) -> None:
        if self._db.writable:
            with self._db.transaction("gallery.damaged", f"model:{model_sha256}"):
                pass

    def _state(self, meta: Meta) -> str:
        """'fresh', 'grown' (rows are missing at the end) or 'stale' (build anew)."""
        tail = self._db.value("SELECT digest FROM tracklets WHERE id = ?", (meta.last_id,))
        if meta.removed != self._db.counter("vectors_removed") or (meta.rows and tail != meta.last_digest):
            return "stale"
        return "fresh" if meta.vectors == self._db.counter("vectors") else "grown"

    def _append(self, folder: Path, model_sha256: str, meta: Meta) -> Work[Meta]:
        """Write the tracklets after `meta.last_id`; gives what the files hold then."""
        # Read before the rows: what changes meanwhile makes the next call look again.
        vectors, removed = self._db.counter("vectors"), self._db.counter("vectors_removed")
        total = int(self._db.value("SELECT count(*) FROM tracklets WHERE id > ?", (meta.last_id,)))
        last_id, seen = meta.last_id, 0
        with gallery_files.Appending(folder, meta) as files:
            while True:
                page = self._page(model_sha256, last_id)
                if page.last_id == last_id:
                    break
                if page.ids:
                    files.append(*_columns(page, meta.dimension))
                last_id, seen = page.last_id, seen + page.tracklets
                yield Progress("preparing the gallery", seen, total, "tracklets")
        digest = self._db.value("SELECT digest FROM tracklets WHERE id = ?", (last_id,)) or ""
        return replace(
            meta,
            rows=meta.rows + files.rows,
            vectors=vectors,
            removed=removed,
            last_id=last_id,
            last_digest=digest,
            pieces=(*meta.pieces, files.piece) if files.rows else meta.pieces,
        )

    def _page(self, model_sha256: str, after: int, until: int = _NO_LIMIT) -> _Page:
        tracklets = self._db.rows(
            "SELECT id, digest FROM tracklets WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
            (after, until, _TRACKLETS_PER_STEP),
        )
        if not tracklets:
            return _Page(after, 0, [], [], [])
        ids, digests = [row["id"] for row in tracklets], {row["id"]: row["digest"] for row in tracklets}
        rows = self._db.rows(
            "SELECT k.tracklet_id, k.faults = '[]' AS usable, v.vector FROM crops AS k "
            "CROSS JOIN embeddings AS v ON v.crop_id = k.id "
            "WHERE k.tracklet_id BETWEEN ? AND ? AND v.model_id = (SELECT id FROM models WHERE sha256 = ?) "
            "ORDER BY k.tracklet_id, k.rank",
            (ids[0], ids[-1], model_sha256),
        )
        found, crops = [], []
        for tracklet_id, group in groupby(rows, key=lambda row: row["tracklet_id"]):
            found.append(int(tracklet_id))
            crops.append([(bool(row["usable"]), bytes(row["vector"])) for row in group])
        return _Page(ids[-1], len(ids), found, [digests[number] for number in found], crops)

    def _folder(self, model_sha256: str) -> Path:
        return (self._temporary or self._cache) / f"gallery-{model_sha256[:16]}"

    def _writable_folder(self, model_sha256: str) -> Path:
        try:
            folder = self._folder(model_sha256)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "lock").touch()
        except OSError:
            # A case on a disk that cannot be written is still searchable.
            self._temporary = Path(tempfile.mkdtemp(prefix="nightjar-gallery-"))
            folder = self._folder(model_sha256)
            folder.mkdir(parents=True)
        return folder


@dataclass(frozen=True, slots=True)
class _Page:
    """Embedded tracklets among the `tracklets` up to `last_id`, with their digests and `(usable, vector bytes)` of
    their crops."""

    last_id: int
    tracklets: int
    ids: list[int]
    digests: list[str]
    crops: list[list[tuple[bool, bytes]]]


def _fused(page: _Page, dimension: int) -> NDArray[np.float16]:
    """`(N, D) float16`: per tracklet the mean of its usable crops' unit vectors, of all where none is usable."""
    fused = np.empty((len(page.ids), dimension), np.float16)
    for row, crops in enumerate(page.crops):
        chosen = [vector for usable, vector in crops if usable] or [vector for _, vector in crops]
        fused[row] = fuse(vectors_from_bytes(chosen, dimension))
    return fused


def _marks(page: _Page, fused: NDArray[np.float16]) -> NDArray[np.uint8]:
    """`(N, 32) uint8`: SHA-256 of each tracklet's digest and fused embedding. It says what was compared, as an id does
    not: ids of removed results are given out again."""
    digests = (
        hashlib.sha256(f"{digest} ".encode() + vector.astype("<f2").tobytes()).digest()
        for digest, vector in zip(page.digests, fused, strict=True)
    )
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, MARK_BYTES)


def _columns(page: _Page, dimension: int) -> tuple[np.ndarray, ...]:
    """A page's rows for each file, in the order of `gallery_files.layout`."""
    fused = _fused(page, dimension)
    int8 = quantise(fused)
    return np.array(page.ids, "<i8"), fused, int8.values, int8.scales, _marks(page, fused)


def _open(folder: Path, model_sha256: str, meta: Meta) -> GalleryMatrix:
    ids, float16, int8, scales, marks = gallery_files.arrays(folder, meta)
    return GalleryMatrix(model_sha256, ids, float16, Int8Matrix(int8, scales), marks)


@contextmanager
def _told_plainly(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The gallery could not be written to {cache} ({error.strerror or error}).",
            "Free some space; the folder may be deleted at any time and is made again.",
        ) from error
