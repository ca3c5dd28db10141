"""The demo case: rendered footage that comes with the program, copied to a place of the user's and made a case."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.case import Case
from engine.errors import StorageError, UsageError
from engine.ingest import register
from engine.progress import Progress, Work
from engine.settings import resources_dir
from engine.store.records import ClockRecord

CASE, FOOTAGE = "case", "footage"


def demo_source() -> Path:
    """The folder of the rendered clips; `UsageError` where this installation does not have them."""
    folder = resources_dir() / "demo"
    if not (folder / "demo.json").is_file():
        raise UsageError("The demo footage is not part of this installation.", "Open footage of your own.")
    return folder


def prepare_demo(folder: Path, examiner: str) -> Work[Path]:
    """Make the demo case in `folder`, or find it there as it was left; gives the case's folder.

    The clips are copied first and the case is made last, so that an interrupted attempt is simply done again.
    """
    case_folder = folder / CASE
    if (case_folder / "case.db").is_file():
        return case_folder
    source = demo_source()
    listing = json.loads((source / "demo.json").read_text(encoding="utf-8"))
    clips = listing["cameras"]
    draft = folder / f"{CASE}.unfinished"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        (folder / FOOTAGE).mkdir(parents=True, exist_ok=True)
        for number, clip in enumerate(clips):
            yield Progress("copying the demo footage", number, len(clips), "clips")
            shutil.copyfile(source / clip["file"], folder / FOOTAGE / clip["file"])
    except OSError as error:
        raise StorageError(
            f"The demo could not be copied to {folder} ({error.strerror}).", "Choose a place where you may write."
        ) from error
    with Case.create(draft, listing["title"], examiner) as case:
        for clip in clips:
            yield from _register(case, folder / FOOTAGE, clip)
    draft.replace(case_folder)
    return case_folder


def _register(case: Case, footage: Path, clip: dict[str, Any]) -> Work[None]:
    """One clip with its camera and clock: the recorder ran `clock_offset_seconds` ahead of the reference."""
    true_start = datetime.fromisoformat(clip["start"])
    shown = true_start + timedelta(seconds=clip["clock_offset_seconds"])
    item = yield from register(case, footage / clip["file"], clip["name"], start_time=shown)
    case.evidence.set_clock(
        item.id,
        ClockRecord(shown, true_start.replace(tzinfo=UTC), uncertainty_seconds=1.0, source="stated by the demo"),
    )
