"""End to end on the rendered demo footage, whose truth is known: are people found, and is the right one near the top?

Part of `benchmarks.accuracy` (`--only demo`). Tracklets are named by the truth (boxes that overlap by half or more, in
most of their frames). Every night tracklet whose person also came by day is searched for among all day tracklets.
Tracking is scored by the `trackers` library's evaluator (HOTA, Luiten et al., IJCV 2021; IDF1, Ristani et al., 2016).
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy_record import Notebook, Section, figure
from benchmarks.accuracy_tracks import OVERLAP, Truth, scores, truth_of
from benchmarks.common import Table
from engine.case import Case
from engine.demo import demo_source, prepare_demo
from engine.ingest import IngestOptions, ingest_item, pending
from engine.models.library import MOTION, ModelLibrary
from engine.progress import Work
from engine.query import Query
from engine.retrieval.rerank import RERANKERS
from engine.search import SearchOptions, run_search
from engine.settings import Settings
from engine.store.records import EvidenceItem, Tracklet
from engine.store.tracklets import TrackletFilter
from engine.types import Modality

RANKS = (1, 5, 10)
RANK_NAMES = {rank: "at rank 1" if rank == 1 else f"in the first {rank}" for rank in RANKS}
COUNTED = ("people", "found", "tracklets", "fragments", "of nobody")
FOUND = ("detector", "clip", "kind", *COUNTED, "purity", "HOTA", "IDF1")
EVERY, LONGEST = "every tracklet", "the longest of each person and camera"
RANKED = ("detector", "queries", "re-ranking", "night tracklets", *RANK_NAMES.values())


@dataclass(frozen=True)
class Named:
    """A tracklet with the person it shows most (None: nobody), how pure it is (share of its frames), and its frames."""

    tracklet: Tracklet
    person: int | None
    purity: float
    observed: int


def demo_section(detectors: Sequence[str], student: str, notebook: Notebook) -> Work[Section]:
    """The section: every detector with the student, through ingest and search of the whole demo case."""
    library = ModelLibrary()
    demo = json.loads((demo_source() / "manifest.json").read_text(encoding="utf-8"))
    clips = Table("People found, by clip", *FOUND, decimals=2)
    ranks = Table("Night tracklets whose person also came by day: share with the right person", *RANKED, decimals=2)
    models = [library.get(name).card for name in (*detectors, student) if name != MOTION]
    digests = {card.name: card.sha256 for card in models}
    figures = []
    for detector in detectors:
        key = {"detector": digests.get(detector, MOTION), "student": digests[student], "demo": demo["files_sha256"],
               "settings": repr(Settings())}  # fmt: skip

        def measure(detector: str = detector) -> Work[dict[str, Any]]:
            return (yield from run_demo(detector, student))

        found = yield from notebook.recall("demo", key, measure)
        for row in (*found["clips"], _all_clips(found["clips"])):
            clips.add(detector, *(row[name] for name in FOUND[1:]))
        for row in found["ranks"]:
            ranks.add(detector, *(row[name] for name in RANKED[1:]))
        figures += _quoted(detector, digests, student, found)
    text = (
        "The five rendered clips of the demo case, through ingest and search as the program does them. *fragments*: "
        "tracklets beyond the first of a person in a clip; *of nobody*: tracklets that follow no person in most of "
        "their frames. HOTA and IDF1 over several clips are plain means. The gallery is every RGB tracklet, fragments "
        "and tracklets of nobody among them. Queries: every night tracklet, fragments of a few crops among them, or of "
        "each person in each camera the longest."
    )
    inputs = [{"name": "demo footage", "sha256": demo["files_sha256"]}]
    inputs += [{"name": name, "sha256": digest} for name, digest in digests.items()]
    return Section("End to end: the demo footage", [clips, ranks], text, inputs, figures)


def run_demo(detector: str, student: str) -> Work[dict[str, Any]]:
    """Ingest all clips with the detector, search with the student: rows under FOUND and RANKED."""
    options = IngestOptions(detector=detector, student=student, device="cpu")
    with tempfile.TemporaryDirectory() as place:
        folder = yield from prepare_demo(Path(place), "bench")
        with Case.open(folder, examiner="bench") as case:
            for item in pending(case):
                yield from ingest_item(case, item.id, options)
            named = [each for item in case.evidence.list() for each in _named(case, item)]
            clips = [_tracking(case, item, named) for item in case.evidence.list()]
            ranks = yield from _rankings(case, named, student)
    return {"clips": clips, "ranks": ranks}


def _all_clips(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over the clips, and means of the scores."""
    sums = {name: sum(row[name] for row in rows) for name in COUNTED}
    known = {name: [row[name] for row in rows if row[name] is not None] for name in ("purity", "HOTA", "IDF1")}
    means = {name: float(np.mean(values)) if values else None for name, values in known.items()}
    return {"clip": "all clips", "kind": "", **sums, **means}


def _quoted(detector: str, digests: Mapping[str, str], student: str, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What cards say: the detector its tracking, the student its ranks with that detector."""
    plain = next(row for row in found["ranks"] if (row["queries"], row["re-ranking"]) == (EVERY, "none"))
    asked = f"demo footage, {plain['night tracklets']} night tracklets among all RGB tracklets, detector {detector}"
    values = {name: round(100 * plain[name], 1) for name in RANK_NAMES.values()}
    quoted = [figure(digests[student], "demo footage (rendered)", f"{asked}, no re-ranking", values)]
    if detector in digests:
        whole = _all_clips(found["clips"])
        scores = {name: round(100 * whole[name], 1) for name in ("HOTA", "IDF1")}
        quoted.append(figure(digests[detector], "demo footage (rendered)", "tracking, mean over five clips", scores))
    return quoted


def _clip(item: EvidenceItem) -> Path:
    """The clip as it lies in the resources, with its truth beside it."""
    return demo_source() / item.path.name


def _named(case: Case, item: EvidenceItem) -> list[Named]:
    truth = truth_of(_clip(item).with_suffix(".json"))
    return [_name(case, t, truth) for t in case.tracklets.list(TrackletFilter(items=(item.id,)))]


def _name(case: Case, tracklet: Tracklet, truth: Truth) -> Named:
    points = case.tracklets.points(tracklet.id)
    votes: Counter[int] = Counter()
    for point in points:
        people = truth.get(point.timestamp.pts, {})
        overlaps = {person: visible.iou(point.box) for person, (visible, _) in people.items()}
        best = max(overlaps, key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= OVERLAP:
            votes[best] += 1
    person, seen = votes.most_common(1)[0] if votes else (None, 0)
    share = seen / len(points)
    return Named(tracklet, person if share > 0.5 else None, share, len(points))


def _tracking(case: Case, item: EvidenceItem, named: Sequence[Named]) -> dict[str, Any]:
    mine = [each for each in named if each.tracklet.item_id == item.id]
    right = [each for each in mine if each.person is not None]
    found = {each.person for each in right}
    clip = _clip(item)
    scored = scores({each.tracklet.ordinal: case.tracklets.points(each.tracklet.id) for each in mine}, clip)
    truth = truth_of(clip.with_suffix(".json"))
    return {
        "clip": item.camera.name,
        "kind": mine[0].tracklet.modality.label if mine else "",
        "people": len({person for people in truth.values() for person in people}),
        "found": len(found),
        "tracklets": len(mine),
        "fragments": len(right) - len(found),
        "of nobody": len(mine) - len(right),
        "purity": sum(each.purity for each in right) / len(right) if right else None,
        "HOTA": scored["HOTA"],
        "IDF1": scored["IDF1"],
    }


def _rankings(case: Case, named: Sequence[Named], student: str) -> Work[list[dict[str, Any]]]:
    by_id = {each.tracklet.id: each.person for each in named}
    day = {each.person for each in named if each.tracklet.modality is Modality.VISIBLE and each.person is not None}
    night = [each for each in named if each.tracklet.modality is Modality.INFRARED and each.person in day]
    longest: dict[tuple[int, int | None], int] = {}
    for number in sorted(range(len(night)), key=lambda n: night[n].observed):
        longest[night[number].tracklet.item_id, night[number].person] = number
    rows = []
    for reranker in RERANKERS:
        options = SearchOptions(student=student, reranker=reranker, device="cpu")
        first = []
        for each in night:
            result = yield from run_search(case, Query(tracklets=(each.tracklet.id,)), options)
            hits = [c.rank for c in result.candidates if by_id[c.tracklet.id] == each.person]
            first.append(min(hits, default=10**6))
        for queries, ranks in ((EVERY, first), (LONGEST, [first[n] for n in longest.values()])):
            shares = {name: sum(rank <= k for rank in ranks) / max(len(ranks), 1) for k, name in RANK_NAMES.items()}
            rows.append({"queries": queries, "re-ranking": reranker, "night tracklets": len(ranks), **shares})
    return sorted(rows, key=lambda row: row["queries"] == LONGEST)
