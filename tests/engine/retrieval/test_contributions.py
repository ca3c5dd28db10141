"""What each part of a picture adds to a similarity."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.contributions import contributions


@given(st.integers(0, 2**32 - 1), st.tuples(*[st.integers(1, 6)] * 5))
def test_the_parts_add_up_to_the_similarity_whichever_picture_is_asked(
    seed: int, sizes: tuple[int, int, int, int, int]
) -> None:
    channels, *shapes = sizes
    rng = np.random.default_rng(seed)
    one = rng.standard_normal((channels, *shapes[:2])).astype(np.float32)
    other = rng.standard_normal((channels, *shapes[2:])).astype(np.float32)
    a, b = one.mean((1, 2)), other.mean((1, 2))
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    assert np.isclose(contributions(one, other).mean(), cosine, atol=1e-3)
    assert np.isclose(contributions(other, one).mean(), cosine, atol=1e-3)


def test_the_part_that_is_alike_speaks_for_it_and_the_part_that_is_not_against() -> None:
    one = np.zeros((2, 1, 3), np.float32)
    one[:, 0] = [[5, 0, -1], [0, 0, 0]]  # like the other, nothing, its contrary
    other = np.ones((2, 2, 2), np.float32) * [[[1]], [[0]]]
    left, middle, right = contributions(one, other)[0]
    assert left > 0 == middle > right


def test_an_empty_map_says_nothing() -> None:
    nothing = np.zeros((4, 2, 2), np.float32)
    assert not contributions(nothing, nothing).any()
