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
    """'Add footage' → '«Ádđđ ƒööŧáĝé»', a third longer with its marks: fields stay, some letters come twice."""
    letters = sum(sign.isalpha() for sign in FIELD.sub("", text))
    twice, met = max(-(-letters // 3) - len(BEGIN + END), 0), 0
    parts = []
    for part in FIELD.split(text):
        for sign in part if not FIELD.fullmatch(part) else (part,):
            before, met = met * twice // max(letters, 1), met + sign.isalpha()
            again = met * twice // max(letters, 1) > before
            parts.append(sign if len(sign) > 1 else sign.translate(LETTERS) * (1 + again))
    return f"{BEGIN}{''.join(parts)}{END}"


def write_pseudo(folder: Path, language: str) -> Path:
    """Every text that lupdate finds, translated and compiled for `language`, whose plural rules it follows."""
    ts = folder / f"nightjar_{language}.ts"
    ts.unlink(missing_ok=True)
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
