"""Embeddings of photos with a torch student, and the measurement that chooses the best epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from engine.retrieval.distance import cosine_distance
from engine.retrieval.metrics import Scores, evaluate
from engine.types import Modality
from training.config import TrainConfig
from training.data.images import ImageStore, Size
from training.data.records import Photo, Splits, by_identity, of_modality
from training.networks.student import Student
from training.protocols import Protocol, of_set, within

EmbedPhotos = Callable[[Sequence[Photo]], np.ndarray]
BATCH = 64
VALIDATION_TRIALS = 3


def student_embedder(student: Student, size: Size, device: torch.device) -> EmbedPhotos:
    """`embed(photos) -> (N, D) float32`, L2-normalised, in evaluation mode."""

    def embed(photos: Sequence[Photo]) -> np.ndarray:
        store = ImageStore(photos, size, cache=False)
        return embed_store(student, store, device)

    return embed


@torch.no_grad()
def embed_store(student: Student, store: ImageStore, device: torch.device) -> np.ndarray:
    """`(N, D) float32`, L2-normalised; the student is left in evaluation mode."""
    student.eval()
    parts = []
    for first in range(0, len(store), BATCH):
        pixels = torch.from_numpy(store.take(range(first, min(first + BATCH, len(store))))).to(device)
        images = pixels.permute(0, 3, 1, 2).float().div_(255)  # NHWC memory is channels last
        parts.append(student.embed(images)[0].float().cpu().numpy())
    return np.concatenate(parts)


def labels_of(photos: Sequence[Photo], numbers: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Identity numbers and cameras, `(N,) int64` each."""
    return np.array([numbers[p.identity] for p in photos]), np.array([p.camera for p in photos])


def score(protocol: Protocol, embeddings: dict[Photo, np.ndarray]) -> list[Scores]:
    """Scores of every trial by plain cosine distance."""
    numbers = {name: n for n, name in enumerate(by_identity(embeddings))}
    results = []
    for trial in protocol.trials:
        query, gallery = (np.stack([embeddings[p] for p in photos]) for photos in (trial.query, trial.gallery))
        query_ids, query_cameras = labels_of(trial.query, numbers)
        gallery_ids, gallery_cameras = labels_of(trial.gallery, numbers)
        distance = cosine_distance(query, gallery)
        results.append(evaluate(distance, query_ids, gallery_ids, query_cameras, gallery_cameras, protocol.rule))
    return results


def mean_metrics(trials: Sequence[Scores]) -> dict[str, float]:
    """R1, R5, R10, R20, mAP, mINP in [0, 1], averaged over trials."""
    rows = [scores.as_dict() for scores in trials]
    names = [name for name, value in rows[0].items() if isinstance(value, float)]
    return {name: round(float(np.mean([row[name] for row in rows])), 6) for name in names}


class Validator:
    """Measures a student on the validation people; `empty` where there are none."""

    def __init__(self, splits: Splits, config: TrainConfig, device: torch.device) -> None:
        self.device = device
        self.empty = not splits.validation
        if self.empty:
            return
        photos = splits.validation
        if config.method == "ir_teacher":
            self.protocol = within(photos, Modality.INFRARED)
            photos = tuple(of_modality(photos, Modality.INFRARED))
        else:
            chosen = of_set(splits, photos, modes=("all",), shots=(1,), trials=VALIDATION_TRIALS, trial=config.trial)
            self.protocol = chosen[0]
        self.store = ImageStore(photos, config.size)

    def measure(self, student: Student) -> dict[str, float]:
        """R1, R5, R10, R20, mAP, mINP in [0, 1]; empty where there are no validation people."""
        if self.empty:
            return {}
        embeddings = dict(zip(self.store.photos, embed_store(student, self.store, self.device), strict=True))
        return mean_metrics(score(self.protocol, embeddings))
