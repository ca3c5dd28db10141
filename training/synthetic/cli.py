"""`python -m training synthetic …`: rendered people and scenes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import Cancelled
from engine.progress import Progress, Work, finish
from training.synthetic.styles import ALL, STYLES


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
    _frames(commands)
    _scene(commands)
    _archive(commands)
    _demo(commands)
    _sheet(commands)
    _assets(commands)


def _common(commands: Any, name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("out", type=Path, help="where to write")
    parser.add_argument(
        "--makehuman", type=Path, required=True, metavar="DIR", help="folder of the body and clothes pack"
    )
    parser.set_defaults(run=run)
    return parser


def _styles(parser: argparse.ArgumentParser) -> None:
    about = "'training' leaves out what 'held-out' keeps for tests of unlike pictures (default all)"
    parser.add_argument("--styles", choices=STYLES, default=ALL, help=about)


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
    _styles(parser)
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_crops(arguments: argparse.Namespace) -> int:
    from training.synthetic.crops import CropSettings, crop_set

    settings = CropSettings(
        arguments.ids, arguments.per_camera, arguments.seed, arguments.height, arguments.worlds, arguments.first_id,
        arguments.val, arguments.test, arguments.styles,
    )  # fmt: skip
    files = run_with_bar(crop_set(arguments.out, arguments.makehuman, settings, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def _frames(commands: Any) -> None:
    parser = _common(commands, "frames", "render single frames of ever new cameras with COCO truth", _run_frames)
    parser.add_argument("--frames", type=int, default=1000, help="number of frames (default 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--infrared", type=float, default=0.5, help="share of infrared frames (default 0.5)")
    parser.add_argument("--most-people", type=int, default=9, help="in one frame (default 9)")
    parser.add_argument("--empty", type=float, default=0.06, help="share of frames with nobody (default 0.06)")
    parser.add_argument(
        "--variety", choices=("plain", "wide"), default="plain",
        help="wide: any distance, angle, crowd and clutter, for training a detector (default plain)",
    )  # fmt: skip
    _styles(parser)
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_frames(arguments: argparse.Namespace) -> int:
    from training.synthetic.frames import FrameSettings, frame_set

    settings = FrameSettings(
        arguments.frames, arguments.seed, arguments.width, arguments.height, arguments.infrared, arguments.most_people,
        empty_share=arguments.empty, styles=arguments.styles, variety=arguments.variety,
    )  # fmt: skip
    files = run_with_bar(frame_set(arguments.out, arguments.makehuman, settings, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def _scene(commands: Any) -> None:
    parser = _common(commands, "scene", "render clips of several cameras with truth for every frame", _run_scene)
    parser.add_argument("--infrared", type=int, default=2, help="night cameras (default 2)")
    parser.add_argument("--visible", type=int, default=3, help="day cameras (default 3)")
    parser.add_argument("--people", type=int, default=12, help="who pass every camera (default 12)")
    parser.add_argument("--passers-by", type=int, default=6, help="who pass one camera only (default 6)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a clip (default 60)")
    parser.add_argument("--rate", type=int, default=12, help="frames per second (default 12)")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--crf", type=int, default=28, help="H.264 quality, lower is better (default 28)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_scene(arguments: argparse.Namespace) -> int:
    from training.synthetic.scene import SceneSettings, scene_set, standard_cameras

    settings = SceneSettings(
        seed=arguments.seed, people=arguments.people, passers_by=arguments.passers_by, seconds=arguments.seconds,
        rate=arguments.rate, width=arguments.width, height=arguments.height, crf=arguments.crf,
        cameras=standard_cameras(arguments.infrared, arguments.visible),
    )  # fmt: skip
    files = run_with_bar(scene_set(arguments.out, arguments.makehuman, settings, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def _archive(commands: Any) -> None:
    parser = _common(commands, "archive", "render a camera's still images of a whole day", _run_archive)
    parser.add_argument("--date", default="2026-03-11", help="ISO date of the day (default 2026-03-11)")
    parser.add_argument("--first-hour", type=int, default=0, help="hour to begin with (default 0)")
    parser.add_argument("--hours", type=int, default=24, help="hours to render (default 24)")
    parser.add_argument("--people", type=int, default=12, help="who come back (default 12)")
    parser.add_argument("--visits", type=int, default=8, help="people passing per hour, about (default 8)")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between pictures of movement (default 1)")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_archive(arguments: argparse.Namespace) -> int:
    from training.synthetic.archive import ArchiveSettings, archive_set

    settings = ArchiveSettings(
        arguments.seed, arguments.date, arguments.first_hour, arguments.hours, arguments.people, arguments.visits,
        arguments.every, arguments.width, arguments.height,
    )  # fmt: skip
    files = run_with_bar(archive_set(arguments.out, arguments.makehuman, settings, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def _demo(commands: Any) -> None:
    parser = _common(commands, "demo", "render the demo case's footage (resources/demo)", _run_demo)
    parser.add_argument("--workers", type=int, default=1, help="processes; does not change the result (default 1)")


def _run_demo(arguments: argparse.Namespace) -> int:
    from training.synthetic.demo import demo_footage

    files = run_with_bar(demo_footage(arguments.out, arguments.makehuman, arguments.workers))
    print(f"{len(files)} files in {arguments.out}")
    return 0


def _sheet(commands: Any) -> None:
    parser = _common(commands, "sheet", "draw a contact sheet (PNG) to judge the pictures by eye", _run_sheet)
    parser.add_argument("--people", type=int, default=16, help="on the sheet, an even number (default 16)")
    parser.add_argument("--frames", type=int, default=6, help="single frames, an even number (default 6)")
    parser.add_argument("--seed", type=int, default=0)


def _run_sheet(arguments: argparse.Namespace) -> int:
    from training.synthetic.assets import load_pack
    from training.synthetic.manifest import check_count
    from training.synthetic.sheet import write_sheet
    from training.synthetic.studio import Studio

    check_count("--people", arguments.people, 2, 200)
    check_count("--frames", arguments.frames, 0, 100)
    studio = Studio(load_pack(arguments.makehuman))
    path = run_with_bar(write_sheet(arguments.out, studio, arguments.seed, arguments.people, arguments.frames))
    print(path)
    return 0


def _assets(commands: Any) -> None:
    about = "build the body and clothes pack from an installed MakeHuman"
    parser = commands.add_parser("assets", help=about, description=about)
    parser.add_argument("out", type=Path, help="folder of the new pack")
    parser.add_argument("--makehuman", type=Path, required=True, metavar="DIR", help="folder of an installed MakeHuman")
    parser.set_defaults(run=_run_assets)


def _run_assets(arguments: argparse.Namespace) -> int:
    from training.synthetic.build_pack import build_pack

    print(run_with_bar(build_pack(arguments.out, arguments.makehuman)))
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

        try:
            return finish(work, report)
        except KeyboardInterrupt:
            raise Cancelled("Stopped; what is finished is kept.", "Run the same command again to go on.") from None
