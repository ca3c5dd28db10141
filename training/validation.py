"""Embeddings of photos with a torch student, and the measurement that chooses the best epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from engine.retrieval.distance import cosine_distance, normalise
from engine.retrieval.metrics import Scores, evaluate
from engine.types import Modality
from training.config import TrainConfig
from training.data.images import ImageStore
from training.data.records import Photo, Splits, of_modality
from training.networks.student import Student
from training.protocols import Probe, Protocol, Trial, of_set, within

BATCH = 64
VALIDATION_TRIALS = 3


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


Ranker = Callable[[np.ndarray, np.ndarray], np.ndarray]  # queries (Q, D), gallery (G, D) to distance (Q, G)


def fused(probes: Sequence[Probe], embeddings: dict[Photo, np.ndarray]) -> np.ndarray:
    """`(N, D) float32`, L2-normalised: the mean of each probe's unit vectors, normalised."""
    means = np.stack([np.mean([embeddings[photo] for photo in probe], axis=0) for probe in probes])
    return normalise(means)


def score(protocol: Protocol, embeddings: dict[Photo, np.ndarray], rank: Ranker = cosine_distance) -> list[Scores]:
    """Scores of every trial, by the distances `rank` gives."""
    return [
        score_trial(trial, rank(fused(trial.query, embeddings), fused(trial.gallery, embeddings)), protocol.rule)
        for trial in protocol.trials
    ]


def score_trial(trial: Trial, distance: np.ndarray, rule: str) -> Scores:
    """Scores of `distance (Q, G)` between the probes of one trial."""
    names = sorted({probe[0].identity for probe in (*trial.query, *trial.gallery)})
    numbers = {name: n for n, name in enumerate(names)}

    def labels(probes: Sequence[Probe]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([numbers[p[0].identity] for p in probes]), np.array([p[0].camera for p in probes])

    (query_ids, query_cameras), (gallery_ids, gallery_cameras) = labels(trial.query), labels(trial.gallery)
    return evaluate(distance, query_ids, gallery_ids, query_cameras, gallery_cameras, rule=rule)


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
