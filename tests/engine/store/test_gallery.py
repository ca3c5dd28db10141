"""The gallery matrix: what is in SQLite, fused, in a form that can be searched; never stale, always replaceable."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.case import Case
from engine.errors import UsageError
from engine.progress import finish
from engine.retrieval.distance import fuse
from engine.retrieval.exact import quantise
from engine.store.codec import sha256
from engine.store.gallery import GalleryMatrix
from engine.store.tracklets import TrackletFilter
from engine.types import Modality
from engine.verify import verify_case
from tests.helpers.cases import EXAMINER, batch, ingest, new_case, new_run, register, tracklet, unit_vector

MODEL = "5" * 64


def oracle(case: Case, model: str = MODEL) -> dict[int, np.ndarray]:
    """Fused embeddings, tracklet by tracklet, straight from the database."""
    fused = {}
    for stored in case.tracklets.list(TrackletFilter(superseded=True), "id"):
        crops = case.tracklets.crops(stored.id)
        chosen = [crop.id for crop in crops if crop.quality.usable] or [crop.id for crop in crops]
        fused[stored.id] = fuse(case.embeddings.of_crops(model, chosen)).astype(np.float16)
    return fused


def assert_is_truth(case: Case, matrix: GalleryMatrix) -> None:
    truth = oracle(case)
    assert matrix.ids.tolist() == list(truth)
    np.testing.assert_array_equal(matrix.float16, np.array(list(truth.values())))
    expected = quantise(np.array(list(truth.values())))
    np.testing.assert_array_equal(matrix.int8.values, expected.values)
    np.testing.assert_array_equal(matrix.int8.scales, expected.scales)


def generation(case: Case) -> list[str]:
    return sorted(path.name for path in case.cache.glob("gallery-*/float16-*"))


def test_it_holds_the_fused_good_crops_of_every_tracklet(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), tuple(tracklet(n, start=n, crops=3) for n in range(1, 8)))
        matrix = case.gallery.matrix(MODEL)
        assert_is_truth(case, matrix)
        assert isinstance(matrix.float16, np.memmap)
        assert case.gallery.is_fresh(MODEL)


def test_it_grows_with_an_ingest_without_being_built_anew(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        run = case.ingest.begin(register(case, tmp_path).id, new_run())
        case.ingest.commit(run, batch(0, 9, (tracklet(1), tracklet(2))))
        before, files = case.gallery.matrix(MODEL), generation(case)
        case.ingest.commit(run, batch(10, 19, (tracklet(3),)))
        assert not case.gallery.is_fresh(MODEL)
        assert_is_truth(case, case.gallery.matrix(MODEL))
        assert generation(case) == files
        assert len(before) == 2


def test_it_is_built_anew_when_results_were_removed(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        ingest(case, item, (tracklet(1), tracklet(2)))
        case.gallery.matrix(MODEL)
        ingest(case, item, (tracklet(1, seed=9),), settings={"frame_step": 2})
        assert_is_truth(case, case.gallery.matrix(MODEL))
        assert len(generation(case)) == 1


def test_the_cache_may_be_deleted_or_damaged_at_any_time(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2)))
        case.gallery.matrix(MODEL)
        shutil.rmtree(case.cache)
        assert_is_truth(case, case.gallery.matrix(MODEL))
        for path in case.cache.glob("gallery-*/int8-*"):
            path.write_bytes(b"")
        assert_is_truth(case, case.gallery.matrix(MODEL))
        for path in case.cache.glob("gallery-*/meta.json"):
            path.write_text("{")
        assert_is_truth(case, case.gallery.matrix(MODEL))


def test_files_that_somebody_changed_are_not_searched_and_the_log_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    with new_case(folder) as case:
        run = case.ingest.begin(register(case, tmp_path).id, new_run())
        case.ingest.commit(run, batch(0, 9, (tracklet(1), tracklet(2))))
        case.gallery.matrix(MODEL)
        case.ingest.commit(run, batch(10, 19, (tracklet(3),)))
        case.gallery.matrix(MODEL)
    for name in ("ids", "float16", "int8", "scales", "marks"):
        (path,) = folder.glob(f"cache/gallery-*/{name}-*")
        data = path.read_bytes()
        path.write_bytes(data[len(data) // 3 :] + data[: len(data) // 3])  # rows change places
        with Case.open(folder, writable=False) as case:
            (finding,) = [each for each in finish(verify_case(case)).findings if each.area == "content"]
            assert "search matrix of trial" in finding.sentence
        with Case.open(folder, examiner=EXAMINER) as case:
            assert_is_truth(case, case.gallery.matrix(MODEL))
            assert case.audit.entries(limit=1)[0].action == "gallery.damaged"
            assert [each for each in finish(verify_case(case)).findings if each.area == "content"] == []


def test_a_forged_matrix_with_right_digests_is_told_by_verify(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2)))
        case.gallery.matrix(MODEL)
    (path,) = (tmp_path / "case").glob("cache/gallery-*/float16-*")
    data = path.read_bytes()
    path.write_bytes(data[32:] + data[:32])
    meta = path.with_name("meta.json")
    meta.write_text(meta.read_text().replace(sha256(data), sha256(path.read_bytes())))
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
        case.gallery.matrix(MODEL)
        assert any("search matrix of trial" in each.sentence for each in finish(verify_case(case)).findings)


@pytest.mark.parametrize("vector", ["zeroblob(32)", "zeroblob(3)", f"x'{'ff7f' * 16}'"])
def test_embeddings_of_which_no_matrix_can_be_made_do_not_stop_verify(tmp_path: Path, vector: str) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2)))
        case.gallery.matrix(MODEL)
        with closing(sqlite3.connect(case.database)) as connection, connection:
            connection.execute(f"UPDATE embeddings SET vector = {vector}")
        assert any("search matrix of trial" in each.sentence for each in finish(verify_case(case)).findings)


def test_the_digest_says_what_was_compared_even_where_ids_are_given_out_again(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        seen = set()
        for seed in (1, 2):
            run = case.ingest.begin(item.id, new_run(settings={"seed": seed}))
            case.ingest.commit(run, batch(0, 9, (tracklet(1, seed=seed), tracklet(2, seed=seed))))
            matrix = case.gallery.matrix(MODEL)
            assert matrix.ids.tolist() == [1, 2], "the same ids for other tracklets"
            seen.add(matrix.digest(np.array([True, True])))
            seen.add(matrix.digest(np.array([True, False])))
        assert len(seen) == 4


def test_a_case_restored_from_a_copy_does_not_use_the_newer_cache(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        run = case.ingest.begin(item.id, new_run())
        case.ingest.commit(run, batch(0, 9, (tracklet(1),)))
    shutil.copy(tmp_path / "case" / "case.db", tmp_path / "copy.db")
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
        case.ingest.begin(item.id, new_run())
        case.ingest.commit(run, batch(10, 19, (tracklet(2),)))
        case.gallery.matrix(MODEL)
    shutil.copy(tmp_path / "copy.db", tmp_path / "case" / "case.db")
    with Case.open(tmp_path / "case", examiner=EXAMINER) as case:
        case.ingest.begin(item.id, new_run())
        case.ingest.commit(run, batch(10, 19, (tracklet(2, seed=4),)))
        assert_is_truth(case, case.gallery.matrix(MODEL))


def test_embedding_the_archive_with_another_model(tmp_path: Path) -> None:
    other = "7" * 64
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2)))
        case.gallery.matrix(MODEL)
        with pytest.raises(UsageError, match="chosen model"):
            case.gallery.matrix(other)
        crops = list(case.embeddings.missing(other))
        assert len(crops) == case.embeddings.count_missing(other) == 4
        assert crops[0][1] == case.tracklets.crop_jpeg(crops[0][0])
        case.embeddings.add(other, "second", [(crop, unit_vector(crop, 32)) for crop, _ in crops[:3]])
        assert len(case.gallery.matrix(other)) == 2
        case.embeddings.add(other, "second", [(crop, unit_vector(crop, 32)) for crop, _ in crops])
        assert case.embeddings.count_missing(other) == 0
        truth = oracle(case, other)
        np.testing.assert_array_equal(case.gallery.matrix(other).float16, np.array(list(truth.values())))
        assert_is_truth(case, case.gallery.matrix(MODEL))


def test_filters_become_masks(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1), tracklet(2, modality=Modality.VISIBLE), tracklet(3)))
        matrix = case.gallery.matrix(MODEL)
        mask = matrix.mask(case.tracklets.ids(TrackletFilter(modality=Modality.INFRARED)))
        assert mask.tolist() == [True, False, True]
        assert matrix.rows_of([3, 1]).tolist() == [2, 0]
        with pytest.raises(UsageError, match="Tracklet 9"):
            matrix.rows_of([9])


def test_an_empty_gallery_is_a_gallery(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        case.ingest.begin(register(case, tmp_path).id, new_run())
        matrix = case.gallery.matrix(MODEL)
        assert (len(matrix), matrix.float16.shape) == (0, (0, 16))
        assert matrix.mask(np.array([1])).tolist() == []
