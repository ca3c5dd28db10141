"""Every test has its own home, so that no model, default or cached graph of this machine is seen."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("NIGHTJAR_HOME", str(folder))
    return folder
