"""Start the window: it shows first, everything heavy comes when it is needed."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from engine import __version__

if TYPE_CHECKING:
    from app.tasks import Relay


def main() -> int:
    """Run the application; returns its exit status."""
    _options(sys.argv[1:])  # '--help' is answered without a screen
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import words
    from app.preferences import Preferences

    app = QApplication(["nightjar", *sys.argv[1:]])  # desktops name the window by the first
    asked = _options(app.arguments()[1:])  # Qt has taken its own and their values
    preferences = Preferences()
    words.install_translation(app, preferences.language)

    from app import crash, tasks, theme
    from app.garbage import GarbageKeeper
    from app.readahead import read_ahead
    from app.session import Session
    from app.shell import Window
    from engine.settings import user_data_dir

    logging.getLogger().addHandler(crash.memory_log)
    app.setApplicationName("Nightjar")
    app.setDesktopFileName("nightjar")
    install_hooks(tasks.Relay(app), tasks.report)
    theme.load_fonts()
    theme.apply(app, preferences.theme)
    session = Session(preferences)
    GarbageKeeper(session)
    window = Window(session)
    room = window.screen().availableSize()
    if window.width() >= room.width() or window.height() >= room.height():
        window.showMaximized()  # else its edges would lie outside of a small screen
    else:
        window.show()
    QTimer.singleShot(0, lambda: read_ahead(session.pool))  # after the first paint
    if asked.demo:
        window.open_demo_in(user_data_dir() / "demo")
    elif asked.case:
        window.open_case(asked.case)
    if "NIGHTJAR_START_AND_QUIT" in os.environ:  # the benchmark of the start measures up to the first paint
        QTimer.singleShot(0, window.close)
    return app.exec()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "nightjar-window",
        description="Nightjar's window: from a person in night footage to candidates in daytime footage.",
        epilog="For work without a screen: nightjar --help.",
        allow_abbrev=False,
    )
    parser.add_argument("case", nargs="?", help="folder of the case to open (default: the start page)")
    parser.add_argument("--demo", action="store_true", help="open the demo case, in the user's own folder")
    parser.add_argument("--version", action="version", version=f"Nightjar {__version__}")
    return parser.parse_known_args(arguments)[0]  # the others are Qt's


def install_hooks(relay: Relay, report: Callable[[Exception], None]) -> None:
    """Send uncaught exceptions of any thread to the crash report instead of the terminal alone."""
    from app import crash

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            sys.__excepthook__(kind, error, trace)
        if isinstance(error, Exception):
            crash.record(error)
            # A painter in a frame that the traceback keeps alive would still be painting when Qt shows the picture.
            traceback.clear_frames(trace)
            relay.posted.emit(lambda: report(error))  # on the GUI thread, after what is being painted

    sys.excepthook = tell
    threading.excepthook = lambda args: tell(args.exc_type, args.exc_value, args.exc_traceback)


if __name__ == "__main__":
    sys.exit(main())
