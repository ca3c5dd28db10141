"""`nightjar demo`: the main job from beginning to end on the footage that comes with the program."""

from __future__ import annotations

from pathlib import Path

import click

from engine import ingest, search
from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Console, command
from engine.demo import prepare_demo
from engine.errors import UsageError
from engine.query import Query
from engine.settings import user_data_dir
from engine.store.tracklets import TrackletFilter
from engine.types import Modality

_SEARCHES = 3


@click.command("demo")
@click.argument("folder", type=FOLDER, required=False)
@command
def demo(console: Console, folder: Path | None) -> None:
    """Make the demo case in FOLDER, find its people, and rank candidates for the first few seen by night."""
    place = folder or user_data_dir() / "demo"
    case_folder = console.run(prepare_demo(place, console.examiner))
    with Case.open(case_folder, examiner=console.examiner) as case:
        for item in ingest.pending(case):
            console.run(ingest.ingest_item(case, item.id))
        night = TrackletFilter(modality=Modality.INFRARED, usable=True)
        people = case.tracklets.ids(night, "quality")[:_SEARCHES].tolist()
        if not people:
            raise UsageError("Nobody was found in the demo's night footage.")
        results = [console.run(search.run_search(case, Query(tracklets=(number,)))) for number in people]
        sheets = [_sheet(case, result, place) for result in results]
        document = {
            "case": str(case_folder),
            "searches": [
                {"search": r.label, "sheet": str(sheet), "candidates": [c.tracklet.label for c in r.candidates[:10]]}
                for r, sheet in zip(results, sheets, strict=True)
            ],
        }
        console.answer(document, lambda: _print(console, results, sheets, case_folder))


def _sheet(case: Case, result: search.SearchResult, place: Path) -> Path:
    from engine.report.sheets import ranked_sheet

    path = place / f"{result.label}.png"
    ranked_sheet(case, result, path)
    return path


def _print(console: Console, results: list[search.SearchResult], sheets: list[Path], case_folder: Path) -> None:
    from engine.cli.search import LEAD

    click.echo(LEAD)
    if results[0].provisional:
        click.echo(f"Model {results[0].model}: {results[0].provisional}")
    rows = []
    for result, sheet in zip(results, sheets, strict=True):
        first = ", ".join(f"{c.rank}: {c.tracklet.label}" for c in result.candidates[:5])
        rows.append((result.label, result.query[0].label, first, sheet))
    console.table(("search", "searched for", "first candidates", "picture"), rows)
    click.echo(f"The case is in {case_folder}. Look around: nightjar tracklets {case_folder}")
