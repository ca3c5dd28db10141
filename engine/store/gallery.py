"""The gallery as one matrix for searching: one fused embedding per tracklet, memory-mapped from `cache/`.

The truth is in SQLite; these files can be deleted at any time. New tracklets are appended, anything else (another
model's embeddings, removed results) builds them anew. The data files only ever grow and `meta.json` is replaced at
the end, so a reader never sees half a row and a crash costs one rebuild at most.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import StorageError, UsageError
from engine.progress import Progress, Work, finish
from engine.retrieval.distance import fuse
from engine.retrieval.exact import Int8Matrix, quantise
from engine.store.codec import vectors_from_bytes
from engine.store.database import Database
from engine.store.embeddings import EmbeddingStore
from engine.store.lock import lock_file

_TRACKLETS_PER_STEP = 500
_FORMAT = 1
_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class GalleryMatrix:
    """Every tracklet embedded by one model, superseded ones included: `ids (N,) int64` ascending,
    `float16 (N, D)` fused unit vectors, `int8` the same in 8 bits. All memory-mapped and read-only."""

    model_sha256: str
    ids: NDArray[np.int64]
    float16: NDArray[np.float16]
    int8: Int8Matrix

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.float16) == len(self.int8):
            raise ValueError("ids, float16 and int8 differ in length")

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

    def _find(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if len(self.ids) == 0:
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        rows = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1).astype(np.int64)
        return rows, self.ids[rows] == wanted


@dataclass(frozen=True, slots=True)
class _Meta:
    """What the files hold. The counters and the last tracklet's digest tell whether the case has moved on."""

    format: int
    generation: str
    dimension: int
    rows: int
    vectors: int
    removed: int
    last_id: int
    last_digest: str


class GalleryStore:
    """The gallery matrices of one case, one per model."""

    def __init__(self, db: Database, embeddings: EmbeddingStore, cache: Path) -> None:
        self._db = db
        self._embeddings = embeddings
        self._cache = cache
        self._temporary: Path | None = None

    def matrix(self, model_sha256: str) -> GalleryMatrix:
        """The up-to-date matrix. `UsageError` where the case has no embedding of this model."""
        return finish(self.prepare(model_sha256))

    def is_fresh(self, model_sha256: str) -> bool:
        """True where `matrix` has nothing to compute."""
        meta = _read_meta(self._folder(model_sha256))
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
                meta = _read_meta(folder)
                state = "stale" if meta is None else self._state(meta)
                if meta is None or state == "stale":
                    meta = _Meta(_FORMAT, uuid.uuid4().hex[:12], dimension, 0, -1, -1, 0, "")
                if state != "fresh":
                    meta = yield from self._append(folder, model_sha256, meta)
                    _write_meta(folder, meta)
                    _remove_older(folder, meta)
                return _open(folder, model_sha256, meta)
            finally:
                os.close(fd)

    def close(self) -> None:
        """Remove what was built outside the case because its folder cannot be written."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def _state(self, meta: _Meta) -> str:
        """'fresh', 'grown' (rows are missing at the end) or 'stale' (build anew)."""
        tail = self._db.value("SELECT digest FROM tracklets WHERE id = ?", (meta.last_id,))
        if meta.removed != self._db.counter("vectors_removed") or (meta.rows and tail != meta.last_digest):
            return "stale"
        return "fresh" if meta.vectors == self._db.counter("vectors") else "grown"

    def _append(self, folder: Path, model_sha256: str, meta: _Meta) -> Work[_Meta]:
        """Write the tracklets after `meta.last_id`; gives what the files hold then."""
        # Read before the rows: what changes meanwhile makes the next call look again.
        vectors, removed = self._db.counter("vectors"), self._db.counter("vectors_removed")
        total = int(self._db.value("SELECT count(*) FROM tracklets WHERE id > ?", (meta.last_id,)))
        rows, last_id, seen = meta.rows, meta.last_id, 0
        with _Files(folder, meta) as files:
            while True:
                page = self._page(model_sha256, last_id)
                if page.last_id == last_id:
                    break
                if page.ids:
                    files.append(page.ids, _fused(page, meta.dimension))
                    rows += len(page.ids)
                last_id, seen = page.last_id, seen + page.tracklets
                yield Progress("preparing the gallery", seen, total, "tracklets")
        digest = self._db.value("SELECT digest FROM tracklets WHERE id = ?", (last_id,)) or ""
        return _Meta(_FORMAT, meta.generation, meta.dimension, rows, vectors, removed, last_id, digest)

    def _page(self, model_sha256: str, after: int) -> _Page:
        ids = [
            row[0]
            for row in self._db.rows(
                "SELECT id FROM tracklets WHERE id > ? ORDER BY id LIMIT ?", (after, _TRACKLETS_PER_STEP)
            )
        ]
        if not ids:
            return _Page(after, 0, [], [])
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
        return _Page(ids[-1], len(ids), found, crops)

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
    """Embedded tracklets among the `tracklets` up to `last_id`, with `(usable, vector bytes)` of their crops."""

    last_id: int
    tracklets: int
    ids: list[int]
    crops: list[list[tuple[bool, bytes]]]


def _fused(page: _Page, dimension: int) -> NDArray[np.float16]:
    """`(N, D) float16`: per tracklet the mean of its usable crops' unit vectors, of all where none is usable."""
    fused = np.empty((len(page.ids), dimension), np.float16)
    for row, crops in enumerate(page.crops):
        chosen = [vector for usable, vector in crops if usable] or [vector for _, vector in crops]
        fused[row] = fuse(vectors_from_bytes(chosen, dimension))
    return fused


class _Files:
    """The four data files of one generation, opened for appending after the rows that `meta` knows of."""

    def __init__(self, folder: Path, meta: _Meta) -> None:
        self._stack = ExitStack()
        self._open: list[BinaryIO] = []
        with self._stack:
            for path, width in _layout(folder, meta):
                file = self._stack.enter_context(path.open("r+b" if path.exists() else "w+b"))
                file.truncate(meta.rows * width)  # what a crash left behind the last known row
                file.seek(0, os.SEEK_END)
                self._open.append(file)
            self._stack = self._stack.pop_all()

    def append(self, ids: list[int], fused: NDArray[np.float16]) -> None:
        int8 = quantise(fused)
        for file, array in zip(self._open, (np.array(ids, "<i8"), fused, int8.values, int8.scales), strict=True):
            file.write(np.ascontiguousarray(array).data)

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._stack:
            if kind is None:
                for file in self._open:
                    file.flush()
                    os.fsync(file.fileno())


def _layout(folder: Path, meta: _Meta) -> list[tuple[Path, int]]:
    """`(path, bytes per row)` of ids, float16, int8 and scales."""
    widths = {"ids": 8, "float16": 2 * meta.dimension, "int8": meta.dimension, "scales": 4}
    return [(folder / f"{name}-{meta.generation}", width) for name, width in widths.items()]


def _open(folder: Path, model_sha256: str, meta: _Meta) -> GalleryMatrix:
    shapes = ((meta.rows,), (meta.rows, meta.dimension), (meta.rows, meta.dimension), (meta.rows,))
    types = ("<i8", "<f2", "i1", "<f4")
    ids, float16, int8, scales = (
        np.memmap(path, dtype, "r", shape=shape) if meta.rows else np.empty(shape, dtype)
        for (path, _), dtype, shape in zip(_layout(folder, meta), types, shapes, strict=True)
    )
    return GalleryMatrix(model_sha256, ids, float16, Int8Matrix(int8, scales))


def _read_meta(folder: Path) -> _Meta | None:
    """None where there is nothing usable: no files, of another format, or shorter than they should be."""
    try:
        values = json.loads((folder / "meta.json").read_text())
        if not isinstance(values, dict) or values.get("format") != _FORMAT:
            return None
        meta = _Meta(**values)
        whole = all(path.stat().st_size >= meta.rows * width for path, width in _layout(folder, meta))
    except (OSError, ValueError, TypeError):
        return None
    return meta if whole else None


def _write_meta(folder: Path, meta: _Meta) -> None:
    unfinished = folder / "meta.json.new"
    with unfinished.open("w") as file:
        json.dump(asdict(meta), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, folder / "meta.json")


def _remove_older(folder: Path, meta: _Meta) -> None:
    for path in folder.iterdir():
        if path.name not in ("meta.json", "lock") and not path.name.endswith(meta.generation):
            try:
                path.unlink()
            except PermissionError:  # Windows: a search still has it mapped; the next rebuild removes it
                continue


@contextmanager
def _told_plainly(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The gallery could not be written to {cache} ({error.strerror or error}).",
            "Free some space; the folder may be deleted at any time and is made again.",
        ) from error
