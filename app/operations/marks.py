"""Put marks with a note into the footage, edit them, take them away, and take that back. All of it is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.session import Changes, Session
from app.unrecorded import Typed
from app.words import tr

if TYPE_CHECKING:
    from engine.store.marks import MarkUndo

MARKED = Changes(marks=True)


def add(session: Session, item_id: int, pts: int, note: str) -> None:
    """Mark one frame."""
    typed = Typed(("mark", item_id, pts), tr("The note of a new mark"), note)
    session.write(lambda case: case.marks.add(item_id, pts, note), MARKED, typed=typed)


def edit(session: Session, mark_id: int, note: str) -> None:
    """Give a mark another note."""
    typed = Typed(("mark", mark_id), tr("The note of a mark"), note)
    session.write(lambda case: case.marks.edit(mark_id, note), MARKED, typed=typed)


def remove(session: Session, mark_id: int) -> None:
    """Take a mark away, and say how it comes back."""

    def done(_nothing: None) -> None:
        key = session.keymap.shown("undo")
        how = tr("{key} puts it back.").format(key=key) if key else tr("Edit, Undo puts it back.")
        session.message.emit("plain", tr("The mark is removed."), how)

    session.write(lambda case: case.marks.remove(mark_id), MARKED, done)


def undo_last(session: Session, item_id: int) -> None:
    """Take back the latest change of the item's marks, and say which it was."""

    def done(undo: MarkUndo) -> None:
        words = {
            "add": tr("Undone: the mark “{note}” is no longer set."),
            "edit": tr("Undone: the mark reads “{note}” again."),
            "remove": tr("Undone: the mark “{note}” is back."),
        }[undo.undone]
        session.message.emit("plain", words.format(note=undo.note or tr("no note")), "")

    session.write(lambda case: case.marks.undo_last(item_id), MARKED, done)
