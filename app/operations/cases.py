"""Open, create and close cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.session import CaseInfo, Changes, Session
from app.tasks import Job
from app.words import tr
from engine.progress import Work

if TYPE_CHECKING:
    from engine.case import Case

CASE = "case"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the shell shows of the open case at any time."""

    head: str
    items: int
    subjects: int


def summary(case: Case) -> Summary:
    return Summary(case.audit.head, len(case.evidence.list()), len(case.subjects.list()))


def _open(folder: Path, examiner: str, title: str | None, writable: bool = True) -> tuple[object, CaseInfo]:
    from engine.case import Case

    if title is not None:
        case = Case.create(folder, title, examiner)
    else:
        case = Case.open(folder, writable=writable, examiner=examiner)
    return case, CaseInfo(Path(folder), case.info.title, examiner, writable)


def open_case(
    session: Session,
    folder: Path,
    examiner: str,
    *,
    title: str | None = None,
    writable: bool = True,
    failed: Callable[[Exception], None] | None = None,
) -> None:
    """Open a case folder, or create it where a `title` is given, in place of the one now open."""
    old = session.case

    def act() -> tuple[object, CaseInfo]:
        opened = _open(folder, examiner, title, writable)
        if old is not None:
            old.close()
        return opened

    def done(opened: tuple[object, CaseInfo]) -> None:
        session.case, session.info = opened  # type: ignore[assignment]
        session.preferences.set("examiner", examiner)
        session.changed.emit(Changes(case=True))

    if old is not None and session.info is not None and session.info.folder == folder:
        return
    if old is not None:
        session.leaving.emit()
        session.runner.cancel_all()
    session.runner.call(act, done, failed or session.failed.emit)


def close_case(session: Session) -> None:
    """Close the open case; running work is stopped and can be resumed."""
    session.leaving.emit()
    case, session.case, session.info = session.case, None, None
    if case is None:
        return
    session.runner.cancel_all()
    session.runner.call(case.close, lambda _none: session.changed.emit(Changes(case=True)), session.failed.emit)


def open_demo(session: Session, place: Path, examiner: str) -> Job:
    """Copy the demo to a place of the user's, make it a case, and open that; or go on with it as it was left."""

    def make() -> Work[Path]:
        from engine.demo import prepare_demo

        return prepare_demo(place, examiner)

    def done(folder: Path) -> None:
        open_case(session, folder, examiner)

    return session.runner.start(Job(tr("Demo case"), make, CASE, place, done, session.failed.emit))
