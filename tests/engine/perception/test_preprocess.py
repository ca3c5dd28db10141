"""Resizing that can be undone, and pictures that survive storage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.perception.preprocess import decode_jpeg, encode_jpeg, letterbox, resize_crops, stretch

sizes = st.tuples(st.integers(8, 300), st.integers(8, 300))


@given(sizes, st.sampled_from(["top-left", "centre"]))
def test_a_letterboxed_corner_lies_where_it_is_said_to(size: tuple[int, int], align: str) -> None:
    image = np.full((*size, 3), 200, np.uint8)
    canvas, placement = letterbox(image, (64, 96), pad=0, align=align)  # type: ignore[arg-type]
    filled = np.argwhere(canvas[:, :, 0] == 200)
    (top, left), (bottom, right) = filled.min(axis=0), filled.max(axis=0) + 1
    found = placement.to_frame(np.array([[left, top, right, bottom]], np.float64))
    assert np.allclose(found, [[0, 0, size[1], size[0]]], atol=1e-6)
    assert max((bottom - top) / 64, (right - left) / 96) > 0.95


@given(sizes)
def test_a_stretched_picture_fills_its_size(size: tuple[int, int]) -> None:
    resized, placement = stretch(np.zeros((*size, 3), np.uint8), (40, 50))
    assert resized.shape == (40, 50, 3)
    assert np.allclose(placement.to_frame(np.array([[0, 0, 50, 40]])), [[0, 0, size[1], size[0]]])


def test_crops_of_all_sizes_become_one_batch() -> None:
    crops = [np.full((h, w, 3), 10 * h % 256, np.uint8) for h, w in ((5, 3), (128, 64), (700, 200))]
    batch = resize_crops(crops, (128, 64))
    assert batch.shape == (3, 128, 64, 3)
    assert batch.dtype == np.uint8
    assert [int(row.mean()) for row in batch] == [10 * c.shape[0] % 256 for c in crops]


def test_no_crops_make_an_empty_batch() -> None:
    assert resize_crops([], (128, 64)).shape == (0, 128, 64, 3)


def test_stored_pictures_are_the_same_bytes_each_time_and_keep_their_colours() -> None:
    image = np.zeros((40, 30, 3), np.uint8)
    image[:20] = (200, 40, 30)
    data = encode_jpeg(image, 92)
    assert data == encode_jpeg(image.copy(), 92)
    assert np.abs(decode_jpeg(data).astype(int) - image).mean() < 4


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="not a JPEG"):
        decode_jpeg(b"no picture")
