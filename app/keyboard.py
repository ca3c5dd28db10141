"""The keyboard comes back to the window, and to its page's main view, when a dialog has closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

if TYPE_CHECKING:
    from app.shell import Window


class KeyboardReturn(QObject):
    """A window manager gives the keyboard to the window under a dialog that closes. Where there is none (a bare X
    server) nobody has it then, and no key does anything: so the window asks for it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._dialogs = 0  # in sight when one of them had the keyboard
        self._soon = QTimer(self, singleShot=True, interval=0)  # a dialog that closes is hidden by then
        self._soon.timeout.connect(self._look)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        # Not focusWindowChanged: Qt does not say it of the focus that a closing window leaves to nobody.
        app.focusChanged.connect(self._moved)
        QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        if QApplication.activeWindow() is None:
            self._window.activateWindow()

    def _moved(self) -> None:
        self._soon.start()

    def _look(self) -> None:
        active, in_sight = QApplication.activeWindow(), _dialogs_in_sight()
        if isinstance(active, QDialog):
            self._dialogs = in_sight
        elif in_sight < self._dialogs:
            if active is None:
                (QApplication.activeModalWidget() or self._window).activateWindow()
            elif active is self._window:
                self._dialogs = in_sight
                self._settle()

    def _settle(self) -> None:
        """A button that opened a dialog was clicked for that only: the keys belong to the main view again."""
        page = self._window.pages.get(self._window.current)
        if page is not None and (page.has_main_view and isinstance(QApplication.focusWidget(), QPushButton)):
            page.take_keyboard()


def _dialogs_in_sight() -> int:
    return sum(isinstance(each, QDialog) and each.isVisible() for each in QApplication.topLevelWidgets())
