"""Bands: a plain rule, hand-worked, and what must never change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.calibration import Band, bands
from engine.retrieval.distance import cosine_distance
from engine.retrieval.exact import sample_distances

# Quartiles of 0.60, 0.61 ... 1.00 are 0.70 and 0.90: the fences lie at 0.70 - 0.60 = 0.10 and 0.70 - 0.30 = 0.40.
SAMPLE = np.round(np.arange(0.60, 1.0001, 0.01), 2)


def test_bands_on_paper():
    standings = bands([0.05, 0.12, 0.39, 0.41, 0.75], SAMPLE)
    assert [c.band for c in standings.candidates] == [
        Band.CLOSE,
        Band.MODERATE,
        Band.MODERATE,
        Band.DISTANT,
        Band.DISTANT,
    ]
    assert [c.rank for c in standings.candidates] == [1, 2, 3, 4, 5]
    assert standings.candidates[4].nearer == pytest.approx(15 / 41)
    assert standings.gap == pytest.approx(0.07)
    assert "close below 0.1000" in standings.rule


def test_a_gallery_too_small_or_too_uniform_gives_no_band():
    for sample in ([], [0.5] * 19, [0.5] * 100):
        standings = bands([0.1], sample)
        assert standings.candidates[0].band is None
        assert standings.gap is None
        assert standings.rule.startswith("No bands")


@given(
    sample=st.lists(st.integers(0, 200), min_size=20, max_size=60),
    distance=st.integers(0, 200),
    scale=st.sampled_from([0.25, 0.5, 2, 4]),
    shift=st.integers(-8, 8),
)
def test_bands_depend_on_the_gallery_alone_not_on_the_models_scale(sample, distance, scale, shift):
    before = bands([distance], sample)
    after = bands([distance * scale + shift], np.array(sample) * scale + shift)
    assert after.candidates[0].band == before.candidates[0].band
    assert after.candidates[0].nearer == before.candidates[0].nearer


@given(sample=st.lists(st.floats(0, 2), min_size=20, max_size=60), pair=st.tuples(st.floats(0, 2), st.floats(0, 2)))
def test_a_nearer_candidate_never_gets_a_farther_band(sample, pair):
    order = list(Band)
    first, second = (c.band for c in bands(sorted(pair), sample).candidates)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert order.index(first) <= order.index(second)


def test_the_sample_is_spread_over_what_may_be_seen():
    rng = np.random.default_rng(0)
    gallery, mask = rng.normal(size=(200, 16)).astype(np.float16), rng.random(200) < 0.5
    query = rng.normal(size=16)
    everything = sample_distances(query, gallery, 1000, mask=mask)
    np.testing.assert_allclose(everything, cosine_distance(query, gallery[mask])[0], atol=1e-6)
    few = sample_distances(query, gallery, 10, mask=mask)
    assert len(few) == 10
    assert {few[0], few[-1]} == {everything[0], everything[-1]}
    assert len(sample_distances(query, gallery[:0], 10)) == 0
