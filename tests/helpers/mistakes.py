"""The program as it starts, with mistakes put in: in a slot, in a thread and in every painting of the window.

    python -m tests.helpers.mistakes

Prints what the strip over the page says in the end, and closes the window.
"""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent

import app.__main__
from app import shell
from app.session import Session


class Breaking(shell.Window):
    """Breaks for as long as `broken`."""

    broken = False

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        for delay, act in ((200, self._break), (300, self._slot), (900, self._mend), (1000, self._finish)):
            QTimer.singleShot(delay, self, act)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self.broken:
            raise ValueError("while painting")

    def _break(self) -> None:
        self.broken = True
        for n in range(20):
            QTimer.singleShot(20 * n, self, self.update)
        threading.Thread(target=self._thread).start()

    def _slot(self) -> None:
        raise KeyError("in a slot")

    def _thread(self) -> None:
        raise IndexError("in a thread")

    def _mend(self) -> None:
        self.broken = False

    def _finish(self) -> None:
        print(self._notice._text.text())
        self.close()


if __name__ == "__main__":
    shell.Window = Breaking  # type: ignore[misc]
    sys.exit(app.__main__.main())
