"""Nightjar site folders: a site's own labelled people.

    ir/<camera>/<identity>/*.jpg      rgb/<camera>/<identity>/*.jpg

Cameras and identities are any folder names; cameras are numbered in the order of their sorted names.
"""

from __future__ import annotations

from pathlib import Path

from engine.types import Modality
from training.data.records import Photo, Splits, hold_out, images_in

VALIDATION_SHARE = 0.1
TEST_SHARE = 0.2


def recognises(root: Path) -> bool:
    """True where `root` has the layout."""
    return all((root / modality.value).is_dir() for modality in Modality)


def load(root: Path, *, full_train: bool = False, trial: int = 1) -> Splits:
    """All people of the site, split by identity with a draw that depends on their names and `trial` only."""
    folders = {modality: sorted(p for p in (root / modality.value).iterdir() if p.is_dir()) for modality in Modality}
    numbers = {name: n for n, name in enumerate(sorted({p.name for group in folders.values() for p in group}), 1)}
    photos = [
        Photo(path, person.name, numbers[camera.name], modality)
        for modality, cameras in folders.items()
        for camera in cameras
        for person in sorted(p for p in camera.iterdir() if p.is_dir())
        for path in images_in(person)
    ]
    rest, test = hold_out(photos, TEST_SHARE, seed=trial)
    train, held = (rest, ()) if full_train else hold_out(rest, VALIDATION_SHARE, seed=trial)
    return Splits("site", root, train, held, test)
