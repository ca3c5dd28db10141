"""A light one-class detector without anchors: MobileNetV2, a feature pyramid and a head per scale.

FCOS (Tian et al., ICCV 2019) with the box code of YOLOX (Ge et al., 2021), so that the engine's decoder for that
family reads what is exported.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn
from torchvision import ops

from training.detector.config import STRIDES
from training.networks.backbones import mobilenet_v2
from training.networks.weights import initialise

TAPS = (6, 13, 17)  # blocks of MobileNetV2 that end at strides 8, 16 and 32
CHANNELS = (32, 96, 320)
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, in grey levels
RARE = 0.01  # score of every cell before training (Lin et al., Focal loss, ICCV 2017)
TYPICAL = (math.log(2.0), math.log(5.0))  # width and height of a person in strides, to start from


class Separable(nn.Sequential):
    """5×5 depthwise, then 1×1."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            ops.Conv2dNormActivation(channels, channels, 5, groups=channels, activation_layer=None),
            ops.Conv2dNormActivation(channels, channels, 1, activation_layer=nn.ReLU),
        )


class Head(nn.Module):
    """One level's map → logits (N, cells) and codes (N, 4, cells).

    Each level has a head of its own: batch norm shared by levels would remember statistics that fit none of them.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(Separable(width), Separable(width), nn.Conv2d(width, 1, 1))
        self.box = nn.Sequential(Separable(width), Separable(width), nn.Conv2d(width, 4, 1))
        nn.init.normal_(self.score[-1].weight, std=0.01)
        nn.init.constant_(self.score[-1].bias, -math.log((1 - RARE) / RARE))
        nn.init.normal_(self.box[-1].weight, std=0.01)
        with torch.no_grad():
            self.box[-1].bias.copy_(torch.tensor([0.5, 0.5, *TYPICAL]))

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor]:
        return self.score(level).flatten(1), self.box(level).flatten(2)


class PersonDetector(nn.Module):
    """(N, 3, H, W) pixels 0 to 255, RGB → logits (N, M) and codes (N, M, 4) of all cells, stride 8 first."""

    def __init__(self, width: int, frozen: int, init: str) -> None:
        super().__init__()
        backbone = mobilenet_v2()
        backbone.whole.features[14].conv[1][0].stride = (2, 2)  # back to torchvision's: a map of stride 32 is needed
        self.origin = initialise(backbone, init)
        self.body = backbone.whole.features[: TAPS[-1] + 1]
        self.frozen = frozen
        for block in self.body[:frozen]:
            block.requires_grad_(False)
        self.neck = ops.FeaturePyramidNetwork(list(CHANNELS), width, norm_layer=nn.BatchNorm2d)
        self.heads = nn.ModuleList(Head(width) for _ in STRIDES)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def train(self, mode: bool = True) -> PersonDetector:
        """The backbone keeps ImageNet's batch statistics: those of rendered pictures would not be the world's."""
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        x = (pixels - self.mean) / self.std
        maps = {}
        for number, block in enumerate(self.body):
            x = block(x)
            if number in TAPS:
                maps[str(number)] = x
        levels = self.neck(maps).values()
        found = [head(level) for head, level in zip(self.heads, levels, strict=True)]
        logits, codes = (torch.cat(parts, dim=-1) for parts in zip(*found, strict=True))
        return logits.float(), codes.transpose(1, 2).float()


class OnnxDetector(nn.Module):
    """(N, H, W, 3) uint8 RGB → predictions (N, M, 6) as YOLOX writes them: codes, score, 1."""

    def __init__(self, detector: PersonDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, frames: Tensor) -> Tensor:
        logits, codes = self.detector(frames.permute(0, 3, 1, 2).float())
        score = torch.sigmoid(logits).unsqueeze(2)
        return torch.cat([codes, score, torch.ones_like(score)], dim=2)


@lru_cache(maxsize=4)
def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Corners (M, 2) x, y of all cells in strides, and their strides (M, 1)."""
    corners, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(-(-height // stride)), torch.arange(-(-width // stride)), indexing="ij"
        )  # fmt: skip
        corners.append(torch.stack([x.flatten(), y.flatten()], dim=1).float())
        strides.append(torch.full((x.numel(), 1), float(stride)))
    return torch.cat(corners), torch.cat(strides)


def boxes_of(codes: Tensor, height: int, width: int) -> Tensor:
    """(…, M, 4) codes → x0, y0, x1, y1 in pixels of an input of this size."""
    corners, strides = (part.to(codes.device) for part in grid(height, width))
    middle = (codes[..., :2] + corners) * strides
    half = torch.exp(codes[..., 2:].clamp(-4, 5)) * strides / 2
    return torch.cat([middle - half, middle + half], dim=-1)
