"""SHA-256 of evidence, read once from beginning to end, noticing a file that changes meanwhile."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EvidenceChangedError
from engine.media.files import is_folder, name_of, open_evidence, unreadable
from engine.progress import Progress, Work

CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class FileDigest:
    """`sha256` as 64 lower-case hexadecimal digits; `size` in bytes (of a folder: of its pictures together)."""

    sha256: str
    size: int

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError("a SHA-256 is 64 lower-case hexadecimal digits")


def hash_file(path: Path | str) -> Work[FileDigest]:
    """SHA-256 (FIPS 180-4) of a file; of a folder, of its sorted `name NUL sha256 LF` lines.

    Of a folder the pictures directly in it count, by name in UTF-8 byte order. Raises `EvidenceError` where reading
    fails and `EvidenceChangedError` where a file changes while it is read.
    """
    path = Path(path)
    if not is_folder(path):
        total = path.stat().st_size if path.is_file() else None
        return (yield from _hash_one(path, 0, total))
    from engine.media.images import pictures_in

    pictures = sorted(pictures_in(path), key=lambda each: os.fsencode(each.name))
    total = sum(each.stat().st_size for each in pictures)
    whole, done = hashlib.sha256(), 0
    for each in pictures:
        digest = yield from _hash_one(each, done, total)
        done += digest.size
        whole.update(os.fsencode(each.name) + b"\0" + digest.sha256.encode("ascii") + b"\n")
    if [each.name for each in pictures] != [
        each.name for each in sorted(pictures_in(path), key=lambda each: os.fsencode(each.name))
    ]:
        raise EvidenceChangedError(f"Pictures were added to or removed from {name_of(path)} while it was read.")
    return FileDigest(whole.hexdigest(), done)


Stamp = tuple[tuple[str, int, int], ...]


def stamp(path: Path) -> Stamp:
    """Name, size and modification time of each file that `hash_file` would read: shows cheaply that somebody writes.

    Not the inode or change time, which some file systems and virus scanners alter while the content stays; a
    hash before and one after are the proof. Raises `EvidenceError` where a file is gone.
    """
    from engine.media.images import pictures_in

    try:
        found = [(each, each.stat()) for each in (pictures_in(path) if is_folder(path) else [path])]
    except OSError as error:
        raise unreadable(path, error) from error
    return tuple((each.name, status.st_size, status.st_mtime_ns) for each, status in found)


def check_size(path: Path, size: int) -> None:
    """A look at what was registered with `size` bytes, without reading it: as cheap as it is incomplete.

    Raises `EvidenceChangedError` where the size is another one, `EvidenceError` where nothing is there any more.
    """
    if not is_folder(path):
        with open_evidence(path) as file:
            found = os.fstat(file.fileno()).st_size
    else:
        from engine.media.images import pictures_in

        found = sum(each.stat().st_size for each in pictures_in(path))
    if found != size:
        raise EvidenceChangedError(
            f"{name_of(path)} is not the file that was registered: it has {found} bytes now and had {size}.",
            "Restore the original file; what the case holds of it is kept.",
        )


def _hash_one(path: Path, before: int, total: int | None) -> Work[FileDigest]:
    digest, size = hashlib.sha256(), 0
    with open_evidence(path) as file:
        at_first = _state(os.fstat(file.fileno()))
        while True:
            try:
                chunk = file.read(CHUNK_BYTES)
            except OSError as error:
                raise unreadable(path, error) from error
            if not chunk:
                break
            digest.update(chunk)
            size += len(chunk)
            yield Progress("hashing", before + size, total, "bytes", path.name)
        at_last = _state(os.fstat(file.fileno()))
    if at_first != at_last or size != at_first[0]:
        raise EvidenceChangedError(
            f"{name_of(path)} changed while it was being read.", "Wait until nothing writes to it any more."
        )
    return FileDigest(digest.hexdigest(), size)


def _state(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
