"""The one interface to labelled data: photos of people, split by identity."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.types import Modality

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True, slots=True, order=True)
class Photo:
    """One crop of one person; `identity` is the set's own name for the person, `camera` its own number."""

    path: Path
    identity: str
    camera: int
    modality: Modality


@dataclass(frozen=True, slots=True)
class Splits:
    """A labelled set: no identity stands in two splits.

    `train` teaches, `validation` chooses the best epoch, `test` is looked at only by `evaluate`.
    `layout` names the format ('sysu', 'regdb', 'llcm', 'site') and with it the evaluation protocol.
    """

    layout: str
    root: Path
    train: tuple[Photo, ...]
    validation: tuple[Photo, ...]
    test: tuple[Photo, ...]

    def __post_init__(self) -> None:
        people = [identities(split) for split in (self.train, self.validation, self.test)]
        shared = (people[0] & people[1]) | (people[0] & people[2]) | (people[1] & people[2])
        if shared:
            raise ValueError(f"identities stand in two splits: {sorted(shared)[:5]}")

    @property
    def photos(self) -> tuple[Photo, ...]:
        return self.train + self.validation + self.test


def identities(photos: Iterable[Photo]) -> set[str]:
    """The people in `photos`."""
    return {photo.identity for photo in photos}


def of_modality(photos: Iterable[Photo], modality: Modality) -> list[Photo]:
    """The photos of one modality, in order."""
    return [photo for photo in photos if photo.modality is modality]


def by_identity(photos: Iterable[Photo]) -> dict[str, list[Photo]]:
    """Photos grouped by person, people sorted by name."""
    groups: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[photo.identity].append(photo)
    return dict(sorted(groups.items()))


def hold_out(photos: Iterable[Photo], share: float, seed: int = 0) -> tuple[tuple[Photo, ...], tuple[Photo, ...]]:
    """(kept, held out): `share` of the identities, drawn by `seed` from the sorted names, at least one if two exist."""
    groups = by_identity(photos)
    names = list(groups)
    count = 0 if len(names) < 2 else max(1, round(share * len(names)))
    chosen = {names[i] for i in np.random.default_rng(seed).permutation(len(names))[:count]}
    kept = tuple(photo for name in names if name not in chosen for photo in groups[name])
    held = tuple(photo for name in names if name in chosen for photo in groups[name])
    return kept, held


def images_in(folder: Path) -> list[Path]:
    """The image files directly in `folder`, sorted by name; empty where the folder does not exist."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)


def fingerprint(root: Path, photos: Iterable[Photo], report: Callable[[int], None] | None = None) -> str:
    """SHA-256 over the sorted `relative path NUL content-sha256 LF` list of `photos`: what a model was made from."""
    digest = hashlib.sha256()
    for count, path in enumerate(sorted({photo.path for photo in photos}), start=1):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
        if report is not None:
            report(count)
    return digest.hexdigest()
