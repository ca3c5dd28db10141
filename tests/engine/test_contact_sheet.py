"""What stands on a contact sheet: every name as it is, and nothing over its edge."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.report.contact_sheet import MARGIN, TILE_WIDTH, Tile, write_contact_sheet
from engine.report.lettering import face, legible, wrapped


def drawn(tmp_path: Path, title: str) -> str:
    write_contact_sheet(tmp_path / "sheet.png", title, [], [])
    return hashlib.sha256((tmp_path / "sheet.png").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иван", "Пётр"),
        ("Łukasz", "Žukasz"),
        ("محمد", "أحمد"),
        ("李伟", "王芳"),
        ("José", "Jose"),
        ("Ann", "A\u200bnn"),
        ("a\nb", "a b"),
    ],
)
def test_two_names_never_look_the_same(tmp_path: Path, one: str, other: str) -> None:
    assert drawn(tmp_path, one) != drawn(tmp_path, other)


def test_the_face_draws_europe_and_writes_out_what_it_lacks() -> None:
    for name in ("Łukasz Žižek", "Иван Пётр", "José", "Ωμέγα", "E-001/12, ±1.3 s…"):
        assert legible(name) == name
    assert legible("李") == "\\u674e"
    assert legible("Jose\u0301") == "José"


def test_lines_fit_and_keep_every_character() -> None:
    text = "E-001/12  IR  Passage to the north entrance  recorder 2024-03-01 22:15:03, confirmed " + "x" * 300
    lines = wrapped(text, 14, 400)
    assert all(face(14).getlength(line) <= 400 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_nothing_is_drawn_over_the_edge_or_into_the_next_tile(tmp_path: Path) -> None:
    tile = Tile(np.full((200, 80, 3), 90, np.uint8), ("W" * 60, "a camera of a very long name indeed"))
    write_contact_sheet(tmp_path / "sheet.png", "W" * 200, ["W " * 200], [("W" * 200, [tile] * 3)], columns=2)
    pixels = np.asarray(Image.open(tmp_path / "sheet.png"))
    background = pixels[0, 0]
    assert (pixels[:, -MARGIN + 1 :] == background).all()
    assert (pixels[-MARGIN:] == background).all()
    write_contact_sheet(tmp_path / "sheet.png", "", [], [("", [tile] * 3)], columns=2)
    gap = slice(MARGIN + TILE_WIDTH + 1, 2 * MARGIN + TILE_WIDTH - 1)
    assert (np.asarray(Image.open(tmp_path / "sheet.png"))[:, gap] == background).all()
