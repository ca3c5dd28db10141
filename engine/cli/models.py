"""`nightjar models`: which models are on this machine, what their cards say, and which are used by default."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from engine.cli.case import FOLDER
from engine.cli.output import Commands, Console, command
from engine.models.card import Model, Task
from engine.models.library import ModelLibrary


@click.group(cls=Commands)
def models() -> None:
    """Detectors and student networks: list, show, import, set the default, download."""


@models.command("list")
@command
def list_models(console: Console) -> None:
    """Models on this machine; a star marks the default of its task."""
    library = ModelLibrary()
    found = library.list()
    defaults = {task: library.default(task) for task in get_args(Task)}
    lines = [_line(model, defaults) for model in found]
    document = {"models": lines, "defaults": defaults, "damaged": library.damaged()}
    for sentence in library.damaged():
        console.notice(sentence)

    def text() -> None:
        rows = [("*" if line["default"] else "", *list(line.values())[:-1]) for line in lines]
        motion = "*" if defaults["detector"] == "motion" else ""
        rows.insert(0, (motion, "motion", "detector", "built in", "Nightjar's own", "no model file"))
        console.table(("", "name", "task", "origin", "licence", "SHA-256"), rows)

    console.answer(document, text)


@models.command("show")
@click.argument("name")
@command
def show(console: Console, name: str) -> None:
    """The model card of NAME."""
    card = ModelLibrary().get(name).card.to_dict()

    def text() -> None:
        for key, value in card.items():
            if value not in ("", None, (), {}):
                click.echo(f"{key}: {value}")

    console.answer(card, text)


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--card", type=click.Path(path_type=Path), default=None, help="Its model card (default: FILE's .json).")
@command
def import_model(console: Console, file: Path, card: Path | None) -> None:
    """Take an ONNX FILE with its card in, after checking its hash and running it once."""
    model = ModelLibrary().import_file(file, card)
    console.answer(model.card.to_dict(), lambda: click.echo(f"'{model.name}' is ready to use."))


@models.command("set-default")
@click.argument("task", type=click.Choice(get_args(Task)))
@click.argument("name")
@command
def set_default(console: Console, task: Task, name: str) -> None:
    """Use NAME for TASK from now on."""
    ModelLibrary().set_default(task, name)
    console.answer({"task": task, "name": name}, lambda: click.echo(f"The {task} is now '{name}'."))


@models.command("download")
@click.argument("name", required=False)
@command
def download(console: Console, name: str | None) -> None:
    """Fetch a detector of the catalogue by NAME and check its hash; without a name, list the catalogue."""
    from engine.models.catalogue import CATALOGUE, download, find

    if name is None:
        entries = [{"name": e.card.name, "licence": e.card.licence, "sha256": e.card.sha256} for e in CATALOGUE]
        console.answer(entries, lambda: _catalogue(console, entries))
        return
    model = console.run(download(find(name), ModelLibrary()))
    console.answer(model.card.to_dict(), lambda: click.echo(f"'{model.name}' is ready to use."))


@click.command("reembed")
@click.argument("folder", type=FOLDER)
@click.argument("student")
@click.option("--device", default="auto", help="auto, cpu, cuda, tensorrt, directml or coreml.")
@command
def reembed(console: Console, folder: Path, student: str, device: str) -> None:
    """Embed the case's crops with another STUDENT, so that it can search them. Can be stopped and run again."""
    from engine.case import Case
    from engine.reembed import reembed as verb

    with Case.open(folder, examiner=console.examiner) as case:
        report = console.run(verb(case, student, device=device))
        text = f"{report.crops} crops embedded with '{report.model}' ({report.provider})."
        console.answer(report, lambda: click.echo(text))


def _catalogue(console: Console, entries: list[dict[str, str]]) -> None:
    if not entries:
        click.echo(
            "The catalogue is empty: no published detector's hash could be verified yet. Import one from a file."
        )
        return
    console.table(("name", "licence", "SHA-256"), [tuple(entry.values()) for entry in entries])


def _line(model: Model, defaults: dict[str, str]) -> dict[str, object]:
    card = model.card
    return {
        "name": card.name,
        "task": card.task,
        "origin": "built in" if model.builtin else "imported",
        "licence": card.licence,
        "sha256": card.sha256[:16] + "…",
        "default": defaults[card.task] == card.name,
    }
