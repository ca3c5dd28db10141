"""OpenCV's wheels bring Qt 5 plugins and point Qt at them by environment variables when cv2 is imported.

PySide6 must open a real window on X11 all the same, with the same pixels (text included) as without OpenCV.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.xserver import x_display

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and these plugins are Linux's")

WINDOW = """
import sys
when, picture = sys.argv[1:]
def opencv(now):
    if when == now:
        import cv2, numpy
        cv2.GaussianBlur(numpy.zeros((9, 9), numpy.uint8), (3, 3), 1)
opencv("before PySide6")
from PySide6.QtWidgets import QApplication, QLabel
opencv("before the application")
application = QApplication([])
opencv("before the window")
label = QLabel("Candidates, never identifications")
label.setStyleSheet("background: #204060; color: white; font-size: 20px")
label.resize(400, 120)
label.show()
from PySide6.QtTest import QTest
assert QTest.qWaitForWindowExposed(label), "the window never appeared"
QTest.qWait(100)
assert application.platformName() == "xcb", application.platformName()
seen = label.screen().grabWindow(label.winId())  # what the X server shows, not what the widget would paint
assert seen.toImage().pixelColor(5, 5).name() == "#204060", seen.toImage().pixelColor(5, 5).name()
assert seen.save(picture, "PNG")
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with x_display("800x600x24") as name:
        yield name


def _window(display: str, when: str, picture: Path) -> bytes:
    qt = {name for name in os.environ if name.startswith("QT_")}
    environment = {name: value for name, value in os.environ.items() if name not in qt}
    environment.update(DISPLAY=display, QT_QPA_PLATFORM="xcb")
    command = [sys.executable, "-c", WINDOW, when, str(picture)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return picture.read_bytes()


@pytest.mark.parametrize("when", ["before PySide6", "before the application", "before the window"])
def test_a_real_window_opens_whenever_opencv_is_imported(display: str, when: str, tmp_path: Path) -> None:
    without = _window(display, "never", tmp_path / "without.png")
    assert _window(display, when, tmp_path / "with.png") == without
