"""Bring footage into the case, ingest it, set its clock, camera and modality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.times import ItemClock
from app.unrecorded import Typed
from app.words import tr
from engine.errors import DeviceLostError, NightjarError
from engine.types import ItemState, Modality, ModalitySegment

if TYPE_CHECKING:
    from engine.case import Case
    from engine.moved import Moved
    from engine.progress import Work
    from engine.store.records import ClockRecord, EvidenceItem

REGISTER, INGEST = "register", "ingest"
SET = Changes(footage=True, tracklets=True)


@dataclass(frozen=True, slots=True)
class FootageRow:
    """What the footage page shows of one item."""

    item: EvidenceItem
    tracklets: int
    modalities: tuple[Modality, ...]
    clock: ItemClock
    uncertain: bool = False  # the measured modality lay near the threshold, and nobody has said otherwise
    checked: str = ""  # when the file was hashed again last (ISO 8601, UTC), after its registration
    amiss: tuple[str, ...] = ()  # what was found then, a sentence each
    nights: tuple[tuple[int, int], ...] = ()  # of an item that is IR for a part of its time: first PTS, PTS after

    @property
    def made_up(self) -> bool:
        """Whether frames have times that are not their own; one picture alone, which has none, is no matter."""
        return self.item.frames_retimed > 0 or (self.item.counted and bool(self.item.warnings))

    @property
    def needs_attention(self) -> bool:
        item = self.item
        troubled = item.state in (ItemState.FAILED, ItemState.INTERRUPTED) or item.frames_failed > 0
        return troubled or bool(self.amiss) or self.made_up or self.uncertain or self.clock.offset is None


def rows(case: Case) -> list[FootageRow]:
    """Everything on the footage page, in one consistent reading."""
    from engine.store.tracklets import TrackletFilter
    from engine.verify import latest_checks

    with case.reader():
        found, checks = [], latest_checks(case)
        for item in case.evidence.list():
            count = case.tracklets.count(TrackletFilter(items=(item.id,)))
            clock = ItemClock(item, case.evidence.clock_records(item.id))
            segments = case.evidence.segments(item.id)
            uncertain = item.modality_override is None and not all(segment.certain for segment in segments)
            checked = checks.get(item.target, ("", ()))
            kinds, nights = _modalities(item, segments), _nights(segments)
            nights = nights if len(kinds) > 1 else ()
            found.append(FootageRow(item, count, kinds, clock, uncertain, *checked, nights))
        return found


def _nights(segments: Sequence[ModalitySegment]) -> tuple[tuple[int, int], ...]:
    return tuple((s.start.pts, s.end.pts) for s in segments if s.modality is Modality.INFRARED)


def _modalities(item: EvidenceItem, segments: Sequence[ModalitySegment]) -> tuple[Modality, ...]:
    if item.modality_override is not None:
        return (item.modality_override,)
    seen = {segment.modality for segment in segments}
    return tuple(sorted(seen, key=lambda m: m is Modality.INFRARED))


def add(session: Session, paths: Sequence[Path], *, ingest_after: bool = True) -> list[Job]:
    """Register files or image folders by hash, one after the other, and queue their ingest."""
    jobs = [_registration(session, path, ingest_after=ingest_after) for path in paths]
    session.runner.start_all(jobs)
    return jobs


def _registration(session: Session, path: Path, *, ingest_after: bool) -> Job:
    def make() -> object:
        from engine.ingest import register

        return register(_case(session), path, camera=camera_name(path))

    def done(item: EvidenceItem) -> None:
        session.changed.emit(Changes(footage=True))
        if ingest_after:
            ingest(session, item)

    return Job(tr("Registering {name}").format(name=path.name), make, REGISTER, path, done, session.failed.emit)  # type: ignore[arg-type]


def find_moved(session: Session, place: Path) -> Job:
    """Look there for items that are not where the case has them; tells what was found, and what is still missing."""

    def make() -> Work[Moved]:
        from engine.moved import find_moved as verb

        return verb(_case(session), place)

    def done(moved: Moved) -> None:
        session.changed.emit(Changes(footage=True, tracklets=True))
        words = [_listed(tr("Found and noted: {items}."), moved.found)] if moved.found else []
        if moved.missing:
            words.append(_listed(tr("Not in {place}: {items}.").replace("{place}", str(place)), moved.missing))
        session.message.emit("plain", " ".join(words) or tr("All footage is where the case has it."), "")

    title = tr("Looking for footage in {folder}").format(folder=place)
    return session.runner.start(Job(title, make, REGISTER, place, done, session.failed.emit))


def _listed(words: str, items: Sequence[EvidenceItem]) -> str:
    return words.replace("{items}", ", ".join(item.exhibit for item in items))


def camera_name(path: Path) -> str:
    """A first guess that the analyst can change: the file's own name."""
    return path.stem[:32] or path.name


def ingest(session: Session, item: EvidenceItem) -> Job:
    """Find the people in one item; goes on where an interrupted ingest stopped."""

    def make() -> object:
        # OpenCV keeps its own folder on sys.path while it is being imported, and a child process started by another
        # thread at that moment would inherit it and find cv2/typing in place of typing. So: import it to the end first.
        import cv2  # noqa: F401

        from engine.ingest import IngestOptions, ingest_item

        return ingest_item(_case(session), item.id, IngestOptions(device=session.device))

    def done(_report: object) -> None:
        session.changed.emit(Changes(footage=True, tracklets=True))

    def failed(error: Exception) -> None:
        session.changed.emit(Changes(footage=True, tracklets=True))
        session.failed.emit(error)
        if isinstance(error, DeviceLostError):
            ingest(session, item)  # on the CPU now, from the beginning: one run is computed by one device

    running = job_of(session, item.id)
    if running is not None:
        return running
    job = Job(f"{item.exhibit} {item.path.name}", make, INGEST, item.id, done, failed)  # type: ignore[arg-type]
    return session.runner.start(job)


def job_of(session: Session, item_id: int) -> Job | None:
    """The ingest of an item that has not ended."""
    return jobs(session).get(item_id)


def jobs(session: Session) -> dict[object, Job]:
    """Every ingest that has not ended, by item: found in one pass, however many items there are."""
    return {job.subject: job for job in session.runner.active() if job.lane == INGEST}


def set_modality(session: Session, item_id: int, modality: Modality | None) -> None:
    """The analyst's word on what the item is; None lets the measurement decide."""
    session.write(
        lambda case: case.evidence.override_modality(item_id, modality), Changes(footage=True, tracklets=True)
    )


def set_camera(
    session: Session, item: EvidenceItem, name: str, done: Callable[[], None], failed: Callable[[], None]
) -> None:
    """`failed` is told besides what every failure does."""

    def told(error: Exception) -> None:
        failed()
        session.failed.emit(error)

    typed = Typed(("camera", item.id), tr("The camera of {exhibit}").format(exhibit=item.exhibit), name)
    session.write(lambda case: case.evidence.set_camera(item.id, name), SET, lambda _item: done(), told, typed)


def set_start(session: Session, item: EvidenceItem, start: datetime | None) -> None:
    """What the recorder's clock showed at the first frame."""
    what = tr("The recorder’s time at the first frame of {exhibit}").format(exhibit=item.exhibit)
    typed = Typed(("start", item.id), what, start.isoformat(" ") if start else tr("unknown"))
    session.write(lambda case: case.evidence.set_start_time(item.id, start), SET, typed=typed)


def set_clock(session: Session, item: EvidenceItem, record: ClockRecord) -> None:
    """Add a clock reading; earlier ones stay."""
    what = tr("The clock reading of {exhibit}").format(exhibit=item.exhibit)
    typed = Typed(("clock", item.id), what, _readings(record))
    session.write(lambda case: case.evidence.set_clock(item.id, record), SET, typed=typed)


def _readings(record: ClockRecord) -> str:
    """As it is written down where it cannot be recorded."""
    words = tr("recorder {recorder}, reference {reference}")
    pairs = (
        (record.recorder_reading, record.reference_reading),
        (record.second_recorder_reading, record.second_reference_reading),
    )
    lines = [words.format(recorder=dial, reference=true) for dial, true in pairs if dial is not None]
    lines.append(tr("uncertainty ±{n} s, source: {source}").format(n=record.uncertainty_seconds, source=record.source))
    return "\n".join(lines)


def _case(session: Session) -> Case:
    if session.case is None:
        raise NightjarError(tr("The case was closed."))
    return session.case
