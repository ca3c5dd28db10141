"""`nightjar search`, `searches` and `decide`: ranked candidates, and what the analyst says of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from engine import search as verb
from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.evidence import MODALITY
from engine.cli.output import Console, command
from engine.errors import UsageError
from engine.query import Query
from engine.store.codec import row_number
from engine.types import Modality, Verdict

LEAD = "Ranked by appearance: an investigative lead, not an identification. The person may not be in the archive."


@click.command("search")
@click.argument("folder", type=FOLDER)
@click.option("--tracklet", "tracklets", multiple=True, help="Whom to search for: a tracklet's id, or E-001/3.")
@click.option("--crop", "crops", multiple=True, help="A picture file of the person, or the number of a stored crop.")
@click.option("--among", type=MODALITY, default=None, help="Search among IR or RGB (default: the other one).")
@click.option("--camera", "cameras", multiple=True, help="Only this camera; may be given several times.")
@click.option("--item", "items", multiple=True, help="Only this exhibit; may be given several times.")
@click.option(
    "--since",
    type=click.DateTime(),
    default=None,
    help="From this time on (UTC; recorder time where its clock was never compared).",
)
@click.option("--until", type=click.DateTime(), default=None, help="Before this time (UTC, as above).")
@click.option("--min-quality", type=float, default=None, help="Leave out tracklets of a lower quality (0 to 1).")
@click.option("--hide-decided", is_flag=True, help="Leave out who has been decided about.")
@click.option("--reranking", default=None, help="none, k-reciprocal or affinity.")
@click.option("--student", default=None, help="The student network (default: 'nightjar models list').")
@click.option("--shown", type=click.IntRange(min=1), default=20, help="How many candidates to print.")
@click.option("--sheet", type=click.Path(path_type=Path), default=None, help="Write the ranked list as a PNG here.")
@click.option("--note", default="", help="Kept with the search.")
@command
def search(
    console: Console,
    folder: Path,
    tracklets: tuple[str, ...],
    crops: tuple[str, ...],
    among: str | None,
    cameras: tuple[str, ...],
    items: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    min_quality: float | None,
    hide_decided: bool,
    reranking: str | None,
    student: str | None,
    shown: int,
    sheet: Path | None,
    note: str,
) -> None:
    """Rank the archive's people by likeness to one person, and record the search."""
    with Case.open(folder, examiner=console.examiner) as case:
        if sheet is not None:
            from engine.report.sheets import ranked_sheet, require_writable

            require_writable(case, sheet)  # before a search is recorded for nothing
        filters = verb.SearchFilters(
            modality=Modality(among) if among else None,
            cameras=tuple(camera_id(case, name) for name in cameras),
            items=tuple(case.evidence.find(name).id for name in items),
            since=since and since.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
            min_quality=min_quality,
            hide_decided=hide_decided,
        )
        query = Query(
            tracklets=tuple(tracklet_id(case, name) for name in tracklets),
            crops=tuple(row_number(name, "crop") for name in crops if name.isdecimal()),
            images=tuple(Path(name) for name in crops if not name.isdecimal()),
        )
        options = verb.SearchOptions(student=student, reranker=reranking, filters=filters, note=note)
        notices = verb.time_notices(case, filters)
        for notice in notices:
            console.notice(notice)
        result = console.run(verb.run_search(case, query, options))
        if sheet is not None:
            ranked_sheet(case, result, sheet)
        document = _document(result) | {"time_notices": notices}
        console.answer(document, lambda: _print(console, result, shown))


@click.command("searches")
@click.argument("folder", type=FOLDER)
@command
def searches(console: Console, folder: Path) -> None:
    """The searches of the case, newest first."""
    with Case.open(folder, writable=False) as case:
        found = list(case.searches.list())
        rows = [(s.label, s.at[:19], s.examiner, s.listed, s.confirmed, s.rejected, s.inconclusive) for s in found]
        columns = ("search", "time (UTC)", "by", "listed", "confirmed", "rejected", "inconclusive")
        console.answer(found, lambda: console.table(columns, rows))


@click.command("decide")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@click.argument("rank", type=click.IntRange(min=1))
@click.argument("verdict", type=click.Choice([*(v.value for v in Verdict), "undo"]))
@click.option("--reason", default="", help="Why; needed to confirm.")
@click.option("--subject", default=None, help="Gather a confirmed candidate under this subject (S-001).")
@command
def decide(
    console: Console, folder: Path, label: str, rank: int, verdict: str, reason: str, subject: str | None
) -> None:
    """Say what you think of the candidate at RANK of search LABEL (Q-001): the decision is yours alone."""
    with Case.open(folder, examiner=console.examiner) as case:
        found = case.searches.find(label)
        line = next((line for line in case.searches.results(found.id) if line.rank == rank), None)
        if line is None:
            raise UsageError(f"{found.label} lists {found.listed} candidates; there is no rank {rank}.")
        if subject is not None and verdict != Verdict.CONFIRMED:
            raise UsageError("Only a confirmed candidate is gathered under a subject.", "Leave --subject out.")
        if verdict == Verdict.CONFIRMED and not reason.strip():
            raise UsageError("A confirmation needs a reason.", "Give it with --reason: it stands in the report.")
        if verdict == "undo":
            current = case.decisions.current(found.id).get(line.tracklet_id)
            if current is None:
                raise UsageError(f"Nothing has been decided about rank {rank} of {found.label}.")
            decision = case.decisions.undo(current.id)
        else:
            with case.together():
                (decision,) = case.decisions.decide(found.id, [line.tracklet_id], Verdict(verdict), reason=reason)
                if subject is not None:
                    case.subjects.add(case.subjects.find(subject).id, [line.tracklet_id], decision_id=decision.id)
        console.answer(decision, lambda: click.echo(f"{found.label} rank {rank}: {verdict}."))


def tracklet_id(case: Case, name: str) -> int:
    """The id behind '17' or 'E-001/3'."""
    if name.isdecimal():
        return row_number(name, "tracklet")
    exhibit, _, ordinal = name.rpartition("/")
    if not exhibit or not ordinal.isdecimal():
        raise UsageError(f"'{name}' does not name a tracklet.", "Write its id, or exhibit and number as E-001/3.")
    return case.tracklets.find(case.evidence.find(exhibit).id, row_number(ordinal, "tracklet")).id


def camera_id(case: Case, name: str) -> int:
    """The camera called `name`."""
    found = {camera.name: camera.id for camera in case.cameras.list()}
    if name not in found:
        raise UsageError(f"The case has no camera called '{name}'.", f"It has {', '.join(found) or 'none'}.")
    return found[name]


def _document(result: verb.SearchResult) -> dict[str, Any]:
    return {
        "search": result.label,
        "notice": LEAD,
        "provisional": result.provisional,
        "model": result.model,
        "model_sha256": result.model_sha256,
        "provider": result.provider,
        "reranking": result.reranker,
        "gallery_size": result.gallery_size,
        "bands": result.band_rule,
        "not_embedded": result.not_embedded,
        "gap_rank_1_2": result.gap,
        "query": [
            {"label": c.label, "used": c.used, "note": c.note, "crop": c.crop_id, "file_sha256": c.file_sha256}
            for c in result.query
        ],
        "candidates": [
            {
                "rank": c.rank,
                "tracklet": c.tracklet.id,
                "label": c.tracklet.label,
                "camera": c.tracklet.camera,
                "band": c.band,
                "distance": c.distance,
                "raw_distance": c.raw_distance,
                "nearer": c.nearer,
            }
            for c in result.candidates
        ],
    }


def _print(console: Console, result: verb.SearchResult, shown: int) -> None:
    click.echo(f"{result.label}: {len(result.candidates)} of {result.gallery_size} tracklets listed")
    click.echo(LEAD)
    if result.provisional:
        click.echo(f"Model {result.model}: {result.provisional}")
    click.echo(result.ranked_by)
    if result.not_embedded:
        click.echo(
            f"Not compared: {result.not_embedded} tracklets that this model has not embedded ('nightjar reembed')."
        )
    for crop in result.query:
        click.echo(f"query: {crop.label} ({crop.note}{'' if crop.used else '; left out'})")
    rows = [
        (c.rank, c.band, c.tracklet.label, c.tracklet.camera, f"{float(c.tracklet.start.seconds):.2f} s", c.tracklet.id)
        for c in result.candidates[:shown]
    ]
    click.echo(result.band_rule)
    console.table(("rank", "band", "tracklet", "camera", "from", "id"), rows)
