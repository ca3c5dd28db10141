"""One pack and one studio for all tests of rendered people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.shared import shared_path
from training.synthetic.assets import AssetPack, load_pack
from training.synthetic.studio import Studio


@pytest.fixture(scope="session")
def pack_folder() -> Path:
    return shared_path("makehuman")


@pytest.fixture(scope="session")
def pack(pack_folder: Path) -> AssetPack:
    return load_pack(pack_folder)


@pytest.fixture(scope="session")
def studio(pack: AssetPack) -> Studio:
    return Studio(pack)
