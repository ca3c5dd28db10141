"""RegDB (Nguyen et al., Sensors 2017): 412 people, 10 RGB and 10 thermal images each, ten fixed splits.

idx/{train,test}_{visible,thermal}_{1..10}.txt hold lines of `relative/path label`.
"""

from __future__ import annotations

from pathlib import Path

from engine.types import Modality
from training.data.records import Photo, Splits, hold_out
from training.faults import DataError

VALIDATION_SHARE = 0.1
LISTS = {"visible": (Modality.VISIBLE, 1), "thermal": (Modality.INFRARED, 2)}


def recognises(root: Path) -> bool:
    """True where `root` has the layout."""
    return (root / "idx" / "train_visible_1.txt").is_file()


def read_list(root: Path, path: Path, modality: Modality, camera: int, prefix: str) -> list[Photo]:
    """The photos named in one list; identities get `prefix`, since train and test labels both start at 0."""
    if not path.is_file():
        raise DataError(f"{path} is missing.", "RegDB needs idx/{train,test}_{visible,thermal}_{1..10}.txt.")
    photos = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        parts = line.rsplit(maxsplit=1)
        if not parts:
            continue
        if len(parts) != 2:
            raise DataError(f"{path}, line {number}: expected 'relative/path label', found '{line}'.", "Copy it again.")
        photos.append(Photo(root / parts[0], prefix + parts[1], camera, modality))
    return photos


def load(root: Path, *, full_train: bool = False, trial: int = 1) -> Splits:
    """Read split number `trial`; without `full_train` a tenth of the training people is held out for validation."""

    def part(name: str) -> tuple[Photo, ...]:
        return tuple(
            photo
            for word, (modality, camera) in LISTS.items()
            for photo in read_list(root, root / "idx" / f"{name}_{word}_{trial}.txt", modality, camera, f"{name}-")
        )

    train, held = (part("train"), ()) if full_train else hold_out(part("train"), VALIDATION_SHARE)
    return Splits("regdb", root, train, held, part("test"))
