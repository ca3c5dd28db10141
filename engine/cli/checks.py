"""`nightjar verify` and `nightjar audit`: is everything still what it was, and what was done."""

from __future__ import annotations

from pathlib import Path

import click

from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Console, command


@click.command("audit")
@click.argument("folder", type=FOLDER)
@click.option("--action", default=None, help="Only this action, e.g. 'ingest.finish'.")
@click.option("--last", type=click.IntRange(min=1), default=50, help="How many of the newest entries.")
@command
def audit(console: Console, folder: Path, action: str | None, last: int) -> None:
    """What was done in the case, newest last, each entry chained to the one before by hash."""
    with Case.open(folder, writable=False) as case:
        entries = list(reversed(case.audit.entries(action=action, limit=last)))
        rows = [(e.id, e.at, e.actor, e.action, e.target, e.hash[:12] + "…") for e in entries]
        document = {"head": case.audit.head, "entries": entries}
        console.answer(document, lambda: console.table(("no.", "time (UTC)", "by", "action", "about", "hash"), rows))
