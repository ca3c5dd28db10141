"""The files of a gallery matrix in `cache/`: appended to, never rewritten, each piece with its digest.

`meta.json` is replaced at the end of an append, so a reader never sees half a row and a crash costs one rebuild at
most. The digests show a file that was changed by other means; whether they are the database's own is for `verify`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engine.progress import Progress, Work

FORMAT = 2
MARK_BYTES = 32
_CHUNK_BYTES = 16 << 20
_TYPES = ("<i8", "<f2", "i1", "<f4", "u1")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one append wrote: so many rows, and the SHA-256 of what went into each file, in the order of `layout`."""

    rows: int
    sha256: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meta:
    """What the files hold. The counters and the last tracklet's digest tell whether the case has moved on."""

    format: int
    generation: str
    dimension: int
    rows: int
    vectors: int
    removed: int
    last_id: int
    last_digest: str
    pieces: tuple[Piece, ...] = ()


class Appending:
    """The data files of one generation, opened for appending after the rows that `meta` knows of."""

    def __init__(self, folder: Path, meta: Meta) -> None:
        self._stack = ExitStack()
        self._open: list[BinaryIO] = []
        self._hashes = [hashlib.sha256() for _ in _TYPES]
        self.rows = 0
        with self._stack:
            for path, width in layout(folder, meta):
                file = self._stack.enter_context(path.open("r+b" if path.exists() else "w+b"))
                file.truncate(meta.rows * width)  # what a crash left behind the last known row
                file.seek(0, os.SEEK_END)
                self._open.append(file)
            self._stack = self._stack.pop_all()

    def append(self, *arrays: np.ndarray) -> None:
        """Rows for each file, in the order of `layout`."""
        for file, digest, array, kind in zip(self._open, self._hashes, arrays, _TYPES, strict=True):
            data = np.ascontiguousarray(array, kind).data
            file.write(data)
            digest.update(data)
        self.rows += len(arrays[0])

    @property
    def piece(self) -> Piece:
        """What was appended so far."""
        return Piece(self.rows, tuple(digest.hexdigest() for digest in self._hashes))

    def __enter__(self) -> Appending:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._stack:
            if kind is None:
                for file in self._open:
                    file.flush()
                    os.fsync(file.fileno())


def layout(folder: Path, meta: Meta) -> list[tuple[Path, int]]:
    """`(path, bytes per row)` of ids, float16, int8, scales and marks."""
    widths = {"ids": 8, "float16": 2 * meta.dimension, "int8": meta.dimension, "scales": 4, "marks": MARK_BYTES}
    return [(folder / f"{name}-{meta.generation}", width) for name, width in widths.items()]


def arrays(folder: Path, meta: Meta) -> list[np.ndarray]:
    """The files as read-only arrays in the order of `layout`, memory-mapped where there is a row."""
    shapes = ((), (meta.dimension,), (meta.dimension,), (), (MARK_BYTES,))
    return [
        np.memmap(path, kind, "r", shape=(meta.rows, *shape)) if meta.rows else np.empty((0, *shape), kind)
        for (path, _), kind, shape in zip(layout(folder, meta), _TYPES, shapes, strict=True)
    ]


Stamp = tuple[tuple[str, int, int], ...]


def stamp(folder: Path, meta: Meta) -> Stamp:
    """Name, size and time of change of each file: whether somebody wrote to them since, as far as a look can tell."""
    found = ((path, path.stat()) for path, _ in layout(folder, meta))
    return tuple((path.name, status.st_size, status.st_mtime_ns) for path, status in found)


def check(folder: Path, meta: Meta) -> Work[bool]:
    """Whether the files still hold what was written to them."""
    if sum(piece.rows for piece in meta.pieces) != meta.rows:
        return False
    first = 0
    for piece in meta.pieces:
        yield Progress("checking the gallery", first, meta.rows, "tracklets")
        for (path, width), digest in zip(layout(folder, meta), piece.sha256, strict=True):
            found = yield from _hash(path, first * width, piece.rows * width)
            if found != digest:
                return False
        first += piece.rows
    return True


def _hash(path: Path, start: int, length: int) -> Work[str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        while length and (data := file.read(min(length, _CHUNK_BYTES))):
            digest.update(data)
            length -= len(data)
            yield Progress("checking the gallery", 0)
    return digest.hexdigest()


def read_meta(folder: Path) -> Meta | None:
    """None where there is nothing usable: no files, of another format, or shorter than they should be."""
    try:
        values: Any = json.loads((folder / "meta.json").read_text())
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            return None
        pieces = tuple(Piece(each["rows"], tuple(each["sha256"])) for each in values.pop("pieces"))
        meta = Meta(**values, pieces=pieces)
        whole = meta.generation.isalnum() and all(
            path.stat().st_size >= meta.rows * width for path, width in layout(folder, meta)
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return meta if whole else None


def write_meta(folder: Path, meta: Meta) -> None:
    """Say what the files hold, all at once."""
    unfinished = folder / "meta.json.new"
    with unfinished.open("w") as file:
        json.dump(asdict(meta), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, folder / "meta.json")


def remove_older(folder: Path, meta: Meta) -> None:
    """Remove the files of earlier generations."""
    for path in _strangers(folder, meta):
        try:
            path.unlink()
        except PermissionError:  # Windows: a search still has it mapped; the next rebuild removes it
            continue


def _strangers(folder: Path, meta: Meta) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name not in ("meta.json", "lock") and not path.name.endswith(meta.generation):
            yield path
