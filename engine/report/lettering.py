"""Text on contact sheets: one bundled face, lines that fit, and no character that is silently not drawn."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont

from engine.settings import resources_dir

_ABSENT = "\U0010fffe"  # a noncharacter: every face draws its own sign for what it lacks


@cache
def face(size: int) -> ImageFont.FreeTypeFont:
    """Inter (OFL): Latin, Greek and Cyrillic. Laid out glyph by glyph, so that every machine draws alike."""
    path = resources_dir() / "fonts" / "Inter-Regular.otf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def legible(text: str) -> str:
    r"""`text` with what the face cannot draw, or draws as nothing, written out as \u674e: two names never look alike
    because both are drawn as boxes."""
    return "".join(_sign(character) for character in unicodedata.normalize("NFC", text))


def wrapped(text: str, size: int, width: int) -> list[str]:
    """Legible lines of at most `width` pixels, broken between words, or inside one that is too long by itself."""
    font, lines = face(size), [""]
    for word in legible(text).split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if font.getlength(lines[-1] + character) > width and lines[-1]:
                lines.append("")
            lines[-1] += character
    return lines


@cache
def _sign(character: str) -> str:
    if character.isprintable() and _drawn(character) != _drawn(_ABSENT):
        return character
    return f"\\u{ord(character):04x}"


def _drawn(character: str) -> tuple[tuple[int, int], bytes]:
    mask = face(32).getmask(character)
    return mask.size, bytes(mask)
