"""Give a frame of the footage out of the case as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.frames import load_index
from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work

if TYPE_CHECKING:
    from engine.report.frame_still import FrameStill
    from engine.store.records import EvidenceItem

SUFFIX = ".png"


def still_name(item: EvidenceItem, frame: int) -> str:
    """A name for the still that says where it comes from: 'E-001-frame-43.png'."""
    return f"{item.exhibit}-frame-{frame}{SUFFIX}"


def export(session: Session, item: EvidenceItem, pts: int, path: Path, done: Callable[[FrameStill], None]) -> Job:
    """The frame at exactly `pts` with its facts beside it, from an original that is hashed first; noted in the log."""
    case = session.case
    target = path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)

    def make() -> Work[FrameStill]:
        from engine.report.frame_still import write_frame_still

        if case is None:
            raise NightjarError(tr("The case was closed."))
        return write_frame_still(case, item.id, pts, target, load_index(item.path, index_file(case.cache, item)))

    def finished(still: FrameStill) -> None:
        session.changed.emit(Changes())
        done(still)

    title = tr("Exporting a still of {exhibit}").format(exhibit=item.exhibit)
    return session.runner.start(Job(title, make, "report", path, finished, session.failed.emit))


def index_file(cache: Path, item: EvidenceItem) -> Path:
    """Where the index of an item's frames is kept."""
    return cache / "index" / f"{item.sha256}.npz"
