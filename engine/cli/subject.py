"""`nightjar subject`: the case's people of interest and their galleries."""

from __future__ import annotations

from pathlib import Path

import click

from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Commands, Console, command
from engine.cli.search import tracklet_id


@click.group(cls=Commands)
def subject() -> None:
    """People of interest: make, list, gather tracklets, take them out, merge, hand over."""


@subject.command("create")
@click.argument("folder", type=FOLDER)
@click.argument("name")
@click.option("--notes", default="")
@command
def create(console: Console, folder: Path, name: str, notes: str) -> None:
    """Begin a subject called NAME."""
    with Case.open(folder, examiner=console.examiner) as case:
        made = case.subjects.create(name, notes)
        console.answer(made, lambda: click.echo(f"{made.label} {made.name}"))


@subject.command("list")
@click.argument("folder", type=FOLDER)
@command
def list_subjects(console: Console, folder: Path) -> None:
    """The subjects of the case."""
    with Case.open(folder, writable=False) as case:
        found = list(case.subjects.list())
        rows = [(s.label, s.name, s.members, s.notes) for s in found]
        console.answer(found, lambda: console.table(("subject", "name", "tracklets", "notes"), rows))


@subject.command("show")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@command
def show(console: Console, folder: Path, label: str) -> None:
    """Who has been gathered under a subject (S-001)."""
    with Case.open(folder, writable=False) as case:
        found = case.subjects.find(label)
        members = list(case.subjects.members(found.id))
        tracklets = case.tracklets.rows([member.tracklet_id for member in members])
        rows = [
            (t.label, t.camera, t.modality.label, m.examiner, m.reason) for t, m in zip(tracklets, members, strict=True)
        ]
        document = {"subject": found, "members": members}
        console.answer(document, lambda: console.table(("tracklet", "camera", "kind", "by", "reason"), rows))


@subject.command("add")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@click.argument("tracklets", nargs=-1, required=True)
@click.option("--reason", default="")
@command
def add(console: Console, folder: Path, label: str, tracklets: tuple[str, ...], reason: str) -> None:
    """Gather TRACKLETS under a subject."""
    with Case.open(folder, examiner=console.examiner) as case:
        found = case.subjects.find(label)
        case.subjects.add(found.id, [tracklet_id(case, name) for name in tracklets], reason=reason)
        now = case.subjects.get(found.id)
        console.answer(now, lambda: click.echo(f"{now.label} has {now.members} tracklets."))


@subject.command("remove")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@click.argument("tracklets", nargs=-1, required=True)
@click.option("--reason", default="")
@command
def remove(console: Console, folder: Path, label: str, tracklets: tuple[str, ...], reason: str) -> None:
    """Take TRACKLETS out of a subject; that they were in it stays on record."""
    with Case.open(folder, examiner=console.examiner) as case:
        found = case.subjects.find(label)
        case.subjects.remove(found.id, [tracklet_id(case, name) for name in tracklets], reason)
        now = case.subjects.get(found.id)
        console.answer(now, lambda: click.echo(f"{now.label} has {now.members} tracklets."))


@subject.command("merge")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@click.argument("into")
@click.option("--reason", default="")
@command
def merge(console: Console, folder: Path, label: str, into: str, reason: str) -> None:
    """Put one subject's gallery into another's."""
    with Case.open(folder, examiner=console.examiner) as case:
        kept = case.subjects.merge(case.subjects.find(label).id, case.subjects.find(into).id, reason)
        console.answer(kept, lambda: click.echo(f"{kept.label} has {kept.members} tracklets."))


@subject.command("sheet")
@click.argument("folder", type=FOLDER)
@click.argument("label")
@click.argument("picture", type=FOLDER)
@command
def sheet(console: Console, folder: Path, label: str, picture: Path) -> None:
    """Write a subject's contact sheet to PICTURE (PNG): every appearance with both times and its original."""
    from engine.report.sheets import write_subject_sheet

    with Case.open(folder, examiner=console.examiner) as case:
        digest = console.run(write_subject_sheet(case, case.subjects.find(label), picture))
        document = {"picture": str(picture), "sha256": digest}
        console.answer(document, lambda: click.echo(f"{picture}, SHA-256 {digest}"))
