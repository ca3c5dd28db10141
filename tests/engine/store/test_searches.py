"""Searches and decisions: repeatable, complete, and never rewritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import UsageError
from engine.store.searches import NewSearch, QueryPicture, Ranked
from engine.store.tracklets import TrackletFilter
from engine.types import Modality, Verdict
from tests.helpers.cases import EXAMINER, ingest, new_case, register, searched, tracklet


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """Three daytime candidates for one night tracklet, searched for once."""
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path, "night.mkv"), (tracklet(1),))
        day = tuple(tracklet(n, start=20 * n, modality=Modality.VISIBLE) for n in (1, 2, 3))
        ingest(case, register(case, tmp_path, "day.mkv", camera="Door"), day)
        searched(case, query=1, candidates=(3, 2, 4))
        yield case


def test_a_search_is_kept_with_every_input(case: Case) -> None:
    search = case.searches.find("q-001")
    assert (search.label, search.examiner, search.model_sha256, search.reranker) == (
        "Q-001",
        EXAMINER,
        "5" * 64,
        "none",
    )
    assert (search.settings, search.filters, search.gallery_size) == ({"listed": 200}, {"modality": "rgb"}, 3)
    assert [line.tracklet_id for line in case.searches.results(search.id)] == [3, 2, 4]
    (query,) = search.queries
    assert query.tracklet_id == 1
    assert case.searches.query_jpeg(search.id, 0) == case.tracklets.crop_jpeg(query.crop_id or 0)
    assert [s.id for s in case.searches.of_tracklet(1)] == [search.id]


def test_a_picture_from_outside_is_kept_with_its_hash(case: Case) -> None:
    new = NewSearch(
        (QueryPicture(jpeg=b"picture", label="poster.jpg"),), "5" * 64, {}, {}, "none", "CPU", {}, 0, "0" * 64
    )
    search = case.searches.record(new, [])
    assert case.searches.query_jpeg(search.id, 0) == b"picture"
    assert (search.label, search.queries[0].label, search.queries[0].tracklet_id) == ("Q-002", "poster.jpg", None)


def test_ranks_without_gaps_or_nothing(case: Case) -> None:
    new = NewSearch((QueryPicture(crop_id=1),), "5" * 64, {}, {}, "none", "CPU", {}, 1, "a" * 64)
    with pytest.raises(ValueError, match="ranks"):
        case.searches.record(new, [Ranked(2, 3, 0.1, 0.1)])
    assert len(case.searches.list()) == 1


def test_the_newest_decision_stands_and_undo_brings_the_earlier_back(case: Case) -> None:
    case.decisions.decide(1, [3], Verdict.REJECTED)
    (second,) = case.decisions.decide(1, [3], Verdict.CONFIRMED, reason="same bag", observations={"bag": "similar"})
    assert case.decisions.current(1)[3] == second
    assert case.decisions.latest() == second
    case.decisions.undo(second.id)
    assert case.decisions.current(1)[3].verdict is Verdict.REJECTED
    with pytest.raises(UsageError, match="does not stand"):
        case.decisions.undo(second.id)
    assert [d.verdict for d in case.decisions.history(1)] == [Verdict.REJECTED, Verdict.CONFIRMED, None]
    assert [e.action for e in case.audit.entries(action="decision")] == [
        "decision.undo",
        "decision.take",
        "decision.take",
    ]
    assert case.audit.entries(action="decision.take")[0].details["decisions"][0]["observations"] == {"bag": "similar"}


def test_counts_of_a_search_follow_its_decisions(case: Case) -> None:
    case.decisions.decide(1, [2, 3], Verdict.REJECTED, blind=True)
    case.decisions.decide(1, [4], Verdict.INCONCLUSIVE)
    search = case.searches.get(1)
    assert (search.listed, search.confirmed, search.rejected, search.inconclusive, search.undecided) == (3, 0, 2, 1, 0)
    assert case.decisions.decided(Verdict.REJECTED) == {2, 3}
    assert case.tracklets.ids(TrackletFilter(undecided=True)).tolist() == [1]


def test_only_candidates_can_be_decided_on_and_all_or_none(case: Case) -> None:
    with pytest.raises(UsageError, match="not among the candidates"):
        case.decisions.decide(1, [3, 1], Verdict.CONFIRMED)
    assert case.decisions.current(1) == {}


def test_no_candidate_is_this_person_can_be_said_and_taken_back(case: Case) -> None:
    case.searches.set_none_found(1, True, "all taller")
    assert case.searches.get(1).none_found
    case.searches.set_none_found(1, False)
    assert not case.searches.get(1).none_found
    assert [e.action for e in case.audit.entries(limit=2)] == ["search.reopen", "search.none_found"]


@pytest.mark.parametrize("table", ["searches", "search_results", "decisions"])
def test_the_database_refuses_to_rewrite_them(case: Case, table: str) -> None:
    case.decisions.decide(1, [3], Verdict.REJECTED)
    connection = sqlite3.connect(case.folder / "case.db", isolation_level=None)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {'rank = 9' if 'results' in table else 'at = 1'}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_results_that_a_search_refers_to_survive_a_new_run_out_of_view(case: Case) -> None:
    item = case.evidence.find("E-002")
    ingest(case, item, (tracklet(1, start=40, modality=Modality.VISIBLE, seed=7),), student_sha256="6" * 64)
    assert case.tracklets.count(TrackletFilter(items=(item.id,))) == 1
    assert case.tracklets.get(3).superseded
    assert case.searches.results(1)[0].tracklet_id == 3
    case.decisions.decide(1, [3], Verdict.CONFIRMED)
