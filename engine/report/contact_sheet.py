"""Pictures of ranked lists and of tracklets, for people: one PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from engine.report.lettering import face, wrapped
from engine.report.targets import whole_file

TILE_WIDTH, TILE_HEIGHT = 128, 256
MARGIN = 10
TITLE, HEADING, NOTICE, CAPTION = 18, 14, 12, 11  # sizes of the lettering, pixels
_MADE_BY = ("Software", "Nightjar contact sheet")  # PNG, third edition, 11.3.3.2: a textual chunk
BACKGROUND, SURROUND, TEXT, QUIET = "#1b1b1b", "#3c3c3c", "#ededed", "#a0a0a0"


@dataclass(frozen=True, slots=True)
class Tile:
    """`image` (H, W, 3) uint8 RGB and a few short lines below it."""

    image: np.ndarray
    lines: tuple[str, ...]


def write_contact_sheet(
    path: Path, title: str, notices: Sequence[str], rows: Sequence[tuple[str, Sequence[Tile]]], columns: int = 10
) -> None:
    """Write `rows` of (heading, tiles) under `title` and `notices` as a PNG; long rows wrap at `columns`.

    Raises StorageError where the file cannot be written. The picture is a pure function of its arguments.
    """
    width = MARGIN + columns * (TILE_WIDTH + MARGIN)
    blocks = [
        (wrapped(heading, HEADING, width - 2 * MARGIN), [_lettered(tile) for tile in tiles]) for heading, tiles in rows
    ]
    head = [
        *((line, TITLE, TEXT) for line in wrapped(title, TITLE, width - 2 * MARGIN)),
        *((line, NOTICE, QUIET) for notice in notices for line in wrapped(notice, NOTICE, width - 2 * MARGIN)),
    ]
    caption_lines = max((len(tile.lines) for _, tiles in blocks for tile in tiles), default=0)
    tile_height = TILE_HEIGHT + caption_lines * _leading(CAPTION) + MARGIN
    height = 3 * MARGIN + sum(_leading(size) for _, size, _ in head)
    height += sum(
        len(heading) * _leading(HEADING) + _lines(len(tiles), columns) * tile_height for heading, tiles in blocks
    )
    sheet = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    y = MARGIN
    for line, size, colour in head:
        draw.text((MARGIN, y), line, colour, face(size))
        y += _leading(size)
    y += MARGIN
    for heading, tiles in blocks:
        for line in heading:
            draw.text((MARGIN, y), line, TEXT, face(HEADING))
            y += _leading(HEADING)
        for number, tile in enumerate(tiles):
            x = MARGIN + (number % columns) * (TILE_WIDTH + MARGIN)
            _draw_tile(sheet, draw, tile, x, y + number // columns * tile_height)
        y += _lines(len(tiles), columns) * tile_height
    marks = PngInfo()
    marks.add_text(*_MADE_BY)
    with whole_file(path, "The contact sheet") as draft:
        sheet.save(draft, format="PNG", optimize=True, pnginfo=marks)


def is_contact_sheet(path: Path) -> bool:
    """Whether a file was written by `write_contact_sheet`."""
    with path.open("rb") as file:
        start = file.read(256)
    return start.startswith(b"\x89PNG") and "\0".join(_MADE_BY).encode() in start


def _leading(size: int) -> int:
    """Pixels from one line to the next."""
    return size * 3 // 2


def _lettered(tile: Tile) -> Tile:
    """The same tile with its lines as they are drawn."""
    return Tile(tile.image, tuple(line for text in tile.lines for line in wrapped(text, CAPTION, TILE_WIDTH)))


def _lines(count: int, columns: int) -> int:
    return -(-count // columns)


def _draw_tile(sheet: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, x: int, y: int) -> None:
    image = Image.fromarray(tile.image)
    scale = min(TILE_WIDTH / image.width, TILE_HEIGHT / image.height)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    image = image.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    draw.rectangle((x, y, x + TILE_WIDTH - 1, y + TILE_HEIGHT - 1), fill=SURROUND)
    sheet.paste(image, (x + (TILE_WIDTH - image.width) // 2, y + (TILE_HEIGHT - image.height) // 2))
    for number, line in enumerate(tile.lines):
        top = y + TILE_HEIGHT + 2 + number * _leading(CAPTION)
        draw.text((x, top), line, TEXT if number == 0 else QUIET, face(CAPTION))
