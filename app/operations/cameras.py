"""Say where cameras stand, and on which plan of the site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.store.records import Position
    from engine.store.site_plans import SitePlan

PLACED = Changes(subjects=True)


def place(session: Session, positions: Mapping[int, Position]) -> None:
    """All or none; logged with the numbers."""
    session.write(lambda case: case.cameras.place(positions), PLACED)


def use_plan(session: Session, path: Path) -> Job:
    """Copy a picture into the case and lay it under the cameras instead of any before."""

    def make() -> Work[SitePlan]:
        from engine.site_plan import use_plan

        if session.case is None:
            raise NightjarError(tr("The case was closed."))
        return use_plan(session.case, path)

    def done(plan: SitePlan) -> None:
        session.changed.emit(PLACED)
        words = tr("‘{name}’ lies under the map now. Check where each camera stands on it.")
        session.message.emit("plain", words.format(name=plan.picture.name), "")

    title = tr("Copying the site plan {name}").format(name=path.name)
    return session.runner.start(Job(title, make, "plan", path, done, session.failed.emit))


def remove_plan(session: Session) -> None:
    """Take the plan off the map; the case folder keeps the file, the log that it was there."""
    session.write(lambda case: case.site_plans.remove(), PLACED)
