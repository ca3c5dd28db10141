"""`nightjar evidence` and `nightjar ingest`: footage in, people found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from engine import ingest as verb
from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Commands, Console, command, leave_with
from engine.errors import EvidenceError, UsageError
from engine.media.clock import RecorderClock, TimeReading, daily_gain
from engine.media.files import shown
from engine.progress import Work
from engine.settings import Settings
from engine.store.records import ClockRecord, EvidenceItem
from engine.types import Modality

MODALITY = click.Choice([kind.value for kind in Modality])
ZONED = click.DateTime(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z"])
TIME = "'YYYY-MM-DD HH:MM:SS'"


@click.group(cls=Commands)
def evidence() -> None:
    """Footage of a case: register it, list it, set its camera and clock."""


@evidence.command("add")
@click.argument("folder", type=FOLDER)
@click.argument("footage", type=FOLDER, nargs=-1, required=True)
@click.option("--camera", required=True, help="The camera's name, new or known.")
@click.option("--exhibit", default=None, help="Exhibit number (default: the next E-number).")
@click.option("--modality", type=MODALITY, default=None, help="Your word on IR or RGB (default: the pictures decide).")
@click.option("--start", type=click.DateTime(), default=None, help="Recorder time of the first frame.")
@command
def add(
    console: Console,
    folder: Path,
    footage: tuple[Path, ...],
    camera: str,
    exhibit: str | None,
    modality: str | None,
    start: datetime | None,
) -> None:
    """Register FOOTAGE (files, or folders of pictures) in the case, by SHA-256. The files are only read."""
    if exhibit and len(footage) > 1:
        raise UsageError("One exhibit number cannot name several files.", "Add them one at a time.")
    kind = Modality(modality) if modality else None
    with Case.open(folder, examiner=console.examiner) as case:

        def register(path: Path) -> Work[EvidenceItem]:
            return verb.register(case, path, camera, exhibit=exhibit, modality=kind, start_time=start)

        added, failures = console.run_all([(shown(path.name), register(path)) for path in footage])
        console.answer([_document(item) for item in added], lambda: _table(console, added))
    leave_with(failures)


@evidence.command("list")
@click.argument("folder", type=FOLDER)
@command
def list_items(console: Console, folder: Path) -> None:
    """The evidence items of the case."""
    with Case.open(folder, writable=False) as case:
        items = list(case.evidence.list())
        console.answer([_document(item) for item in items], lambda: _table(console, items))


@evidence.command("show")
@click.argument("folder", type=FOLDER)
@click.argument("item")
@command
def show(console: Console, folder: Path, item: str) -> None:
    """Everything known about one ITEM (its exhibit number)."""
    with Case.open(folder, writable=False) as case:
        found = case.evidence.find(item)
        document = _document(found) | {
            "probe": found.probe,
            "segments": case.evidence.segments(found.id),
            "clock": case.evidence.clock_records(found.id),
        }

        def text() -> None:
            from engine.store.codec import plain

            for key, value in plain(document).items():
                click.echo(f"{key}: {value}")

        console.answer(document, text)


@evidence.command("still")
@click.argument("folder", type=FOLDER)
@click.argument("item")
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--frame", type=click.IntRange(min=0), default=None, help="Which frame, counted from 0.")
@click.option("--pts", type=int, default=None, help="Which frame, by its presentation time stamp.")
@command
def still(console: Console, folder: Path, item: str, picture: Path, frame: int | None, pts: int | None) -> None:
    """Write one frame of an ITEM to PICTURE (PNG), and beside it (JSON) what it is: original, times, hashes."""
    from engine.report.frame_still import write_frame_still

    if (frame is None) == (pts is None):
        raise UsageError("Which frame?", "Give either --frame or --pts.")
    with Case.open(folder, examiner=console.examiner) as case:
        found = case.evidence.find(item)
        written = console.run(write_frame_still(case, found.id, _pts(found, frame) if pts is None else pts, picture))
        console.answer(written, lambda: click.echo(f"{written.picture}\n{written.facts}\nSHA-256 {written.sha256}"))


def _pts(item: EvidenceItem, frame: int | None) -> int:
    """Of the frame with this number."""
    from engine.media.source import open_source

    with open_source(item.path) as source:
        if frame is None or frame >= len(source.index.pts):
            raise UsageError(
                f"{item.exhibit} has {len(source.index.pts)} frames, so none has the number {frame}.",
                "They are counted from 0.",
            )
        return int(source.index.pts[frame])


@evidence.command("set")
@click.argument("folder", type=FOLDER)
@click.argument("item")
@click.option("--camera", default=None, help="Give the item to another camera.")
@click.option("--modality", type=click.Choice(["ir", "rgb", "auto"]), default=None, help="Your word on IR or RGB.")
@click.option("--start", type=click.DateTime(), default=None, help="Recorder time of the first frame.")
@command
def change(
    console: Console, folder: Path, item: str, camera: str | None, modality: str | None, start: datetime | None
) -> None:
    """Change what you say about an ITEM; what was there before stays in the audit log."""
    with Case.open(folder, examiner=console.examiner) as case:
        number = case.evidence.find(item).id
        if camera:
            case.evidence.set_camera(number, camera)
        if modality:
            case.evidence.override_modality(number, None if modality == "auto" else Modality(modality))
        if start:
            case.evidence.set_start_time(number, start)
        found = case.evidence.get(number)
        console.answer(_document(found), lambda: _table(console, [found]))


@evidence.command("find")
@click.argument("folder", type=FOLDER)
@click.argument("place", type=FOLDER)
@command
def find(console: Console, folder: Path, place: Path) -> None:
    """Look in PLACE, and the folders in it, for footage that is not where the case has it.

    It counts by its SHA-256, under whatever name; where it was before stays in the audit log.
    """
    from engine.moved import find_moved

    with Case.open(folder, examiner=console.examiner) as case:
        moved = console.run(find_moved(case, place))
        document = {"found": [_document(each) for each in moved.found], "missing": [m.exhibit for m in moved.missing]}

        def text() -> None:
            for each in moved.found:
                click.echo(f"{each.exhibit} is now {shown(str(each.path))}")
            names = ", ".join(each.exhibit for each in moved.missing)
            click.echo(f"{len(moved.found)} found, {len(moved.missing)} still missing{f': {names}' if names else ''}.")

        console.answer(document, text)
    leave_with([EvidenceError(f"{each.exhibit} is missing.") for each in moved.missing])


@evidence.command("clock")
@click.argument("folder", type=FOLDER)
@click.argument("item")
@click.option(
    "--recorder", type=click.DateTime(), metavar=TIME, required=True, help="The recorder's clock showed this ..."
)
@click.option(
    "--reference", type=ZONED, metavar=TIME, required=True, help="... at this true time (UTC or with +HH:MM)."
)
@click.option("--second-recorder", type=click.DateTime(), metavar=TIME, help="Another reading, to measure drift ...")
@click.option("--second-reference", type=ZONED, metavar=TIME, help="... and its true time.")
@click.option("--uncertainty", type=click.FloatRange(min=0), required=True, help="Of a reading, give or take seconds.")
@click.option("--source", required=True, help="Where the reference comes from, e.g. 'radio clock'.")
@click.option("--dry-run", is_flag=True, help="Say what the readings mean; record nothing.")
@command
def clock(
    console: Console,
    folder: Path,
    item: str,
    recorder: datetime,
    reference: datetime,
    second_recorder: datetime | None,
    second_reference: datetime | None,
    uncertainty: float,
    source: str,
    dry_run: bool,
) -> None:
    """Note how far an ITEM's recorder clock is off: one reading gives the offset, a second one its drift.

    Earlier notes stay on record; the newest counts.
    """
    with Case.open(folder, writable=not dry_run, examiner=console.examiner) as case:
        found = case.evidence.find(item)
        noted = ClockRecord(
            recorder,
            _utc(reference),
            uncertainty,
            source,
            second_recorder,
            _utc(second_reference) if second_reference else None,
        )
        noted.require_sensible()
        if not dry_run:
            noted = case.evidence.set_clock(found.id, noted)
        meant = found.clock(noted)
        ends = [meant.read(found.timestamp(pts)) for pts in (found.start_pts, found.end_pts) if pts is not None]
        document = {
            "record": noted,
            "recorded": not dry_run,
            "recorder_gains_seconds_a_day": float(daily_gain(meant.rate)) if meant.rate is not None else None,
            "first_frame": ends[0],
            "end": ends[1] if len(ends) > 1 else None,
        }
        console.answer(document, lambda: click.echo("\n".join([_offset(noted), _drift(meant), *_frames(ends)])))


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _offset(noted: ClockRecord) -> str:
    """What is added to recorder time, and what was taken for the true time: a zone that was not given is UTC."""
    reference = noted.reference_reading.astimezone(UTC)
    shown = noted.recorder_reading
    apart = reference - (shown if shown.tzinfo else shown.replace(tzinfo=UTC))
    sign, apart = ("-", -apart) if apart < timedelta() else ("+", apart)
    return f"Offset: {sign}{apart} to UTC; the recorder showed {shown} when it was {reference:%Y-%m-%d %H:%M:%S} UTC."


def _drift(noted: RecorderClock) -> str:
    if noted.rate is None:
        return "Drift: not measured; it takes a second reading."
    gained = float(daily_gain(noted.rate))
    return f"Drift: the recorder {'loses' if gained < 0 else 'gains'} {abs(gained):.1f} s a day."


@click.command("ingest")
@click.argument("folder", type=FOLDER)
@click.option(
    "--item", "names", multiple=True, help="Exhibit number; may be given several times (default: all not done)."
)
@click.option("--detector", default=None, help="A detector's name ('nightjar models list'), or 'motion'.")
@click.option("--student", default=None, help="The student network that embeds crops.")
@click.option("--device", default="auto", help="auto, cpu, cuda, tensorrt, directml or coreml.")
@click.option("--every", type=click.IntRange(min=1), default=1, help="Analyse every n-th frame.")
@click.option("--keyframes", is_flag=True, help="Quick pass: key frames only.")
@command
def ingest(
    console: Console,
    folder: Path,
    names: tuple[str, ...],
    detector: str | None,
    student: str | None,
    device: str,
    every: int,
    keyframes: bool,
) -> None:
    """Find the people in the case's footage. Stop it at any time: the next run goes on from there."""
    base = Settings()
    settings = replace(base, ingest=replace(base.ingest, frame_step=every, keyframes_only=keyframes))
    options = verb.IngestOptions(detector=detector, student=student, device=device, settings=settings)
    with Case.open(folder, examiner=console.examiner) as case:
        items = [case.evidence.find(name) for name in names] or verb.pending(case)
        if not items and not case.evidence.list():
            raise UsageError("The case has no footage yet.", "Add some with 'nightjar evidence add'.")
        reports, failures = console.run_all(
            [(item.exhibit, verb.ingest_item(case, item.id, options)) for item in items]
        )
        document = {"done": [_report(report) for report in reports], "failed": [str(error) for error in failures]}
        console.answer(document, lambda: _report_table(console, reports))
    leave_with(failures)


def _frames(ends: list[TimeReading]) -> list[str]:
    """The first frame and the end of the recording on both clocks."""
    if ends[0].adjusted is None:
        return ["The item has no start time yet: adjusted times follow from 'nightjar evidence set --start'."]
    return [
        f"{name}: recorder {end.recorder}, adjusted {end.adjusted}, {_give_or_take(end)}."
        for name, end in zip(("First frame", "End"), ends, strict=False)
    ]


def _give_or_take(reading: TimeReading) -> str:
    if reading.uncertainty_seconds is None:
        return f"error not known ({reading.basis})"
    return f"give or take {float(reading.uncertainty_seconds):.1f} s"


def _document(item: EvidenceItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "exhibit": item.exhibit,
        "path": shown(str(item.path)),
        "sha256": item.sha256,
        "size": item.size,
        "camera": item.camera.name,
        "modality": item.modality_override.value if item.modality_override else "auto",
        "start_time": item.start_time.isoformat() if item.start_time else None,
        "state": item.state.value,
        "failure": item.failure,
        "frames_decoded": item.frames_decoded,
        "frames_failed": item.frames_failed,
        "frames_retimed": item.frames_retimed,
        "frames_rescaled": item.frames_rescaled,
        "warnings": item.warnings,
    }


def _table(console: Console, items: list[EvidenceItem]) -> None:
    rows = [
        (i.exhibit, i.name, i.camera.name, i.state.value, i.frames_decoded, i.frames_failed, i.sha256[:16] + "…")
        for i in items
    ]
    console.table(("exhibit", "file", "camera", "state", "frames", "not decoded", "SHA-256"), rows)
    for item in items:
        if item.failure:
            click.echo(f"{item.exhibit}: {item.failure}")
        for warning in item.warnings:
            click.echo(f"{item.exhibit}: {warning}")


def _report(report: verb.IngestReport) -> dict[str, Any]:
    return _document(report.item) | {
        "tracklets": report.tracklets,
        "provider": report.provider,
        "seconds": report.seconds,
    }


def _report_table(console: Console, reports: list[verb.IngestReport]) -> None:
    rows = [(r.item.exhibit, r.item.name, r.tracklets, r.frames_decoded, r.frames_failed, r.provider) for r in reports]
    console.table(("exhibit", "file", "tracklets", "frames", "not decoded", "computed by"), rows)
    for report in reports:
        for warning in report.item.warnings:
            click.echo(f"{report.item.exhibit}: {warning}")
