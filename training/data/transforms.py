"""What happens to a training image: torchvision v2 transforms on uint8, geometry shared where maps are compared."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from training.config import AugmentConfig
from training.data.images import Size


class RandomChannelExchange(nn.Module):
    """RGB as a grey picture: one of its channels, or a random mix of them, shown three times.

    Channel-exchangeable augmentation (Ye et al., ICCV 2021, 'CAJ'): colour goes, shape and texture stay.
    """

    def forward(self, image: Tensor) -> Tensor:
        """`(3, H, W) uint8` to `(3, H, W) uint8`."""
        channel = int(torch.randint(0, 4, ()))
        if channel < 3:
            return image[channel].expand(3, -1, -1)
        mix = torch.rand(3) + 0.05
        grey = (image.float() * (mix / mix.sum())[:, None, None]).sum(0)
        return grey.round().clamp(0, 255).to(torch.uint8).expand(3, -1, -1)


class Augment:
    """Geometry, the colour-exchanged view, and the mask of random erasing, one image at a time.

    The mask is separate from the pixels so that the GAN and the teacher get clean images while the student's two
    images of one pair can be erased at the same place.
    """

    def __init__(self, config: AugmentConfig, size: Size) -> None:
        margin = round(config.pad * size[0])
        crop = [v2.Pad(margin, padding_mode="edge"), v2.RandomCrop(size)] if margin else []
        self.geometry = v2.Compose([v2.RandomHorizontalFlip(config.flip), *crop])
        self.exchange = RandomChannelExchange()
        self.erasing = v2.RandomErasing(config.erasing, scale=config.erasing_area, value=0)
        self.full = torch.ones(1, *size, dtype=torch.uint8)

    def image(self, pixels: Tensor) -> Tensor:
        """Flip and crop: `(3, H, W) uint8`."""
        return self.geometry(pixels)

    def kept(self) -> Tensor:
        """`(1, H, W) bool`: False where random erasing takes the pixels away."""
        return self.erasing(self.full).bool()
