"""The open case and everything the pages share. Pages subscribe to `changed` and decide themselves to refresh."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.drafts import Drafts, Pages
from app.keys import KeyMap
from app.preferences import Preferences
from app.read_only import HOW_TO_WRITE, REFUSED
from app.tasks import Pool, Runner
from app.unrecorded import Answer, Typed, Unrecorded, Unsaved
from app.words import tr
from engine.errors import CaseError, DeviceLostError, NightjarError

if TYPE_CHECKING:
    from engine.case import Case

log = logging.getLogger(__name__)
READERS = 2
SETTLE_MS = 20_000  # how long closing waits for what is being recorded


@dataclass(frozen=True, slots=True)
class Changes:
    """What an operation changed."""

    case: bool = False
    footage: bool = False
    tracklets: bool = False
    searches: bool = False
    decisions: bool = False
    subjects: bool = False
    marks: bool = False
    models: bool = False
    preferences: bool = False

    def __or__(self, other: Changes) -> Changes:
        return Changes(**{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)})

    def any_of(self, *names: str) -> bool:
        return any(getattr(self, name) for name in names)


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What the shell shows of the open case."""

    folder: Path
    title: str
    examiner: str
    writable: bool
    because: str = ""  # why it is open read-only
    uuid: str = ""  # the case's own, the same in copies


class Session(QObject):
    """Owns the runner (ordered changes, long jobs), the readers and the open case."""

    changed = Signal(object)  # Changes
    leaving = Signal()  # the open case is to be left; what is written now still reaches it
    message = Signal(str, str, str)  # kind, sentence, hint
    failed = Signal(object)  # Exception

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.keymap = KeyMap(preferences)
        self.runner = Runner(self)
        self.pool = Pool(READERS, "reader", self)
        self.info: CaseInfo | None = None
        self.case: Case | None = None  # never touched on the GUI thread: it does I/O
        self.held: list[Case] = []  # opened and not closed yet; only the case's thread touches it
        self.switching: object = None  # what opens or closes a case just now
        self.may_stop: Callable[[int], bool] = lambda _jobs: True  # asks the user
        self.drafts = Drafts(preferences.folder / "drafts")
        self.kept: Pages = {}  # drafts of the open case
        self.unrecorded = Unrecorded(self)
        self.ask_unrecorded: Callable[[list[Unsaved]], Answer] = lambda _left: Answer.LEAVE  # asks the user
        self.lost_device = ""  # why the graphics device is not used any more, until the next start

    @property
    def is_open(self) -> bool:
        return self.info is not None

    @property
    def device(self) -> str:
        """What to compute on: as chosen, or the CPU once the graphics device has failed."""
        return "cpu" if self.lost_device else self.preferences.device

    def lose_device(self, error: DeviceLostError) -> None:
        """From here on the CPU computes; the badge says why."""
        self.lost_device = str(error)
        self.changed.emit(Changes(preferences=True))

    def may_change(self, why: str = REFUSED) -> bool:
        """Whether the open case may be changed; where it may not, that is said."""
        allowed = self.info is None or self.info.writable
        if not allowed:
            self.message.emit("plain", why, HOW_TO_WRITE)
        return allowed

    def read(
        self,
        query: Callable[[Case], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        key: object = None,
    ) -> None:
        """Answer a question about the open case on a reader thread.

        Of a case that is no longer open, neither the answer nor the refusal is heard; a mistake of ours always is.
        """
        case = self.case
        if case is None:
            return

        def ask() -> Any:
            return query(case)

        def deliver(result: Any) -> None:
            if self.case is case:
                done(result)

        def refuse(error: Exception) -> None:
            if self.case is case:
                (failed or self.failed.emit)(error)
            elif not isinstance(error, NightjarError):
                self.failed.emit(error)

        self.pool.submit(ask, deliver, refuse, key)

    def write(
        self,
        action: Callable[[Case], Any],
        changes: Changes,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        typed: Typed | None = None,
    ) -> None:
        """Do a short change on the case's thread, then tell the pages what changed.

        Where it fails, the words that were `typed` for it are not lost: see `unrecorded`.
        """

        case, info = self.case, self.info
        if case is None:
            return
        if info is not None and not info.writable:
            (failed or self.failed.emit)(CaseError(REFUSED, HOW_TO_WRITE))
            return

        def act() -> Any:
            return action(case)

        def again() -> None:
            self.write(action, changes, done, failed, typed)

        def deliver(result: Any) -> None:
            if typed is not None:
                self.unrecorded.recorded(typed)
            if done is not None:
                done(result)
            self.changed.emit(changes)

        def refuse(error: Exception) -> None:
            if typed is not None and self.case is case:
                self.unrecorded.refuse(typed, str(error), again)
            (failed or self.failed.emit)(error)

        if typed is not None:
            self.unrecorded.ask(typed, again)
        self.runner.call(act, deliver, refuse)

    def keep(self, page: str, drafts: Mapping[str, Any]) -> None:
        """Keep what is typed on a page and not decided on yet, until the case is opened again."""
        info = self.info
        if info is None or not info.writable or drafts == self.kept.get(page, {}):
            return
        kept = self.kept = {**self.kept, page: drafts}
        words = tr("Readings, observations and reasons that are not decided on yet")
        typed = Typed("drafts", words, json.dumps(kept, ensure_ascii=False, indent=1))

        def ask() -> None:
            self.unrecorded.ask(typed, ask)
            self.runner.call(
                lambda: self.drafts.write(info.uuid, info.folder, kept),
                lambda _none: self.unrecorded.recorded(typed),
                lambda error: self.unrecorded.refuse(typed, str(error), ask),
            )

        ask()

    def try_again(self) -> None:
        """Have recorded what could not be: fields ask for themselves, with what stands in them now."""
        self.leaving.emit()
        self.unrecorded.try_again()

    def settle(self, then: Callable[[], None], stay: Callable[[], None]) -> None:
        """Have everything recorded that is typed, `then` go on. What cannot be recorded is not left behind unasked.

        A disk that never answers is waited for no longer than `SETTLE_MS`.
        """
        self.leaving.emit()
        if self.unrecorded.empty:
            then()
            return
        answered: list[bool] = []

        def answer(why: str) -> None:
            if not answered:
                answered.append(True)
                self._settled(then, stay, why)

        self.runner.call(lambda: None, lambda _none: answer(""))
        QTimer.singleShot(SETTLE_MS, self, lambda: answer(tr("The disk of the case does not answer.")))

    def _settled(self, then: Callable[[], None], stay: Callable[[], None], unanswered: str) -> None:
        left = self.unrecorded.left(unanswered)
        answer = self.ask_unrecorded(left) if left else Answer.LEAVE
        if answer is Answer.AGAIN:
            self.try_again()
            self.settle(then, stay)
        elif answer is Answer.LEAVE:
            then()
        else:
            stay()

    def stop(self) -> None:
        """End the threads, then close every case."""
        self._halt()
        self._wait(())

    def finish(self, pools: Sequence[Pool], done: Callable[[], None]) -> None:
        """The same without standing still: `done` is called when these pools have ended too."""
        self._halt()
        self.runner.apart(lambda: self._wait(pools), done)

    def _halt(self) -> None:
        self.leaving.emit()
        self.case = self.info = None
        self.runner.halt()
        self.pool.stop()
        self.preferences.sync()

    def _wait(self, pools: Sequence[Pool]) -> None:
        self.runner.join()
        for pool in (self.pool, *pools):
            pool.join()
        for case in self.held:
            case.close()
