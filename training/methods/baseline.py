"""`baseline`: identity + batch-hard triplet loss on both modalities with one shared network.

The 'backbone' row of TS-GAN's Table II, and, with --bnneck --erasing 0.5 --exchange 0.5, the plain strong baseline that
is known to beat the published TS-GAN. `ir_teacher` is the same on IR images alone (TS-GAN, section III-C).

Decisions: one network and one batch norm for both modalities (the paper's backbone is one-stream); both modalities in
one batch, so that the hardest positive and negative may be of either.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.config import TrainConfig
from training.data.batches import Batch, erase
from training.losses import identity_loss, triplet_loss
from training.methods.method import Method


class Baseline(Method):
    """L = λ_1 L_ID + λ_2 L_Tri, the first two terms of eq. (8)."""

    name = "baseline"
    summary = "identity and batch-hard triplet loss on both modalities"

    def __init__(self, config: TrainConfig, classes: int) -> None:
        super().__init__(config, classes)
        self.networks["student"] = self.new_student()
        self.optimisers["student"] = self.adam(self.student.parameters())

    def images(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the student sees: images (2N, 3, H, W) and labels (2N,)."""
        visible = torch.where(batch.swap[:, None, None, None], batch.exchanged, batch.visible)
        visible, infrared = erase(visible, batch.visible_kept), erase(batch.infrared, batch.infrared_kept)
        return torch.cat([visible, infrared]), batch.labels.repeat(2)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        config = self.config
        images, labels = self.images(batch)
        features = self.student(images)
        identity = identity_loss(features.logits, labels, config.smoothing)
        triplet = triplet_loss(features.vector, labels, config.margin)
        self.update("student", config.lambda_id * identity + config.lambda_triplet * triplet)
        return {"identity": identity.detach(), "triplet": triplet.detach()}


class InfraredTeacher(Baseline):
    """The teacher before its FE is frozen: the baseline on IR images alone."""

    name = "ir_teacher"
    summary = "the baseline on IR images alone: TS-GAN's teacher"
    photos_per_pair = 1

    def images(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return erase(batch.infrared, batch.infrared_kept), batch.labels
