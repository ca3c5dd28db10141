"""How well students rank people nobody trained on, by every protocol and re-ranking; part of `benchmarks.accuracy`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.accuracy_record import Notebook, Section, figure
from benchmarks.accuracy_sets import LabelledSet
from benchmarks.common import Table
from engine.progress import Progress, Work
from engine.retrieval.rerank import RERANKERS
from engine.settings import RerankSettings, SearchSettings
from engine.types import Modality
from training.data.images import ImageStore
from training.data.records import Photo
from training.evaluate import Embedder
from training.protocols import RULE, TRIALS, Probe, Protocol, Trial, one_per_person, sysu, tracklets, within_drawn
from training.validation import fused, mean_metrics, score_trial

NONE = "none"
FIGURES = ("R1", "R5", "R10", "R20", "mAP", "mINP")
CHUNK = 512  # photos decoded at a time
SHOTS = 10  # gallery photos per person and camera in multi-shot
ALONE_TRIALS = 3  # of the re-ranking that has to be done query by query
COLUMNS = ("search", "re-ranking", *FIGURES, "queries", "trials", "gallery")
Embeddings = dict[Photo, np.ndarray]
Distances = Callable[[Trial, Embeddings], np.ndarray]  # (Q, G) float32, lower is nearer


TEXT = f"""\
IR photos are searched among RGB photos unless a line says otherwise. *all-search* and *indoor-search*: SYSU-MM01's
protocol; the gallery holds one photo (single-shot) or up to {SHOTS} (multi-shot) of each person and camera, means over
seeded draws unless the title names another draw. *tracklets*: up to eight photos of one person in one camera fused, on
both sides. *one gallery photo per person*: whatever the camera, the reading of this project's first trials; the gallery
is smaller and the person stands in it once. *RGB in RGB*, *IR in IR*: one photo per person and camera, the person's own
camera left out.

*k-reciprocal, all queries* lets all queries help each other, as papers do and an interactive search cannot; *one query
in a case* is what a search in the program does, its neighbours being the other IR tracklets (measured on one query of
each person and camera, {ALONE_TRIALS} draws). *affinity* is given with the paper's sizes and with those of a search.
"""


@dataclass(frozen=True)
class Student:
    """A network under test: `name` for readers, its file's digest, and what runs it."""

    name: str
    model: Embedder


@dataclass(frozen=True)
class Ranking:
    """A way to order the gallery. `one_by_one`: it takes a re-ranking per query, so a part of the queries is asked."""

    name: str
    distances: Distances
    one_by_one: bool = False


def _reranked(name: str, settings: RerankSettings) -> Distances:
    def distances(trial: Trial, embeddings: Embeddings) -> np.ndarray:
        return RERANKERS[name](fused(trial.query, embeddings), fused(trial.gallery, embeddings), settings)

    return distances


def with_neighbours(search: SearchSettings) -> Distances:
    """k-reciprocal as a case does it: one query, beside it the case's IR tracklets nearest to it, its own left out."""

    def distances(trial: Trial, embeddings: Embeddings) -> np.ndarray:
        infrared = tracklets(tuple(embeddings), RULE["site"]).trials[0].query
        whose = np.array([_pass_of(probe) for probe in infrared])
        case, queries = fused(infrared, embeddings), fused(trial.query, embeddings)
        gallery = fused(trial.gallery, embeddings)
        rows = []
        for query, probe in zip(queries, trial.query, strict=True):
            others = case[whose != _pass_of(probe)]
            near = np.argsort(-(others @ query), kind="stable")[: search.context]
            together = np.concatenate((query[None], others[near]))
            rows.append(RERANKERS["k-reciprocal"](together, gallery, search.rerank, rows=[0]))
        return np.concatenate(rows)

    return distances


def _pass_of(probe: Probe) -> str:
    return f"{probe[0].identity} {probe[0].camera}"


def rankings() -> tuple[Ranking, ...]:
    """Those that are reported: the papers' settings, and those of a search in the program."""
    search, papers = SearchSettings(), RerankSettings()
    here = search.rerank
    return (
        Ranking(NONE, _reranked("none", papers)),
        Ranking(f"k-reciprocal {papers.k1}/{papers.k2}, all queries", _reranked("k-reciprocal", papers)),
        Ranking(f"k-reciprocal {here.k1}/{here.k2}, one query in a case", with_neighbours(search), one_by_one=True),
        Ranking(f"affinity {papers.affinity_k1}/{papers.affinity_k2}", _reranked("affinity", papers)),
        Ranking(f"affinity {here.affinity_k1}/{here.affinity_k2}", _reranked("affinity", here)),
    )


def thinned(protocol: Protocol) -> Protocol:
    """One query of each person and camera, drawn by seed, and the first trials: for rankings done query by query."""
    draw = np.random.default_rng(0)
    trials = []
    for trial in protocol.trials[:ALONE_TRIALS]:
        groups: dict[str, list[Probe]] = {}
        for probe in trial.query:
            groups.setdefault(_pass_of(probe), []).append(probe)
        trials.append(Trial(tuple(group[draw.integers(len(group))] for group in groups.values()), trial.gallery))
    return replace(protocol, trials=tuple(trials))


def embed_all(student: Student, data: LabelledSet) -> Work[Embeddings]:
    """The embedding of every test photo."""
    photos, parts = sorted(data.photos()), []
    for first in range(0, len(photos), CHUNK):
        yield Progress(f"{student.name}: embedding {data.title}", first, len(photos), "photos")
        parts.append(student.model.embed(ImageStore(photos[first : first + CHUNK], student.model.size)))
    return dict(zip(photos, np.concatenate(parts), strict=True))


def embeddings_of(student: Student, data: LabelledSet, notebook: Notebook) -> Work[Embeddings]:
    """The same, computed once per model and set."""

    def compute() -> Work[np.ndarray]:
        embeddings = yield from embed_all(student, data)
        return np.stack(list(embeddings.values()))

    key = {"model": student.model.sha256, "data": data.digest}
    values = yield from notebook.array("embeddings", key, compute)
    return dict(zip(sorted(data.photos()), values, strict=True))


@dataclass(frozen=True)
class Search:
    """One question to a student: its short name, the protocol, and whether re-rankings are tried on it."""

    name: str
    protocol: Protocol
    reranked: bool


def searches(data: LabelledSet, draw: str = "seeded") -> list[Search]:
    """Everything asked of a student on one set in SYSU-MM01's layout."""
    photos = data.photos()
    most = max(len(group) for group in _by_camera(photos))
    found = []
    for mode in ("all", "indoor"):
        for shots, name in ((1, "single-shot"), (SHOTS, "multi-shot")):
            # Where nobody has more photos than are drawn, every draw is the same.
            trials = 1 if most <= shots else TRIALS
            protocol = sysu(photos, data.root, mode=mode, shots=shots, draw=draw, trials=trials)
            found.append(Search(f"{mode}-search, {name}", protocol, True))
    found.append(Search("tracklets", tracklets(photos, RULE["sysu"]), True))
    found.append(Search("one gallery photo per person", one_per_person(photos), False))
    for modality in (Modality.VISIBLE, Modality.INFRARED):
        name = f"{modality.label} in {modality.label}, single-shot"
        found.append(Search(name, within_drawn(photos, modality), False))
    return found


def _by_camera(photos: Sequence[Photo]) -> list[list[Photo]]:
    groups: dict[tuple[str, int], list[Photo]] = {}
    for photo in photos:
        groups.setdefault((photo.identity, photo.camera), []).append(photo)
    return list(groups.values())


def measure_set(
    name: str, embeddings: Embeddings, asked: Sequence[Search], ranked: Sequence[Ranking]
) -> Work[list[dict[str, Any]]]:
    """One entry per search and ranking, figures in per cent. Searches not to be reranked take the first ranking."""
    pairs = [(search, ranking) for search in asked for ranking in (ranked if search.reranked else ranked[:1])]
    rows = []
    for done, (search, ranking) in enumerate(pairs):
        yield Progress(name, done, len(pairs), "searches", f"{search.protocol.name}, {ranking.name}")
        protocol = thinned(search.protocol) if ranking.one_by_one else search.protocol
        scores = []
        for trial in protocol.trials:
            scores.append(score_trial(trial, ranking.distances(trial, embeddings), protocol.rule))
            yield Progress(name, done, len(pairs), "searches")
        metrics = mean_metrics(scores)
        rows.append(
            {
                "search": search.name,
                "re-ranking": ranking.name,
                "queries": scores[0].queries,
                "trials": len(scores),
                "gallery": len(protocol.trials[0].gallery),
                **{name: round(100 * metrics[name], 2) for name in FIGURES},
                "protocol": protocol.name,
            }
        )
    yield Progress(name, len(pairs), len(pairs), "searches")
    return rows


def student_rows(
    student: Student, data: LabelledSet, notebook: Notebook, draw: str = "seeded"
) -> Work[list[dict[str, Any]]]:
    """All figures of one student on one set, measured or recalled."""
    key = {"model": student.model.sha256, "data": data.digest, "draw": draw, "settings": repr(SearchSettings())}

    def measure() -> Work[list[dict[str, Any]]]:
        embeddings = yield from embeddings_of(student, data, notebook)
        return (yield from measure_set(f"{student.name}: {data.title}", embeddings, searches(data, draw), rankings()))

    return (yield from notebook.recall("student", key, measure))


def student_section(
    students: Sequence[Student], sets: Sequence[LabelledSet], notebook: Notebook, title: str, draw: str = "seeded"
) -> Work[Section]:
    """The section: a summary over students and sets, then all figures of each."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for student in students:
        for data in sets:
            found[student.name, data.title] = yield from student_rows(student, data, notebook, draw)
    tables = [summary(found)]
    for (name, data_title), rows in found.items():
        table = Table(f"{name}: {data_title}, per cent", *COLUMNS, decimals=1)
        for row in rows:
            table.add(*(row[column] for column in COLUMNS))
        tables.append(table)
    inputs = [as_input(student) for student in students] + [set_input(data) for data in sets]
    figures = [
        quoted
        for student in students
        for data in sets
        for quoted in _quoted(student.model.sha256, data, found[student.name, data.title])
    ]
    return Section(title, tables, TEXT, inputs, figures)


def _quoted(sha256: str, data: LabelledSet, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What a card says: every search without re-ranking."""
    seen = f"{data.title} ({data.facts['people']} people)"
    for row in rows:
        if row["re-ranking"] == NONE:
            protocol = f"{row['search']} ({row['protocol']}), no re-ranking"
            yield figure(sha256, seen, protocol, {name: round(row[name], 1) for name in FIGURES})


def as_input(student: Student) -> dict[str, Any]:
    """The student in a section's list of inputs."""
    return {"name": student.name, "sha256": student.model.sha256}


def set_input(data: LabelledSet) -> dict[str, Any]:
    """The set in a section's list of inputs."""
    return {"name": data.title, **data.facts, "sha256": data.digest}


# Search, figure, and the heading it stands under.
HEADLINES = (
    ("all-search, single-shot", "R1", "R1"),
    ("all-search, single-shot", "mAP", "mAP"),
    ("tracklets", "R1", "tracklets R1"),
    ("tracklets", "R5", "tracklets R5"),
    ("one gallery photo per person", "R1", "one per person R1"),
    ("RGB in RGB, single-shot", "R1", "RGB in RGB R1"),
    ("IR in IR, single-shot", "R1", "IR in IR R1"),
)


def headline(rows: Sequence[Mapping[str, Any]], search: str, wanted: str) -> float:
    """The figure of a search without re-ranking, in per cent."""
    return float(next(row[wanted] for row in rows if (row["search"], row["re-ranking"]) == (search, NONE)))


def summary(found: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]) -> Table:
    """One line per model and set; seeds of one run (names that end in -seed and a number) with mean and range."""
    headings = tuple(heading for _, _, heading in HEADLINES)
    note = "R1 and mAP without a word before them: IR in RGB, single photos, all-search, single-shot. No re-ranking."
    table = Table("Main figures, per cent", "model", "people", *headings, note=note, decimals=1)
    seeds: dict[tuple[str, str], list[list[float]]] = {}
    for (model, title), rows in found.items():
        figures = [headline(rows, search, wanted) for search, wanted, _ in HEADLINES]
        table.add(model, title, *figures)
        seeds.setdefault((re.sub(r"[-_]seed-?\d+$", "", model), title), []).append(figures)
    for (run, title), runs in seeds.items():
        if len(runs) > 1:
            columns = [np.array(column) for column in zip(*runs, strict=True)]
            table.add(f"{run}, mean of {len(runs)} seeds", title, *(float(column.mean()) for column in columns))
            table.add(f"{run}, lowest", title, *(float(column.min()) for column in columns))
            table.add(f"{run}, highest", title, *(float(column.max()) for column in columns))
    return table
