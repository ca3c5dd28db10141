"""Name, merge, split subjects and take members out."""

from __future__ import annotations

from collections.abc import Sequence

from app.session import Changes, Session

CHANGED = Changes(subjects=True)


def create(session: Session, name: str) -> None:
    session.write(lambda case: case.subjects.create(name), CHANGED)


def describe(session: Session, subject: int, name: str, notes: str) -> None:
    """Set name and notes."""
    session.write(lambda case: case.subjects.describe(subject, name=name, notes=notes), CHANGED)


def merge(session: Session, source: int, into: int, reason: str) -> None:
    """Both are one person."""
    session.write(lambda case: case.subjects.merge(source, into, reason), CHANGED)


def split(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    """Some members are somebody else."""
    session.write(lambda case: case.subjects.split(subject, tracklets, "", reason), CHANGED)


def remove(session: Session, subject: int, tracklets: Sequence[int], reason: str) -> None:
    session.write(lambda case: case.subjects.remove(subject, tracklets, reason), CHANGED)
