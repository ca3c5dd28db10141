"""SYSU-MM01 (Wu et al., ICCV 2017) and Nightjar's rendered sets, which use its layout.

cam1..cam6/<4-digit id>/<number>.jpg       cameras 3 and 6 are IR, the others RGB
exp/train_id.txt, val_id.txt, test_id.txt  one line of identity numbers, separated by commas
exp/rand_perm_cam.mat                      the official gallery draws
"""

from __future__ import annotations

from pathlib import Path

from engine.types import Modality
from training.data.records import Photo, Splits, images_in
from training.faults import DataError

INFRARED_CAMERAS = (3, 6)
CAMERAS = (1, 2, 3, 4, 5, 6)


def recognises(root: Path) -> bool:
    """True where `root` has the layout."""
    return (root / "exp" / "train_id.txt").is_file() and any((root / f"cam{camera}").is_dir() for camera in CAMERAS)


def read_ids(path: Path) -> list[int]:
    """Identity numbers of one list file; empty where it does not exist."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="ascii", errors="replace").replace("\n", ",")
    try:
        return [int(entry) for entry in text.split(",") if entry.strip()]
    except ValueError as error:
        raise DataError(
            f"{path} is not a list of identity numbers separated by commas ({error}).", "Copy the file again."
        ) from error


def photos_of(root: Path, numbers: list[int]) -> tuple[Photo, ...]:
    """All photos of the identities `numbers`, by camera, identity and file name."""
    return tuple(
        Photo(path, f"{number:04d}", camera, Modality.INFRARED if camera in INFRARED_CAMERAS else Modality.VISIBLE)
        for camera in CAMERAS
        for number in sorted(numbers)
        for path in images_in(root / f"cam{camera}" / f"{number:04d}")
    )


def load(root: Path, *, full_train: bool = False, trial: int = 1) -> Splits:
    """Read the lists and folders. `full_train` joins validation to training, as published figures do."""
    del trial  # SYSU-MM01 has one split; its ten trials are gallery draws
    train, validation, test = (read_ids(root / "exp" / f"{name}_id.txt") for name in ("train", "val", "test"))
    if full_train:
        train, validation = train + validation, []
    return Splits("sysu", root, photos_of(root, train), photos_of(root, validation), photos_of(root, test))
