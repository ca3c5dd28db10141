"""The walls of ARCHITECTURE.md that import-linter cannot state: external modules, sizes, and a light start."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSES = ("app", "engine", "training")

# External module -> the only rooms that may import it.
WALLS = {
    "PySide6": ("app",),
    "qtawesome": ("app",),
    "torch": ("training",),
    "torchvision": ("training",),
    "lightning": ("training",),
    "tensorboard": ("training",),
    "onnxruntime": ("engine.models",),
    "sqlite3": ("engine.store",),
    "sqlite_utils": ("engine.store",),
    "av": ("engine.media", "training.synthetic"),
}

# What training may know of the engine, so that preprocessing and metrics exist once.
TRAINING_KNOWS = (
    "engine.types",
    "engine.errors",
    "engine.settings",
    "engine.progress",
    "engine.perception.preprocess",
    "engine.retrieval",
    "engine.models",
)

# Not loaded before the window or the command line shows.
HEAVY = ("torch", "scipy", "onnxruntime", "cv2", "av", "numba")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def _sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """`(line, dotted name)` of every import, also inside functions; `from a import b` counts as `a.b`."""
    module = _module(path).split(".")
    package = module if path.name == "__init__.py" else module[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)


def _inside(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def test_external_modules_stay_in_their_rooms() -> None:
    breaches = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in _sources(*HOUSES)
        for line, name in _imports(path)
        if (rooms := WALLS.get(name.partition(".")[0])) is not None and not _inside(_module(path), rooms)
    ]
    assert not breaches, "\n".join(breaches)


def test_training_knows_only_its_part_of_the_engine() -> None:
    breaches = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in _sources("training")
        for line, name in _imports(path)
        if name.partition(".")[0] == "engine" and not _inside(name, TRAINING_KNOWS)
    ]
    assert not breaches, "\n".join(breaches)


def test_files_and_functions_stay_small() -> None:
    breaches = []
    for path in [*_sources(*HOUSES, "tests", "benchmarks", "packaging"), *ROOT.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            breaches.append(f"{path.relative_to(ROOT)}: {lines} lines (at most {MAX_FILE_LINES})")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = _code_lines(node)
                if length > MAX_FUNCTION_LINES:
                    where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                    breaches.append(f"{where}: {length} lines (at most {MAX_FUNCTION_LINES})")
    assert not breaches, "\n".join(breaches)


def test_dates_are_written_alike_on_every_system() -> None:
    """'%-d' is glibc's own: Windows refuses it."""
    breaches = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in _sources(*HOUSES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"%[-#][a-zA-Z]", node.value)
    ]
    assert not breaches, "\n".join(breaches)


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None and first.end_lineno is not None:
        length -= first.end_lineno - first.lineno + 1
    return length


@pytest.mark.parametrize("module", ["engine.cli", "app.__main__"])
def test_the_start_is_light(module: str) -> None:
    if module not in map(_module, _sources(*HOUSES)):
        pytest.skip(f"{module} is not built yet")
    look = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == [], f"import {module} loads {loaded.stdout.strip()}"
