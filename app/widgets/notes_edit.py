"""Notes about one of several things, recorded when they are left: no button needs to be remembered."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit


class NotesEdit(QPlainTextEdit):
    """What is typed stays with the thing it was typed for until it is recorded, also while others are looked at."""

    leaving = Signal(object, str)  # key, text: to be recorded now; `recorded` or `refused` is the answer
    typed = Signal(bool)  # whether the text on show is not recorded yet

    def __init__(self) -> None:
        super().__init__()
        self._key: Hashable = None
        self._recorded = ""  # of the one on show
        self._typed: dict[Hashable, str] = {}
        self._asked: dict[Hashable, str] = {}  # being recorded
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._note)

    def turn_to(self, key: Hashable, recorded: str) -> None:
        """Show the notes on `key`: as typed so far, else as recorded."""
        if key != self._key:
            self.put_away()
        self._key, self._recorded = key, recorded.strip()
        text = self._typed.get(key, self._recorded)
        if text != self._text():  # else the cursor stays where it is
            self.setPlainText(text)
        self._note()

    def put_away(self) -> None:
        """Have everything recorded that is not."""
        for key, text in list(self._typed.items()):
            if self._asked.get(key) != text:
                self._asked[key] = text
                self.leaving.emit(key, text)

    def recorded(self, key: Hashable, text: str) -> None:
        """The case has it."""
        self._asked.pop(key, None)
        if self._typed.get(key) == text:
            del self._typed[key]
        if key == self._key:
            self._recorded = text
            self._note()

    def refused(self, key: Hashable) -> None:
        """It could not be recorded: it stays, and is tried again."""
        self._asked.pop(key, None)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.put_away()

    def _text(self) -> str:
        return self.toPlainText().strip()

    def _note(self) -> None:
        text = self._text()
        if text == self._recorded:
            self._typed.pop(self._key, None)
        else:
            self._typed[self._key] = text
        self.typed.emit(text != self._recorded)
