"""LLCM (Zhang and Wang, CVPR 2023): low-light cross-modality people, nine cameras, each RGB and near infrared.

idx/train_vis.txt, idx/train_nir.txt hold lines of `relative/path label`; idx/test_id.txt the test identities;
test_vis/cam1..9/<id>/ and test_nir/cam1..9/<id>/ their photos.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.types import Modality
from training.data.records import Photo, Splits, hold_out, images_in
from training.data.regdb import VALIDATION_SHARE, read_list
from training.data.sysu import read_ids

CAMERAS = range(1, 10)


def recognises(root: Path) -> bool:
    """True where `root` has the layout."""
    return (root / "idx" / "train_vis.txt").is_file()


def camera_of(path: Path) -> int:
    """The camera from the folder ('cam4') or the file name ('…_c04_…'), never from a fixed character offset."""
    for text in (path.parent.parent.name, path.parent.name, path.name):
        found = re.search(r"cam_?(\d+)", text) or re.search(r"_c0*(\d+)", text)
        if found:
            return int(found[1])
    return 0


def load(root: Path, *, full_train: bool = False, trial: int = 1) -> Splits:
    """Read the lists; without `full_train` a tenth of the training people is held out for validation."""
    del trial  # one split; its ten trials are gallery draws
    listed = []
    for word, modality in (("vis", Modality.VISIBLE), ("nir", Modality.INFRARED)):
        listed += read_list(root, root / "idx" / f"train_{word}.txt", modality, 0, "train-")
    photos = [Photo(photo.path, photo.identity, camera_of(photo.path), photo.modality) for photo in listed]
    test = [
        Photo(path, f"test-{number}", camera, modality)
        for word, modality in (("vis", Modality.VISIBLE), ("nir", Modality.INFRARED))
        for camera in CAMERAS
        for number in read_ids(root / "idx" / "test_id.txt")
        for path in images_in(root / f"test_{word}" / f"cam{camera}" / f"{number:04d}")
    ]
    train, held = (tuple(photos), ()) if full_train else hold_out(photos, VALIDATION_SHARE)
    return Splits("llcm", root, train, held, tuple(test))
