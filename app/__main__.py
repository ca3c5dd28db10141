"""Start the window: it shows first, everything heavy comes when it is needed."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.tasks import Relay


def main() -> int:
    """Run the application; returns its exit status. `nightjar-window [case folder | --demo]`."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import words
    from app.preferences import Preferences

    app = QApplication(sys.argv)
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
    window.show()
    QTimer.singleShot(0, lambda: read_ahead(session.pool))  # after the first paint
    for argument in sys.argv[1:2]:
        if argument == "--demo":
            window.open_demo_in(user_data_dir() / "demo")
        elif not argument.startswith("-"):
            window.open_case(argument)
    if "NIGHTJAR_START_AND_QUIT" in os.environ:  # the benchmark of the start measures up to the first paint
        QTimer.singleShot(0, window.close)
    return app.exec()


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
