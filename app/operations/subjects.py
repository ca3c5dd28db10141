"""Name, merge, split subjects and take members out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.session import Changes, Session

if TYPE_CHECKING:
    from engine.case import Case

CHANGED = Changes(subjects=True)


def rename(session: Session, subject: int, name: str) -> None:
    """The notes stay as they are then, whatever is recorded meanwhile."""

    def act(case: Case) -> object:
        return case.subjects.describe(subject, name=name, notes=case.subjects.get(subject).notes)

    session.write(act, CHANGED)


def set_notes(session: Session, subject: int, notes: str, done: Callable[[], None], failed: Callable[[], None]) -> None:
    """The name stays as it is. `failed` is told besides what every failure does."""

    def act(case: Case) -> object:
        return case.subjects.describe(subject, name=case.subjects.get(subject).name, notes=notes)

    def told(error: Exception) -> None:
        failed()
        session.failed.emit(error)

    session.write(act, CHANGED, lambda _subject: done(), told)


def merge(session: Session, source: int, into: int, reason: str) -> None:
    """Both are one person."""
    session.write(lambda case: case.subjects.merge(source, into, reason), CHANGED)


def split(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    """Some members are somebody else."""
    session.write(lambda case: case.subjects.split(subject, tracklets, "", reason), CHANGED)


def remove(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    session.write(lambda case: case.subjects.remove(subject, tracklets, reason), CHANGED)
