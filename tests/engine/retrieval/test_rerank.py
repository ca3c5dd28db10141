"""Re-ranking: parity with the papers' dense arithmetic, and what a caller relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import ModelError, UsageError
from engine.retrieval.affinity import affinity_inference, describe_gallery
from engine.retrieval.rerank import RERANKERS, k_reciprocal
from engine.settings import RerankSettings
from tests.helpers.retrieval_oracles import affinity_dense, k_reciprocal_dense

# Small whole numbers: squared distances are exact in float32 and float64 alike, and ties abound.
whole = st.integers(-3, 3).map(float)


def people(rng, identities=12, images=6, dimension=24, spread=0.5):
    centres = rng.normal(size=(identities, dimension))
    return (np.repeat(centres, images, axis=0) + spread * rng.normal(size=(identities * images, dimension))).astype(
        np.float32
    )


@pytest.mark.parametrize(("k1", "k2", "mix"), [(20, 6, 0.3), (5, 1, 0.0), (7, 3, 0.5), (6, 2, 1.0), (9, 4, 0.3)])
def test_k_reciprocal_is_the_published_algorithm(k1, k2, mix):
    rng = np.random.default_rng(k1)
    features = people(rng)
    got = k_reciprocal(features[::7], features, RerankSettings(k1=k1, k2=k2, lambda_value=mix))
    np.testing.assert_allclose(got, k_reciprocal_dense(features[::7], features, k1, k2, mix), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), total=st.integers(2, 14), k1=st.integers(1, 16), k2=st.integers(1, 5))
def test_k_reciprocal_with_ties_duplicates_and_lists_longer_than_the_gallery(data, total, k1, k2):
    features = data.draw(arrays(np.float32, (total, 3), elements=whole))
    asked = data.draw(st.integers(1, total - 1))
    got = k_reciprocal(features[:asked], features[asked:], RerankSettings(k1=k1, k2=k2))
    np.testing.assert_allclose(got, k_reciprocal_dense(features[:asked], features[asked:], k1, k2, 0.3), atol=1e-5)


def test_tiles_and_threads_do_not_change_the_result(monkeypatch):
    features = people(np.random.default_rng(3), identities=30)
    whole_tile = k_reciprocal(features[:20], features[20:], threads=1)
    monkeypatch.setattr("engine.retrieval.neighbours._TILE", 16)
    monkeypatch.setattr("engine.retrieval.sparse.ROWS_PER_BLOCK", 7)
    np.testing.assert_allclose(k_reciprocal(features[:20], features[20:], threads=3), whole_tile, atol=1e-6)


def test_one_row_is_that_row_of_the_whole():
    features = people(np.random.default_rng(5))
    everything = k_reciprocal(features[:9], features[9:])
    assert np.array_equal(k_reciprocal(features[:9], features[9:], rows=[4, 2]), everything[[4, 2]])


@pytest.mark.parametrize("name", RERANKERS)
def test_the_order_of_the_gallery_does_not_matter(name):
    rng = np.random.default_rng(11)
    features = people(rng)
    shuffled = rng.permutation(60)
    straight = RERANKERS[name](features[:12], features[12:])
    np.testing.assert_allclose(
        RERANKERS[name](features[:12], features[12:][shuffled]), straight[:, shuffled], atol=1e-5
    )


@pytest.mark.parametrize("name", RERANKERS)
def test_a_query_that_is_in_the_gallery_comes_first(name):
    features = people(np.random.default_rng(2))
    distance = RERANKERS[name](features[10:11], features)
    assert distance.argmin() == 10


@pytest.mark.parametrize("name", RERANKERS)
def test_bad_embeddings_are_refused_and_nothing_gives_nothing(name):
    rerank = RERANKERS[name]
    assert rerank(np.ones((2, 4)), np.empty((0, 4))).shape == (2, 0)
    with pytest.raises(ModelError, match="not numbers"):
        rerank(np.ones((1, 4)), np.full((3, 4), np.nan))
    with pytest.raises(UsageError, match="4 values per embedding and the gallery 5"):
        rerank(np.ones((1, 4)), np.ones((3, 5)))


@pytest.mark.parametrize("name", RERANKERS)
def test_whether_other_queries_take_part_is_stated_truly(name):
    features = people(np.random.default_rng(8), spread=1.2)
    alone = RERANKERS[name](features[:1], features[12:])
    with_others = RERANKERS[name](features[:12], features[12:], rows=[0])
    assert RERANKERS[name].transductive == (not np.allclose(alone, with_others, atol=1e-6))


@pytest.mark.parametrize(("k1", "k2"), [(30, 6), (4, 1), (200, 3)])
def test_affinity_is_the_dense_arithmetic(k1, k2):
    features = people(np.random.default_rng(k1))
    got = affinity_inference(features[::9], features, RerankSettings(affinity_k1=k1, affinity_k2=k2))
    np.testing.assert_allclose(got, affinity_dense(features[::9], features, k1, k2), atol=1e-5)


def test_gallery_descriptions_can_be_kept():
    features = people(np.random.default_rng(4))
    kept = describe_gallery(features[6:])
    assert np.array_equal(
        affinity_inference(features[:6], features[6:], described=kept), affinity_inference(features[:6], features[6:])
    )
