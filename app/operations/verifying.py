"""Check that everything is still as it was put into the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.verify import VerifyReport


def verify(session: Session, done: Callable[[VerifyReport], None], failed: Callable[[Exception], None]) -> Job:
    """Evidence hashes, audit chain, database, crops; the result is noted in the log.

    `failed` hears why there is no result, after it was told as every failure is; neither is told of a case that is
    no longer open.
    """
    case = session.case

    def make() -> Work[VerifyReport]:
        from engine.verify import verify_case

        if case is None:
            raise NightjarError(tr("The case was closed."))
        return verify_case(case)

    def finished(report: VerifyReport) -> None:
        if session.case is case:
            session.changed.emit(Changes())
            done(report)

    def told(error: Exception) -> None:
        session.failed.emit(error)
        if session.case is case:
            failed(error)

    return session.runner.start(Job(tr("Verifying the case"), make, "verify", None, finished, told))
