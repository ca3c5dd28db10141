"""Reads the big libraries once after the start, so that the first search need not wait for the disk.

Python holds every thread while it loads a library; from a disk that has not yet been read, that was 90 ms in which
the window stood still. Reading a file lets the window go on, and leaves it in the system's cache.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from app.tasks import Pool

PACKAGES = ("numpy", "scipy", "cv2", "av", "onnxruntime", "numba", "llvmlite")
WHEEL_LIBRARIES = ("numpy", "scipy", "opencv_python", "av")  # wheels keep what they bring beside the package
LARGEST = 200_000_000  # bytes; beyond lie only the GPU's libraries, which most machines never load
CHUNK = 1 << 20


def read_ahead(pool: Pool) -> None:
    """Read the libraries on the pool, one file at a time, so that what the analyst asks for goes first."""
    pool.submit(native_libraries, lambda found: _next(pool, found), lambda _error: None)


def native_libraries() -> list[Path]:
    """The library files of `PACKAGES` as they are installed; nothing is imported."""
    folders = []
    for package in PACKAGES:
        spec = find_spec(package)
        folders += [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    folders += [folders[0].parent / f"{name}.libs" for name in WHEEL_LIBRARIES]
    files = [path for folder in folders for path in folder.rglob("*") if _is_library(path)]
    return [path for path in files if path.stat().st_size <= LARGEST]


def _is_library(path: Path) -> bool:
    return path.suffix in (".so", ".pyd", ".dll", ".dylib") or ".so." in path.name


def _next(pool: Pool, files: list[Path]) -> None:
    if files:
        again = lambda _none: _next(pool, files[1:])  # noqa: E731
        pool.submit(lambda: _read(files[0]), again, again)


def _read(path: Path) -> None:
    buffer = bytearray(CHUNK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
