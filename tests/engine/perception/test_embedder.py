"""Embeddings: unit length, independent of their neighbours in a batch, refused where they are nonsense."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import ModelError
from engine.models.library import ModelLibrary
from engine.perception.embedder import Embedder
from engine.settings import EmbeddingSettings
from tests.helpers import tiny_models

CROPS = [np.random.default_rng(n).integers(0, 256, (60 + 9 * n, 30 + 4 * n, 3), dtype=np.uint8) for n in range(11)]


def built_in(tmp_path: Path, batch: int) -> Embedder:
    return Embedder(ModelLibrary(tmp_path), "cpu", EmbeddingSettings(batch=batch), threads=1)


def test_a_crop_embeds_to_the_same_bits_in_any_batch(tmp_path: Path) -> None:
    whole = built_in(tmp_path, 32).embed(CROPS)
    assert whole.shape == (11, 1280)
    assert whole.dtype == np.float32
    assert np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-6)
    for batch in (1, 4):
        assert np.array_equal(built_in(tmp_path, batch).embed(CROPS), whole)
    assert np.array_equal(built_in(tmp_path, 32).embed(CROPS[::-1])[::-1], whole)


def test_a_fixed_batch_is_filled_up_without_changing_results(tmp_path: Path) -> None:
    free = Embedder(tiny_models.student(tmp_path / "free.onnx"), "cpu", threads=1)
    fixed = Embedder(tiny_models.student(tmp_path / "fixed.onnx", batch=4), "cpu", threads=1)
    assert np.array_equal(free.embed(CROPS), fixed.embed(CROPS))
    assert fixed.feature_maps(CROPS).shape == (11, 3, 16, 8)


def test_no_crops_give_no_embeddings(tmp_path: Path) -> None:
    embedder = Embedder(tiny_models.student(tmp_path / "net.onnx", dimension=None), "cpu", threads=1)
    assert embedder.dimension == 6
    assert embedder.embed([]).shape == (0, 6)


def test_it_says_what_runs_it(tmp_path: Path) -> None:
    embedder = Embedder(tiny_models.student(tmp_path / "net.onnx"), "cpu", threads=1)
    assert embedder.provider == "CPU (as asked)"
    assert embedder.model_sha256 == embedder.card.sha256


@pytest.mark.parametrize(("graph", "said"), [({"scale": float("nan")}, "not numbers"), ({"scale": 2.0}, "length 1")])
def test_nonsense_is_refused(tmp_path: Path, graph: dict[str, float], said: str) -> None:
    embedder = Embedder(tiny_models.student(tmp_path / "net.onnx", **graph), "cpu", threads=1)
    with pytest.raises(ModelError, match=said):
        embedder.embed(CROPS[:2])


def test_a_student_without_feature_maps_says_so(tmp_path: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx", outputs={"embedding": "embedding"})
    with pytest.raises(ModelError, match="no feature maps"):
        Embedder(model, "cpu", threads=1).feature_maps(CROPS[:1])
