"""Keys after dialogs, by a real X server's events. Qt's offscreen platform always gives the focus back by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.shell import Window
from tests.app.conftest import Wait
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


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.parametrize("letter", ["F", "E", "V", "C", "T", "H"])
def test_a_menu_opens_by_alt_and_its_letter(opened: Window, until: Wait, letter: str) -> None:
    opened.activateWindow()
    until(opened.isActiveWindow)
    QTest.keyClick(opened, Qt.Key[f"Key_{letter}"], Qt.KeyboardModifier.AltModifier)
    until(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.title().replace("&", "").startswith(letter)
    menu.close()
