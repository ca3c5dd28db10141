"""Where a dialog that asks for a file or folder begins: where the last one for the same purpose ended.

Never where the program was started, and never in the evidence when something is to be written.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths

from app.preferences import Preferences

CASES, FOOTAGE, REPORTS, MODELS = "cases", "footage", "reports", "models"


def last_place(preferences: Preferences, purpose: str) -> str:
    """The folder last used for it, as long as it is there; at first the user's documents."""
    found = str(preferences.get(f"place_{purpose}", ""))
    return found if found and Path(found).is_dir() else _documents()


def remember_place(preferences: Preferences, purpose: str, folder: Path | str) -> None:
    """The next dialog for this purpose begins there."""
    preferences.set(f"place_{purpose}", str(folder))


def _documents() -> str:
    where = QStandardPaths.StandardLocation
    places = (QStandardPaths.writableLocation(kind) for kind in (where.DocumentsLocation, where.HomeLocation))
    return next((place for place in places if Path(place).is_dir()), "")
