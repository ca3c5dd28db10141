"""Crops to embeddings, through a student network in ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.errors import ModelError
from engine.models.card import Model
from engine.models.interface import fixed_batch, require_unit_rows, to_tensor
from engine.models.library import ModelLibrary
from engine.models.runtime import open_session
from engine.perception.preprocess import resize_crops
from engine.settings import EmbeddingSettings


class Embedder:
    """A student network. A crop's embedding does not depend on the crops it is embedded with.

    `model`: a `Model`, or a library whose default student is used. `provider` says in words what runs it.
    """

    def __init__(
        self,
        model: Model | ModelLibrary,
        device: str = "auto",
        settings: EmbeddingSettings | None = None,
        threads: int | None = None,
    ) -> None:
        if isinstance(model, ModelLibrary):
            model = model.get(model.default("student"))
        if model.card.task != "student":
            raise ModelError(f"The model '{model.name}' is a {model.card.task}, not a student.")
        self.card = model.card
        self.model_sha256 = model.card.sha256
        self._settings = settings or EmbeddingSettings()
        self._session = open_session(model, device, threads)
        self.provider = self._session.description
        self._fixed = fixed_batch(self._session, self.card.input)
        self._dimension = self.card.dimension or self._outputs([], "embedding").shape[1]

    @property
    def dimension(self) -> int:
        """Numbers per embedding (D)."""
        return self._dimension

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """`(N, D) float32`, L2-normalised, of N crops `(h, w, 3) uint8` RGB of any sizes."""
        if not images:
            return np.empty((0, self.dimension), np.float32)
        embedding = self._outputs(images, "embedding")
        require_unit_rows(embedding, self.card.name)
        if embedding.shape[1] != self.dimension:
            raise ModelError(
                f"The model '{self.card.name}' gives embeddings of {embedding.shape[1]} numbers, "
                f"but its card says {self.dimension}."
            )
        return np.asarray(embedding / np.linalg.norm(embedding, axis=1, keepdims=True), np.float32)

    def feature_maps(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """`(N, C, h, w) float32` feature maps before pooling, for showing what an embedding rests on."""
        self.require_feature_maps()
        return self._outputs(images, "feature_map").astype(np.float32)

    def require_feature_maps(self) -> None:
        """`ModelError` where the network has no such output."""
        if "feature_map" not in self.card.outputs:
            raise ModelError(f"The student '{self.card.name}' gives no feature maps.")

    def _outputs(self, images: Sequence[np.ndarray], role: str) -> np.ndarray:
        """One output for all images, in batches; a fixed batch size is filled up with black."""
        spec = self.card.input
        size = self._fixed or max(self._settings.batch, 1)
        parts = []
        for start in range(0, max(len(images), 1), size):
            crops = resize_crops(images[start : start + size], spec.size)
            count = len(crops)
            missing = (self._fixed or max(count, 1)) - count
            batch = np.concatenate([crops, np.zeros((missing, *spec.size, 3), np.uint8)])
            output = self.card.outputs[role]
            parts.append(self._session.run({spec.name: to_tensor(batch, spec)}, [output])[output][:count])
        return np.concatenate(parts)
