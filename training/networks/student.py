"""The student: the only network used at test time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.backbones import make_backbone
from training.networks.weights import initialise, misfit, trained_student

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Features(NamedTuple):
    """What one pass gives: `former_map` f_map (N, C_FE, H/16, W/16), `vector` V (N, D), `logits` F (N, identities)."""

    former_map: Tensor
    vector: Tensor
    logits: Tensor


class Student(nn.Module):
    """Normalise → FE → LE → GAP → V → [BNNeck] → FC (TS-GAN, section III-B). Images are (N, 3, H, W) in [0, 1].

    With the BNNeck (Luo et al., CVPRW 2019) the triplet loss sees V, the classifier and retrieval see BN(V).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: str, classes: int, *, init: str = "none", bnneck: bool = False) -> None:
        super().__init__()
        parts = make_backbone(backbone)
        self.backbone, self.dimension = parts.name, parts.channels
        self.former_channels = parts.former_channels
        self.former, self.latter = parts.former, parts.latter
        self.neck: nn.Module = nn.BatchNorm1d(parts.channels) if bnneck else nn.Identity()
        if bnneck:
            self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(parts.channels, classes, bias=not bnneck)
        nn.init.normal_(self.classifier.weight, std=0.001)
        trained = trained_student(init)
        self.origin = initialise(parts, init) if trained is None else self._continue(trained, init)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None], persistent=False)

    def _continue(self, state: dict[str, Tensor], init: str) -> str:
        """Go on from a trained student; its classes were other people, so the classifier starts anew."""
        wanted = self.encoder_state()
        missing = [key for key in wanted if key not in state or state[key].shape != wanted[key].shape]
        if missing:
            raise misfit(init, self.backbone, missing)
        self.load_state_dict({key: state[key] for key in wanted}, strict=False)
        return f"{self.backbone} goes on from the trained student {Path(init).name}."

    def encoder_state(self) -> dict[str, Tensor]:
        """Weights without the classifier: all that retrieval, and a later training on other people, needs."""
        return {key: value for key, value in self.state_dict().items() if not key.startswith("classifier.")}

    def former_map(self, images: Tensor) -> Tensor:
        """f_map, the output of FE: (N, C_FE, H/16, W/16)."""
        return self.former((images - self.mean) / self.std)

    def forward(self, images: Tensor) -> Features:
        former_map = self.former_map(images)
        vector = self.latter(former_map).mean((2, 3))
        return Features(former_map, vector, self.classifier(self.neck(vector)))

    def embed(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """For retrieval: `embedding` (N, D), L2-normalised, and `feature_map` (N, D, H/16, W/16).

        The embedding is the normalised mean of the feature map: the BNNeck is an affine map per channel and is applied
        at every position, which gives the same mean.
        """
        feature_map = self.latter(self.former_map(images))
        if isinstance(self.neck, nn.BatchNorm1d):
            neck = self.neck
            feature_map = F.batch_norm(
                feature_map, neck.running_mean, neck.running_var, neck.weight, neck.bias, False, 0.0, neck.eps
            )
        return F.normalize(feature_map.mean((2, 3))), feature_map
