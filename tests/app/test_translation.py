"""The window in another language: every text can be translated, is looked for where it stands, and has room."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtWidgets import QComboBox

from app import vocabulary, words
from app.shell import Window
from tests.helpers.pseudo import LETTERS, PLAIN, ROOT, pseudo, tools, write_pseudo

Text = tuple[str, str, bool]  # as it is looked up: text, note, whether a number chooses its form
WORDS = re.compile(r"[A-Za-z]{2,}[,:]? [a-z]{2,}")
NO_TEXTS = (  # programs for the terminal, where nothing is translated; a sheet; keys that are translated
    *("app/screenshots.py", "app/__main__.py"),
    *("app/theme.py", "app/vocabulary.py"),
)
NEVER_SHOWN = {  # what the case and the log have in English, names of requests, formats
    "head and hair",
    "upper clothing",
    "lower clothing",
    "carried items",
    "build and gait",
    "cannot tell",
    "the person searched for in ",
    "in one frame with ",
    ", which is confirmed",
    ", so not the same person",
    "The work was cancelled.",
    "footage rows",
    "review rows",
    "compare person",
    "damaged models",
    "site plan",
    "unhandled failure",
    "d MMM yyyy HH:mm:ss",
    '<span style="white-space: pre-wrap">',
}


def _sources(house: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / house).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == name)


def _asked() -> set[Text]:
    """Every text that the window asks a translation for, as Python sees it."""
    found = set()
    for where, tree in _sources("app"):
        for call in _calls(tree, "tr"):
            texts = [part.value for part in call.args[:2] if isinstance(part, ast.Constant)]
            assert len(texts) == min(len(call.args), 2), f"{where}:{call.lineno}: tr takes texts as they are"
            found.add((texts[0], texts[1] if len(texts) > 1 else "", len(call.args) > 2))
    return found


def _known(ts: Path) -> dict[Text, ElementTree.Element]:
    """The texts of a file of translations, as Qt's lupdate found them."""
    messages = ElementTree.parse(ts).iter("message")
    return {(m.findtext("source", ""), m.findtext("comment", ""), m.get("numerus") == "yes"): m for m in messages}


@pytest.fixture(scope="module")
def pseudo_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every text in a language that nobody speaks, as if it were German."""
    if not tools().tool("lrelease").exists():
        pytest.skip("Qt's lupdate and lrelease are not installed")
    return write_pseudo(tmp_path_factory.mktemp("language"), "de")


def test_lupdate_finds_every_text(pseudo_language: Path) -> None:
    assert set(_known(pseudo_language / "nightjar_de.ts")) == _asked() - {("", "", False)}


def test_no_sentence_stands_outside_of_translation() -> None:
    breaches = []
    for where, tree in _sources("app"):
        inside = {id(part) for call in _calls(tree, "tr") for part in ast.walk(call)}
        inside |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # docstrings
        inside |= {id(key) for n in ast.walk(tree) if isinstance(n, ast.Dict) for key in n.keys}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                text = node.value
                if WORDS.search(text) and text not in NEVER_SHOWN and where not in NO_TEXTS:
                    breaches.append(f"{where}:{node.lineno}: {text!r}")
    assert not breaches, "\n".join(breaches)


def test_words_of_the_engine_that_come_from_lists_are_translated() -> None:
    stages, units, faults = {"starting"}, set(), set()
    for where, tree in _sources("engine"):
        for call in _calls(tree, "Progress"):
            said = [part.value if isinstance(part, ast.Constant) else None for part in call.args]
            if where.startswith("engine/cli") or not isinstance(said[0], str):
                continue
            stages.add(said[0])
            if len(said) > 3 and said[2] != 1:  # one step has no rate
                units.add(said[3])
    gate = ast.parse((ROOT / "engine/perception/quality.py").read_text(encoding="utf-8"))
    for node in ast.walk(gate):
        if isinstance(node, ast.Constant) and re.fullmatch(r"[a-z]+( [a-z]+)*", str(node.value)):
            faults.add(str(node.value))
    assert stages == set(vocabulary.STAGES)
    assert units - {"bytes"} <= set(vocabulary.RATES)
    assert faults == set(vocabulary.FAULTS)


PLAIN_LETTER = re.compile(r"[A-Za-z]")
UNIVERSAL = re.compile(  # hashes, initials; units, formats, keys and months as all have them
    r"…?[0-9a-f]{4,}…?|[A-Z]{2}(?= |$)|"
    r"\b(IR|RGB|UTC|SHA|PTS|CPU|GPU|ONNX|MP4|MPEG4|Nightjar|px|kB|MB|GB|s|h|x|y|m|T|Mai|Nov|Enter|[A-Z]|F\d+)\b"
)
OF_QT = "Abbrechen|Strg|Umschalt|Eingabe|Leertaste|Links|Rechts|Entf|Pos1|Ende|Geben Sie ein Tastenkürzel ein"
NAMES = "English|Deutsch|cuda|tensorrt|directml|coreml|no NVIDIA GPU with a working driver was found"


def _walk(folder: Path, *arguments: Path | str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.helpers.foreign", folder, *arguments],
        cwd=ROOT,
        env={**os.environ, "NIGHTJAR_HOME": str(folder / "home"), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def _english(text: str, known: list[str]) -> str:
    """What of a text is neither translated nor of the case nor Qt's own."""
    if text in known:
        return ""
    text = re.sub(rf"\*\.\w+|[\w/-]+\.png|\b({OF_QT}|{NAMES})\b", " ", text)
    for part in known:
        if len(part) > 1 and part in text:
            text = text.replace(part, " ")
    return UNIVERSAL.sub(" ", text)


@pytest.fixture
def case_copy(case_template: Path, tmp_path: Path) -> Path:
    shutil.copytree(case_template / "case", tmp_path / "case")
    return tmp_path


def test_everything_the_window_says_is_translated_and_has_room(pseudo_language: Path, case_copy: Path) -> None:
    found = _walk(case_copy, pseudo_language)
    known = [part for part in found["data"] if PLAIN_LETTER.search(part)]
    left = {t: where for t, where in found["read"].items() if PLAIN_LETTER.search(_english(t, known))}
    left = {text: where for text, where in left.items() if text not in found["shortened"]}
    assert not left, "\n".join(f"{where}: {text!r}" for text, where in left.items())
    strange = set(PLAIN.translate(LETTERS))
    cut = {text: where for text, where in found["cut"].items() if strange & set(text)}
    assert not cut, "\n".join(f"{where}: {text!r}" for text, where in cut.items())
    assert len(found["read"]) > 800
    log = "\n".join(found["log"])
    assert not strange & set(log), "what is recorded follows the language of the window"
    assert "the person searched for in" in log
    assert '"Wall clock on site"' in log


def test_right_to_left_does_no_harm(pseudo_language: Path, case_copy: Path) -> None:
    assert _walk(case_copy, pseudo_language, "right-to-left")["read"]


START = """
import json, sys
from pathlib import Path
from app import words
words.languages.__defaults__ = (Path(sys.argv.pop(1)),)
words.install_translation.__defaults__ = ("", Path(sys.argv.pop(1)))
from app.preferences import Preferences
if chosen := sys.argv.pop(1):
    Preferences().set("language", chosen)
from app.__main__ import main
assert main() == 0
from app.keys import COMMANDS
from app.pages import PAGES
print(json.dumps([words.spoken_language(), PAGES[1].title, COMMANDS[0].text, words.figure(0.5, "g")]))
"""


def _started(folder: Path, system: str, chosen: str, home: Path) -> list[str]:
    """Language spoken, the title of a page, the words of a command, a half."""
    run = subprocess.run(
        [sys.executable, "-c", START, folder, folder, chosen],
        cwd=ROOT,
        env={
            **os.environ,
            **{"LC_ALL": f"{system}.UTF-8", "LANGUAGE": system, "QT_QPA_PLATFORM": "offscreen"},
            **{"NIGHTJAR_HOME": str(home), "NIGHTJAR_START_AND_QUIT": "1"},
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return list(json.loads(run.stdout.splitlines()[-1]))


ENGLISH = ["en", "Footage", "Start page", "0.5"]


def test_the_window_speaks_the_user_s_language_where_it_is_there(pseudo_language: Path, tmp_path: Path) -> None:
    german = ["de", pseudo("Footage"), pseudo("Start page"), "0,5"]
    assert _started(pseudo_language, "de_DE", "", tmp_path / "a") == german
    assert _started(pseudo_language, "fr_FR", "", tmp_path / "b") == ENGLISH


def test_the_language_chosen_in_the_settings_comes_first(pseudo_language: Path, tmp_path: Path) -> None:
    german = ["de", pseudo("Footage"), pseudo("Start page"), "0,5"]
    assert _started(pseudo_language, "fr_FR", "de", tmp_path / "a") == german
    assert _started(pseudo_language, "de_DE", "en", tmp_path / "b") == ENGLISH


def test_settings_offer_the_languages_that_are_there(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.pages.settings.languages", lambda: ["en", "de"])
    page: Any = window.show_page("settings")
    offered = next(box for box in page.findChildren(QComboBox) if box.accessibleName() == "Language")
    assert [offered.itemText(n) for n in range(offered.count())] == ["English", "Deutsch"]
    assert offered.currentText() == "English"
    offered.activated.emit(1)
    assert window.session.preferences.language == "de"
    assert "next start" in window.messages.plain._text.text()


@pytest.mark.parametrize("ts", sorted(words.TRANSLATIONS.glob("nightjar_*.ts")), ids=lambda ts: ts.stem)
def test_a_translation_that_is_shipped_is_whole_and_compiled(ts: Path, tmp_path: Path) -> None:
    known = _known(ts)
    lacking = [text for text in _asked() if "unfinished" in ElementTree.tostring(known[text], "unicode")]
    assert set(known) == _asked(), "run: make translations"
    assert not lacking
    tools().compile_(ts, tmp_path / "again.qm")
    assert (tmp_path / "again.qm").read_bytes() == ts.with_suffix(".qm").read_bytes(), "run: make translations"
