"""Open, create and close cases."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.drafts import Pages
from app.jobs import Job
from app.session import CaseInfo, Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.case import Case

CASE = "case"
NOBODY_NAMED = "Examiner"  # as the log of the demo case has it, whatever the window speaks; nobody's name


@dataclass(frozen=True, slots=True)
class Summary:
    """What the shell shows of the open case at any time."""

    head: str
    items: int
    subjects: int


def summary(case: Case) -> Summary:
    return Summary(case.audit.head, len(case.evidence.list()), len(case.subjects.list()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The case that is to be the open one, created where a `title` is given; none where there is no folder."""

    folder: Path | None = None
    examiner: str = ""
    title: str | None = None
    writable: bool = True
    because: str = field(default="", compare=False)  # why it is to be read only
    failed: Callable[[Exception], None] | None = field(default=None, compare=False)


def open_case(
    session: Session,
    folder: Path,
    examiner: str,
    *,
    title: str | None = None,
    writable: bool = True,
    because: str = "",
    failed: Callable[[Exception], None] | None = None,
) -> None:
    """Open a case folder, or create it where a `title` is given, in place of the one now open.

    That one stays open, and its work goes on, until the new one is open. `because` says why it is opened read-only.
    """
    _switch(session, Wanted(Path(os.path.abspath(folder)), examiner, title, writable, because, failed))


def close_case(session: Session) -> None:
    """Close the open case; running work is stopped and can be resumed."""
    if session.is_open or session.switching is not None:
        _switch(session, Wanted())


def _switch(session: Session, wanted: Wanted) -> None:
    """One at a time; of the wishes that come meanwhile the latest is the next."""
    now = session.switching
    if isinstance(now, Switch):
        now.following = wanted if wanted != now.wanted else None
    else:
        Switch(session, wanted).begin()


class Switch:
    """From the open case to another, or to none: open that, ask before work is stopped, stop it, leave this."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        self.wanted = wanted
        self.following: Wanted | None = None
        self._session = session
        self._old = session.case
        self._new: tuple[Case, CaseInfo] | None = None
        self._kept: Pages = {}  # drafts of the new case
        self._unread: NightjarError | None = None  # why there are none

    def begin(self) -> None:
        info, wanted = self._session.info, self.wanted
        if info and wanted.title is None and (info.folder, info.writable) == (wanted.folder, wanted.writable):
            return
        self._session.switching = self
        if wanted.folder is None:
            self._ask()
        else:
            self._session.runner.call(lambda: self._open(wanted.folder), lambda _none: self._ask(), self._failed)

    def _open(self, folder: Path) -> None:
        from engine.case import Case

        wanted, old = self.wanted, self._old
        if wanted.title is not None:
            case = Case.create(folder, wanted.title, wanted.examiner)
        elif old is not None and old.writable == wanted.writable and folder.exists() and folder.samefile(old.folder):
            return
        else:
            case = Case.open(folder, writable=wanted.writable, examiner=wanted.examiner)
        self._session.held.append(case)
        about = case.info
        self._new = (
            case,
            CaseInfo(case.folder, about.title, wanted.examiner, case.writable, wanted.because, about.uuid),
        )
        try:
            self._kept = self._session.drafts.read(about.uuid, case.folder) if case.writable else {}
        except NightjarError as error:  # the case is opened all the same
            self._unread = error

    def _ask(self) -> None:
        runner = self._session.runner
        jobs = len(runner.active())
        if self.wanted.folder is not None and self._new is None:
            self._ended()  # by another name it is the case that is open
        elif jobs and not self._session.may_stop(jobs):
            self._think_better()
        else:
            runner.call(runner.drain, self._stopped, self._failed)

    def _stopped(self, stopped: bool) -> None:
        if not stopped:
            self._think_better()
            sentence = tr("The running work has not come to a place where it can stop, so the open case stays open.")
            self._session.failed.emit(NightjarError(sentence, tr("Try again in a while.")))
            return
        self._session.settle(self._leave, self._think_better)

    def _leave(self) -> None:
        session = self._session
        session.unrecorded.clear()
        for job in session.runner.active():
            session.runner.cancel(job)  # asked for meanwhile, of the case that is being left
        session.case, session.info = self._new or (None, None)
        session.kept = self._kept
        tell = lambda _none=None: session.changed.emit(Changes(case=True))  # noqa: E731
        if self._new is not None:
            if self.wanted.examiner != NOBODY_NAMED:
                session.preferences.set("examiner", self.wanted.examiner)
            tell()
            if self._unread is not None:
                session.failed.emit(self._unread)
        if self._old is not None:
            self._close(self._old, None if self._new else tell)
        self._ended()

    def _think_better(self) -> None:
        if self._new is not None:
            self._close(self._new[0])
        self._ended()

    def _close(self, case: Case, done: Callable[[None], None] | None = None) -> None:
        def act() -> None:
            try:
                case.close()
            finally:
                self._session.held.remove(case)

        self._session.runner.call(act, done, self._session.failed.emit)

    def _failed(self, error: Exception) -> None:
        (self.wanted.failed or self._session.failed.emit)(error)
        self._ended()

    def _ended(self) -> None:
        self._session.switching = None
        self._session.runner.go_on()
        if self.following is not None:
            _switch(self._session, self.following)


def open_demo(session: Session, place: Path, examiner: str) -> Job:
    """Copy the demo to a place of the user's, make it a case, and open that; or go on with it as it was left."""

    def make() -> Work[Path]:
        from engine.demo import prepare_demo

        return prepare_demo(place, examiner)

    def done(folder: Path) -> None:
        open_case(session, folder, examiner)

    return session.runner.start(Job(tr("Demo case"), make, CASE, place, done, session.failed.emit))
