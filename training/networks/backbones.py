"""Backbones from torchvision, cut into a former encoder FE and a latter encoder LE (TS-GAN, section III-B).

FE ends at stride 16; LE is the last stage with its stride set to 1, so that its map keeps FE's resolution (H/16, W/16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torchvision import models

from engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class Backbone:
    """`whole` owns the weights under torchvision's names; `former` gives `former_channels`, `latter` `channels`."""

    name: str
    whole: nn.Module
    former: nn.Module
    latter: nn.Module
    former_channels: int
    channels: int


def resnet50() -> Backbone:
    """FE = conv1 … layer3 (1024 channels), LE = layer4 (2048), as in the paper."""
    net = models.resnet50()
    net.layer4[0].conv2.stride = (1, 1)
    net.layer4[0].downsample[0].stride = (1, 1)
    former = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3)
    return Backbone("resnet50", net, former, net.layer4, 1024, 2048)


def mobilenet_v2() -> Backbone:
    """FE = features 0 … 13 (96 channels), LE = features 14 … 18 (1280)."""
    net = models.mobilenet_v2()
    net.features[14].conv[1][0].stride = (1, 1)
    return Backbone("mobilenet_v2", net, net.features[:14], net.features[14:], 96, 1280)


def mobilenet_v3() -> Backbone:
    """MobileNetV3-Large: FE = features 0 … 12 (112 channels), LE = features 13 … 16 (960)."""
    net = models.mobilenet_v3_large()
    net.features[13].block[1][0].stride = (1, 1)
    return Backbone("mobilenet_v3", net, net.features[:13], net.features[13:], 112, 960)


def _shufflenet(name: str, net: models.ShuffleNetV2, former_channels: int) -> Backbone:
    first = net.stage4[0]
    first.branch1[0].stride = (1, 1)
    first.branch2[3].stride = (1, 1)
    former = nn.Sequential(net.conv1, net.maxpool, net.stage2, net.stage3)
    return Backbone(name, net, former, nn.Sequential(net.stage4, net.conv5), former_channels, 1024)


def shufflenet() -> Backbone:
    """ShuffleNetV2 x1.0: FE = conv1 … stage3 (232 channels), LE = stage4, conv5 (1024)."""
    return _shufflenet("shufflenet", models.shufflenet_v2_x1_0(), 232)


def shufflenet_small() -> Backbone:
    """ShuffleNetV2 x0.5: FE = conv1 … stage3 (96 channels), LE = stage4, conv5 (1024)."""
    return _shufflenet("shufflenet_small", models.shufflenet_v2_x0_5(), 96)


BACKBONES: dict[str, Callable[[], Backbone]] = {
    "resnet50": resnet50,
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v3": mobilenet_v3,
    "shufflenet": shufflenet,
    "shufflenet_small": shufflenet_small,
}


def make_backbone(name: str) -> Backbone:
    """A fresh backbone; UsageError for an unknown name."""
    if name not in BACKBONES:
        raise UsageError(f"There is no backbone '{name}'.", f"Choose one of {', '.join(BACKBONES)}.")
    return BACKBONES[name]()
