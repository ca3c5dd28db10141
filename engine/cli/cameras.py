"""`nightjar cameras`: where cameras stand, and the site plan under them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Commands, Console, command
from engine.errors import UsageError


@click.group(cls=Commands)
def cameras() -> None:
    """Cameras of a case: where they stand, and the site plan under them."""


@cameras.command("list")
@click.argument("folder", type=FOLDER)
@command
def list_cameras(console: Console, folder: Path) -> None:
    """The cameras, where you said they stand, and the plan that this refers to."""
    with Case.open(folder, writable=False) as case:
        _answer(console, case)


@cameras.command("place")
@click.argument("folder", type=FOLDER)
@click.argument("camera")
@click.option("--x", type=float, default=None, help="To the right; on a site plan as 'cameras list' says ...")
@click.option("--y", type=float, default=None, help="... and downwards.")
@click.option("--latitude", type=float, default=None, help="Degrees, WGS 84.")
@click.option("--longitude", type=float, default=None)
@click.option("--off", is_flag=True, help="Take the camera off the map.")
@command
def place(console: Console, folder: Path, camera: str, off: bool, **numbers: float | None) -> None:
    """Say where a CAMERA stands; a pair that is not given is forgotten."""
    from engine.store.records import Position

    given = any(number is not None for number in numbers.values())
    if given == off:
        raise UsageError("Say where the camera stands, or --off.", "Give --x and --y, or --latitude and --longitude.")
    with Case.open(folder, examiner=console.examiner) as case:
        found = next((each for each in case.cameras.list() if each.name == camera), None)
        if found is None:
            raise UsageError(f"There is no camera '{camera}' in this case.", "'nightjar cameras list' names them.")
        case.cameras.place({found.id: Position(**numbers)})
        _answer(console, case)


@cameras.command("plan")
@click.argument("folder", type=FOLDER)
@click.argument("picture", type=FOLDER, required=False)
@click.option("--remove", is_flag=True, help="Take the plan off the map; the case keeps the file.")
@click.option("--x", type=float, default=None, help="Move the picture's upper left corner: to the right ...")
@click.option("--y", type=float, default=None, help="... and downwards, as cameras are placed.")
@click.option("--unit", type=float, default=None, help="Scale it: how wide a pixel is in the cameras' unit.")
@click.option("--turn", type=float, default=None, help="Turn it: degrees clockwise from upright.")
@click.option("--undo", is_flag=True, help="Take back the last time the plan was moved, scaled or turned.")
@command
def plan(
    console: Console, folder: Path, picture: Path | None, remove: bool, undo: bool, **numbers: float | None
) -> None:
    """Lay a PICTURE of the site (PNG, JPEG, BMP, TIFF, WebP) under the cameras. It is copied into the case.

    Or move, scale and turn the one that lies there. Cameras keep their positions. A plan that is only scaled or turned
    keeps its middle in place.
    """
    from engine.site_plan import lay_plan, use_plan

    given = any(number is not None for number in numbers.values())
    if (picture is not None) + remove + undo + given != 1:
        raise UsageError(
            "Name a picture of the site, or --remove.",
            "Or move the plan that is there: --x, --y, --unit, --turn; --undo takes that back.",
        )
    with Case.open(folder, examiner=console.examiner) as case:
        if picture is not None:
            console.run(use_plan(case, picture))
        elif remove:
            case.site_plans.remove()
        elif undo:
            case.site_plans.undo_move()
        else:
            lay_plan(case, **numbers)
        _answer(console, case)


def _answer(console: Console, case: Case) -> None:
    from engine.site_plan import APPROXIMATE

    found, ground = case.cameras.list(), case.site_plans.current()

    def text() -> None:
        rows = [tuple("" if n is None else f"{n:.10g}" for n in (c.x, c.y, c.latitude, c.longitude)) for c in found]
        named = [(camera.name, *row) for camera, row in zip(found, rows, strict=True)]
        console.table(("camera", "x", "y", "latitude", "longitude"), named)
        if ground is not None:
            picture = ground.picture
            click.echo(
                f"Site plan: {picture.name}, {picture.width} × {picture.height} pixels, SHA-256 {picture.sha256}"
            )
            place = ground.place
            turned = f", turned clockwise by {place.turn:.10g}°" if place.turn else ""
            click.echo(
                f"Its upper left corner lies at x {place.x:.10g}, y {place.y:.10g}; a pixel is {place.unit:g} wide"
                f"{turned}."
            )
            if ground.moved_by is not None:
                click.echo(f"Put there by {ground.moved_by} at {ground.moved_at}.")
            click.echo(APPROXIMATE)

    document: dict[str, Any] = {"cameras": [asdict(each) for each in found], "site_plan": None}
    if ground is not None:
        document["site_plan"] = asdict(ground) | asdict(ground.place) | {"notice": APPROXIMATE}
        del document["site_plan"]["place"]
    console.answer(document, text)
