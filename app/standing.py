"""Strips that stand over every page while something is so: the case is read-only, something typed is not recorded."""

from __future__ import annotations

from collections.abc import Callable

from app.read_only import read_only
from app.session import CaseInfo, Session
from app.unrecorded import Answer
from app.unsaved_dialog import ask_unsaved
from app.widgets.notices import Notice
from app.words import tr


class ReadOnlyStrip(Notice):
    """Why the case is open read-only; `acted` to open it for writing."""

    def __init__(self) -> None:
        super().__init__()
        self.hide()

    def show_case(self, info: CaseInfo | None) -> None:
        """Also tells everything that would change the case."""
        held = info is not None and not info.writable
        read_only.set(held)
        self.setVisible(held)
        if info is not None and held:
            words = tr("Opened read-only: {why} Everything can be looked at, nothing can be changed.")
            why = info.because or tr("as you asked.")
            self.show_message("plain", words.format(why=why), tr("Open for writing"))


class UnsavedStrip(Notice):
    """What was typed and could not be recorded, and why; `given_up` is told where the user wants it no more."""

    def __init__(self, session: Session, given_up: Callable[[], None]) -> None:
        super().__init__("warning")
        self.hide()
        self._session, self._given_up = session, given_up
        session.unrecorded.changed.connect(self._show)
        self.acted.connect(self._ask)

    def _show(self) -> None:
        left = self._session.unrecorded.left()
        self.setVisible(bool(left))
        if left:
            what, why = "; ".join(each.typed.what for each in left), left[-1].why
            words = tr("Not saved: {what}. {why}").format(what=what, why=why)
            self.show_message("warning", words, tr("Try again or keep the text…"))

    def _ask(self) -> None:
        unrecorded = self._session.unrecorded
        answer = ask_unsaved(self.window(), self._session, unrecorded.left(), tr("Give the text up"))
        if answer is Answer.AGAIN:
            self._session.try_again()
        elif answer is Answer.LEAVE:
            unrecorded.clear()
            self._given_up()
