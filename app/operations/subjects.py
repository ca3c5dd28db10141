"""Name, merge, split subjects, take members out, hand them over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.unrecorded import Typed
from app.words import short_hash, tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.subjects import Subject

CHANGED = Changes(subjects=True)


def rename(session: Session, subject: int, name: str) -> None:
    """The notes stay as they are then, whatever is recorded meanwhile."""

    def act(case: Case) -> object:
        return case.subjects.describe(subject, name=name, notes=case.subjects.get(subject).notes)

    typed = Typed(("name", subject), tr("The name of S-{n:03d}").format(n=subject), name)
    session.write(act, CHANGED, typed=typed)


def set_notes(session: Session, subject: int, notes: str, done: Callable[[], None], failed: Callable[[], None]) -> None:
    """The name stays as it is. `failed` is told besides what every failure does."""

    def act(case: Case) -> object:
        return case.subjects.describe(subject, name=case.subjects.get(subject).name, notes=notes)

    def told(error: Exception) -> None:
        failed()
        session.failed.emit(error)

    typed = Typed(("notes", subject), tr("The notes on S-{n:03d}").format(n=subject), notes)
    session.write(act, CHANGED, lambda _subject: done(), told, typed)


def merge(session: Session, source: int, into: int, reason: str) -> None:
    """Both are one person."""
    typed = Typed(("merge", source), tr("Why S-{n:03d} is merged").format(n=source), reason)
    session.write(lambda case: case.subjects.merge(source, into, reason), CHANGED, typed=typed)


def split(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    """Some members are somebody else."""
    typed = Typed(("split", subject), tr("Why S-{n:03d} is split").format(n=subject), reason)
    session.write(lambda case: case.subjects.split(subject, tracklets, "", reason), CHANGED, typed=typed)


def remove(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    typed = Typed(("remove", subject), tr("Why appearances are removed from S-{n:03d}").format(n=subject), reason)
    session.write(lambda case: case.subjects.remove(subject, tracklets, reason), CHANGED, typed=typed)


def write_sheet(session: Session, subject: Subject, path: Path) -> Job:
    """A picture of all appearances with both times and their originals, at `path`; noted in the log."""

    def make() -> Work[str]:
        from engine.report.sheets import write_subject_sheet

        if session.case is None:
            raise NightjarError(tr("The case was closed."))
        return write_subject_sheet(session.case, subject, path)

    def done(digest: str) -> None:
        session.changed.emit(Changes())
        words = tr("The contact sheet of {label} was written to {path}, SHA-256 {hash}.")
        session.message.emit("plain", words.format(label=subject.label, path=path, hash=short_hash(digest)), "")

    title = tr("Drawing the contact sheet of {label}").format(label=subject.label)
    return session.runner.start(Job(title, make, "report", path, done, session.failed.emit))
