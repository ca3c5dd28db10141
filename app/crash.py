"""What happens when the program itself is at fault: a bundle of log, versions and traceback, never evidence."""

from __future__ import annotations

import json
import logging
import platform
import sys
import time
import traceback
import zipfile
from collections import deque
from importlib import metadata
from pathlib import Path

from app.words import tr
from engine.settings import user_data_dir

PACKAGES = ("nightjar", "PySide6-Essentials", "numpy", "av", "opencv-python", "onnxruntime-gpu", "onnxruntime")
KEPT_LINES = 2000


class MemoryLog(logging.Handler):
    """The last log lines, for the bundle."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(threadName)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


memory_log = MemoryLog()


def versions() -> dict[str, str]:
    """Program, Python, system and library versions."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


_recorded: dict[str, Path] = {}


def record(error: BaseException, folder: Path | None = None) -> str:
    """Save a bundle, once for each mistake (a picture that fails to paint fails sixty times a second), and say where.

    Where it cannot be saved, that is said: a crash report must never be a second mistake.
    """
    trace = "".join(traceback.format_exception(error))
    try:
        if trace not in _recorded:
            _recorded[trace] = save_bundle(error, folder)
    except OSError as refused:
        return tr("A crash report could not be saved: {why}.").format(why=refused.strerror or refused)
    return tr("A crash report without evidence images is at {path}.").format(path=_recorded[trace])


def save_bundle(error: BaseException, folder: Path | None = None) -> Path:
    """Write `crash-<time>.zip` and return its path. Holds text only: no frame, crop or case database."""
    folder = folder or user_data_dir() / "crashes"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = next(p for n in range(1000) if not (p := folder / f"crash-{stamp}{f'-{n}' if n else ''}.zip").exists())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("traceback.txt", "".join(traceback.format_exception(error)))
        bundle.writestr("log.txt", "\n".join(memory_log.lines))
        bundle.writestr("versions.json", json.dumps(versions(), indent=1))
        bundle.writestr("arguments.txt", f"{len(sys.argv) - 1} arguments")
    return path
