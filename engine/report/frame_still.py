"""One frame of the footage as a picture, and beside it what it is: from which original, which frame, at what time.

The picture holds the frame's own pixels and nothing else: nothing is drawn into it, nothing is enhanced. Both files
appear whole or not at all, over nothing that is there already, and the log names them by hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine import __version__
from engine.case import Case
from engine.errors import CaseError, EvidenceChangedError, EvidenceError, StorageError, UsageError
from engine.media.hashing import stamp
from engine.media.index import PtsIndex
from engine.media.source import open_source
from engine.media.values import FrameSource
from engine.pipeline.versions import component_versions
from engine.progress import Progress, Work
from engine.report.tables import CaseFacts
from engine.report.targets import require_outside, whole_file
from engine.store.records import EvidenceItem
from engine.types import Frame
from engine.verify import check_evidence

PIXELS = (
    "The frame as it was decoded, upright, in square pixels, 8-bit RGB. Nothing was drawn into it and nothing enhanced."
)
DEINTERLACED = "The recording is interlaced: the frame's two fields were joined by deinterlacing (bwdif)."
DAMAGED = "The frame lies where the recording could not be decoded soundly: parts of it may come from other frames."


@dataclass(frozen=True, slots=True)
class FrameStill:
    """The `picture` (PNG) and its `facts` (JSON), each with its SHA-256."""

    picture: Path
    facts: Path
    sha256: str
    facts_sha256: str


def write_frame_still(
    case: Case, item_id: int, pts: int, path: Path, index: PtsIndex | None = None
) -> Work[FrameStill]:
    """Write the frame at exactly `pts` to `path` (PNG), and its facts beside it under the same name with '.json'.

    The original is hashed first. Raises EvidenceChangedError where it is not the registered one, EvidenceError where
    it has no such frame, UsageError where either file is there already or would lie in the case or an original,
    StorageError where they cannot be written.
    """
    item = case.evidence.get(item_id)
    picture = Path(path)
    _require_place(case, picture, _facts_of(picture))
    before = stamp(item.path)
    amiss = yield from check_evidence(item)
    if amiss:
        raise EvidenceChangedError(amiss[0].sentence, "Restore the original; a still is made of nothing else.")
    yield Progress("decoding the frame", 0, 1, "frames")
    with open_source(item.path, index=index) as source:
        frame = source.frame_at(pts)
        about = _about(case, item, frame, source)
    if stamp(item.path) != before:
        raise EvidenceChangedError(f"{item.exhibit} ({item.name}) changed while it was read.", "Find out who writes.")
    return _write(case, item, frame, about, picture)


def _require_place(case: Case, *paths: Path) -> None:
    if paths[0].suffix.lower() != ".png":
        raise UsageError(f"{paths[0].name} does not end in '.png'.", "A still is a PNG file: it loses nothing.")
    if not case.writable:
        raise CaseError("This case is open read-only, so its log could not name the still.", "Open it for writing.")
    for path in paths:
        require_outside(case, path)
        if path.exists():
            raise UsageError(f"{path} is there already; nothing was written.", "Choose another name.")


def _about(case: Case, item: EvidenceItem, frame: Frame, source: FrameSource) -> dict[str, Any]:
    """What a reader of the picture must know."""
    pts, facts = frame.timestamp.pts, CaseFacts(case)
    place = source.index.position(pts)
    if place is None:
        raise EvidenceError(f"{item.exhibit} ({item.name}) has no frame at time stamp {pts}.")
    met = [(first.pts, last.pts) for first, last in source.failures.ranges]
    damaged = any(first <= pts <= last for first, last in (*item.failed_ranges, *met))
    return {
        "case": case.info.title,
        **facts.origin(item.id),
        "original_bytes": item.size,
        "original_checked": "its SHA-256 was computed again for this still and is the registered one",
        "camera": item.camera.name,
        "pts": pts,
        "time_base": str(item.time_base),
        "frame": place,
        "frames": len(source.index.pts),
        **facts.times(item.id, frame.timestamp),
        "warnings": [*([DAMAGED] if damaged else []), *item.warnings],
        "width": frame.width,
        "height": frame.height,
        "pixels": PIXELS + (f" {DEINTERLACED}" if item.probe.get("interlaced") else ""),
        "pixels_sha256": hashlib.sha256(frame.image.tobytes()).hexdigest(),
        "derived_from": {"sha256": item.sha256, "pts": pts},
        "versions": component_versions(),
    }


def _facts_of(picture: Path) -> Path:
    return picture.with_suffix(".json")


def _write(case: Case, item: EvidenceItem, frame: Frame, about: dict[str, Any], picture: Path) -> FrameStill:
    """Both files, noted in the log before they get their names: there is no still that the log does not know of."""
    from PIL import Image

    noted, facts = False, _facts_of(picture)
    try:
        with whole_file(facts, "The still's facts") as draft_facts, whole_file(picture, "The still") as draft:
            Image.fromarray(frame.image).save(draft, format="PNG")
            digest = hashlib.sha256(draft.read_bytes()).hexdigest()
            own = {"picture": picture.name, "sha256": digest}
            written = {"examiner": case.examiner, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            whole = {**own, **about, "written": {**written, "program": f"Nightjar {__version__}"}}
            text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
            draft_facts.write_text(text, encoding="utf-8", newline="\n")
            facts_digest = hashlib.sha256(text.encode()).hexdigest()
            sums = {"sha256": digest, "facts_sha256": facts_digest, "pixels_sha256": about["pixels_sha256"]}
            case.audit.note("report.still", item.target, file=picture.name, pts=about["pts"], **sums)
            noted = True
    except StorageError:
        if noted:
            for path in (picture, facts):
                path.unlink(missing_ok=True)
            case.audit.note("report.withdrawn", item.target, file=picture.name)
        raise
    return FrameStill(picture, facts, digest, facts_digest)
