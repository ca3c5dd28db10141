"""Ingest commits: whatever was committed is consistent, and a resumed run ends where an uninterrupted one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.case import Case
from engine.pipeline.messages import Checkpoint, Resume
from engine.store.tracklets import TrackletFilter
from engine.types import ItemState
from tests.helpers.case_content import logical_content
from tests.helpers.cases import (
    EXAMINER,
    batch,
    finished,
    frames,
    ingest,
    new_case,
    new_run,
    register,
    searched,
    tracklet,
)

CHECKPOINT = Checkpoint(49, 50, 2, {"mean": np.arange(6, dtype=np.float32).reshape(2, 3)})


def test_a_tracklet_comes_back_as_it_was_given(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        given = tracklet(1, start=5)
        ingest(case, item, (given,))
        (stored,) = case.tracklets.list()
        assert (stored.ordinal, stored.start.pts, stored.end.pts, stored.label) == (1, 5, 14, "E-001/1")
        assert case.tracklets.points(stored.id) == given.points
        crops = case.tracklets.crops(stored.id)
        assert [(c.timestamp, c.box, c.quality) for c in crops] == [
            (c.timestamp, c.box, c.quality) for c in given.crops
        ]
        assert [case.tracklets.crop_jpeg(c.id) for c in crops] == [c.jpeg for c in given.crops]
        vectors = case.embeddings.of_crops("5" * 64, [c.id for c in crops])
        np.testing.assert_array_equal(vectors, [c.embedding.astype(np.float16) for c in given.crops])
        assert case.tracklets.detections(item.id, 10, 20) == list(frames(10, 20))
        assert case.evidence.get(item.id).state is ItemState.DONE
        assert case.evidence.get(item.id).failed_ranges == ((40, 41),)


def test_an_interrupted_run_resumes_and_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    first, second = tracklet(1, start=5), tracklet(2, start=60)
    with new_case(tmp_path / "whole") as case:
        ingest(case, register(case, tmp_path), (first, second))
        whole = logical_content(case)
    with new_case(tmp_path / "broken") as case:
        item = register(case, tmp_path)
        run_id = case.ingest.begin(item.id, new_run())
        case.ingest.commit(run_id, batch(0, 49, (first,), CHECKPOINT))
        case.ingest.commit(run_id, batch(50, 80, (second,)))
    with Case.open(tmp_path / "broken", examiner=EXAMINER) as case:
        assert case.evidence.get(item.id).state is ItemState.INTERRUPTED
        resume = case.ingest.resume_point(item.id)
        assert resume.checkpoint is not None
        assert (resume.checkpoint.after, resume.checkpoint.next_ordinal) == (49, 2)
        np.testing.assert_array_equal(resume.checkpoint.memory["mean"], CHECKPOINT.memory["mean"])
        assert resume.remembered == frames(50, 80)
        assert case.ingest.begin(item.id, new_run()) == run_id
        case.ingest.commit(run_id, batch(50, 99, (second,)))
        case.ingest.finish(run_id, finished())
        assert logical_content(case) == whole


def test_a_tracklet_that_comes_again_with_other_content_is_a_bug(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        run_id = case.ingest.begin(item.id, new_run())
        case.ingest.commit(run_id, batch(0, 49, (tracklet(1),)))
        before = (case.audit.head, logical_content(case))
        with pytest.raises(ValueError, match="other content"):
            case.ingest.commit(run_id, batch(50, 99, (tracklet(2), tracklet(1, seed=1))))
        assert (case.audit.head, logical_content(case)) == before


def test_an_embedding_computed_again_may_differ_in_the_last_digits(tmp_path: Path) -> None:
    given = tracklet(1)
    nudged = tuple(replace(crop, embedding=crop.embedding + np.float32(1e-3)) for crop in given.crops)
    nudged = tuple(replace(crop, embedding=crop.embedding / np.linalg.norm(crop.embedding)) for crop in nudged)
    other = tuple(replace(crop, embedding=np.roll(crop.embedding, 1)) for crop in given.crops)
    with new_case(tmp_path / "case") as case:
        run_id = case.ingest.begin(register(case, tmp_path).id, new_run())
        case.ingest.commit(run_id, batch(0, 49, (given,)))
        before = logical_content(case)["E-001"]["tracklets"]
        case.ingest.commit(run_id, batch(0, 49, (replace(given, crops=nudged),)))
        assert logical_content(case)["E-001"]["tracklets"] == before
        with pytest.raises(ValueError, match="other content"):
            case.ingest.commit(run_id, batch(0, 49, (replace(given, crops=other),)))


def test_ingesting_again_with_equal_inputs_keeps_what_decisions_refer_to(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        first = ingest(case, item, (tracklet(1), tracklet(2)))
        before = logical_content(case)
        searched(case, query=1, candidates=[2])
        assert ingest(case, item, (tracklet(1), tracklet(2))) == first
        assert logical_content(case) == before
        assert not case.tracklets.get(2).superseded


def test_another_model_replaces_a_finished_run_only_when_it_is_finished(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        ingest(case, item, (tracklet(1), tracklet(2)))
        run_id = case.ingest.begin(item.id, new_run(student_sha256="6" * 64))
        assert case.ingest.resume_point(item.id) == Resume()
        case.ingest.commit(run_id, batch(0, 99, (tracklet(1, seed=3),)))
        assert case.tracklets.count() == 2
        case.ingest.finish(run_id, finished())
        assert [t.run_id for t in case.tracklets.list(TrackletFilter(superseded=True))] == [run_id]


def test_other_settings_start_an_unfinished_item_over(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        first = case.ingest.begin(item.id, new_run())
        case.ingest.commit(first, batch(0, 49, (tracklet(1),), CHECKPOINT))
        case.ingest.interrupt(item.id)
        second = case.ingest.begin(item.id, new_run(settings={"frame_step": 2}))
        assert second != first
        assert case.tracklets.count(TrackletFilter(superseded=True)) == 0
        assert case.ingest.resume_point(item.id) == Resume()


def test_a_failed_item_keeps_what_was_committed(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        run_id = case.ingest.begin(item.id, new_run())
        case.ingest.commit(run_id, batch(0, 49, (tracklet(1),)))
        case.ingest.fail(item.id, "The decoder crashed.", "Try again.")
        state = case.evidence.get(item.id)
        assert (state.state, state.failure, state.hint) == (ItemState.FAILED, "The decoder crashed.", "Try again.")
        assert case.tracklets.count() == 1


@pytest.mark.parametrize("vector", [np.full(16, np.nan, np.float32), np.ones(16, np.float32)])
def test_an_embedding_that_is_no_unit_vector_never_gets_in(tmp_path: Path, vector: np.ndarray) -> None:
    good = tracklet(1)
    bad = replace(good, crops=(replace(good.crops[0], embedding=vector),))
    with new_case(tmp_path / "case") as case:
        run_id = case.ingest.begin(register(case, tmp_path).id, new_run())
        with pytest.raises(ValueError, match="unit vector"):
            case.ingest.commit(run_id, batch(0, 49, (bad,)))
        assert case.tracklets.count() == 0


def test_a_finished_item_stays_done_when_nothing_was_done_again(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        ingest(case, item, (tracklet(1),))
        case.ingest.fail(item.id, "The disk was taken away.")  # before anything was begun
        assert case.evidence.get(item.id).state is ItemState.DONE
        for stop in (case.ingest.interrupt, lambda number: case.ingest.discard(number, "The file changed.")):
            run_id = case.ingest.begin(item.id, new_run())  # the same again, to be compared
            case.ingest.commit(run_id, batch(0, 49, (tracklet(1),)))
            stop(item.id)
            assert case.evidence.get(item.id).state is ItemState.DONE
            assert case.ingest.run(run_id).state == "done"
        case.ingest.begin(item.id, new_run())
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:  # after a program that was killed
        assert (case.evidence.get(item.id).state, case.tracklets.count()) == (ItemState.DONE, 1)


def test_nothing_goes_on_from_a_discarded_run(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        run_id = case.ingest.begin(item.id, new_run())
        case.ingest.commit(run_id, batch(0, 49, (tracklet(1),), CHECKPOINT))
        searched(case, query=1, candidates=(1,))
        case.ingest.discard(item.id, "The file changed while it was read.")
        assert case.evidence.get(item.id).state is ItemState.FAILED
        assert case.tracklets.count() == 0
        assert case.tracklets.get(1).superseded  # a search refers to it
        assert case.ingest.unfinished(item.id) is None
        assert case.ingest.resume_point(item.id) == Resume()
        assert ingest(case, item, (tracklet(1, seed=3),)) != run_id
        done = case.ingest.begin(item.id, new_run(settings={"frame_step": 2}))
        case.ingest.commit(done, batch(0, 49, (tracklet(1, seed=4),)))
        case.ingest.discard(item.id, "The file changed while it was read.")
        assert case.evidence.get(item.id).state is ItemState.DONE  # with what the finished run had found
        assert case.tracklets.count() == 1


def test_only_what_lies_behind_the_checkpoint_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.store import results

    read: list[int] = []
    unpack = results.unpack_arrays
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        run_id = case.ingest.begin(item.id, new_run())
        for first in range(0, 1000, 50):
            done = first + 49
            case.ingest.commit(
                run_id, batch(first, done, checkpoint=replace(CHECKPOINT, after=done, frame_index=done + 1))
            )
        case.ingest.commit(run_id, batch(1000, 1049))
        case.ingest.interrupt(item.id)
        monkeypatch.setattr(results, "unpack_arrays", lambda blob: read.append(1) or unpack(blob))
        assert case.ingest.resume_point(item.id).remembered == frames(1000, 1049)
        assert len(read) == 1
        bare = case.ingest.resume_point(item.id, detections=False)
        assert (bare.checkpoint is not None, bare.remembered) == (True, ())
