"""Say where cameras stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.session import Changes, Session

if TYPE_CHECKING:
    from engine.store.records import Position


def place(session: Session, positions: Mapping[int, Position]) -> None:
    """All or none; logged with the numbers."""
    session.write(lambda case: case.cameras.place(positions), Changes(subjects=True))
