"""Bring the translations of the window up to date: find its texts, and compile what is translated.

python packaging/translations.py [language ...]     `make translations`; a new code begins a new language

Both are Qt's own tools, which come with PySide6. Texts that are new stand in resources/translations/nightjar_<code>.ts
as 'unfinished', to be translated there (Qt Linguist, or an editor); run it again to compile them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import PySide6

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
UNFINISHED = 'type="unfinished"'


def tool(name: str) -> Path:
    """One of Qt's programs."""
    return Path(PySide6.__file__).parent / (f"{name}.exe" if sys.platform == "win32" else name)


def update(ts: Path) -> None:
    """Put every text of the window into `ts`; translations that are there stay, texts that are gone go."""
    sources = ts.with_suffix(".lst")
    sources.write_text("\n".join(str(path) for path in sorted((ROOT / "app").rglob("*.py"))), encoding="utf-8")
    language = ts.stem.removeprefix("nightjar_")
    plain = ("-locations", "none", "-no-obsolete", "-sort-messages", "-silent", "-warnings-are-errors")
    exact = ("-disable-heuristic", "sametext", "-disable-heuristic", "similartext")
    languages = ("-source-language", "en", "-target-language", language)
    try:
        _run(tool("lupdate"), f"@{sources}", *plain, *exact, *languages, "-ts", ts)
    finally:
        sources.unlink()


def compile_(ts: Path, qm: Path) -> None:
    """Write what the window loads."""
    _run(tool("lrelease"), "-silent", "-nounfinished", ts, "-qm", qm)


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)


def main(languages: Sequence[str]) -> int:
    """Every language that is there, and those named."""
    wanted = {*FOLDER.glob("nightjar_*.ts"), *(FOLDER / f"nightjar_{code}.ts" for code in languages)}
    if not wanted:
        print("No translation is there yet. Name a language to begin one, 'fr' or 'pt_BR'.")
    FOLDER.mkdir(exist_ok=True)
    for ts in sorted(wanted):
        update(ts)
        compile_(ts, ts.with_suffix(".qm"))
        text = ts.read_text(encoding="utf-8")
        print(f"{ts.name}: {text.count('<source>')} texts, {text.count(UNFINISHED)} to be translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
