"""Texts about one of several things, recorded when they are left: no button needs to be remembered."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit

from app.widgets.basic import set_role
from app.words import tr

TRIED_AGAIN = tr("It could not be saved. It is tried again whenever the field is left.")


class Kept:
    """Mixed into a field: what is typed stays with the thing it was typed for until it is recorded, also while others
    are looked at; Escape takes back what a one-line field has not recorded.

    The field has the signals `leaving(key, text)`, to be recorded now, answered by `recorded` or `refused`;
    `typed(state)`, one of `SAVED`, `TYPED`, `REFUSED` for the text on show; and `reverted(key)`.
    """

    SAVED, TYPED, REFUSED = "saved", "typed", "refused"

    def _begin(self) -> None:
        self._key: Hashable = None
        self._recorded = ""  # of the one on show
        self._typed: dict[Hashable, str] = {}
        self._asked: dict[Hashable, str] = {}  # being recorded
        self._refused: set[Hashable] = set()
        self.textChanged.connect(self._note)  # type: ignore[attr-defined]

    def turn_to(self, key: Hashable, recorded: str) -> None:
        """Show the text on `key`: as typed so far, else as recorded."""
        if key != self._key:
            self.put_away()
        self._key, self._recorded = key, recorded.strip()
        text = self._typed.get(key, self._recorded)
        if text != self._text():  # else the cursor stays where it is
            self._put(text)
        self._note()

    def put_away(self) -> None:
        """Have everything recorded that is not."""
        for key, text in list(self._typed.items()):
            if self._asked.get(key) != text:
                self._asked[key] = text
                self.leaving.emit(key, text)  # type: ignore[attr-defined]

    def recorded(self, key: Hashable, text: str) -> None:
        """The case has it."""
        self._asked.pop(key, None)
        self._refused.discard(key)
        if self._typed.get(key) == text:
            del self._typed[key]
        if key == self._key:
            self._recorded = text
            self._note()

    def refused(self, key: Hashable) -> None:
        """It could not be recorded: it stays, and is tried again."""
        self._asked.pop(key, None)
        self._refused.add(key)
        if key == self._key:
            self._note()

    def revert(self) -> None:
        """Show what is recorded instead of what is typed."""
        self._put(self._recorded)

    def forget(self) -> None:
        """What is typed is not wanted any more, here and about everything else."""
        self._typed.clear()
        self._asked.clear()
        self._refused.clear()
        self.revert()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)  # type: ignore[misc]
        self.put_away()

    def _text(self) -> str:
        raise NotImplementedError

    def _put(self, text: str) -> None:
        raise NotImplementedError

    def _note(self) -> None:
        text, key = self._text(), self._key
        if text != self._recorded:
            self._typed[key] = text
        elif self._typed.pop(key, None) is not None and key in self._refused:
            self._refused.discard(key)
            self.reverted.emit(key)  # type: ignore[attr-defined]
        state = self.SAVED if text == self._recorded else self.REFUSED if key in self._refused else self.TYPED
        self.typed.emit(state)  # type: ignore[attr-defined]


class NotesEdit(Kept, QPlainTextEdit):
    """Several lines."""

    leaving = Signal(object, str)
    typed = Signal(str)
    reverted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._begin()
        self.setTabChangesFocus(True)

    def _text(self) -> str:
        return self.toPlainText().strip()

    def _put(self, text: str) -> None:
        self.setPlainText(text)


class NameEdit(Kept, QLineEdit):
    """One line, which is never empty: an empty one is the recorded one again. Enter records it."""

    leaving = Signal(object, str)
    typed = Signal(str)
    reverted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._begin()
        self.returnPressed.connect(self.put_away)

    def put_away(self) -> None:
        if not self._text() and self._key in self._typed:
            self.revert()
        super().put_away()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self._key in self._typed:
            self.revert()
        else:
            super().keyPressEvent(event)

    def _text(self) -> str:
        return self.text().strip()

    def _put(self, text: str) -> None:
        self.setText(text)
        if not self.hasFocus():
            self.setCursorPosition(0)  # a long name is seen from its beginning


def show_state(shown: QLabel, state: str, how: str = "") -> None:
    """Say of a field's text whether it is recorded; `how` tells what else can be done where it could not be."""
    words = {Kept.SAVED: "", Kept.TYPED: tr("not saved yet"), Kept.REFUSED: tr("not saved")}
    shown.setText(words[state])
    set_role(shown, "warning" if state == Kept.REFUSED else "quiet")
    shown.setToolTip(f"{TRIED_AGAIN} {how}".strip() if state == Kept.REFUSED else "")
