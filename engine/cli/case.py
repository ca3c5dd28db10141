"""`nightjar case`: make a case, and see what is in it."""

from __future__ import annotations

from pathlib import Path

import click

from engine.case import Case
from engine.cli.output import Commands, Console, command
from engine.types import Modality

FOLDER = click.Path(path_type=Path)


@click.group(cls=Commands)
def case() -> None:
    """Make a case, and see what is in it."""


@case.command("create")
@click.argument("folder", type=FOLDER)
@click.option("--title", default="", help="What people call the case (default: the folder's name).")
@command
def create(console: Console, folder: Path, title: str) -> None:
    """Make a new case in FOLDER (new or empty)."""
    with Case.create(folder, title or folder.resolve().name, console.examiner) as made:
        document = {"folder": str(made.folder), "title": made.info.title, "audit_head": made.audit.head}
        console.answer(document, lambda: click.echo(f"Case '{made.info.title}' is ready in {made.folder}."))


@case.command("info")
@click.argument("folder", type=FOLDER)
@command
def info(console: Console, folder: Path) -> None:
    """What the case in FOLDER holds."""
    from engine.store.tracklets import TrackletFilter

    with Case.open(folder, writable=False) as opened:
        people = {kind.label: opened.tracklets.count(TrackletFilter(modality=kind)) for kind in Modality}
        document = {
            "folder": str(opened.folder),
            "title": opened.info.title,
            "evidence": len(opened.evidence.list()),
            "tracklets": people,
            "searches": len(opened.searches.list()),
            "subjects": len(opened.subjects.list()),
            "audit_entries": opened.audit.count(),
            "audit_head": opened.audit.head,
        }

        def text() -> None:
            click.echo(f"{opened.info.title} ({opened.folder})")
            click.echo(f"  {document['evidence']} evidence items")
            click.echo(f"  tracklets: {people['IR']} IR, {people['RGB']} RGB")
            click.echo(f"  {document['searches']} searches, {document['subjects']} subjects")
            click.echo(f"  audit log: {document['audit_entries']} entries, head {document['audit_head']}")

        console.answer(document, text)
