"""Dialogs opened and closed by the keys of a real X server without a window manager. Run as a program:

    python -m tests.helpers.dialogs CASE FOLDER

After each dialog the keys must work as before it. Prints what was tried.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

from app import tasks, theme
from app.garbage import GarbageKeeper
from app.operations import cases
from app.preferences import Preferences
from app.session import Session
from app.shell import Window

PATIENCE = 30.0
PAGE_KEYS = {"footage": "ctrl+2", "review": "ctrl+3", "search": "ctrl+5", "subjects": "ctrl+6", "report": "ctrl+7"}
# Page, key of the dialog, and the key that closes it.
DIALOGS = (
    ("footage", "question", "Escape"),
    ("footage", "ctrl+n", "Escape"),
    ("review", "ctrl+o", "Escape"),
    ("subjects", "F2", "Escape"),
    ("subjects", "F2", "Return"),
    ("subjects", "ctrl+m", "Escape"),
    ("subjects", "shift+p", "Escape"),
    ("footage", "ctrl+shift+a", "Escape"),
    ("review", "m", "ctrl+Return"),
    ("review", "F2", "Escape"),
    ("review", "ctrl+g", "Escape"),
    ("review", "ctrl+g", "Return"),
    ("review", "ctrl+e", "Escape"),
    ("footage", "ctrl+shift+f", "Escape"),
)


class Typist:
    """Presses keys and clicks as a person would: the X server alone decides who hears them."""

    def __init__(self, app: QApplication, window: Window) -> None:
        self.app, self.window = app, window
        self.problems: list[str] = []
        window.session.failed.connect(lambda error: self.problems.append(repr(error)))
        tasks.set_reporter(lambda error: self.problems.append(repr(error)))

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            focus = self.app.focusWidget()
            assert not self.problems, self.problems
            assert time.monotonic() < end, f"{what} never came; page {self.window.current}, focus on {focus}"
            self.app.processEvents()
            time.sleep(0.005)

    def xdotool(self, *words: str) -> None:
        # Waited for with events going on: a key's event must not sit behind the call that sends it.
        child = subprocess.Popen(["xdotool", *words])
        self.until(lambda: child.poll() is not None, "xdotool")

    def press(self, key: str) -> None:
        self.xdotool("key", key)

    def click(self, widget: Any) -> None:
        at: QPoint = widget.mapToGlobal(widget.rect().center())
        self.xdotool("mousemove", str(at.x()), str(at.y()), "click", "1")

    def go(self, page: str) -> None:
        self.press(PAGE_KEYS[page])
        self.until(lambda: self.window.current == page, f"the page {page} by {PAGE_KEYS[page]}")

    def through(self, page: str, key: str, close: str) -> None:
        """Open a dialog and close it; its page's main view is as before, and another page is a key away."""
        self.go(page)
        self.until(lambda: self.app.focusWidget() is not None, f"the focus on {page}")
        before = self.app.focusWidget()
        with self.closing(close, key):
            self.press(key)
        self.until(lambda: self.app.focusWidget() is before, f"the focus on {before} again after {key}")
        self.go("report")
        print(page, key, close, flush=True)

    @contextmanager
    def closing(self, close: str, opened_by: str) -> Iterator[None]:
        """What is done in the block opens a dialog, which is closed by a key. The dialog's own loop of events runs
        inside ours, so a timer watches for it."""
        closers: list[subprocess.Popen[bytes]] = []

        def look() -> None:
            if not closers and isinstance(self.app.activeWindow(), QDialog):
                closers.append(subprocess.Popen(["xdotool", "key", close]))

        watch = QTimer(interval=50)
        watch.timeout.connect(look)
        watch.start()
        yield
        self.until(lambda: closers and self.app.activeModalWidget() is None, f"and went the dialog of {opened_by}")
        watch.stop()
        closers[0].wait()


def _tell(typist: Typist) -> None:
    window = typist.window
    typist.until(lambda: window.session.is_open and typist.app.activeWindow() is window, "a window with the keyboard")
    case = window.session.case
    assert case is not None
    case.subjects.add(case.subjects.create("Walker").id, [case.tracklets.list()[0].id])
    typist.go("subjects")
    subjects: Any = window.page("subjects")
    typist.until(lambda: subjects.view is not None, "the subject")
    typist.go("review")
    review: Any = window.page("review")
    typist.until(lambda: review.feed.current is not None, "a frame")
    for page, key, close in DIALOGS:
        typist.through(page, key, close)
    typist.go("subjects")
    split = next(b for b in subjects.header.findChildren(QPushButton) if b.text().startswith("Split"))
    with typist.closing("Escape", "the button Split"):
        typist.click(split)
    typist.until(subjects.list.hasFocus, "the focus on the main view after a click on a button")
    was_map = subjects.way.map.isVisible()
    typist.press("m")
    typist.until(lambda: subjects.way.map.isVisible() is not was_map, "the map or the lanes by the key M")
    print("told")


def main() -> int:
    case, folder = Path(sys.argv[1]), Path(sys.argv[2])
    app = QApplication(sys.argv[:1])
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    theme.load_fonts()
    theme.apply(app, "dark")
    session = Session(Preferences(folder / "window.ini"))
    session.preferences.set("examiner", "A. Examiner")
    GarbageKeeper(session)
    window = Window(session)
    window.resize(1440, 900)
    window.show()
    cases.open_case(session, case, "A. Examiner")
    _tell(Typist(app, window))
    window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
