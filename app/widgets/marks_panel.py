"""The marks of one item: listed in order of time, jumped to, set, edited, removed; each change can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidgetItem, QVBoxLayout, QWidget

from app.dialogs import ask_text
from app.operations import marks
from app.plain import plain
from app.session import Session
from app.times import ItemClock
from app.widgets.basic import Button, box, label
from app.widgets.flow import flowing
from app.widgets.lists import ShortList
from app.words import tr

if TYPE_CHECKING:
    from engine.store.marks import Mark


LINE, VISIBLE = 38, 4  # pixels of a line, lines in sight


class MarksPanel(QWidget):
    """Emits `asked` with the PTS of a mark to show, `changed` when the marks have been read."""

    asked = Signal(int)
    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._item: int | None = None
        self._clock: ItemClock | None = None
        self._pts: int | None = None
        self.marks: Sequence[Mark] = ()
        column = box(QVBoxLayout(self), 8)
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Marks"), "strong"))
        head.addStretch(1)
        self.add = Button(tr("Mark this frame…"), "bookmark-plus-outline", "mark.add", size="small")
        self.add.clicked.connect(self.ask)
        head.addWidget(self.add)
        column.addLayout(head)
        self._none = label(tr("No mark in this item yet."), "quiet")
        column.addWidget(self._none)
        self.list = ShortList()
        self.list.enters = True
        self.list.setAccessibleName(tr("Marks of this item in order of time"))
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        self.list.itemDoubleClicked.connect(lambda _line: QTimer.singleShot(0, self.ask_edit))
        column.addWidget(self.list)
        self.previous = Button("", "chevron-left", "mark.previous", size="small")
        self.next = Button("", "chevron-right", "mark.next", size="small")
        self.edit = Button(tr("Edit…"), "pencil-outline", "mark.edit", size="small")
        self.remove = Button(tr("Remove"), "delete-outline", "mark.remove", size="small")
        for pair in ((self.previous, self.next), (self.edit, self.remove)):
            column.addWidget(flowing(*pair))
        for button, name in (
            (self.previous, tr("Previous mark")),
            (self.next, tr("Next mark")),
            (self.edit, tr("Edit the mark")),
            (self.remove, tr("Remove the mark")),
        ):
            button.setAccessibleName(name)
            button.setToolTip(name)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.edit.clicked.connect(self.ask_edit)
        self.remove.clicked.connect(self.remove_chosen)
        column.addStretch()
        self._show(())

    def show_item(self, item_id: int, clock: ItemClock) -> None:
        """The marks of this item; `changed` follows. No frame of other footage is on show any more."""
        if self._item != item_id:
            self.forget()
        self._item, self._clock = item_id, clock
        self.reload()

    def forget(self) -> None:
        """No item is on show."""
        self._item = self._clock = self._pts = None
        self._show(())

    def set_now(self, pts: int | None) -> None:
        """The frame on show, None where there is none; a mark on it is chosen in the list."""
        self._pts = pts
        here = next((n for n, mark in enumerate(self.marks) if mark.pts == pts), None)
        if here is not None and self.list.currentRow() != here:
            self.list.setCurrentRow(here)

    def reload(self) -> None:
        """Read the marks again."""
        item = self._item
        if item is not None:
            done = lambda found: self._show(found) if self._item == item else None  # noqa: E731
            self._session.read(lambda case: case.marks.list(item), done, key="marks")

    def _show(self, found: Sequence[Mark]) -> None:
        self.marks = found
        self._none.setVisible(not found)
        self.list.setVisible(bool(found))
        for button in (self.previous, self.next, self.edit, self.remove):
            button.setVisible(bool(found))
        row = min(self.list.currentRow(), len(found) - 1)
        self.list.clear()
        for mark in found:
            words = self.words(mark)
            line = QListWidgetItem(words)
            line.setToolTip(plain(f"{mark.note}\n{self._when(mark.pts, exact=True)}\n{_authors(mark)}".lstrip()))
            line.setSizeHint(QSize(0, LINE))
            self.list.addItem(line)
        self.list.setFixedHeight(LINE * min(max(len(found), 1), VISIBLE))
        self.list.setCurrentRow(row)
        if self._pts is not None:
            self.set_now(self._pts)
        self.changed.emit()

    def words(self, mark: Mark) -> str:
        """The note, and below it both times."""
        return "\n".join((mark.note or tr("no note"), self._when(mark.pts)))

    def _when(self, pts: int, *, exact: bool = False) -> str:
        """'Rec. 23:10:28  Adj. 23:10:16 ±1 s', with the zone where `exact`; the position where no clock is known."""
        if self._clock is None:
            return ""
        at = self._clock.at(pts)
        recorder = tr("Rec. {time}").format(time=at.recorder_time(exact=exact))
        beside = f"{at.zone} {at.margin()}" if exact else at.margin()
        adjusted = f"{at.adjusted_time(exact=exact)} {beside}" if at.adjusted else tr("not set")
        return "  ".join((recorder, tr("Adj. {time}").format(time=adjusted)))

    def ask(self) -> None:
        """Mark the frame on show, with a note."""
        if self._item is None or self._pts is None or self._clock is None:
            words = tr("No frame is on show that could be marked.")
            self._session.message.emit("plain", words, "")
            return
        item, pts = self._item, self._pts
        question = tr("What is to be seen in this frame?\n{when}").format(when=self._when(pts, exact=True))
        note = ask_text(self, tr("Mark this frame"), question, tr("Set mark"), needed=False)
        if note is not None:
            marks.add(self._session, item, pts, note)

    def step(self, by: int) -> None:
        """To the next mark after the frame on show, or the previous one."""
        now = self._pts or 0
        apart = [m.pts for m in self.marks if (m.pts > now if by > 0 else m.pts < now)]
        if apart:
            self.asked.emit(min(apart) if by > 0 else max(apart))
        else:
            words = tr("No later mark in this item.") if by > 0 else tr("No earlier mark in this item.")
            self._session.message.emit("plain", words, "")

    def _chosen(self) -> Mark | None:
        row = self.list.currentRow()
        if 0 <= row < len(self.marks):
            return self.marks[row]
        self._session.message.emit("plain", tr("No mark is chosen."), tr("Click one, or go to the next one."))
        return None

    def ask_edit(self) -> None:
        """Another note for the chosen mark."""
        mark = self._chosen()
        if mark is None or not self._session.may_change():
            return
        question = tr("What is to be seen in this frame?\n{when}").format(when=self._when(mark.pts, exact=True))
        note = ask_text(self, tr("Edit the mark"), question, tr("Keep the note"), mark.note, needed=False)
        if note is not None and note != mark.note:
            marks.edit(self._session, mark.id, note)

    def remove_chosen(self) -> None:
        """Take the chosen mark away; asks nothing, because it can be undone."""
        mark = self._chosen()
        if mark is not None:
            marks.remove(self._session, mark.id)

    def undo(self) -> None:
        """Take back the latest change of this item's marks."""
        if self._item is not None:
            marks.undo_last(self._session, self._item)

    def _go(self, line: QListWidgetItem) -> None:
        self.asked.emit(self.marks[self.list.row(line)].pts)


def _authors(mark: Mark) -> str:
    if not mark.edited:
        return tr("set by {who}").format(who=mark.examiner)
    return tr("set by {who}, edited by {other}").format(who=mark.examiner, other=mark.changed_by)
