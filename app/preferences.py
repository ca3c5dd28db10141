"""What the window remembers between starts (an INI file in the user's own folder)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from engine.settings import user_data_dir

RECENT_CASES = 12
CACHE_MEGABYTES = 256


@dataclass(frozen=True, slots=True)
class RecentCase:
    """A line of the start page; `note` is what was last known about the case."""

    folder: str
    title: str
    opened: str
    note: str = ""


class Preferences:
    """Typed access to the settings file."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = QSettings(str(path or user_data_dir() / "window.ini"), QSettings.Format.IniFormat)

    @property
    def folder(self) -> Path:
        """Where the file is, and what else is kept for this user."""
        return Path(self._store.fileName()).parent

    def get(self, name: str, default: Any) -> Any:
        """A value of the type of `default`."""
        value = self._store.value(name, default)
        if isinstance(default, bool):
            return str(value).lower() in ("true", "1")
        return type(default)(value) if isinstance(default, (int, float, str)) else value

    def set(self, name: str, value: Any) -> None:
        self._store.setValue(name, value)

    def sync(self) -> None:
        self._store.sync()

    @property
    def theme(self) -> str:
        return str(self.get("theme", "dark"))

    @property
    def language(self) -> str:
        """Code of the language chosen for the window, '' for the user's own."""
        return str(self.get("language", ""))

    @property
    def device(self) -> str:
        return str(self.get("device", "auto"))

    @property
    def examiner(self) -> str:
        return str(self.get("examiner", ""))

    @property
    def cache_bytes(self) -> int:
        return int(self.get("cache_megabytes", CACHE_MEGABYTES)) * 1_000_000

    def keys(self) -> dict[str, str]:
        """Bindings that differ from the defaults."""
        found = json.loads(self.get("keys", "{}"))
        return {str(k): str(v) for k, v in found.items()}

    def set_keys(self, bindings: dict[str, str]) -> None:
        self.set("keys", json.dumps(bindings))

    def recent(self) -> list[RecentCase]:
        """Latest first."""
        return [RecentCase(**entry) for entry in json.loads(self.get("recent", "[]"))]

    def remember(self, case: RecentCase) -> None:
        kept = [case, *(old for old in self.recent() if old.folder != case.folder)]
        self.set("recent", json.dumps([asdict(entry) for entry in kept[:RECENT_CASES]]))

    def forget(self, folder: str) -> None:
        self.set("recent", json.dumps([asdict(old) for old in self.recent() if old.folder != folder]))
