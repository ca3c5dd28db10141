"""From a person seen at night to a ranked list of people seen by day, on footage made on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.case import Case
from engine.errors import EvidenceError, UsageError
from engine.ingest import ingest_item, register
from engine.models.library import ModelLibrary
from engine.progress import finish
from engine.query import Query
from engine.report import sheets
from engine.retrieval.rerank import RERANKERS
from engine.search import SearchFilters, SearchOptions, SearchResult, run_search
from engine.store.tracklets import TrackletFilter
from engine.types import Modality, NewTracklet, Verdict
from tests.helpers.cases import ingest, new_case, tracklet, unit_vector
from tests.helpers.cases import register as register_file
from tests.helpers.ingest_once import often
from tests.helpers.walkers import PASSES, write_walkers

CPU = SearchOptions(device="cpu")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("search")
    night = write_walkers(folder / "night.mp4", PASSES, grey=True, seed=3)
    day = write_walkers(folder / "day.mp4", PASSES, seed=4)
    with new_case(folder / "case") as made:
        for path, camera in ((night, "Yard"), (day, "Gate")):
            item = finish(register(made, path, camera))
            finish(ingest_item(made, item.id, often()))
        yield made


def of(case: Case, modality: Modality) -> list[int]:
    return case.tracklets.ids(TrackletFilter(modality=modality)).tolist()


def search(case: Case, query: Query, options: SearchOptions = CPU) -> SearchResult:
    return finish(run_search(case, query, options))


def test_everybody_of_the_other_modality_is_ranked(case: Case) -> None:
    night, day = of(case, Modality.INFRARED), of(case, Modality.VISIBLE)
    result = search(case, Query(tracklets=(night[0],)))
    assert sorted(c.tracklet.id for c in result.candidates) == day
    assert [c.rank for c in result.candidates] == [1, 2, 3]
    assert [c.distance for c in result.candidates] == sorted(c.distance for c in result.candidates)
    assert result.gallery_size == len(day)
    assert "never tested on real" in result.provisional


@pytest.mark.parametrize("reranker", RERANKERS)
def test_a_search_can_be_repeated_to_the_digit(case: Case, reranker: str) -> None:
    query = Query(tracklets=(of(case, Modality.INFRARED)[1],))
    options = replace(CPU, reranker=reranker)
    first, second = search(case, query, options), search(case, query, options)
    assert [(c.tracklet.id, c.distance) for c in first.candidates] == [
        (c.tracklet.id, c.distance) for c in second.candidates
    ]
    assert first.id != second.id


def test_every_input_is_recorded(case: Case) -> None:
    night, day = of(case, Modality.INFRARED), of(case, Modality.VISIBLE)
    result = search(case, Query(tracklets=(night[2],)), replace(CPU, reranker="none", note="dock"))
    stored = case.searches.get(result.id)
    assert stored.model_sha256 == result.model_sha256
    assert stored.reranker == "none"
    assert stored.note == "dock"
    gallery = case.gallery.matrix(stored.model_sha256)
    assert stored.gallery_sha256 == gallery.digest(gallery.mask(np.array(day)))
    assert stored.versions["gallery_digest"] == "2"
    assert {"onnxruntime", "numpy", "nightjar"} <= set(stored.versions)
    assert [q.crop_id for q in stored.queries] == [c.crop_id for c in result.query if c.used]
    assert [r.tracklet_id for r in case.searches.results(result.id)] == [c.tracklet.id for c in result.candidates]


def test_a_stored_crop_and_the_same_crop_as_a_file_rank_alike(case: Case, tmp_path: Path) -> None:
    crop = case.tracklets.crops(of(case, Modality.INFRARED)[0])[0]
    picture = tmp_path / "person.png"
    pixels = cv2.imdecode(np.frombuffer(case.tracklets.crop_jpeg(crop.id), np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(picture), pixels)
    plain = replace(CPU, reranker="none")
    stored = search(case, Query(crops=(crop.id,)), plain)
    outside = search(case, Query(images=(picture,)), plain)
    assert [c.tracklet.id for c in stored.candidates] == [c.tracklet.id for c in outside.candidates]
    assert [c.distance for c in stored.candidates] == pytest.approx([c.distance for c in outside.candidates], abs=0.02)


def test_filters_narrow_what_is_compared(case: Case) -> None:
    night, day = of(case, Modality.INFRARED), of(case, Modality.VISIBLE)
    query = Query(tracklets=(night[0],))
    result = search(case, query)
    case.decisions.decide(result.id, [day[0]], Verdict.REJECTED)
    left = search(case, query, replace(CPU, filters=SearchFilters(hide_decided=True)))
    assert day[0] not in {c.tracklet.id for c in left.candidates}
    same = search(case, query, replace(CPU, filters=SearchFilters(modality=Modality.INFRARED)))
    assert {c.tracklet.id for c in same.candidates} == set(night) - {night[0]}
    with pytest.raises(UsageError, match="left to compare"):
        search(case, query, replace(CPU, filters=SearchFilters(min_quality=2.0)))


def test_an_rgb_person_is_searched_among_ir(case: Case) -> None:
    result = search(case, Query(tracklets=(of(case, Modality.VISIBLE)[0],)))
    assert {c.tracklet.id for c in result.candidates} == set(of(case, Modality.INFRARED))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("notes.jpg", b"not a picture", "not a picture"),
        ("empty.png", b"", "is empty"),
        ("tiny.png", cv2.imencode(".png", np.zeros((20, 10, 3), np.uint8))[1].tobytes(), "too small"),
    ],
)
def test_an_unusable_picture_is_refused_in_a_sentence(
    case: Case, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EvidenceError, match=sentence):
        search(case, Query(images=(tmp_path / name,)))


def test_nothing_to_search_with_or_in_is_told(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody to search for"):
        search(case, Query())
    with pytest.raises(EvidenceError, match="does not exist"):
        search(case, Query(images=(tmp_path / "missing.png",)))
    with pytest.raises(UsageError, match="no tracklet 999"):
        search(case, Query(tracklets=(999,)))
    picture = tmp_path / "person.png"
    cv2.imwrite(str(picture), np.full((160, 64, 3), 90, np.uint8))
    with new_case(tmp_path / "empty") as empty, pytest.raises(UsageError, match="nobody to search among"):
        search(empty, Query(images=(picture,)))


def crowd(folder: Path, groups: int, copies: int) -> Case:
    """One IR tracklet, and `groups` RGB people each stored `copies` times with the very same embedding."""
    model = ModelLibrary().get(ModelLibrary().default("student"))
    assert model.card.dimension is not None
    case = new_case(folder / "case")
    day, night = register_file(case, folder, "day"), register_file(case, folder, "night")
    vectors = [unit_vector(n, model.card.dimension) for n in range(groups)]
    order = np.random.default_rng(0).permutation(groups * copies)
    people = [described(n + 1, Modality.VISIBLE, vectors[place % groups]) for n, place in enumerate(order)]
    run = {"student": model.name, "student_sha256": model.card.sha256, "embedding_dimension": model.card.dimension}
    ingest(case, day, tuple(people), **run)
    ingest(case, night, (described(1, Modality.INFRARED, unit_vector(999, model.card.dimension)),), **run)
    return case


def described(ordinal: int, modality: Modality, vector: np.ndarray) -> NewTracklet:
    made = tracklet(ordinal, 20 * ordinal, modality=modality, crops=1)
    return replace(made, crops=(replace(made.crops[0], embedding=vector),))


@pytest.mark.parametrize("reranker", RERANKERS)
def test_equal_embeddings_stand_together_in_the_order_of_their_numbers(tmp_path: Path, reranker: str) -> None:
    with crowd(tmp_path, groups=13, copies=7) as case:
        (query,) = of(case, Modality.INFRARED)
        result = search(case, Query(tracklets=(query,)), replace(CPU, reranker=reranker))
        keys = [(c.distance, c.raw_distance, c.tracklet.id) for c in result.candidates]
        assert keys == sorted(keys)
        assert len({c.raw_distance for c in result.candidates}) == 13
        if reranker == "none":
            assert [c.distance for c in result.candidates] == [c.raw_distance for c in result.candidates]


def test_a_sheet_says_what_kind_was_searched_among(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(sheets, "write_contact_sheet", lambda _path, _title, notices, _rows: said.extend(notices))
    for kind in (Modality.VISIBLE, Modality.INFRARED):
        result = search(case, Query(tracklets=(of(case, kind)[0],)))
        sheets.ranked_sheet(case, result, tmp_path / "sheet.png")
    assert [line.split(";")[1] for line in said if line.startswith("Q-")] == [
        " 3 IR tracklets compared",
        " 3 RGB tracklets compared",
    ]


def test_the_examiners_own_file_is_recorded_by_its_hash(case: Case, tmp_path: Path) -> None:
    data = case.tracklets.crop_jpeg(case.tracklets.get(of(case, Modality.INFRARED)[0]).best_crop) + b" as it came"
    (tmp_path / "person.jpg").write_bytes(data)
    result = search(case, Query(images=(tmp_path / "person.jpg",)))
    (stored,) = case.searches.get(result.id).queries
    assert (stored.file_sha256, stored.file_size) == (hashlib.sha256(data).hexdigest(), len(data))
    (logged,) = case.audit.entries(action="search.record", limit=1)[0].details["queries"]
    assert (logged["file_sha256"], logged["file_size"]) == (stored.file_sha256, stored.file_size)


def test_pictures_of_no_sensible_size_are_refused_in_a_sentence(case: Case, tmp_path: Path) -> None:
    Image.new("RGB", (70_000, 100)).save(tmp_path / "wide.png")
    Image.new("1", (60_000, 60_000)).save(tmp_path / "huge.png")
    Image.new("L", (12_000, 9_000)).save(tmp_path / "large.png")
    for name in ("wide.png", "huge.png", "large.png"):
        with pytest.raises(EvidenceError, match=f"{name} has more pixels"):
            search(case, Query(images=(tmp_path / name,)))
