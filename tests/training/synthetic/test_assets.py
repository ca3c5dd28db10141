"""A pack that is missing, incomplete or damaged is told in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from training.synthetic.assets import AssetError, AssetPack, load_pack


def test_a_folder_without_a_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no body and clothes pack") as caught:
        load_pack(tmp_path / "nowhere")
    assert "--makehuman" in caught.value.hint


@pytest.mark.parametrize("victim", ["base.npz", "targets.npz", "part_shoes01.npz", "parts.json"])
def test_a_damaged_file_is_told(pack_folder: Path, tmp_path: Path, victim: str) -> None:
    copy = tmp_path / "pack"
    shutil.copytree(pack_folder, copy, copy_function=_link, ignore=shutil.ignore_patterns("tex"))
    (copy / victim).unlink()
    (copy / victim).write_bytes(b"PK\x03\x04 but not for long")
    with pytest.raises(AssetError, match="damaged"):
        load_pack(copy)


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def test_a_missing_texture_is_told(pack: AssetPack, tmp_path: Path) -> None:
    lonely = AssetPack(**{**pack.__dict__, "folder": tmp_path, "texture_names": ["shoes01.jpg"]})
    with pytest.raises(AssetError, match=r"shoes01\.jpg"):
        _ = lonely.textures


def test_garments_follow_the_body(pack: AssetPack) -> None:
    part = pack.parts["shoes01"]
    lifted = pack.vertices + np.array([0, 2, 0], np.float32)
    assert np.allclose(part.fit(lifted), part.fit(pack.vertices) + np.array([0, 2, 0]), atol=1e-4)
