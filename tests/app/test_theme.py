"""Both themes can be read: text at 4.5:1, edges, icons and focus at 3:1 (WCAG 2.2)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QTextLayout
from pytestqt.qtbot import QtBot

from app.theme import OVER_FOOTAGE, THEMES, font, load_fonts
from tests.helpers.contrast import PARTS, TEXT, contrast, of_hex

GROUNDS = ("window", "panel", "raised", "hover", "selected")
FILLED = ("confirmed", "inconclusive", "rejected", "warning", "error", "ir", "rgb")


def ratio(theme: str, one: str, other: str) -> float:
    tokens = THEMES[theme]
    return float(contrast(of_hex(getattr(tokens, one)), of_hex(getattr(tokens, other))))


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_ground(theme: str) -> None:
    pairs = [(text, ground) for text in ("text1", "text2", "text3", "accent") for ground in GROUNDS]
    pairs += [(f"{kind}_text", ground) for kind in ("warning", "error") for ground in GROUNDS]
    pairs += [(f"{name}_text", f"{name}_fill") for name in FILLED]
    pairs += [("text1", "surround"), ("accent_text", "accent_fill")]
    assert {pair: ratio(theme, *pair) for pair in pairs if ratio(theme, *pair) < TEXT} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_edges_icons_and_focus_are_seen_on_every_ground(theme: str) -> None:
    pairs = [("control", ground) for ground in GROUNDS]  # fields, check boxes, scroll bars, what is disabled
    pairs += [("accent", ground) for ground in (*GROUNDS, "surround", "line", "track")]  # the focus ring
    pairs += [("text3", "surround"), ("text2", "raised"), ("accent_text", "accent_fill")]
    pairs += [("ir_edge", "panel"), ("rgb_edge", "panel")]
    assert {pair: ratio(theme, *pair) for pair in pairs if ratio(theme, *pair) < PARTS} == {}


def test_the_person_chosen_stands_out_from_dark_and_light_footage() -> None:
    chosen, halo = of_hex(OVER_FOOTAGE), of_hex("#000000")
    assert contrast(chosen, halo) > TEXT


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("name", ["480x360", "->", "!="])
def test_a_name_is_shown_letter_by_letter(qtbot: QtBot, name: str, *, mono: bool) -> None:
    """Both faces know nicer signs for some pairs of letters; a file's name must be read as it is written."""
    load_fonts()

    def glyphs(text: str) -> list[int]:
        layout = QTextLayout(text, font(mono=mono))
        layout.beginLayout()
        layout.createLine().setPosition(QPointF())
        layout.endLayout()
        return [glyph for run in layout.glyphRuns() for glyph in run.glyphIndexes()]

    assert glyphs(name) == [glyph for letter in name for glyph in glyphs(letter)]
