"""Keys after dialogs, by a real X server's events. Qt's offscreen platform always gives the focus back by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.shell import Window
from tests.helpers.xserver import x_display


@pytest.mark.skipif(not shutil.which("xdotool"), reason="needs xdotool")
def test_every_key_works_after_a_dialog_where_no_window_manager_gives_the_keyboard_back(
    case_folder: Path, tmp_path: Path
) -> None:
    with x_display() as display:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
        environment.update(DISPLAY=display, QT_QPA_PLATFORM="xcb", NIGHTJAR_HOME=str(tmp_path / "home"))
        command = [sys.executable, "-m", "tests.helpers.dialogs", str(case_folder), str(tmp_path)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150, check=False)
    assert told.returncode == 0, told.stdout + told.stderr[-4000:]
    assert told.stdout.strip().endswith("told")


def test_an_empty_page_does_not_leave_the_keyboard_to_what_is_hidden(opened: Window) -> None:
    page = opened.show_page("subjects")
    focused = opened.focusWidget()
    assert page is not None
    assert focused is not None
    assert focused.isVisible()
    assert page is focused or page.isAncestorOf(focused)
