"""The verb that shows where the likeness of two crops lies. An aid for the eye, not evidence: nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.errors import ModelError
from engine.models.library import ModelLibrary

_SUM_TOLERANCE = 0.999  # least cosine between an embedding and the mean of its feature map


@dataclass(frozen=True, slots=True)
class LikenessMaps:
    """`query (h, w)` and `candidate (h, w) float32`: what each part of a crop adds to `similarity`, the cosine
    similarity in [-1, 1] of the two crops' embeddings; the mean of either map is that similarity."""

    query: NDArray[np.float32]
    candidate: NDArray[np.float32]
    similarity: float


class Likeness:
    """Compares crops of a case with the student that made a search. Opens the student once; for one thread."""

    def __init__(
        self, case: Case, model_sha256: str, device: str = "auto", library: ModelLibrary | None = None
    ) -> None:
        """Raises ModelError where the student is not on this machine or gives no feature map."""
        from engine.perception.embedder import Embedder

        model = (library or ModelLibrary()).by_sha256(model_sha256)
        if model is None:
            raise ModelError(
                "The student that made this search is not on this machine.", "Import it on the Models page."
            )
        self._case = case
        self._embedder = Embedder(model, device)
        self._embedder.require_feature_maps()

    def maps(self, query_crop: int, candidate_crop: int) -> LikenessMaps:
        """The maps of two crops, by id (Stylianou et al., see `engine.retrieval.contributions`).

        Raises ModelError where the student's embedding is not the mean of its feature map: the parts would then not
        add up to the similarity that the ranking rests on.
        """
        from engine.perception.preprocess import decode_jpeg
        from engine.retrieval.contributions import contributions

        crops = [decode_jpeg(self._case.tracklets.crop_jpeg(crop)) for crop in (query_crop, candidate_crop)]
        query, candidate = self._embedder.feature_maps(crops)
        embeddings = self._embedder.embed(crops)
        pooled = np.stack([each.mean((1, 2)) for each in (query, candidate)])
        if pooled.shape != embeddings.shape or _least_cosine(pooled, embeddings) < _SUM_TOLERANCE:
            raise ModelError(
                f"The student '{self._embedder.card.name}' has no feature map that adds up to its embedding, "
                "so where the likeness lies cannot be shown."
            )
        return LikenessMaps(
            contributions(query, candidate), contributions(candidate, query), float(embeddings[0] @ embeddings[1])
        )


def _least_cosine(pooled: NDArray[np.float32], embeddings: NDArray[np.float32]) -> float:
    """Row by row; `embeddings` are of unit length."""
    return float(((pooled * embeddings).sum(1) / np.maximum(np.linalg.norm(pooled, axis=1), 1e-12)).min())
