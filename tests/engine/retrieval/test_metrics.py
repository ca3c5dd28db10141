"""Metrics: hand-worked lists first, then agreement with reading the list from the top."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.retrieval.metrics import RULES, evaluate
from tests.helpers.retrieval_oracles import walk_ranked_list


def test_one_list_on_paper():
    # Ranked identities 2 1 2 1 3 for a query of person 1: hits at ranks 2 and 4.
    scores = evaluate([[0.1, 0.2, 0.3, 0.4, 0.5]], [1], [2, 1, 2, 1, 3])
    assert scores.first_hit.tolist() == [2]
    assert scores.mean_average_precision == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert scores.mean_inverse_penalty == pytest.approx(2 / 4)
    assert scores.cmc.tolist() == [0.0] + [1.0] * 19


def test_sysu_counts_identities_and_hides_the_querys_own_place():
    # Query: person 1, camera 3, which stands where camera 2 stands. Nearest first:
    #   person 1 cam 2 (hidden), person 5 cam 1, person 5 cam 4, person 7 cam 2 (hidden), person 1 cam 1
    # Visible identities 5 5 1: identity rank 2; by image the hit is third, so AP = 1/3.
    scores = evaluate([[1, 2, 3, 4, 5]], [1], [1, 5, 5, 7, 1], [3], [2, 1, 4, 2, 1], rule="sysu-mm01")
    assert scores.first_hit.tolist() == [2]
    assert scores.mean_average_precision == pytest.approx(1 / 3)
    assert scores.mean_inverse_penalty == pytest.approx(1 / 3)


def test_sysu_camera_six_hides_nothing():
    scores = evaluate([[1, 2]], [1], [1, 5], [6], [2, 1], rule="sysu-mm01")
    assert scores.rank(1) == 1.0


def test_sysu_queries_whose_person_only_stands_at_their_own_place_leave_the_denominator():
    # Person 1 is only in camera 2, invisible from camera 3; person 2 is found at once.
    scores = evaluate([[1, 2], [2, 1]], [1, 2], [1, 2], [3, 3], [2, 1], rule="sysu-mm01")
    assert scores.counted.tolist() == [False, True]
    assert scores.queries == 1
    assert scores.rank(1) == 1.0
    assert scores.mean_average_precision == 1.0


def test_llcm_drops_only_the_same_person_in_the_same_camera():
    # Nearest: own image in own camera (dropped), a stranger in that camera (stays), the true one elsewhere.
    scores = evaluate([[1, 2, 3]], [1], [1, 9, 1], [4], [4, 4, 5], rule="llcm")
    assert scores.first_hit.tolist() == [2]
    assert scores.mean_average_precision == pytest.approx(1 / 2)


def test_regdb_counts_images():
    scores = evaluate([[1, 2, 3]], [1], [5, 5, 1], rule="regdb")
    assert scores.first_hit.tolist() == [3]


def test_equal_distances_are_ranked_by_index():
    assert evaluate([[0.5] * 30], [1], [2] * 17 + [1] + [2] * 12).first_hit.tolist() == [18]


def test_cmc_has_twenty_ranks_on_a_gallery_of_two():
    scores = evaluate([[2, 1], [1, 2]], [1, 2], [1, 2])
    assert scores.cmc.shape == (20,)
    assert scores.cmc.tolist() == [0.0] + [1.0] * 19
    assert scores.as_dict() == {
        "protocol": "plain", "queries": 2, "R1": 0.0, "R5": 1.0, "R10": 1.0, "R20": 1.0, "mAP": 0.5, "mINP": 0.5,
    }  # fmt: skip


def test_a_breakdown_is_the_evaluation_of_its_queries():
    rng = np.random.default_rng(0)
    distance, ids = rng.random((12, 30)), np.arange(12) % 4
    gallery_ids, night = np.arange(30) % 5, np.arange(12) % 3 == 0
    part = evaluate(distance, ids, gallery_ids).of(night)
    assert part.as_dict() == evaluate(distance[night], ids[night], gallery_ids).as_dict()


@pytest.mark.parametrize("gallery", [[], [7, 8]])
def test_nothing_to_measure_is_told_plainly(gallery):
    with pytest.raises(UsageError, match="nothing to measure"):
        evaluate(np.zeros((1, len(gallery))), [1], gallery)


def test_nan_has_no_rank():
    with pytest.raises(UsageError, match="cannot be ranked"):
        evaluate([[np.nan, 1.0]], [1], [1, 2])


@given(
    seed=st.integers(0, 10_000), queries=st.integers(1, 5), gallery=st.integers(1, 25), name=st.sampled_from([*RULES])
)
def test_every_rule_agrees_with_reading_the_list_from_the_top(seed, queries, gallery, name):
    rng = np.random.default_rng(seed)
    distance = rng.integers(0, 6, (queries, gallery)) / 4  # ties abound
    ids, others = rng.integers(0, 4, queries), rng.integers(0, 4, gallery)
    cameras, views = rng.integers(1, 7, queries), rng.integers(1, 7, gallery)
    rule = RULES[name]
    expected = [
        walk_ranked_list(
            distance[q], ids[q], others, rule.excluded(int(ids[q]), int(cameras[q]), others, views), rule.by_identity
        )
        for q in range(queries)
    ]
    if all(walk is None for walk in expected):
        with pytest.raises(UsageError):
            evaluate(distance, ids, others, cameras, views, rule=name)
        return
    scores = evaluate(distance, ids, others, cameras, views, rule=rule)
    assert scores.counted.tolist() == [walk is not None for walk in expected]
    for q, walk in enumerate(expected):
        if walk is not None:
            assert scores.first_hit[q] == walk[0]
            assert scores.average_precision[q] == pytest.approx(walk[1])
            assert scores.inverse_penalty[q] == pytest.approx(walk[2])
