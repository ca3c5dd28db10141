"""A translation that is installed reaches every text, also those made when a module is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

from app import words

SOURCES = {"Footage page": "Seite Aufnahmen", "Footage": "Aufnahmen", "Confirmed": "Bestätigt"}
START = """
import json, sys
from pathlib import Path
from app import words
words.install_translation.__defaults__ = ("", Path(sys.argv.pop(1)))
from app.__main__ import main
assert main() == 0
from app.keys import COMMANDS
from app.pages import PAGES
from app.tiles import VERDICT_WORDS
texts = [command.text for command in COMMANDS] + [entry.title for entry in PAGES] + [*VERDICT_WORDS.values()]
print(json.dumps(texts))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a German translation of a few texts."""
    tool = Path(PySide6.__file__).parent / ("lrelease.exe" if sys.platform == "win32" else "lrelease")
    if not tool.exists():
        pytest.skip("Qt's lrelease is not installed")
    said = "".join(f"<message><source>{a}</source><translation>{b}</translation></message>" for a, b in SOURCES.items())
    text = f'<TS version="2.1" language="de"><context><name></name>{said}</context></TS>'
    (tmp_path / "nightjar_de.ts").write_text(text, encoding="utf-8")
    subprocess.run([tool, tmp_path / "nightjar_de.ts"], check=True, capture_output=True)
    return tmp_path


def _texts(folder: Path, language: str) -> list[str]:
    values = {"LC_ALL": f"{language}.UTF-8", "LANGUAGE": language, "NIGHTJAR_START_AND_QUIT": "1"}
    run = subprocess.run(
        [sys.executable, "-c", START, folder],
        cwd=Path(words.__file__).parents[1],
        env={**os.environ, **values, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return list(json.loads(run.stdout.splitlines()[-1]))


def test_the_window_speaks_the_user_s_language_where_it_is_there(folder: Path) -> None:
    german = _texts(folder, "de_DE")
    assert {"Seite Aufnahmen", "Aufnahmen", "Bestätigt"} <= set(german)
    assert "Footage page" not in german
    french = _texts(folder, "fr_FR")
    assert {"Footage page", "Footage", "Confirmed"} <= set(french)
