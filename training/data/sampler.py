"""Which photos make a batch: identities × modalities, as a pure function of seed and step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.types import Modality
from training.data.records import Photo
from training.faults import DataError


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Indices of photos, `(K*P,)` each: `visible[i]` and `infrared[i]` show the same person, class `labels[i]`."""

    visible: np.ndarray
    infrared: np.ndarray
    labels: np.ndarray


class IdentityModalitySampler:
    """K identities × (P RGB + P IR) photos per batch (TS-GAN, section III-D: 8 × (4 + 4)).

    Batch number `step` depends on the seed and the step alone, so a resumed run sees the batches of an uninterrupted
    one. Within a pass every identity comes once; photos of one identity repeat in a batch only where it has fewer than
    P. People seen in one modality only are left out (`left_out` names them).
    """

    def __init__(
        self, photos: Sequence[Photo], identities: int, per_modality: int, seed: int, *, rank: int = 0, ranks: int = 1
    ) -> None:
        groups: dict[str, dict[Modality, list[int]]] = {}
        for index, photo in enumerate(photos):
            groups.setdefault(photo.identity, {m: [] for m in Modality})[photo.modality].append(index)
        complete = {name: group for name, group in sorted(groups.items()) if all(group.values())}
        self.left_out = tuple(sorted(set(groups) - set(complete)))
        self.names = tuple(complete)
        if len(self.names) < 2:
            raise DataError(
                f"Training needs at least two people seen in both IR and RGB; this set has {len(self.names)} "
                f"(and {len(self.left_out)} seen in one modality only).",
                "Add people, or images of the missing modality.",
            )
        self._visible = [np.array(group[Modality.VISIBLE]) for group in complete.values()]
        self._infrared = [np.array(group[Modality.INFRARED]) for group in complete.values()]
        self.identities = min(identities, len(self.names))
        self.per_modality = per_modality
        self.seed, self.rank, self.ranks = seed, rank, ranks
        larger = max(sum(map(len, self._visible)), sum(map(len, self._infrared)))
        self.steps_per_epoch = max(1, math.ceil(larger / (self.identities * per_modality * ranks)))

    def plan(self, step: int) -> BatchPlan:
        """The photos of batch `step` (from 0) of this rank."""
        chunk = step * self.ranks + self.rank
        per_pass = len(self.names) // self.identities
        order = np.random.default_rng([self.seed, 1, chunk // per_pass]).permutation(len(self.names))
        first = chunk % per_pass * self.identities
        people = order[first : first + self.identities]
        draw = np.random.default_rng([self.seed, 2, chunk])
        visible = np.concatenate([self._pick(draw, self._visible[person]) for person in people])
        infrared = np.concatenate([self._pick(draw, self._infrared[person]) for person in people])
        return BatchPlan(visible, infrared, np.repeat(people, self.per_modality))

    def _pick(self, draw: np.random.Generator, photos: np.ndarray) -> np.ndarray:
        if len(photos) >= self.per_modality:
            return draw.choice(photos, self.per_modality, replace=False)
        repeats = math.ceil(self.per_modality / len(photos))
        return np.concatenate([draw.permutation(photos) for _ in range(repeats)])[: self.per_modality]
