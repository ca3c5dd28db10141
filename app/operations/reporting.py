"""Write what is handed over of the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.case import Case
    from engine.report.handover import Handover


@dataclass(frozen=True, slots=True)
class Contents:
    """How much of each there is to write."""

    items: int
    cameras: int
    searches: int
    decisions: int
    subjects: int
    marks: int


def contents(case: Case) -> Contents:
    from engine.report.tables import cameras_in_use

    with case.reader():
        items = case.evidence.list()
        return Contents(
            len(items),
            len(cameras_in_use(case)),
            len(case.searches.list()),
            len(case.decisions.all()),
            len(case.subjects.list()),
            sum(len(case.marks.list(item.id)) for item in items),
        )


def write(session: Session, place: Path, *, check_originals: bool, done: Callable[[Handover], None]) -> Job:
    """A new folder inside `place`; noted in the log."""

    def make() -> Work[Handover]:
        from engine.report.handover import write_handover

        if session.case is None:
            raise NightjarError(tr("The case was closed."))
        return write_handover(session.case, place, check_originals=check_originals)

    def finished(written: Handover) -> None:
        session.changed.emit(Changes())
        done(written)

    return session.runner.start(
        Job(tr("Writing the report folder"), make, "report", place, finished, session.failed.emit)
    )
