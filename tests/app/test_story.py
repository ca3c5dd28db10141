"""From the start page to a subject and back after a restart, in a real window, by mouse and by keyboard alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings import resources_dir
from tests.helpers.xserver import x_display

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the test starts an X server"),
    pytest.mark.skipif(not (resources_dir() / "demo" / "demo.json").is_file(), reason="needs the demo footage"),
]


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_the_whole_story(how: str, tmp_path: Path) -> None:
    with x_display() as display:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
        environment.update(DISPLAY=display, QT_QPA_PLATFORM="xcb", NIGHTJAR_HOME=str(tmp_path / "home"))
        command = [sys.executable, "-m", "tests.helpers.story", how, str(tmp_path)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert told.returncode == 0, told.stderr[-4000:]
    assert told.stdout.strip().endswith("told")
