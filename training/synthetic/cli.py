"""`python -m training synthetic …`: rendered people and scenes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.progress import Progress, Work, finish


def add_commands(subparsers: Any) -> None:
    """Add `synthetic` and its subcommands to an argparse subparsers object.

    Each sets `run`: a function of the parsed arguments that returns an exit status.
    """
    parser = subparsers.add_parser("synthetic", help="render people and scenes in RGB and infrared")
    add_subcommands(parser)


def add_subcommands(parser: argparse.ArgumentParser) -> None:
    """The commands below `synthetic`."""
    commands = parser.add_subparsers(dest="synthetic_command", required=True)
    _crops(commands)


def _common(commands: Any, name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("out", type=Path, help="where to write")
    parser.add_argument(
        "--makehuman", type=Path, required=True, metavar="DIR", help="folder of the body and clothes pack"
    )
    parser.set_defaults(run=run)
    return parser


def _crops(commands: Any) -> None:
    parser = _common(commands, "crops", "render a crop set in SYSU-MM01's folder layout", _run_crops)
    parser.add_argument("--ids", type=int, default=100, help="number of people (default 100)")
    parser.add_argument("--per-camera", type=int, default=20, help="pictures per person and camera (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--height", type=int, default=256, help="of a crop in pixels (default 256)")
    parser.add_argument(
        "--worlds", type=int, default=1, help="sets of six cameras the people are spread over (default 1)"
    )
    parser.add_argument("--first-id", type=int, default=1, help="number of the first person (default 1)")
    parser.add_argument("--val", type=float, default=0.1, help="share of people in val_id.txt (default 0.1)")
    parser.add_argument("--test", type=float, default=0.2, help="share of people in test_id.txt (default 0.2)")
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_crops(arguments: argparse.Namespace) -> int:
    from training.synthetic.crops import CropSettings, crop_set

    settings = CropSettings(
        arguments.ids, arguments.per_camera, arguments.seed, arguments.height, arguments.worlds, arguments.first_id,
        arguments.val, arguments.test,
    )  # fmt: skip
    files = run_with_bar(crop_set(arguments.out, arguments.makehuman, settings, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def run_with_bar(work: Work[Any]) -> Any:
    """Run to the end with a progress bar on the terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns) as bar:
        tasks: dict[str, Any] = {}

        def report(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bar.add_task(progress.stage, total=progress.total)
            bar.update(tasks[progress.stage], completed=progress.done, total=progress.total)

        return finish(work, report)
