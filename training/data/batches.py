"""From a batch plan to tensors. Batch number n is a pure function of (seed, n), whatever the worker count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.config import TrainConfig
from training.data.images import ImageStore
from training.data.sampler import IdentityModalitySampler
from training.data.transforms import Augment

ERASED = (0.485, 0.456, 0.406)  # the ImageNet mean: zero after normalisation


class Batch(NamedTuple):
    """Row i of every tensor shows the same person, class `labels[i]`. N = K·P rows; images in [0, 1] once on device."""

    visible: Tensor  # X_R   (N, 3, H, W)
    infrared: Tensor  # X_I  (N, 3, H, W)
    exchanged: Tensor  # X_R with its channels exchanged, same geometry (N, 3, H, W)
    swap: Tensor  # (N,) bool: this row's X_R was chosen to be seen exchanged
    visible_kept: Tensor  # (N, 1, H, W) bool, False where erased
    infrared_kept: Tensor  # (N, 1, H, W) bool
    labels: Tensor  # (N,) int64

    def to_device(self, device: torch.device) -> Batch:
        """On `device`, images as float32 in [0, 1], channels last."""

        def move(value: Tensor) -> Tensor:
            value = value.to(device, non_blocking=True)
            if value.dtype == torch.uint8:
                return value.float().div_(255).contiguous(memory_format=torch.channels_last)
            return value

        return Batch(*(move(value) for value in self))


def erase(images: Tensor, kept: Tensor) -> Tensor:
    """`images` `(N, 3, H, W)` in [0, 1] with the erased places set to the ImageNet mean."""
    return torch.where(kept, images, images.new_tensor(ERASED)[:, None, None])


class BatchSource(Dataset[Batch]):
    """`source[step]` is batch number `step`, uint8 on the CPU."""

    def __init__(self, store: ImageStore, sampler: IdentityModalitySampler, config: TrainConfig) -> None:
        self.store, self.sampler, self.config = store, sampler, config
        self.augment = Augment(config.augment, config.size)

    def __getitem__(self, step: int) -> Batch:
        plan = self.sampler.plan(step)
        seed = np.random.SeedSequence([self.config.seed, 3, step, self.sampler.rank]).generate_state(1, np.uint64)[0]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seed) >> 1)
            return self._augmented(plan.visible, plan.infrared, plan.labels)

    def _augmented(self, visible: np.ndarray, infrared: np.ndarray, labels: np.ndarray) -> Batch:
        augment, exchange = self.augment, self.config.augment.exchange
        seen = [augment.image(self._pixels(i)) for i in visible]
        night = [augment.image(self._pixels(i)) for i in infrared]
        exchanged = [augment.exchange(image) for image in seen] if exchange else seen
        return Batch(
            torch.stack(seen),
            torch.stack(night),
            torch.stack(exchanged),
            torch.rand(len(seen)) < exchange,
            torch.stack([augment.kept() for _ in seen]),
            torch.stack([augment.kept() for _ in night]),
            torch.from_numpy(labels.astype(np.int64)),
        )

    def _pixels(self, index: int) -> Tensor:
        return torch.from_numpy(self.store[int(index)]).permute(2, 0, 1)


def batches(source: BatchSource, first: int, end: int, workers: int) -> Iterator[Batch]:
    """Batches `first` to `end` (exclusive) in order; `workers` processes prepare them ahead (0: none)."""
    loader = DataLoader(
        source,
        batch_size=None,
        sampler=range(first, end),
        num_workers=workers,
        pin_memory=workers > 0 and torch.cuda.is_available(),
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)
