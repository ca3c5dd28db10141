"""Exact search: the nearest rows, whatever the masks, ties and sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ModelError, UsageError
from engine.retrieval.distance import cosine_distance, fuse, normalise, squared_euclidean
from engine.retrieval.exact import Int8Matrix, largest, nearest, quantise
from tests.helpers.retrieval_oracles import nearest_by_sorting


def gallery_of(rng, rows=300, dimension=32):
    return rng.normal(size=(rows, dimension)).astype(np.float16)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999), rows=st.integers(0, 40), k=st.integers(1, 60), share=st.floats(0, 1), copies=st.booleans()
)
def test_nearest_is_sorting_what_the_mask_lets_through(seed, rows, k, share, copies):
    rng = np.random.default_rng(seed)
    gallery = gallery_of(rng, rows)
    if copies and rows:
        gallery = gallery[rng.integers(0, rows, rows)]
    mask = rng.random(rows) < share
    query = rng.normal(size=32)
    indices, distances = nearest(query, quantise(gallery), gallery, k, mask=mask)
    expected, at = nearest_by_sorting(query, gallery, k, mask)
    assert indices[0].tolist() == expected
    np.testing.assert_allclose(distances[0], at, atol=1e-6)


def test_a_mask_is_the_same_as_leaving_the_rows_out():
    rng = np.random.default_rng(1)
    gallery, queries = gallery_of(rng), rng.normal(size=(5, 32))
    mask = rng.random(300) < 0.3
    indices, distances = nearest(queries, quantise(gallery), gallery, 20, mask=mask, rescored=50)
    inside, same = nearest(queries, quantise(gallery[mask]), gallery[mask], 20, rescored=50)
    assert np.array_equal(np.flatnonzero(mask)[inside], indices)
    assert np.array_equal(distances, same)


def test_batches_threads_and_blocks_give_the_same_bits(monkeypatch):
    rng = np.random.default_rng(2)
    gallery, queries = gallery_of(rng), rng.normal(size=(9, 32))
    together = nearest(queries, quantise(gallery), gallery, 10, threads=1)
    monkeypatch.setattr("engine.retrieval.exact._ROWS_PER_BLOCK", 17)
    monkeypatch.setattr("engine.retrieval.exact._SCORES_PER_BATCH", 1)
    one_by_one = nearest(queries, quantise(gallery), gallery, 10, threads=3)
    assert np.array_equal(together[0], one_by_one[0])
    assert np.array_equal(together[1], one_by_one[1])


def test_the_order_of_the_gallery_does_not_matter():
    rng = np.random.default_rng(3)
    gallery, query = gallery_of(rng), rng.normal(size=32)
    shuffled = rng.permutation(300)
    indices, distances = nearest(query, quantise(gallery), gallery, 30)
    again, same = nearest(query, quantise(gallery[shuffled]), gallery[shuffled], 30)
    assert np.array_equal(shuffled[again], indices)
    assert np.array_equal(distances, same)


def test_equal_distances_keep_the_order_of_the_gallery():
    row = np.arange(1, 9, dtype=np.float16)
    gallery = np.stack([row] * 50)
    indices, distances = nearest(row, quantise(gallery), gallery, 7, rescored=7)
    assert indices[0].tolist() == list(range(7))
    assert len(set(distances[0].tolist())) == 1


def test_quantising_in_pieces_gives_the_same_bytes():
    gallery = gallery_of(np.random.default_rng(4))
    at_once = quantise(gallery)
    pieces = [quantise(gallery[start : start + 70]) for start in range(0, 300, 70)]
    assert np.array_equal(at_once.values, np.concatenate([p.values for p in pieces]))
    assert np.array_equal(at_once.scales, np.concatenate([p.scales for p in pieces]))
    restored = at_once.values * at_once.scales[:, None]
    np.testing.assert_allclose(restored, normalise(gallery), atol=float(at_once.scales.max()) / 2 + 1e-6)


def test_a_memory_mapped_gallery_is_searched_where_it_lies(tmp_path):
    gallery = gallery_of(np.random.default_rng(5))
    matrix = quantise(gallery)
    np.save(tmp_path / "values.npy", matrix.values)
    np.save(tmp_path / "float16.npy", gallery)
    mapped = Int8Matrix(np.load(tmp_path / "values.npy", mmap_mode="r"), matrix.scales)
    query = gallery[17]
    there = nearest(query, mapped, np.load(tmp_path / "float16.npy", mmap_mode="r"), 5)
    here = nearest(query, matrix, gallery, 5)
    assert there[0][0, 0] == 17
    assert np.array_equal(there[0], here[0])
    assert np.array_equal(there[1], here[1])


def test_bad_requests_are_told_plainly():
    gallery = gallery_of(np.random.default_rng(6), 4)
    broken = gallery.copy()
    broken[2, 0] = np.nan
    with pytest.raises(ModelError, match="not numbers"):
        quantise(broken)
    with pytest.raises(ModelError, match="gallery embeddings"):
        nearest(gallery[0], quantise(gallery), broken, 1)
    with pytest.raises(ModelError, match="query embeddings"):
        nearest(np.full(32, np.inf), quantise(gallery), gallery, 1)
    with pytest.raises(UsageError, match="At least one"):
        nearest(gallery[0], quantise(gallery), gallery, 0)
    with pytest.raises(UsageError, match="values per embedding"):
        nearest(np.ones(31), quantise(gallery), gallery, 1)


def test_zero_rows_are_far_from_everything_and_harm_nothing():
    gallery = np.zeros((3, 8), np.float16)
    gallery[1, 0] = 1
    indices, distances = nearest(gallery[1], quantise(gallery), gallery, 3)
    assert indices[0].tolist() == [1, 0, 2]
    assert distances[0].tolist() == [0.0, 1.0, 1.0]


@given(scores=st.lists(st.integers(-3, 3), min_size=1, max_size=30), count=st.integers(1, 30))
def test_largest_keeps_the_lower_index_of_equals(scores, count):
    expected = sorted(sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:count])
    assert largest(np.array(scores, np.float32), count).tolist() == expected


def test_float16_embeddings_do_not_overflow():
    big = np.full((2, 2048), 6e4, np.float16)
    big[1, ::2] *= -1
    np.testing.assert_allclose(cosine_distance(big[:1], big), [[0.0, 1.0]], atol=1e-6)
    assert np.isfinite(squared_euclidean(big[:1], big)).all()
    assert np.isfinite(fuse(big + np.float16(1))).all()


def test_distances_are_what_their_names_say():
    rng = np.random.default_rng(7)
    q, g = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    np.testing.assert_allclose(squared_euclidean(q, g), ((q[:, None] - g) ** 2).sum(-1), rtol=1e-5)
    np.testing.assert_allclose(
        squared_euclidean(normalise(q), normalise(g)), 2 * cosine_distance(q, g), rtol=1e-4, atol=1e-6
    )


def test_fusing_is_the_mean_direction():
    np.testing.assert_allclose(fuse([[5, 0], [0, 0.1]]), np.array([1, 1]) / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(fuse([[5, 0], [0, 0.1]], weights=[1, 0]), [1, 0])
    with pytest.raises(UsageError, match="nothing to search with"):
        fuse([[1, 0], [-1, 0]])
    with pytest.raises(ValueError, match="not negative"):
        fuse([[1, 0]], weights=[-1])


def test_every_float16_value_is_read_as_it_is():
    from engine.retrieval.kernels import from_half

    bits = np.arange(2**16, dtype=np.uint16)
    values = bits.view(np.float16).astype(np.float32)
    read = np.array([from_half(b) for b in bits])
    finite = np.isfinite(values)
    assert np.array_equal(read[finite], values[finite])
    assert np.isnan(read[~finite]).all()
