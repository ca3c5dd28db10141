"""The verb that finds the case's footage again where it lies now: a drive has another letter, a folder was moved."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.case import Case
from engine.errors import EvidenceError
from engine.media.files import is_folder
from engine.media.hashing import hash_file
from engine.progress import Progress, Work
from engine.store.records import EvidenceItem


@dataclass(frozen=True, slots=True)
class Moved:
    """What a look around found; `missing` lies neither where the case has it nor in that place."""

    found: tuple[EvidenceItem, ...]
    missing: tuple[EvidenceItem, ...]


def find_moved(case: Case, place: Path) -> Work[Moved]:
    """Look in the folder `place`, and in what it holds, for items that are not where the case has them.

    A file counts by its SHA-256, under whatever name; a folder of pictures by its name and its SHA-256. Files are only
    read. Where an item was before stays in the audit log. `EvidenceError` where `place` is no folder.
    """
    case.require_writable()
    if not is_folder(place):
        raise EvidenceError(f"{place} is not a folder.", "Choose the folder, or the drive, that holds the footage now.")
    absent = [item for item in case.evidence.list() if not os.path.lexists(item.path)]
    yield Progress("looking for footage", 0, len(absent), "files")
    near = _candidates(place, absent)
    found, missing = [], []
    for n, item in enumerate(absent):
        for path in near[item.id]:
            with suppress(EvidenceError):  # one that cannot be read is not it; another may be
                digest = yield from hash_file(path)
                if digest.sha256 == item.sha256:
                    case.evidence.relocate(item.id, path, digest)
                    found.append(case.evidence.get(item.id))
                    break
        else:
            missing.append(item)
        yield Progress("looking for footage", n + 1, len(absent), "files")
    return Moved(tuple(found), tuple(missing))


def _candidates(place: Path, absent: Sequence[EvidenceItem]) -> dict[int, list[Path]]:
    """Of each item, what may be it: files of its size, those of its name first, and folders of its name."""
    files: dict[int, list[EvidenceItem]] = {}
    folders: dict[str, list[EvidenceItem]] = {}
    for item in absent:
        files.setdefault(item.size, []).append(item)
        folders.setdefault(item.path.name, []).append(item)
    near: dict[int, list[Path]] = {item.id: [] for item in absent}
    for path, size in _walk(place):
        for item in folders.get(path.name, ()) if size is None else files.get(size, ()):
            near[item.id].append(path)
    for item in absent:
        own = [path for path in near[item.id] if path.name == item.path.name]
        near[item.id] = own + [path for path in near[item.id] if path.name != item.path.name]
    return near


def _walk(place: Path) -> Iterator[tuple[Path, int | None]]:
    """Every folder (the first is `place` itself), and every file with its bytes; what cannot be looked at is passed."""
    for root, folders, names in os.walk(place):
        folders.sort()
        yield Path(root), None
        for name in sorted(names):
            with suppress(OSError):
                yield Path(root, name), os.stat(os.path.join(root, name)).st_size
