"""Is a tracklet one person? Rendered scenes whose truth is known, through ingest's own analysis.

Part of `benchmarks.accuracy` (`--only tracks`). A box shows everybody whose visible or whole outline it overlaps by
half or more: where two people stand before each other, it may show both. A tracklet's person is the one whom most of
its boxes show; a box that shows others only is *another's*. Scores: the `trackers` library's evaluator (CLEAR MOT,
Bernardin and Stiefelhagen 2008; IDF1, Ristani et al. 2016; HOTA, Luiten et al., IJCV 2021).
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.accuracy_record import Notebook, Section
from benchmarks.accuracy_sets import LabelledSet
from benchmarks.common import Table
from engine.models.card import Model
from engine.models.library import MOTION, ModelLibrary
from engine.pipeline.analyse import analyse
from engine.pipeline.messages import Batch, Job
from engine.progress import Progress, Work
from engine.settings import Settings
from engine.types import Box, Modality, NewTracklet, TrackPoint

OVERLAP = 0.5
MIXED = (3, 0.1)  # least number and share of boxes that are another's
NEVER = -100.0  # nothing is as unlike
WHOLE, PARTED = "as ByteTrack leaves them", "parted"
TEXT = """\
Crowded rendered scenes, through ingest's own analysis, with its tracks left whole and, as ingest does, parted where the
crops show that they hopped to another person (engine/perception/parting.py). *mixed*: tracklets of which a tenth of the
boxes or more (and three at least) show other people than the one they mostly show; *purity*: share of boxes, *crops
right*: share of the crops a search compares, that are not another's; *per person*: tracklets for each person found;
*of nobody*: tracklets that show no person in most of their boxes, left out of the rest; *switches*: CLEAR MOT's
identity switches, which also count a person's new tracklet. IDF1 and HOTA are means over clips. A mixed tracklet
misleads a search and a decision; a person in two tracklets costs one more look.
"""
People = dict[int, tuple[Box, Box]]  # by person: the visible and the whole outline
Truth = dict[int, People]  # by PTS

COUNTED = ("people", "found", "of nobody", "tracklets", "mixed", "boxes", "another's boxes", "crops", "another's crops")
SCORED = ("switches", "IDF1", "HOTA")
SHARES = ("per person", "mixed", "purity", "crops right")
FOUND = ("tracks", "footage", "people", "found", "of nobody", "tracklets", *SHARES, *SCORED)


@dataclass(frozen=True)
class Shown:
    """A tracklet as the truth sees it. `person`: whom it follows, None where it shows nobody in most of its boxes."""

    person: int | None
    boxes: int  # that show anybody
    others: int  # of them another's
    crops: int
    other_crops: int

    @property
    def mixed(self) -> bool:
        """True where enough of it is another's to mislead whoever looks at it."""
        least, share = MIXED
        return self.person is not None and self.others >= max(least, share * self.boxes)


def truth_of(listing: Path) -> Truth:
    """The truth beside a rendered clip (NAME.json)."""
    frames = json.loads(listing.read_text(encoding="utf-8"))["frames"]
    return {
        frame["pts"]: {int(p["id"]): (Box(*p["visible"]), Box(*p["full"])) for p in frame["people"]} for frame in frames
    }


def whom(box: Box, people: People) -> set[int]:
    """Everybody the box shows."""
    return {person for person, outlines in people.items() if max(outline.iou(box) for outline in outlines) >= OVERLAP}


def shown(points: Sequence[TrackPoint], crops: Sequence[tuple[int, Box]], truth: Truth) -> Shown:
    """What a tracklet shows; `crops` are PTS and box."""
    seen = [found for p in points if (found := whom(p.box, truth.get(p.timestamp.pts, {})))]
    votes = Counter(person for found in seen for person in found)
    if 2 * len(seen) <= len(points):
        return Shown(None, len(seen), 0, 0, 0)
    person = min(votes, key=lambda one: (-votes[one], one))
    pictures = [found for pts, box in crops if (found := whom(box, truth.get(pts, {})))]
    return Shown(
        person, len(seen), sum(person not in found for found in seen),
        len(pictures), sum(person not in found for found in pictures),
    )  # fmt: skip


def clip_row(tracklets: Mapping[int, Sequence[TrackPoint]], named: Sequence[Shown], clip: Path) -> dict[str, Any]:
    """Counts and scores of one clip (`clip`: its .mp4, the truth beside it)."""
    right = [one for one in named if one.person is not None]
    return {
        "people": len({person for people in truth_of(clip.with_suffix(".json")).values() for person in people}),
        "found": len({one.person for one in right}),
        "of nobody": len(named) - len(right),
        "tracklets": len(right),
        "mixed": sum(one.mixed for one in right),
        "boxes": sum(one.boxes for one in right),
        "another's boxes": sum(one.others for one in right),
        "crops": sum(one.crops for one in right),
        "another's crops": sum(one.other_crops for one in right),
        **scores(tracklets, clip),
    }


def scores(tracklets: Mapping[int, Sequence[TrackPoint]], clip: Path) -> dict[str, float]:
    """Identity switches, IDF1 and HOTA of one clip's tracklets by number; the truth is NAME.txt beside the clip."""
    from trackers.eval import evaluate_mot_sequence

    if not tracklets:
        return dict.fromkeys(SCORED, 0)  # the evaluator refuses an empty list
    with tempfile.TemporaryDirectory() as place:
        tracked = Path(place) / "tracked.txt"
        tracked.write_text(_as_mot(tracklets, truth_of(clip.with_suffix(".json"))), encoding="ascii")
        found = evaluate_mot_sequence(clip.with_suffix(".txt"), tracked, ["CLEAR", "HOTA", "Identity"], OVERLAP)
    return {"switches": int(found.CLEAR.IDSW), "IDF1": float(found.Identity.IDF1), "HOTA": float(found.HOTA.HOTA)}


def _as_mot(tracklets: Mapping[int, Sequence[TrackPoint]], truth: Truth) -> str:
    """MOTChallenge text, frames counted from 1 as in the truth beside the clip."""
    number = {pts: n for n, pts in enumerate(sorted(truth), start=1)}
    lines = []
    for ordinal, points in tracklets.items():
        for point in points:
            box, frame = point.box, number[point.timestamp.pts]
            place = f"{box.left:.1f},{box.top:.1f},{box.width:.1f},{box.height:.1f}"
            lines.append((frame, f"{frame},{ordinal},{place},{point.score:.3f},-1,-1,-1\n"))
    return "".join(line for _, line in sorted(lines, key=lambda each: each[0]))


def summed(footage: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One line of the table: sums over the clips, shares of the sums, means of IDF1 and HOTA."""
    total = {name: sum(row[name] for row in rows) for name in (*COUNTED, "switches")}
    means = {name: sum(row[name] for row in rows) / len(rows) for name in ("IDF1", "HOTA")}
    return {
        "footage": footage,
        **total,
        **means,
        "per person": _share(total["tracklets"], total["found"]),
        "purity": _share(total["boxes"] - total["another's boxes"], total["boxes"]),
        "crops right": _share(total["crops"] - total["another's crops"], total["crops"]),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def tracks_section(
    detectors: Sequence[str], student: Model, sets: Sequence[LabelledSet], notebook: Notebook
) -> Work[Section]:
    """The section: every detector over every clip of the scenes, night and day."""
    library, tables = ModelLibrary(), []
    models = {name: library.get(name).card.sha256 if name != MOTION else MOTION for name in detectors}
    plain = Settings()
    never = replace(plain, tracking=replace(plain.tracking, part_below=NEVER))
    for detector, digest in models.items():
        for scenes in sets:
            table = Table(f"{detector}: {scenes.title}", *FOUND, decimals=3)
            for tracks, settings in ((WHOLE, never), (PARTED, plain)):
                key = {"detector": digest, "student": student.card.sha256, "scenes": scenes.digest,
                       "settings": repr(settings)}  # fmt: skip

                def measure(
                    detector: str = detector, scenes: LabelledSet = scenes, settings: Settings = settings
                ) -> Work[list[dict[str, Any]]]:
                    return (yield from run_scenes(detector, student.name, scenes.root, settings))

                rows = yield from notebook.recall("tracks", key, measure)
                for line in lines(tracks, rows):
                    table.add(*(line[name] for name in FOUND))
            tables.append(table)
    inputs = [{"name": one.title, "sha256": one.digest, **one.facts} for one in sets]
    inputs += [{"name": name, "sha256": digest} for name, digest in models.items() if digest != MOTION]
    inputs.append({"name": student.name, "sha256": student.card.sha256})
    return Section("Tracklets: one person each?", tables, TEXT, inputs)


def lines(tracks: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines under FOUND of rows of `run_scenes`: by night, by day and in all."""
    groups = {kind.label: [row for row in rows if row["kind"] == kind.label] for kind in Modality}
    named = {f"{kind}, {len(group)} clips": group for kind, group in groups.items() if group} | {"all": list(rows)}
    return [{"tracks": tracks, **summed(name, group)} for name, group in named.items()]


def run_scenes(detector: str, student: str, root: Path, settings: Settings) -> Work[list[dict[str, Any]]]:
    """A row for each clip: `kind` and what `clip_row` gives."""
    clips, rows = sorted(root.glob("*.mp4")), []
    for number, clip in enumerate(clips):
        yield Progress(f"{detector}: {root.name}", number, len(clips), "clips")
        word = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))["modality"]
        rows.append({"kind": word, **measured(clip, detector, student, Modality(word.lower()), settings)})
    yield Progress(f"{detector}: {root.name}", len(clips), len(clips), "clips")
    return rows


def measured(clip: Path, detector: str, student: str, modality: Modality, settings: Settings) -> dict[str, Any]:
    """`clip_row` of what the analysis finds in a clip."""
    job = Job(clip, detector, student, "cpu", ModelLibrary().user_dir, settings, modality)
    found: list[NewTracklet] = [t for said in analyse(job) if isinstance(said, Batch) for t in said.tracklets]
    truth = truth_of(clip.with_suffix(".json"))
    named = [shown(t.points, [(c.timestamp.pts, c.box) for c in t.crops], truth) for t in found]
    return clip_row({t.ordinal: t.points for t in found}, named, clip)
