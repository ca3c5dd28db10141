"""What was typed and not decided on yet: kept for its user between starts, in a file for each case.

It lies in the user's own folder, beside the window's preferences, and never in the case: nobody has recorded it. A
case that was moved finds its drafts; a copy does not share them. A draft is named after what it is about (a search by
its time, an item by its SHA-256), so that it comes back beside that very thing or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.words import tr
from engine.errors import StorageError

Pages = Mapping[str, Mapping[str, Any]]  # by page, by what it is about


class Drafts:
    """Reads and writes files: not for the GUI thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, case: str, folder: Path) -> Path:
        """Where the drafts of the case with this uuid in this folder are."""
        return self._folder / f"{case}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}.json"

    def read(self, case: str, folder: Path) -> Pages:
        """Those of one case. `StorageError` where they cannot be read; a damaged file is laid aside then."""
        path = self.file(case, folder)
        try:
            if not path.exists():
                self._follow(case, path)
            return _pages(path) if path.exists() else {}
        except OSError as error:
            words = tr("What was typed and not recorded could not be read from {path} ({why}).")
            raise StorageError(words.format(path=path, why=error.strerror or error)) from error
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            words = tr("What was typed and not recorded is damaged; it is kept in {path}.")
            raise StorageError(words.format(path=aside)) from error

    def _follow(self, case: str, path: Path) -> None:
        """Take over the drafts of a folder that does not hold the case any more: it was moved."""
        for other in self._folder.glob(f"{case}-*.json"):
            try:
                folder = Path(json.loads(other.read_text(encoding="utf-8"))["folder"])
            except (ValueError, TypeError, KeyError):
                continue  # told when its own case is opened
            if not (folder / "case.db").exists():
                other.rename(path)
                return

    def write(self, case: str, folder: Path, pages: Pages) -> None:
        """Whole or not at all; no file where there is nothing to keep. `StorageError` where it cannot be written."""
        from engine.report.targets import whole_file

        path = self.file(case, folder)
        kept = {page: drafts for page, drafts in pages.items() if drafts}
        try:
            if not kept:
                path.unlink(missing_ok=True)
                return
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            words = tr("{path} could not be written ({why}).")
            raise StorageError(words.format(path=path, why=error.strerror or error)) from error
        with whole_file(path, tr("The file of drafts")) as draft:
            draft.chmod(0o600)
            words = json.dumps({"folder": str(folder), "pages": kept}, ensure_ascii=False, indent=1)
            draft.write_text(words, encoding="utf-8")


def _pages(path: Path) -> Pages:
    found = json.loads(path.read_text(encoding="utf-8"))["pages"]
    return {str(page): dict(drafts) for page, drafts in found.items()}
