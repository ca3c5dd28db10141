#!/usr/bin/env python3
"""Nightjar's commands. Each sets up what it needs, says what it does, and is fast the second time.

    python3 dev.py run        open Nightjar on the built-in demo case
    python3 dev.py            list every command

Standard library only, on Linux, macOS and Windows; the set-up itself is in dev_setup.py. Both must be readable by any
Python 3.8 or newer, to say which Python is wanted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dev_setup
from dev_setup import ROOT, Failure, say

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "lint-imports": ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
}


def python(*arguments: str) -> int:
    """Run the environment's Python in the checkout; Ctrl-C reaches it first and is waited for."""
    environment = {**os.environ, "VIRTUAL_ENV": str(dev_setup.VENV)}
    environment["PATH"] = f"{dev_setup.VENV_PYTHON.parent}{os.pathsep}{environment.get('PATH', '')}"
    child = subprocess.Popen([str(dev_setup.VENV_PYTHON), *arguments], cwd=ROOT, env=environment)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def setup(arguments: Sequence[str]) -> int:
    """Everything the other commands need, so that they work without a network."""
    say("ready")
    return 0


def run(arguments: Sequence[str]) -> int:
    """The window where there is a screen, else the same demo case on the command line."""
    screen = not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    lacking = dev_setup.window_lacks()
    if screen and not lacking and (ROOT / "app" / "__main__.py").exists():
        return python("-m", "app", *(arguments or ("--demo",)))
    say("no window can be opened here, so the demo case runs on the command line")
    if screen and lacking:
        say(f"to open windows, {dev_setup.install_command(lacking)}")
    return python("-m", "engine.cli", "demo", *arguments)


def test(arguments: Sequence[str]) -> int:
    """pytest on every core; arguments go to pytest."""
    lacking = dev_setup.window_lacks(screen=True)
    if lacking:
        say(f"tests of a real window are skipped; to have them, {dev_setup.install_command(lacking)}")
    return python("-m", "pytest", "-n", str(min(_cores(), 4)), *arguments)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lint(arguments: Sequence[str]) -> int:
    """Style, types and the walls between rooms; runs them all and fails if one failed."""
    failed = []
    for name, command in CHECKS.items():
        say(name)
        if python(*command):
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "lint passed")
    return 1 if failed else 0


def bench(arguments: Sequence[str]) -> int:
    """Every bench, or those named; each prints a table and saves benchmarks/results/<name>.json."""
    known = sorted(path.stem[len("bench_") :] for path in (ROOT / "benchmarks").glob("bench_*.py"))
    if "--list" in arguments:
        print("\n".join(known))
        return 0
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise Failure(f"There is no bench {', '.join(unknown)}.", f"there are: {', '.join(known)}.")
    failed = []
    for name in arguments or known:
        say(f"bench {name}")
        if python("-m", f"benchmarks.bench_{name}"):
            failed.append(name)
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def accuracy(arguments: Sequence[str]) -> int:
    """How well the built-in models do, into docs/accuracy.md; what was measured before is not measured again."""
    return python("-m", "benchmarks.accuracy", *arguments)


def screenshots(arguments: Sequence[str]) -> int:
    """Every page of the demo case, dark and light, into docs/screenshots (arguments: --case FOLDER, --out FOLDER)."""
    return python("-m", "app.screenshots", *arguments)


def translations(arguments: Sequence[str]) -> int:
    """Texts of the window into resources/translations/*.ts, and what is translated into the .qm beside them."""
    return python("packaging/translations.py", *arguments)


def synthetic_sheet(arguments: Sequence[str]) -> int:
    """A page of rendered people in build/synthetic-sheet.png; the pack lies in ../shared/makehuman unless told."""
    out = ROOT / "build" / "synthetic-sheet.png"
    pack = () if "--makehuman" in arguments else ("--makehuman", str(ROOT.parent / "shared" / "makehuman"))
    return python("-m", "training", "synthetic", "sheet", str(out), *pack, *arguments)


def bundle(arguments: Sequence[str]) -> int:
    """The analyst's application as a folder that needs no Python: dist/nightjar, tried out before it counts."""
    build = ["-m", "PyInstaller", "packaging/nightjar.spec", "--noconfirm", "--log-level", "WARN", *arguments]
    return python(*build) or python("packaging/smoke.py", "dist/nightjar")


@dataclass(frozen=True)
class Verb:
    """One command: what it is for, what it does, the extras of pyproject.toml and the system libraries it needs."""

    purpose: str
    action: Callable[[Sequence[str]], int]
    extras: Sequence[str] = ()
    libraries: bool = True


WITH_TRAINING = ("dev", "training")
VERBS = {
    "run": Verb("open Nightjar on the built-in demo case", run),
    "test": Verb("run the tests (arguments go to pytest)", test, WITH_TRAINING),
    "lint": Verb("check style, types and the walls between rooms", lint, ("dev",), libraries=False),
    "bench": Verb("measure speed and memory ([name ...], --list)", bench, WITH_TRAINING),
    "accuracy": Verb("measure how well the built-in models do ([--only section ...], --help)", accuracy, WITH_TRAINING),
    "screenshots": Verb("draw every page of the window over the demo case into docs/screenshots", screenshots),
    "translations": Verb("bring the translations of the window up to date ([language ...])", translations),
    "synthetic-sheet": Verb("draw a page of rendered people, to judge them by eye", synthetic_sheet, WITH_TRAINING),
    "bundle": Verb("freeze the application into dist/nightjar and try it out", bundle, ("bundle",)),
    "setup": Verb("install all that the commands need, for work without network", setup, WITH_TRAINING),
}


def main() -> int:
    dev_setup.use_supported_python()
    name, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if name in ("help", "-h", "--help"):
        print("python3 dev.py COMMAND\n")
        print("\n".join(f"  {verb:<15}  {VERBS[verb].purpose}" for verb in VERBS))
        return 0
    if name not in VERBS:
        raise Failure(f"There is no command '{name}'.", f"there are: {', '.join(VERBS)}.")
    verb = VERBS[name]
    dev_setup.prepare_system(verb.libraries, screen="dev" in verb.extras)
    dev_setup.prepare(verb.extras)
    return verb.action(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        say(f"{failure}{f' Next: {failure.hint}' if failure.hint else ''}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("stopped; run the command again to go on.")
        sys.exit(130)
    except OSError as error:
        reason = "the disk is full" if error.errno == 28 else f"{error.strerror or error}: {error.filename or ROOT}"
        say(f"The set-up stopped: {reason}.")
        sys.exit(1)
