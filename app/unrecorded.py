"""What was typed and could not be recorded: kept until it is recorded after all, or given up by the user's own word."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.words import tr


class Answer(Enum):
    """What the user wants where something typed could not be recorded and the case is to be left."""

    AGAIN = "again"
    LEAVE = "leave"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Typed:
    """Words that a change is to record. A later text with the same `key` takes the place of this one."""

    key: Hashable
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Words that are not recorded: why, '' while they are being recorded, and how that is tried again."""

    typed: Typed
    why: str
    again: Callable[[], None]


class Unrecorded(QObject):
    """Everything that was asked to be recorded in the open case, and is not yet, and is not given up."""

    changed = Signal()  # what was refused

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._unsaved: dict[Hashable, Unsaved] = {}

    @property
    def empty(self) -> bool:
        """Nothing was refused, and nothing is being recorded."""
        return not self._unsaved

    def left(self, unanswered: str = "") -> list[Unsaved]:
        """What was refused; with a reason why those are `unanswered`, also what is still being recorded."""
        waiting = (replace(each, why=each.why or unanswered) for each in self._unsaved.values())
        return [each for each in waiting if each.why]

    def ask(self, typed: Typed, again: Callable[[], None]) -> None:
        """These words are being recorded."""
        self._put(typed, "", again)

    def refuse(self, typed: Typed, why: str, again: Callable[[], None]) -> None:
        """They could not be, unless others have taken their place meanwhile."""
        now = self._unsaved.get(typed.key)
        if now is None or now.typed == typed:
            self._put(typed, why, again)

    def recorded(self, typed: Typed) -> None:
        """These words are safe; others that have taken their place since are not."""
        now = self._unsaved.get(typed.key)
        if now is not None and now.typed == typed:
            self.give_up(typed.key)

    def give_up(self, key: Hashable) -> None:
        """No longer wanted."""
        if self._unsaved.pop(key, None) is not None:
            self.changed.emit()

    def clear(self) -> None:
        """Another case."""
        self._unsaved.clear()
        self.changed.emit()

    def try_again(self) -> None:
        """Ask for everything that was refused once more."""
        for each in self.left():
            each.again()

    def _put(self, typed: Typed, why: str, again: Callable[[], None]) -> None:
        self._unsaved[typed.key] = Unsaved(typed, why, again)
        self.changed.emit()


def as_text(unsaved: Sequence[Unsaved]) -> str:
    """All of it with its reasons, to be read, copied, or written to a file."""
    words = tr("{what}. Not saved: {why}")
    return "\n\n".join(f"{words.format(what=each.typed.what, why=each.why)}\n{each.typed.text}" for each in unsaved)
