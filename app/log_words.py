"""The audit log in words: what was done, what it was about, with what. The log itself keeps its own names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.words import tr

DONE = {
    "camera.place": tr("Cameras placed"),
    "camera.update": tr("Camera described"),
    "case.create": tr("Case made"),
    "case.rename": tr("Case renamed"),
    "case.upgrade": tr("Case brought up to date"),
    "case.verify": tr("Case verified"),
    "custody.add": tr("Handover noted"),
    "decision.take": tr("Decision"),
    "decision.undo": tr("Decision taken back"),
    "embeddings.add": tr("Crops embedded"),
    "evidence.override_modality": tr("IR or RGB said"),
    "evidence.register": tr("Footage registered"),
    "evidence.relocate": tr("Footage found elsewhere"),
    "evidence.set_camera": tr("Camera named"),
    "evidence.set_clock": tr("Clock offset recorded"),
    "evidence.set_segments": tr("IR or RGB measured"),
    "evidence.set_start_time": tr("Start set"),
    "evidence.state": tr("State of footage"),
    "evidence.verify": tr("Footage verified"),
    "gallery.damaged": tr("Gallery file damaged"),
    "ingest.begin": tr("Ingest begun"),
    "ingest.commit": tr("Ingest, a part done"),
    "ingest.failed": tr("Ingest failed"),
    "ingest.finish": tr("Ingest done"),
    "ingest.interrupted": tr("Ingest interrupted"),
    "ingest.resume": tr("Ingest gone on with"),
    "mark.add": tr("Mark set"),
    "mark.edit": tr("Mark edited"),
    "mark.remove": tr("Mark removed"),
    "mark.undo": tr("Mark’s change taken back"),
    "plan.move": tr("Site plan moved"),
    "plan.remove": tr("Site plan removed"),
    "plan.undo": tr("Site plan’s change taken back"),
    "plan.use": tr("Site plan chosen"),
    "report.handover": tr("Report folder written"),
    "report.still": tr("Still written"),
    "report.sheet": tr("Contact sheet written"),
    "report.withdrawn": tr("Report not completed"),
    "search.none_found": tr("No candidate is this person"),
    "search.record": tr("Search"),
    "search.reopen": tr("Search open again"),
    "subject.add": tr("Added to subject"),
    "subject.create": tr("Subject made"),
    "subject.describe": tr("Subject described"),
    "subject.merge": tr("Subjects merged"),
    "subject.remove": tr("Removed from subject"),
    "subject.split": tr("Subject split"),
}
LABELS = {"search": "Q-{:03d}", "subject": "S-{:03d}"}


def done(action: str) -> str:
    """'Clock offset recorded' for 'evidence.set_clock'; the log's own name where no other is known."""
    return DONE.get(action, action)


def about(target: str, exhibits: Mapping[str, str]) -> str:
    """'E-003' for 'item:3', 'Q-001' for 'search:1'; `exhibits` by their target."""
    kind, _, number = target.partition(":")
    if kind in LABELS and number.isdecimal():
        return LABELS[kind].format(int(number))
    return exhibits.get(target, target.replace(":", " "))


def in_words(details: Mapping[str, Any]) -> str:
    """What is recorded, but for what is empty: 'reason: same coat · tracklet: 127'; hashes come last."""
    said = [(key, _value(value)) for key, value in details.items() if key != "program"]
    said.sort(key=lambda each: each[0].endswith(("sha256", "head")))
    return " · ".join(f"{key.replace('_', ' ')}: {value}" for key, value in said if value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, dict):
        inside = in_words(value)
        return f"({inside})" if inside else ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_value, value)))
    return "" if value is None else str(value)


def whole(entry: Any) -> str:
    """Everything that is recorded of an entry, as it stands in the log."""
    return "\n".join(_lines(entry))


def _lines(entry: Any) -> Iterator[str]:
    yield f"{entry.id}  {entry.at}  {entry.actor}  {entry.action}  {entry.target}".rstrip()
    text = json.dumps(entry.details, indent=2, ensure_ascii=False)
    yield from re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text).splitlines()
    yield tr("Hash {hash}, of this and of the one before, {before}").format(hash=entry.hash, before=entry.previous_hash)
