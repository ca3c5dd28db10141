"""Say where cameras stand, and on which plan of the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.times import clock_offset, offset, plus_minus
from app.unrecorded import Typed
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.records import Camera, EvidenceItem, Position
    from engine.store.site_plans import PlanPlace, SitePlan

PLACED = Changes(subjects=True)


@dataclass(frozen=True, slots=True)
class CameraRow:
    """A camera, how many items come from it, and what their clocks are off by, in words; `unset` of them have no
    offset."""

    camera: Camera
    items: int
    clock: str
    unset: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Every camera of the case by name, and the plan of the site."""

    rows: tuple[CameraRow, ...]
    plan: SitePlan | None


def overview(case: Case) -> Overview:
    with case.reader():
        by_camera: dict[int, list[EvidenceItem]] = {}
        for item in case.evidence.list():
            by_camera.setdefault(item.camera.id, []).append(item)
        rows = tuple(_row(case, camera, by_camera.get(camera.id, [])) for camera in case.cameras.list())
        return Overview(rows, case.site_plans.current())


def _row(case: Case, camera: Camera, items: Sequence[EvidenceItem]) -> CameraRow:
    records = [found[-1] for item in items if (found := case.evidence.clock_records(item.id))]
    unset = len(items) - len(records)
    said = dict.fromkeys(
        f"{offset(clock_offset(r.recorder_reading, r.reference_reading))} {plus_minus(r.uncertainty_seconds)}"
        for r in records
    )
    words = next(iter(said), tr("not set"))
    if len(said) > 1:
        most = plus_minus(max(record.uncertainty_seconds for record in records))
        words = tr("{n} offsets, {margin} at most").format(n=len(said), margin=most)
    if unset and records:
        words = tr("{words}; {n} of {all} not set").format(words=words, n=unset, all=len(items))
    return CameraRow(camera, len(items), words, unset)


def arrange(session: Session, positions: Mapping[int, Position], plan: PlanPlace | None) -> None:
    """Where cameras stand, and where the plan lies under them (None: where it lay): all or nothing, logged with the
    numbers."""

    def act(case: Case) -> None:
        with case.together():
            if positions:
                case.cameras.place(positions)
            if plan is not None:
                case.site_plans.move(plan)

    numbers = [", ".join((str(camera), *map(str, astuple(place)))) for camera, place in positions.items()]
    text = "\n".join((*numbers, *([str(plan)] if plan is not None else ())))
    session.write(act, PLACED, typed=Typed("cameras", tr("Where cameras stand"), text))


def undo_move(session: Session) -> None:
    """The plan lies where it lay before it was last moved."""
    session.write(lambda case: case.site_plans.undo_move(), PLACED)


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
