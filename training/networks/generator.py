"""G_I and G_R: an image of one modality as the other would show it.

The paper leaves the architecture open; this is the one its predecessor AlignGAN describes (Wang et al., ICCV 2019),
after Johnson et al. (ECCV 2016): 7×7 convolution, two strided convolutions down, residual blocks, two up, 7×7, tanh.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LIGHTNESS = (0.299, 0.587, 0.114)  # Rec. 601 luma


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


def _block(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect"),
        _norm(outputs),
        nn.ReLU(inplace=True),
    )


def _up(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the size. Resize and convolve: transposed convolutions leave a checkerboard in so short a training."""
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *_block(inputs, outputs, 3))


class Residual(nn.Module):
    """x + F(x), two 3×3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(channels, channels, 3),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            _norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Generator(nn.Module):
    """(N, 3, H, W) in [0, 1] → (N, 3, H, W) in [0, 1]; H and W multiples of 4.

    `grey`: one channel is made and shown three times, since an IR camera has but one.

    One thing is added to AlignGAN's network: a 1×1 convolution from input to output, which starts as the lightness of
    the image (`grey`) or the image itself, and to which the body adds. A person keeps the shape from the first step on,
    so that a short training is spent on how materials look, not on learning to copy.
    """

    def __init__(self, width: int, blocks: int, *, grey: bool) -> None:
        super().__init__()
        channels = 1 if grey else 3
        last = nn.Conv2d(width, channels, 7, padding=3, padding_mode="reflect")
        self.body = nn.Sequential(
            _block(3, width, 7),  # (N, w, H, W)
            _block(width, 2 * width, 3, stride=2),
            _block(2 * width, 4 * width, 3, stride=2),  # (N, 4w, H/4, W/4)
            *[Residual(4 * width) for _ in range(blocks)],
            _up(4 * width, 2 * width),
            _up(2 * width, width),
            last,
        )
        self.direct = nn.Conv2d(3, channels, 1)
        with torch.no_grad():
            last.weight.mul_(0.1)
            weights = torch.tensor([LIGHTNESS]) if grey else torch.eye(3)
            self.direct.weight.copy_(weights[:, :, None, None])
            self.direct.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        signed = images * 2 - 1
        made = (torch.tanh(self.direct(signed) + self.body(signed)) + 1) / 2
        return made.expand(-1, 3, -1, -1)
