"""End to end on the rendered demo footage, whose truth is known: are people found, and is the right one near the top?

    python -m benchmarks.accuracy_demo [--detector NAME] [--student NAME]

Tracklets are named by the truth (boxes that overlap by half or more, in most of their frames). Every night tracklet
whose person also has a day tracklet is searched for among all day tracklets. Tracking is scored by the `trackers`
library's evaluator (HOTA, Luiten et al., IJCV 2021; IDF1, Ristani et al., 2016).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import Table, save
from engine.case import Case
from engine.demo import demo_source, prepare_demo
from engine.ingest import IngestOptions, ingest_item, pending
from engine.progress import finish
from engine.query import Query
from engine.retrieval.rerank import RERANKERS
from engine.search import SearchOptions, run_search
from engine.store.records import EvidenceItem, Tracklet
from engine.types import Box, Modality

OVERLAP = 0.5
RANKS = (1, 5, 10)
Truth = dict[int, dict[int, Box]]


@dataclass(frozen=True)
class Named:
    """A tracklet with the person it shows most (None: nobody), and how pure it is (share of its frames)."""

    tracklet: Tracklet
    person: int | None
    purity: float


def main() -> None:
    """Print what was found per clip, and how near the top the right person came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector")
    parser.add_argument("--student")
    chosen = parser.parse_args()
    options = IngestOptions(detector=chosen.detector, student=chosen.student, device="cpu")
    with tempfile.TemporaryDirectory() as place:
        folder = finish(prepare_demo(Path(place), "bench"))
        with Case.open(folder, examiner="bench") as case:
            for item in pending(case):
                finish(ingest_item(case, item.id, options))
            named = [each for item in case.evidence.list() for each in _named(case, item)]
            found = _tracking(case, named, Path(place))
            ranks = _ranking(case, named, chosen.student)
            used = case.ingest.runs(1)[-1].inputs
    found.print()
    ranks.print()
    print(f"\ndetector {used.detector}, student {used.student}; rendered people: says nothing about real footage")
    save("accuracy_demo", found, ranks, detector=used.detector, student=used.student)


def _truth(item: EvidenceItem) -> Truth:
    """Visible boxes by PTS and person."""
    listing = json.loads((demo_source() / f"{item.path.stem}.json").read_text(encoding="utf-8"))
    return {
        frame["pts"]: {int(person["id"]): Box(*person["visible"]) for person in frame["people"]}
        for frame in listing["frames"]
    }


def _named(case: Case, item: EvidenceItem) -> list[Named]:
    truth = _truth(item)
    from engine.store.tracklets import TrackletFilter

    return [_name(case, t, truth) for t in case.tracklets.list(TrackletFilter(items=(item.id,)))]


def _name(case: Case, tracklet: Tracklet, truth: Truth) -> Named:
    points = case.tracklets.points(tracklet.id)
    votes: Counter[int] = Counter()
    for point in points:
        overlaps = {n: box.iou(point.box) for n, box in truth.get(point.timestamp.pts, {}).items()}
        best = max(overlaps, key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= OVERLAP:
            votes[best] += 1
    person, seen = votes.most_common(1)[0] if votes else (None, 0)
    share = seen / len(points)
    return Named(tracklet, person if share > 0.5 else None, share)


def _tracking(case: Case, named: Sequence[Named], place: Path) -> Table:
    from trackers.eval import evaluate_mot_sequence

    headings = ("clip", "kind", "people", "tracklets", "of nobody", "per person", "purity", "HOTA", "IDF1")
    table = Table("People found, by clip", *headings)
    for item in case.evidence.list():
        mine = [each for each in named if each.tracklet.item_id == item.id]
        right = [each for each in mine if each.person is not None]
        people = {n for boxes in _truth(item).values() for n in boxes}
        tracked = place / f"{item.path.stem}.txt"
        tracked.write_text(_as_mot(case, item, mine), encoding="ascii")
        scores = evaluate_mot_sequence(demo_source() / tracked.name, tracked, ["CLEAR", "HOTA", "Identity"], OVERLAP)
        table.add(
            item.camera.name,
            mine[0].tracklet.modality.label if mine else "",
            len(people),
            len(mine),
            len(mine) - len(right),
            len(right) / max(len({each.person for each in right}), 1),
            sum(each.purity for each in right) / max(len(right), 1),
            float(scores.HOTA.HOTA),
            float(scores.Identity.IDF1),
        )
    return table


def _as_mot(case: Case, item: EvidenceItem, named: Sequence[Named]) -> str:
    """Tracklets in MOT-Challenge text, frames counted from 1 as in the truth beside the clip."""
    number = {pts: n for n, pts in enumerate(sorted(_truth(item)), start=1)}
    lines = []
    for each in named:
        for point in case.tracklets.points(each.tracklet.id):
            box = point.box
            place = f"{box.left:.1f},{box.top:.1f},{box.width:.1f},{box.height:.1f}"
            lines.append(f"{number[point.timestamp.pts]},{each.tracklet.ordinal},{place},{point.score:.3f},-1,-1,-1\n")
    return "".join(sorted(lines, key=lambda line: int(line.split(",", 1)[0])))


def _ranking(case: Case, named: Sequence[Named], student: str | None) -> Table:
    by_id = {each.tracklet.id: each.person for each in named}
    day = {each.person for each in named if each.tracklet.modality is Modality.VISIBLE and each.person is not None}
    night = [each for each in named if each.tracklet.modality is Modality.INFRARED and each.person in day]
    table = Table(
        f"Night tracklets whose person is among the day's: {len(night)}; share with the right person",
        "re-ranking",
        *(f"at rank {RANKS[0]}" if rank == 1 else f"in the first {rank}" for rank in RANKS),
    )
    for reranker in RERANKERS:
        first = []
        for each in night:
            options = SearchOptions(student=student, reranker=reranker, device="cpu")
            result = finish(run_search(case, Query(tracklets=(each.tracklet.id,)), options))
            hits = [c.rank for c in result.candidates if by_id[c.tracklet.id] == each.person]
            first.append(min(hits, default=10**6))
        table.add(reranker, *(sum(rank <= limit for rank in first) / max(len(first), 1) for limit in RANKS))
    return table


if __name__ == "__main__":
    main()
