"""D_I and D_R: is this image real, and does it belong to this feature map?

After AlignGAN's public description (Wang et al., ICCV 2019): the image goes down to 1/8, the feature map is reduced by
a 1×1 convolution and resized to it, both are joined, and two more strided convolutions give one logit per patch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _down(inputs: int, outputs: int, *, norm: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, 2, 1)]
    if norm:
        layers.append(nn.InstanceNorm2d(outputs, affine=True))
    return nn.Sequential(*layers, nn.LeakyReLU(0.2, inplace=True))


class Discriminator(nn.Module):
    """The ordinary discriminator: D(x), logits (N, 1, H/16, W/16) of `images` (N, 3, H, W) in [0, 1].

    `maps` is taken and not looked at, so that a method need not care which kind it has.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.image = nn.Sequential(_down(3, width, norm=False), _down(width, 2 * width), _down(2 * width, 4 * width))
        self.head = self.make_head(4 * width)

    @staticmethod
    def make_head(channels: int) -> nn.Sequential:
        """From 1/8 to a logit per patch at 1/16; without a norm, whose mean would hide 'everything is fake'."""
        return nn.Sequential(_down(channels, channels, norm=False), nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, images: Tensor, maps: Tensor) -> Tensor:
        del maps
        return self.head(self.image(images * 2 - 1))


class JointDiscriminator(Discriminator):
    """The joint discriminator: D(x, f), of an image and a ReID feature map `maps` (N, C, H/16, W/16)."""

    def __init__(self, width: int, map_channels: int) -> None:
        super().__init__(width)
        self.reduce = nn.Sequential(nn.Conv2d(map_channels, width, 1), nn.LeakyReLU(0.2, inplace=True))
        self.head = self.make_head(5 * width)

    def forward(self, images: Tensor, maps: Tensor) -> Tensor:
        seen = self.image(images * 2 - 1)
        read = F.interpolate(self.reduce(maps), size=seen.shape[2:], mode="bilinear", align_corners=False)
        return self.head(torch.cat([seen, read], dim=1))
