"""A language that nobody speaks: every text of the window, a third longer, without one plain letter of English."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
STRANGE = "áƀçđéƒĝĥíĵķľḿñöþɋŕšŧúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĽḾÑÖÞɊŔŠŦÚṼŴẊÝŽ"
LETTERS = str.maketrans(PLAIN, STRANGE)
BEGIN, END = "«", "»"
FIELD = re.compile(r"(\{[^}]*\})")


def tools() -> ModuleType:
    """packaging/translations.py, which stands outside every package."""
    found = importlib.util.spec_from_file_location("translations", ROOT / "packaging" / "translations.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def pseudo(text: str) -> str:
    """'Add footage' → '«Ádđđ ƒöötáĝéé»': fields stay as they are, and every third letter comes twice."""
    parts, letters = [], 0
    for part in FIELD.split(text):
        if FIELD.fullmatch(part):
            parts.append(part)
            continue
        for sign in part:
            letters += sign.isalpha()
            parts.append(sign.translate(LETTERS) * (2 if sign.isalpha() and letters % 3 == 0 else 1))
    return f"{BEGIN}{''.join(parts)}{END}"


def write_pseudo(folder: Path, language: str) -> Path:
    """Every text that lupdate finds, translated and compiled for `language`, whose plural rules it follows."""
    ts = folder / f"nightjar_{language}.ts"
    tools().update(ts)
    tree = ElementTree.parse(ts)
    for message in tree.iter("message"):
        said = message.find("translation")
        assert said is not None
        many, one = message.findtext("source", ""), message.findtext("comment", "")
        del said.attrib["type"]
        if message.get("numerus"):
            for form, text in zip(said, (one or many, many), strict=True):
                form.text = pseudo(text)
        else:
            said.text = pseudo(many)
    tree.write(ts, encoding="utf-8", xml_declaration=True)
    tools().compile_(ts, ts.with_suffix(".qm"))
    return folder
