"""The program as it starts, with mistakes put in: in a slot, in a thread and in every painting of the window.

    python -m tests.helpers.mistakes

Prints what the strip over the page says in the end, and closes the window.
"""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent

import app.__main__
from app import shell
from app.session import Session


class Breaking(shell.Window):
    """Breaks a few times in a row, then closes."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._broken = self._paintings = 0
        QTimer.singleShot(200, self, self._thread_and_slot)
        self._again = QTimer(self)
        self._again.timeout.connect(self._paint_again)
        self._again.start(30)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)  # alive while the exception is: Qt must not find it there when the picture is done
        painter.fillRect(0, 0, 10, 10, "black")
        self._paintings += 1
        if 1 < self._paintings <= 5:
            raise ValueError("while painting")

    def _paint_again(self) -> None:
        if self._paintings > 8 and self._broken == 2:
            self._again.stop()
            print(self.messages.fault._text.text())
            self.close()
        self.update()

    def _thread_and_slot(self) -> None:
        thread = threading.Thread(target=self._thread)
        thread.start()
        thread.join()
        self._broken += 1
        raise KeyError("in a slot")

    def _thread(self) -> None:
        self._broken += 1
        raise IndexError("in a thread")


if __name__ == "__main__":
    shell.Window = Breaking  # type: ignore[misc]
    sys.exit(app.__main__.main())
