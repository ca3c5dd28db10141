"""Contact sheets of a case: its tracklets, and ranked lists."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.case import Case
from engine.errors import CaseCorruptError
from engine.models.library import ModelLibrary
from engine.progress import Progress, Work
from engine.report.contact_sheet import Tile, is_contact_sheet, write_contact_sheet
from engine.report.tables import CaseFacts, Row, original_of
from engine.report.targets import require_free, require_outside
from engine.search import SearchResult
from engine.store.records import Tracklet
from engine.store.subjects import Subject

LEAD = "Ranked by appearance: an investigative lead, not an identification. The person may not be in the archive."
_TRACKLETS_PER_SHEET = 400


def tracklet_sheet(case: Case, tracklets: Sequence[Tracklet], path: Path) -> None:
    """One row per tracklet with its chosen crops, best first; the first few hundred."""
    require_writable(case, path)
    rows = []
    for tracklet in tracklets[:_TRACKLETS_PER_SHEET]:
        tiles = [
            _tile(
                case,
                crop.id,
                (f"PTS {crop.timestamp.pts}", f"quality {crop.quality.score:.2f}", ", ".join(crop.quality.faults)),
            )
            for crop in case.tracklets.crops(tracklet.id)
        ]
        seconds = float(tracklet.end.seconds - tracklet.start.seconds)
        heading = f"{tracklet.label}  {tracklet.modality.label}  {tracklet.observations} frames, {seconds:.1f} s"
        rows.append((heading, tiles))
    notices = [f"{len(tracklets)} tracklets"]
    if len(tracklets) > _TRACKLETS_PER_SHEET:
        notices.append(f"Only the first {_TRACKLETS_PER_SHEET} are shown.")
    write_contact_sheet(path, case.info.title, notices, rows, columns=5)


def statements(case: Case) -> list[str]:
    """What the cards of the models that embedded this case say must stand wherever their results are shown."""
    library = ModelLibrary()
    found = (library.by_sha256(sha256) for sha256, _, _ in case.embeddings.models())
    return sorted({model.card.provisional for model in found if model is not None and model.card.provisional})


def require_writable(case: Case, path: Path) -> None:
    """`UsageError` where a sheet must not be written to `path`: see `targets`."""
    require_outside(case, path)
    require_free(path, is_contact_sheet, "contact sheet")


def _tile(case: Case, crop_id: int, lines: tuple[str, ...]) -> Tile:
    """A stored crop over `lines`; grey, and saying so, where it is not the picture that was stored."""
    from engine.perception.preprocess import decode_jpeg

    try:
        return Tile(decode_jpeg(case.tracklets.crop_jpeg(crop_id)), lines)
    except CaseCorruptError:
        return Tile(np.full((2, 1, 3), 128, np.uint8), ("CHANGED, not shown", *lines))


def subject_sheet(case: Case, subject: Subject, path: Path, warnings: Sequence[str] = (), origin: str = "") -> None:
    """One row per appearance of a subject in order of time, under the original it comes from, with both times.

    `warnings` stand first of all notices, `origin` (who wrote the sheet when) last.
    """
    require_writable(case, path)
    facts = CaseFacts(case)
    members = {m.tracklet_id: m for m in case.subjects.members(subject.id)}
    tracklets = case.tracklets.rows(list(members))
    timed = sorted(((facts.times(t.item_id, t.start), t) for t in tracklets), key=lambda each: _order(*each))
    rows = []
    for times, tracklet in timed[:_TRACKLETS_PER_SHEET]:
        tiles = [
            _tile(
                case,
                crop.id,
                (f"PTS {crop.timestamp.pts}", f"{crop.quality.width} x {crop.quality.height} px"),
            )
            for crop in case.tracklets.crops(tracklet.id)
        ]
        member = members[tracklet.id]
        why = "confirmed" if member.decision_id else member.reason or "put in by hand"
        heading = f"{tracklet.label}  {tracklet.modality.label}  {tracklet.camera}  {_when(times)}  {why}"
        rows.append((heading, tiles))
    items = sorted({t.item_id for t in tracklets})
    count = f"{len(tracklets)} appearance{'' if len(tracklets) == 1 else 's'}"
    names = sorted({member.examiner for member in members.values()})
    name = "" if subject.name == subject.label else f" {subject.name}"
    notices = [
        *warnings,
        f"{count}, gathered by {' and '.join(names) or 'the examiner'}. The software ranks; it identifies nobody.",
        *statements(case),
        *(original_of(facts.items[number]) for number in items),
        *([origin] if origin else []),
    ]
    if len(tracklets) > _TRACKLETS_PER_SHEET:
        notices.append(f"Only the first {_TRACKLETS_PER_SHEET} are shown.")
    write_contact_sheet(path, f"{case.info.title}: {subject.label}{name}", notices, rows, columns=6)


def write_subject_sheet(case: Case, subject: Subject, path: Path) -> Work[str]:
    """A subject's contact sheet by itself, noted in the audit log; gives its SHA-256."""
    case.require_writable()  # nothing is handed over that the log does not know of
    yield Progress("drawing contact sheets", 0, 1, "subjects", subject.label)
    with case.reader():
        subject_sheet(case, subject, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    case.audit.note("report.sheet", f"subject:{subject.id}", file=path.name, sha256=digest)
    return digest


def _kind(result: SearchResult) -> str:
    """'RGB ' or 'IR ', whichever was searched among; empty where the list holds both or nobody."""
    kinds = {candidate.tracklet.modality.label for candidate in result.candidates}
    return f"{kinds.pop()} " if len(kinds) == 1 else ""


def _order(times: Row, tracklet: Tracklet) -> tuple[str, int, int]:
    return (times["adjusted_utc"] or "~", tracklet.item_id, tracklet.start.pts)


def _when(times: Row) -> str:
    """Both clocks, to the second."""
    recorder = times["recorder"][:19].replace("T", " ") or "unknown"
    if not times["adjusted_utc"]:
        return f"recorder {recorder}, no clock offset set"
    adjusted = times["adjusted_utc"][:19].replace("T", " ")
    error = times["uncertainty_seconds"]
    return f"recorder {recorder}, adjusted {adjusted} UTC +/-{'not known' if error is None else f'{error:.1f} s'}"


def ranked_sheet(case: Case, result: SearchResult, path: Path, shown: int = 40) -> None:
    """The query's crops, then the first `shown` candidates in rank order."""
    from engine.perception.preprocess import decode_jpeg

    require_writable(case, path)
    query = [Tile(decode_jpeg(crop.jpeg), (crop.label, crop.note)) for crop in result.query]
    candidates = [
        _tile(
            case,
            candidate.tracklet.best_crop,
            (f"{candidate.rank}  {candidate.band}", candidate.tracklet.camera, candidate.tracklet.label),
        )
        for candidate in result.candidates[:shown]
    ]
    notices = [
        LEAD,
        result.provisional,
        f"{result.label}; {result.gallery_size} {_kind(result)}tracklets compared; {result.ranked_by}",
    ]
    write_contact_sheet(
        path,
        f"{case.info.title}: search {result.label}",
        [notice for notice in notices if notice],
        [("Query", query), ("Candidates", candidates)],
    )
