"""Pictures of a site as investigators have them: walls as lines, in every kind of file that is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

WALLS = (
    ((0.05, 0.08), (0.95, 0.08), (0.95, 0.92), (0.05, 0.92), (0.05, 0.08)),
    ((0.38, 0.08), (0.38, 0.40)),
    ((0.38, 0.52), (0.38, 0.92)),
    ((0.38, 0.62), (0.70, 0.62)),
    ((0.80, 0.62), (0.95, 0.62)),
    ((0.62, 0.08), (0.62, 0.34), (0.86, 0.34)),
)


def draw_plan(path: Path, size: tuple[int, int] = (640, 400), *, mode: str = "RGB", **options: Any) -> Path:
    """A floor plan of `size` (width, height) pixels, saved as the kind that the suffix of `path` says."""
    ground: Any = (255, 255, 255, 0) if mode == "RGBA" else "white"
    image = Image.new("RGB" if mode != "RGBA" else mode, size, ground)
    pen = ImageDraw.Draw(image)
    for wall in WALLS:
        pen.line([(x * size[0], y * size[1]) for x, y in wall], fill="black", width=max(2, size[0] // 160))
    image.convert(mode).save(path, **options)
    return path
