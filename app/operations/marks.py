"""Put marks with a note into the footage, and take them away. Both are logged."""

from __future__ import annotations

from app.session import Changes, Session

MARKED = Changes(marks=True)


def add(session: Session, item_id: int, pts: int, note: str) -> None:
    """Mark one frame."""
    session.write(lambda case: case.marks.add(item_id, pts, note), MARKED)


def remove(session: Session, mark_id: int) -> None:
    """Take a mark away; the log keeps that it was there."""
    session.write(lambda case: case.marks.remove(mark_id), MARKED)
