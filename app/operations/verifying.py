"""Check that everything is still as it was put into the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.session import Changes, Session
from app.tasks import Job
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.verify import VerifyReport


def verify(session: Session, done: Callable[[VerifyReport], None]) -> Job:
    """Evidence hashes, audit chain, database, crops; the result is noted in the log."""

    def make() -> Work[VerifyReport]:
        from engine.verify import verify_case

        if session.case is None:
            raise NightjarError(tr("The case was closed."))
        return verify_case(session.case)

    def finished(report: VerifyReport) -> None:
        session.changed.emit(Changes())
        done(report)

    return session.runner.start(Job(tr("Verifying the case"), make, "verify", None, finished, session.failed.emit))
