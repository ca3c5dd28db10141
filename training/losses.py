"""The equations of TS-GAN (Zhang et al., 2021) as pure functions. Losses are scalars to be minimised.

The paper prints eqs. (1) to (4) and (12) as expectations of log D that a network raises; here each is the negative.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import UsageError


def identity_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Soft-label cross entropy, eqs. (9) and (10): q = 1 - ε(N-1)/N for the true class, ε/N for the others.

    `logits` (B, N), `labels` (B,) int64.
    """
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


def pairwise_distance(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (A, B) between the rows of `a` (A, D) and `b` (B, D), with a gradient at zero."""
    squared = a.square().sum(1)[:, None] + b.square().sum(1)[None, :] - 2 * a @ b.T
    return squared.clamp_min(1e-12).sqrt()


def triplet_loss(vectors: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Batch-hard triplet loss, eq. (11) (Hermans et al., 2017): [m + hardest positive - hardest negative]+, mean.

    `vectors` V (B, D), `labels` (B,). The positive may be of either modality; an anchor is never its own positive.
    """
    distance = pairwise_distance(vectors.float(), vectors.float())
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    hardest_positive = distance.masked_fill(~same | itself, 0.0).amax(1)
    hardest_negative = distance.masked_fill(same, torch.inf).amin(1)
    return F.relu(margin + hardest_positive - hardest_negative).mean()


def adversarial_loss(scores: Tensor, real: bool, kind: str = "log") -> Tensor:
    """How far the discriminator's `scores` (any shape, logits) are from calling the images real (or fake).

    'log': -log D or -log(1 - D), eqs. (1), (3), (4), (12). 'least-squares': (D - 1)^2 or D^2 (Mao et al., 2017).
    """
    target = torch.full_like(scores, float(real))
    if kind == "log":
        return F.binary_cross_entropy_with_logits(scores, target)
    if kind == "least-squares":
        return F.mse_loss(scores, target)
    raise UsageError(f"There is no adversarial loss '{kind}'.", "Choose 'log' or 'least-squares'.")


def cycle_loss(reconstructed: Tensor, original: Tensor) -> Tensor:
    """One half of eq. (6): the mean absolute difference of two images (N, 3, H, W) in [0, 1]."""
    return F.l1_loss(reconstructed, original)


def map_distance(teacher: Tensor, student: Tensor, reduction: str) -> Tensor:
    """The squared L2 distance of eqs. (13) to (15) between two feature maps (N, C, h, w), mean over the batch.

    'sum': summed over channels and positions, as printed. 'channels': summed over channels, mean over positions.
    'mean': mean over both. They differ by constant factors (h·w and C·h·w) only.
    """
    squared = (teacher - student).square()
    if reduction == "sum":
        return squared.sum((1, 2, 3)).mean()
    if reduction == "channels":
        return squared.sum(1).mean()
    if reduction == "mean":
        return squared.mean()
    raise UsageError(f"There is no reduction '{reduction}'.", "Choose 'sum', 'channels' or 'mean'.")
