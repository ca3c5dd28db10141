"""`make accuracy`: the protocols it adds, what it keeps and writes, and what it says where something is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy
from benchmarks.accuracy_ablation import RECORD
from benchmarks.accuracy_record import Notebook, Section, save_section, table_of, write_page
from benchmarks.accuracy_sets import CROPS, described, rendered_set
from benchmarks.accuracy_student import HEADLINES, NONE, rankings, searches, summary, thinned, with_neighbours
from benchmarks.common import Table
from engine.errors import UsageError
from engine.models.card import ModelCard
from engine.models.library import ModelLibrary
from engine.progress import Progress, Work, finish
from engine.retrieval.rerank import k_reciprocal
from engine.settings import SearchSettings
from engine.types import Modality
from training.data.records import Photo
from training.protocols import RULE, Trial, one_per_person, sysu, tracklets, within_drawn
from training.validation import fused, mean_metrics, score

TINY = Path(__file__).parents[1] / "data" / "crops-tiny"


@pytest.fixture(scope="module")
def embeddings() -> dict[Photo, np.ndarray]:
    """Of tiny rendered people: the person's own direction with much noise."""
    draw = np.random.default_rng(5)
    photos = sorted(described(TINY).photos())
    own = {name: draw.normal(size=24) for name in sorted({p.identity for p in photos})}
    rows = {photo: own[photo.identity] + 1.3 * draw.normal(size=24) for photo in photos}
    return {photo: (row / np.linalg.norm(row)).astype(np.float32) for photo, row in rows.items()}


def test_one_photo_per_person_is_plain_nearest_neighbour(embeddings: dict[Photo, np.ndarray]) -> None:
    protocol = one_per_person(tuple(embeddings), trials=4)
    right = []
    for trial in protocol.trials:
        assert len({probe[0].identity for probe in trial.gallery}) == len(trial.gallery) == 4
        assert {probe[0].modality for probe in trial.gallery} == {Modality.VISIBLE}
        for (query,) in trial.query:
            nearest = max(trial.gallery, key=lambda probe: float(embeddings[query] @ embeddings[probe[0]]))
            right.append(nearest[0].identity == query.identity)
    assert len({trial.gallery for trial in protocol.trials}) > 1
    assert mean_metrics(score(protocol, embeddings))["R1"] == pytest.approx(np.mean(right), abs=1e-6)


def test_within_one_modality_nobody_is_found_in_their_own_camera(embeddings: dict[Photo, np.ndarray]) -> None:
    protocol = within_drawn(embeddings, Modality.INFRARED, trials=2)
    right = []
    for trial in protocol.trials:
        assert len(trial.gallery) == 4 * 2
        for (query,) in trial.query:
            seen = [p for (p,) in trial.gallery if (p.identity, p.camera) != (query.identity, query.camera)]
            right.append(max(seen, key=lambda p: float(embeddings[query] @ embeddings[p])).identity == query.identity)
    assert mean_metrics(score(protocol, embeddings))["R1"] == pytest.approx(np.mean(right), abs=1e-6)


def test_one_query_in_a_case_has_the_other_tracklets_beside_it(embeddings: dict[Photo, np.ndarray]) -> None:
    protocol = thinned(sysu(embeddings, TINY, mode="all", shots=1, draw="seeded", trials=1))
    trial = protocol.trials[0]
    found = with_neighbours(SearchSettings())(trial, embeddings)
    for row, probe in enumerate(trial.query):
        groups: dict[tuple[str, int], list[np.ndarray]] = {}
        for photo in sorted(embeddings):
            if photo.modality is Modality.INFRARED:
                groups.setdefault((photo.identity, photo.camera), []).append(embeddings[photo])
        del groups[probe[0].identity, probe[0].camera]
        case = [np.mean(group, axis=0) for group in groups.values()]
        case.sort(key=lambda mean: -float(embeddings[probe[0]] @ (mean / np.linalg.norm(mean))))
        queries = np.stack([embeddings[probe[0]], *(mean / np.linalg.norm(mean) for mean in case)])
        expected = k_reciprocal(queries, fused(trial.gallery, embeddings), SearchSettings().rerank)[0]
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_in_a_small_case_one_tracklet_at_a_time_ranks_as_all_together(embeddings: dict[Photo, np.ndarray]) -> None:
    trial = tracklets(tuple(embeddings), RULE["sysu"]).trials[0]
    together, alone = rankings()[1], rankings()[2]
    assert alone.one_by_one
    np.testing.assert_allclose(together.distances(trial, embeddings), alone.distances(trial, embeddings), atol=1e-5)


def test_thinned_asks_once_for_each_person_and_camera(embeddings: dict[Photo, np.ndarray]) -> None:
    protocol = thinned(sysu(embeddings, TINY, mode="all", shots=1, draw="seeded", trials=10))
    assert len(protocol.trials) == 3
    for trial in protocol.trials:
        asked = [(probe[0].identity, probe[0].camera) for probe in trial.query]
        assert len(asked) == len(set(asked)) == 4 * 2
    whole = tracklets(tuple(embeddings), RULE["sysu"])
    assert thinned(whole) == whole  # a tracklet is one query already


def test_draws_that_cannot_differ_are_made_once() -> None:
    trials = {search.name: len(search.protocol.trials) for search in searches(described(TINY))}
    assert trials["all-search, single-shot"] == trials["indoor-search, single-shot"] == 10
    assert trials["all-search, multi-shot"] == trials["tracklets"] == 1  # three photos each, ten asked for
    assert all(isinstance(search.protocol.trials[0], Trial) for search in searches(described(TINY)))


def test_seeds_are_summed_up_with_mean_and_range() -> None:
    def rows(value: float) -> list[dict[str, object]]:
        figures = {figure: value for _, figure, _ in HEADLINES}
        return [{"search": search, "re-ranking": NONE, **figures} for search, _, _ in HEADLINES]

    found = {("light-seed0", "set"): rows(10.0), ("light-seed1", "set"): rows(20.0), ("other", "set"): rows(99.0)}
    lines = {row[0]: row[2] for row in summary(found).rows}
    assert lines["light, mean of 2 seeds"] == 15.0
    assert (lines["light, lowest"], lines["light, highest"]) == (10.0, 20.0)
    assert not any(str(name).startswith("other,") for name in lines)


def counting(results: list[int]) -> Callable[[], Work[list[int]]]:
    """A measurement that notes each time it runs."""

    def measure() -> Work[list[int]]:
        yield Progress("measuring", 0, 1)
        results.append(len(results))
        return [results[-1]]

    return measure


def test_nothing_is_measured_twice(tmp_path: Path) -> None:
    ran: list[int] = []
    notebook = Notebook(tmp_path)
    first = finish(notebook.recall("student", {"model": "a"}, counting(ran)))
    assert finish(notebook.recall("student", {"model": "a"}, counting(ran))) == first == [0]
    assert finish(notebook.recall("student", {"model": "b"}, counting(ran))) == [1]
    assert finish(Notebook(tmp_path, fresh=True).recall("student", {"model": "a"}, counting(ran))) == [2]
    later = Notebook(tmp_path, code="later")
    assert finish(later.recall("student", {"model": "a"}, counting(ran))) == [2]
    assert [code for _, code in later.used] == [""]  # who measured, not who looked it up


def test_an_interrupted_measurement_is_not_kept(tmp_path: Path) -> None:
    ran: list[int] = []
    work = Notebook(tmp_path).recall("student", {}, counting(ran))
    next(work)
    work.close()
    assert ran == []
    assert finish(Notebook(tmp_path).recall("student", {}, counting(ran))) == [0]


def test_arrays_are_kept_exactly(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)

    def compute() -> Work[np.ndarray]:
        yield Progress("embedding", 0, 1)
        return values

    def never() -> Work[np.ndarray]:
        raise AssertionError("computed again")
        yield

    np.testing.assert_array_equal(finish(Notebook(tmp_path).array("embeddings", {"model": "a"}, compute)), values)
    np.testing.assert_array_equal(finish(Notebook(tmp_path).array("embeddings", {"model": "a"}, never)), values)


def test_a_page_holds_every_section_ever_measured(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.json"
    table = Table("figures", "what", "value", "missing", note="a note", decimals=1)
    table.add("R1 | first", 61.25, None)
    first = Section("First", [table], "In words.", [{"name": "a set", "seed": 77, "sha256": "ab" * 32}])
    save_section(path, "one", first, ("one", "two"), [("2026-01-02", "commit c0ffee"), ("2026-01-02", "commit c0ffee")])
    result = save_section(path, "two", Section("Second", []), ("one", "two"), [("2026-01-03", "commit beef")])
    write_page(tmp_path / "page.md", result)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for words in ("## First", "In words.", "| R1 / first | 61.2 | - |", "a note", "seed 77", "ab" * 32, "## Second",
        "Measured 2026-01-02 with commit c0ffee (", "2026-01-03 with commit beef",
    ):  # fmt: skip
        assert words in page
    kept = json.loads(path.read_text(encoding="utf-8"))["sections"]["one"]["tables"][0]
    assert table_of(kept).markdown() == table.markdown()


def run(tmp_path: Path, *arguments: str) -> int:
    """The command, everything it writes in a folder of its own."""
    places = ("--cache", "kept", "--results", "accuracy.json", "--page", "page.md", "--data", "data")
    named = [word if word.startswith("--") else str(tmp_path / word) for word in places]
    return accuracy.main([*named, "--threads", "1", *arguments])


def test_a_labelled_set_is_measured_by_the_same_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--only", "sysu", "--sysu", str(TINY)) == 0
    section = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))["sections"]["sysu"]
    assert section["title"].endswith("crops-tiny, official gallery draw")
    assert [table["title"] for table in section["tables"]][1] == "nightjar-student: crops-tiny, per cent"
    assert section["inputs"][1]["sha256"] == json.loads((TINY / "manifest.json").read_text())["files_sha256"]
    assert "R1" in capsys.readouterr().out
    assert "| all-search, single-shot | none |" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_the_ablation_on_record_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    assert run(tmp_path, "--only", "ablation") == 0
    section = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))["sections"]["ablation"]
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert section["inputs"][0]["sha256"] == record["data"]["files_sha256"]
    assert section["measured"] == [{"date": record["measured"], "code": record["code"]}]
    assert "python -m training ablation" in section["text"]
    backbone, *_, joint = [row for row in section["tables"][0]["rows"] if row[1] == "none" and row[2] == 3]
    assert backbone[:4] == ["Backbone", "none", 3, "8.3 (8.0 to 8.6)"]  # as docs/training.md has it
    assert joint[3] == "9.8 (9.1 to 10.8)"
    one_seed = [row for row in section["tables"][0]["rows"] if row[2] == 1]
    assert all("to" not in row[3] for row in one_seed)


def test_measured_figures_reach_the_card_of_their_model(tmp_path: Path) -> None:
    library = ModelLibrary()
    model = library.get(library.default("student"))
    card = tmp_path / "card.json"
    replace(model.card, metrics=()).save(card)
    assert run(tmp_path, "--only", "sysu", "--sysu", str(TINY), "--write-card", str(card)) == 0
    row = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))["sections"]["sysu"]["tables"][1]["rows"][
        0
    ]
    found = ModelCard.load(card).metrics
    assert found[0].name == "R1"
    assert found[0].value == round(row[2], 1)
    assert "all-search, single-shot" in found[0].protocol
    assert "no re-ranking" in found[0].protocol
    assert found[0].data == "crops-tiny (4 people)"


def test_ctrl_c_ends_the_command_and_not_only_the_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = []

    def section(_request: accuracy.Request) -> Work[Section]:
        began.append(1)
        yield Progress("measuring", 0, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(accuracy, "SECTIONS", {"one": section, "two": section})
    assert run(tmp_path) == 130
    assert len(began) == 1


def test_what_is_missing_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--only", "student", "--makehuman", str(tmp_path / "none")) == 2
    told = capsys.readouterr().err
    assert "is not in" in told
    assert "--makehuman" in told
    assert run(tmp_path, "--only", "sysu") == 2
    assert "--sysu DIR" in capsys.readouterr().err
    assert run(tmp_path, "--only", "sysu", "--sysu", str(tmp_path / "none")) == 3
    assert "does not exist" in capsys.readouterr().err
    missing = ("--train-ablation", "--weights", str(tmp_path / "none"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ablation").symlink_to(TINY)
    assert run(tmp_path, "--only", "ablation", *missing) == 2
    assert "ImageNet weights" in capsys.readouterr().err
    assert run(tmp_path, "--only", "sysu", "--sysu", str(TINY), "--student", "unheard-of") == 5
    assert "no model called 'unheard-of'" in capsys.readouterr().err


def test_a_rendered_set_that_is_there_needs_no_pack(tmp_path: Path) -> None:
    (tmp_path / CROPS[0].folder).symlink_to(TINY)
    found = finish(rendered_set(CROPS[0], tmp_path, tmp_path / "none", 1))
    assert found.facts["seed"] == 7
    assert len(found.photos()) == 4 * 6 * 3
    with pytest.raises(UsageError, match="held-out"):
        finish(rendered_set(CROPS[1], tmp_path, tmp_path / "none", 1))
