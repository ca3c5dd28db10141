"""From which pictures, code and run a model came: the facts its card holds one by one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.models.card import Making, TrainingSet
from training.data.records import Splits, fingerprint


def commit() -> str:
    """The commit of this checkout; 'unknown' outside one."""
    try:
        folder = Path(__file__).parent
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def training_set(splits: Splits, people: int) -> TrainingSet:
    """The training photos of a set; what a rendered set's manifest says of itself is taken from there."""
    pictures = len(splits.train)
    manifest = splits.root / "manifest.json"
    if not manifest.is_file():
        digest = fingerprint(splits.root, splits.train)
        return TrainingSet(f"{splits.layout} layout, {splits.root.name}", digest, people=people, pictures=pictures)
    return rendered_set(splits.root, "people", people, pictures)


def rendered_set(root: Path, what: str, people: int, pictures: int) -> TrainingSet:
    """A set of rendered `what`, as its manifest describes it."""
    made = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    return TrainingSet(
        f"rendered {what} (body and clothes data: MakeHuman, CC0 1.0)",
        made.get("files_sha256", ""),
        made["parameters"]["seed"],
        made["parameters"].get("styles", "all"),
        made["version"],
        people,
        pictures,
    )


def making(
    checkpoint: Path, content: dict[str, Any], data: Sequence[TrainingSet], command: str, hardware: str
) -> Making:
    """What a checkpoint knows of its own run, and what only the person who ran it knows: `command` and `hardware`."""
    minutes = content["progress"].get("seconds", 0.0) / 60
    return Making(
        command=command,
        hardware=hardware,
        duration=f"{minutes:.0f} minutes",
        date=datetime.fromtimestamp(checkpoint.stat().st_mtime, UTC).date().isoformat(),
        commit=commit(),
        seed=content["config"]["seed"],
        data=tuple(data),
    )
