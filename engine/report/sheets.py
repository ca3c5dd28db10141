"""Contact sheets of a case: its tracklets, and ranked lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.case import Case
from engine.report.contact_sheet import Tile, write_contact_sheet
from engine.search import SearchResult
from engine.store.records import Tracklet

LEAD = "Ranked by appearance: an investigative lead, not an identification. The person may not be in the archive."
_TRACKLETS_PER_SHEET = 400


def tracklet_sheet(case: Case, tracklets: Sequence[Tracklet], path: Path) -> None:
    """One row per tracklet with its chosen crops, best first; the first few hundred."""
    from engine.perception.preprocess import decode_jpeg

    rows = []
    for tracklet in tracklets[:_TRACKLETS_PER_SHEET]:
        tiles = [
            Tile(
                decode_jpeg(case.tracklets.crop_jpeg(crop.id)),
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


def ranked_sheet(case: Case, result: SearchResult, path: Path, shown: int = 40) -> None:
    """The query's crops, then the first `shown` candidates in rank order."""
    from engine.perception.preprocess import decode_jpeg

    query = [Tile(decode_jpeg(crop.jpeg), (crop.label, crop.note)) for crop in result.query]
    candidates = [
        Tile(
            decode_jpeg(case.tracklets.crop_jpeg(candidate.tracklet.best_crop)),
            (f"{candidate.rank}  {candidate.band}", candidate.tracklet.camera, candidate.tracklet.label),
        )
        for candidate in result.candidates[:shown]
    ]
    notices = [LEAD, result.provisional, f"{result.label}; {result.gallery_size} RGB tracklets; {result.ranked_by}"]
    write_contact_sheet(
        path,
        f"{case.info.title}: search {result.label}",
        [notice for notice in notices if notice],
        [("Query", query), ("Candidates", candidates)],
    )
