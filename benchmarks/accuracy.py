"""`make accuracy`: how well the built-in models do, in tables that say by which protocol and on which data.

    python -m benchmarks.accuracy [--only student baselines …] [--student NAME_OR_FILE …] [--data DIR] [--sysu DIR]

Prints the tables, saves benchmarks/results/accuracy.json and writes docs/accuracy.md. What was measured once with the
same models, data and code is not measured again (`--fresh` does). Test data is rendered where it is not there yet.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import RESULTS
from engine.errors import Cancelled, NightjarError, UsageError
from engine.progress import Work

if TYPE_CHECKING:
    from benchmarks.accuracy_record import Notebook, Section
    from benchmarks.accuracy_sets import LabelledSet, Rendered
    from benchmarks.accuracy_student import Student
    from engine.models.card import Model

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


class Request:
    """What the command line asked for, made ready when a section wants it."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        from benchmarks.accuracy_record import Notebook
        from training.provenance import commit

        self.parsed = parsed
        self.threads: int = parsed.threads
        self.notebook: Notebook = Notebook(parsed.cache, parsed.fresh, f"commit {commit()[:12]}")

    def rendered(self, *wanted: Rendered) -> Work[list[LabelledSet]]:
        """Rendered sets, made now where they are not there."""
        from benchmarks.accuracy_sets import rendered_set

        p, found = self.parsed, []
        for one in wanted:
            found.append((yield from rendered_set(one, p.data, p.makehuman, p.workers)))  # noqa: PERF401
        return found

    def people(self) -> Work[list[LabelledSet]]:
        """The rendered crop sets."""
        from benchmarks.accuracy_sets import CROPS

        return self.rendered(*CROPS)

    def frames(self) -> Work[list[LabelledSet]]:
        """The rendered frames."""
        from benchmarks.accuracy_sets import FRAMES

        return self.rendered(*FRAMES)

    @cached_property
    def students(self) -> list[Student]:
        """The students named, else the default one."""
        from engine.models.library import ModelLibrary

        return [self._student(name) for name in self.parsed.student or [ModelLibrary().default("student")]]

    @cached_property
    def student_in_library(self) -> Model:
        """The student that sections take which need one by name: the first named, else the default."""
        from engine.models.library import ModelLibrary

        library = ModelLibrary()
        first = (self.parsed.student or [library.default("student")])[0]
        return library.get(library.default("student") if is_file_name(first) else first)

    @cached_property
    def detectors(self) -> list[str]:
        """The detectors named, else background motion and the default one."""
        from engine.models.library import MOTION, ModelLibrary

        return self.parsed.detector or list(dict.fromkeys((MOTION, ModelLibrary().default("detector"))))

    def _student(self, name: str) -> Student:
        from benchmarks.accuracy_student import Student
        from engine.models.library import ModelLibrary
        from training.evaluate import open_model

        path = Path(name)
        if not is_file_name(name):
            return Student(name, open_model(ModelLibrary().get(name).path, self.threads))
        generic = path.stem in ("model", "student", "best", "last")
        return Student(path.parent.name if generic else path.stem, open_model(path, self.threads))


def is_file_name(student: str) -> bool:
    """True for a student given as a file, False for a name in the library."""
    return Path(student).suffix in (".onnx", ".pt")


def _student(request: Request) -> Work[Section]:
    from benchmarks.accuracy_student import student_section

    sets = yield from request.people()
    return (yield from student_section(request.students, sets, request.notebook, "Students: people nobody trained on"))


def _baselines(request: Request) -> Work[Section]:
    from benchmarks.accuracy_baselines import baselines_section

    sets = yield from request.people()
    return (yield from baselines_section(sets, request.notebook))


def _sysu(request: Request) -> Work[Section]:
    from benchmarks.accuracy_sets import described
    from benchmarks.accuracy_student import student_section
    from training.data.formats import open_set

    root: Path = request.parsed.sysu
    open_set(root, "sysu")  # says plainly what is wrong with the folder
    draw = "official" if (root / "exp" / "rand_perm_cam.mat").is_file() else "seeded"
    title = f"Students: the labelled set {root.name}, {draw} gallery draw"
    return (yield from student_section(request.students, [described(root)], request.notebook, title, draw))


def _variants(request: Request) -> Work[Section]:
    from benchmarks.accuracy_variants import variants_section

    folder, model = request.parsed.cache / "variants", request.student_in_library
    sets = yield from request.people()
    return (yield from variants_section(model, sets, request.notebook, folder, request.threads))


def _detector(request: Request) -> Work[Section]:
    from benchmarks.accuracy_finding import detector_section

    sets = yield from request.frames()
    return (yield from detector_section(request.detectors, sets, request.notebook, request.threads))


def _footage(request: Request) -> Work[Section]:
    from benchmarks.accuracy_finding import footage_section

    sheets = request.parsed.cache / "sheets"
    return (yield from footage_section(request.detectors, request.notebook, sheets, request.threads))


def _demo(request: Request) -> Work[Section]:
    from benchmarks.accuracy_demo import demo_section

    return (yield from demo_section(request.detectors, request.student_in_library.name, request.notebook))


def _tracks(request: Request) -> Work[Section]:
    from benchmarks.accuracy_sets import SCENES
    from benchmarks.accuracy_tracks import tracks_section

    sets = yield from request.rendered(*SCENES)
    return (yield from tracks_section(request.detectors, request.student_in_library, sets, request.notebook))


def _ablation(request: Request) -> Work[Section]:
    from benchmarks.accuracy_ablation import DATA, recorded_section, trained_section

    if not request.parsed.train_ablation:
        return recorded_section(request.notebook)
    (data,) = yield from request.rendered(DATA)
    return (yield from trained_section(data, request.parsed.weights, request.parsed.cache / "ablation"))


def _speed(request: Request) -> Work[Section]:
    from benchmarks.accuracy_speed import speed_section

    return (yield from speed_section(request.detectors, request.student_in_library, request.threads))


SECTIONS: dict[str, Callable[[Request], Work[Section]]] = {
    "student": _student,
    "baselines": _baselines,
    "variants": _variants,
    "detector": _detector,
    "footage": _footage,
    "tracks": _tracks,
    "demo": _demo,
    "ablation": _ablation,
    "speed": _speed,
    "sysu": _sysu,
}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    work = ROOT / "build" / "accuracy"
    parser = argparse.ArgumentParser(prog="make accuracy", description="Measure the built-in models.")
    parser.add_argument("--only", nargs="+", choices=tuple(SECTIONS), metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument(
        "--student", nargs="+", metavar="NAME_OR_FILE", help="names, .onnx or .pt (default: the default)"
    )
    parser.add_argument("--detector", nargs="+", metavar="NAME", help="(default: motion and the default detector)")
    parser.add_argument("--data", type=Path, default=work, help=f"folder of the rendered test sets (default {work})")
    parser.add_argument("--makehuman", type=Path, default=SHARED / "makehuman", help="pack to render them from")
    parser.add_argument("--sysu", type=Path, metavar="DIR", help="also measure on a labelled set in SYSU-MM01's layout")
    parser.add_argument("--train-ablation", action="store_true", help="train the ablation anew: hours")
    start = SHARED / "weights" / "mobilenet_v2-imagenet-torchvision.pth"
    parser.add_argument("--weights", type=Path, default=start, help="ImageNet weights the ablation starts from")
    cores = min(os.cpu_count() or 1, 4)
    parser.add_argument("--workers", type=int, default=cores, help=f"processes that render (default {cores})")
    parser.add_argument("--threads", type=int, default=2, help="that run a model (default 2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what is kept from earlier runs")
    parser.add_argument("--cache", type=Path, default=work / "kept", help="where measurements are kept")
    about = "put what was measured of its model onto a card (card.json), in place of the figures there"
    parser.add_argument("--write-card", nargs="+", type=Path, default=[], metavar="CARD", help=about)
    parser.add_argument("--results", type=Path, default=RESULTS / "accuracy.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "accuracy.md")
    return parser


def chosen_sections(parsed: argparse.Namespace) -> list[str]:
    """What to measure: those named, else all; 'sysu' where a set was given."""
    if parsed.only:
        if "sysu" in parsed.only and parsed.sysu is None:
            raise UsageError("The section 'sysu' needs a labelled set.", "Give its folder with --sysu DIR.")
        return list(parsed.only)
    return [name for name in SECTIONS if name != "sysu" or parsed.sysu is not None]


def measure(parsed: argparse.Namespace) -> list[str]:
    """Measure, print and save every chosen section; returns those left out because something they need is not here.

    A section that was asked for by name and cannot be measured ends the command.
    """
    from benchmarks.accuracy_card import write_card
    from benchmarks.accuracy_record import load_results, save_section, today, write_page
    from training.synthetic.cli import run_with_bar

    request, left_out = Request(parsed), []
    for name in chosen_sections(parsed):
        request.notebook.used.clear()
        try:
            section = run_with_bar(SECTIONS[name](request))
        except NightjarError as error:
            if parsed.only or isinstance(error, Cancelled):
                raise
            left_out.append(f"{name}: {error} {error.hint}".strip())
            continue
        print(f"\n{section.title}\n{'=' * len(section.title)}\n{section.text}")
        for table in section.tables:
            table.print()
        used = request.notebook.used or [(today(), request.notebook.code)]
        write_page(parsed.page, save_section(parsed.results, name, section, tuple(SECTIONS), used))
    for card in parsed.write_card:
        write_card(card, load_results(parsed.results))
        print(f"wrote the figures onto {card}; python -m benchmarks.model_cards brings docs/models.md up to date")
    return left_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; returns the exit code. Failures are one sentence."""
    parsed = build_parser().parse_args(arguments)
    try:
        left_out = measure(parsed)
    except NightjarError as error:
        print(f"{error}\n{error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped; what is finished is kept. Run the same command again to go on.", file=sys.stderr)
        return 130
    if left_out:
        print("\nNot measured:\n" + "\n".join(f"  {line}" for line in left_out))
    print(f"\nsaved {parsed.results} and {parsed.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
