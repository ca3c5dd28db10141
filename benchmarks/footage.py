"""Footage that benches of perception run over; it lies beside the project and is not part of it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from engine.media.source import open_source
from engine.types import Frame

SHARED = Path(__file__).resolve().parents[2] / "shared"
YARD = SHARED / "footage" / "vtest-480x360.avi"
HALL = SHARED / "footage" / "one-by-one-person-detection.mp4"
YOLOX_NANO = SHARED / "models" / "yolox_nano.onnx"


def first_frames(path: Path, count: int) -> list[Frame]:
    """The first `count` frames of a clip; ends the bench with a plain word where the clip is not here."""
    if not path.exists():
        raise SystemExit(f"This bench needs {path.name} in ../shared/footage.")
    with open_source(path) as source:
        return list(islice(source.frames(), count))
