"""Which cells are taught to see whom, and how wrong a prediction is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import ops

TOP = 9  # cells per person
SCORE_POWER, OVERLAP_POWER = 0.5, 4.0
HEIGHTS = (1.5, 14.0)  # of a person in strides, for a cell to be asked at all
REACH = 2.5  # strides from a person's middle
BACKGROUND, FOCUS = 0.75, 2.0  # weight and power of the scores of background cells
BOX_WEIGHT = 2.5


@dataclass(frozen=True)
class Assignment:
    """For each of M cells of a picture: the person (−1: nobody) and the score it should give, in [0, 1]."""

    person: Tensor
    score: Tensor


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, people: Tensor, middles: Tensor, strides: Tensor) -> Assignment:
    """Task-aligned assignment (Feng et al., TOOD, ICCV 2021) among the cells about each person's middle.

    scores (M,), boxes (M, 4) as predicted; people (G, 4); middles (M, 2) of the cells and strides (M, 1), pixels.
    """
    cells = len(scores)
    nobody = Assignment(torch.full((cells,), -1), scores.new_zeros(cells))
    if not len(people):
        return nobody
    possible = _possible(people, middles, strides)  # (G, M)
    overlap = ops.box_iou(people, boxes) * possible
    merit = scores.clamp(min=1e-6).pow(SCORE_POWER) * overlap.pow(OVERLAP_POWER)
    off = (middles[None] - (people[:, None, :2] + people[:, None, 2:]) / 2).norm(dim=2) / strides[:, 0]
    best = (merit + possible * 1e-9 / (1 + off)).topk(min(TOP, cells), dim=1).indices
    chosen = torch.zeros_like(possible).scatter_(1, best, True) & possible
    overlap = overlap * chosen
    merit = merit * chosen
    quality = merit / merit.amax(1, keepdim=True).clamp(min=1e-12) * overlap.amax(1, keepdim=True)
    most, person = torch.where(chosen, overlap + 1e-6, -1.0).max(dim=0)
    taken = most > 0
    score = quality.gather(0, person[None])[0]
    return Assignment(torch.where(taken, person, -1), torch.where(taken, score, 0.0))


def _possible(people: Tensor, middles: Tensor, strides: Tensor) -> Tensor:
    """(G, M) bool: cells near enough to a person's middle, within the box or beside it, of a fitting stride."""
    tall = (people[:, 3] - people[:, 1])[:, None] / strides[:, 0]
    off = (middles[None] - (people[:, None, :2] + people[:, None, 2:]) / 2).abs()
    half = (people[:, None, 2:] - people[:, None, :2]) / 2
    near = (off <= torch.maximum(half, strides * 0.75)).all(2) & (off <= strides * REACH).all(2)
    return near & (tall >= HEIGHTS[0]) & (tall <= HEIGHTS[1])


def detection_losses(
    logits: Tensor, boxes: Tensor, people: list[Tensor], unsure: list[Tensor], cells: tuple[Tensor, Tensor]
) -> dict[str, Tensor]:
    """Varifocal loss on the scores (Zhang et al., VarifocalNet, CVPR 2021) and generalised IoU on the boxes.

    logits (B, M), boxes (B, M, 4) in pixels; people, unsure: boxes per picture; cells: middles (M, 2) and strides
    (M, 1), pixels. Nothing is taught in cells that lie in somebody unsure.
    """
    middles, strides = cells
    scores = logits.sigmoid()
    found = [
        assign(scores[i].detach(), boxes[i].detach(), people[i], middles, strides) for i in range(len(people))
    ]  # fmt: skip
    target = torch.stack([one.score for one in found])
    person = torch.stack([one.person for one in found])
    weight = torch.where(person >= 0, target, BACKGROUND * scores.detach() ** FOCUS)
    masked = torch.stack([_inside(middles, boxes) for boxes in unsure]) & (person < 0)
    weight = weight.masked_fill(masked, 0.0)
    total = target.sum().clamp(min=1.0)
    score_loss = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight).sum() / total
    wanted = [people[i][person[i][person[i] >= 0]] for i in range(len(people))]
    given = boxes[person >= 0]
    box_loss = ops.generalized_box_iou_loss(given, torch.cat(wanted)) * target[person >= 0]
    box_loss = box_loss.sum() / total
    return {"loss": score_loss + BOX_WEIGHT * box_loss, "score": score_loss, "box": box_loss}


def _inside(middles: Tensor, boxes: Tensor) -> Tensor:
    """(M,) bool: cells whose middle lies in any of the boxes (N, 4)."""
    x, y = middles[:, None, 0], middles[:, None, 1]
    return ((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])).any(1)
