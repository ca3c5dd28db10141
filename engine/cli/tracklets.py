"""`nightjar tracklets`: who was found, as a table, JSON or a picture."""

from __future__ import annotations

from pathlib import Path

import click

from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.evidence import MODALITY
from engine.cli.output import Console, command
from engine.store.records import Tracklet
from engine.types import Modality


@click.command("tracklets")
@click.argument("folder", type=FOLDER)
@click.option("--item", default=None, help="Only this exhibit.")
@click.option("--modality", type=MODALITY, default=None, help="Only IR or RGB.")
@click.option("--sheet", type=click.Path(path_type=Path), default=None, help="Write a contact sheet PNG here.")
@command
def tracklets(console: Console, folder: Path, item: str | None, modality: str | None, sheet: Path | None) -> None:
    """The people found in the case: one line for each pass of one person through one camera."""
    from engine.store.tracklets import TrackletFilter

    with Case.open(folder, writable=False) as case:
        items = (case.evidence.find(item).id,) if item else ()
        wanted = TrackletFilter(modality=Modality(modality) if modality else None, items=items)
        found = list(case.tracklets.list(wanted))
        if sheet is not None:
            from engine.report.sheets import tracklet_sheet

            tracklet_sheet(case, found, sheet)
        console.answer(found, lambda: _table(console, found))


def _table(console: Console, found: list[Tracklet]) -> None:
    rows = [
        (
            t.id,
            t.label,
            t.camera,
            t.modality.label,
            f"{float(t.start.seconds):.2f}",
            f"{float(t.end.seconds):.2f}",
            t.observations,
            f"{t.quality:.2f}" if t.usable else f"{t.quality:.2f} weak",
        )
        for t in found
    ]
    console.table(("id", "tracklet", "camera", "kind", "from s", "to s", "seen in", "quality"), rows)
