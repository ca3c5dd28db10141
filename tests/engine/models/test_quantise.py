"""Variants of a student: made, measured, described, and importable like any model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import UsageError
from engine.models.library import ModelLibrary
from engine.models.quantise import Kind, make_variant


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 128, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(("kind", "least", "size"), [("float16", 0.99, 0.6), ("int8", 0.5, 0.4)])
def test_a_variant_is_smaller_close_and_honest(
    tmp_path: Path, crops: np.ndarray, kind: Kind, least: float, size: float
) -> None:
    library = ModelLibrary(tmp_path / "models")
    original = library.get(library.default("student"))
    variant = make_variant(original, kind, crops, tmp_path / "made")
    assert variant.cosine.shape == (16,)
    assert variant.mean >= least
    assert variant.model.path.stat().st_size < size * original.path.stat().st_size
    card = library.import_file(variant.model.path).card
    assert card.derived_from[original.name] == original.card.sha256
    assert card.metrics == ()
    assert card.provisional == original.card.provisional
    assert card.extra["cosine_to_original"]["worst"] == pytest.approx(variant.worst)


def test_too_few_crops_are_refused(tmp_path: Path, crops: np.ndarray) -> None:
    library = ModelLibrary(tmp_path / "models")
    with pytest.raises(UsageError, match="At least 16"):
        make_variant(library.get(library.default("student")), "int8", crops[:3], tmp_path)
