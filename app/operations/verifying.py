"""Check that everything is still as it was put into the case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.store.records import EvidenceItem
    from engine.verify import Finding, VerifyReport

VERIFY = "verify"
RESTORE = tr(
    "Restore the original, or use ‘Find moved footage’ where it lies elsewhere now; what the case holds of it is kept."
)


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

    return session.runner.start(Job(tr("Verifying the case"), make, VERIFY, None, finished, told))


def verify_items(session: Session, items: Sequence[EvidenceItem]) -> list[Job]:
    """Hash these originals again, one after the other. Each result is noted in the log; then they are told together."""
    running = checks(session)
    told = _Results(session)
    jobs = [_item_check(session, item, told) for item in items if item.id not in running]
    told.awaited = len(jobs)
    session.runner.start_all(jobs)
    return jobs


def checks(session: Session) -> dict[object, Job]:
    """Every verification of an item that has not ended, by item."""
    return {job.subject: job for job in session.runner.active() if job.lane == VERIFY and job.subject is not None}


class _Results:
    """What several verifications found, told when the last has ended."""

    def __init__(self, session: Session) -> None:
        self._session, self._case = session, session.case
        self.awaited = 0
        self._sound = 0
        self._amiss: list[str] = []

    def add(self, found: tuple[Finding, ...]) -> None:
        self._sound += not found
        self._amiss += [finding.sentence for finding in found]
        if self._session.case is self._case:
            self._session.changed.emit(Changes(footage=True))
        self._count()

    def fail(self, error: Exception) -> None:
        """One of them came to no result, or was cancelled."""
        self._session.failed.emit(error)
        self._count()

    def _count(self) -> None:
        self.awaited -= 1
        if self.awaited or self._session.case is not self._case:
            return
        if self._amiss:
            self._session.message.emit("error", " ".join(self._amiss), RESTORE)
        elif self._sound:
            words = tr(
                "{n} items have the SHA-256 that was registered.", "The item has its registered SHA-256.", self._sound
            )
            self._session.message.emit("plain", words, "")


def _item_check(session: Session, item: EvidenceItem, told: _Results) -> Job:
    case = session.case

    def make() -> Work[tuple[Finding, ...]]:
        from engine.verify import verify_item

        if case is None:
            raise NightjarError(tr("The case was closed."))
        return verify_item(case, item.id)

    return Job(tr("Verifying {name}").format(name=item.exhibit), make, VERIFY, item.id, told.add, told.fail)
