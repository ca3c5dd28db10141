"""The built-in student opens and says what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.models.library import ModelLibrary
from engine.perception.embedder import Embedder


def test_built_in_student_embeds_to_unit_length_and_says_it_is_provisional(tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path)
    embedder = Embedder(library, device="cpu", threads=1)
    crops = [np.full((90, 40, 3), 90, np.uint8), np.full((200, 80, 3), 30, np.uint8)]
    embedding = embedder.embed(crops)
    assert embedding.shape == (2, embedder.dimension)
    assert np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-5)
    assert "rendered" in embedder.card.provisional
