"""Every tunable of a training run, once. A checkpoint stores the configuration it ran with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The student (Zhang et al., TS-GAN, section III-B; BNNeck from Luo et al., CVPRW 2019)."""

    backbone: str = "resnet50"
    init: str = "imagenet"  # 'imagenet', 'none', a file of torchvision weights or of a trained student
    bnneck: bool = False


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """What happens to a training image. Probabilities per image."""

    flip: float = 0.5
    pad: float = 0.04  # of the height, on every side, before a random crop back to size
    erasing: float = 0.0  # random erasing (Zhong et al., AAAI 2020)
    erasing_area: tuple[float, float] = (0.02, 0.4)
    exchange: float = 0.0  # RGB seen through a random channel exchange or in grey (Ye et al., ICCV 2021)


@dataclass(frozen=True, slots=True)
class GanConfig:
    """TS-GAN's generators, discriminators and loss weights (section IV-B); `ts_gan.py` gives the reasons."""

    generator_width: int = 64
    generator_blocks: int = 4
    discriminator_width: int = 64
    discriminator: str = "joint"  # 'joint' (image and feature map) or 'ordinary' (image alone)
    ts_losses: str = "all"  # 'all' (eqs. 13 to 15), 'single' (eq. 15 alone) or 'none'
    ts_reduction: str = "channels"  # how the squared norm of eqs. 13 to 15 is averaged, see losses.map_distance
    adversary: str = "log"  # 'log' (eqs. 1 to 4 as printed) or 'least-squares' (Mao et al., ICCV 2017)
    learning_rate: float = 2e-4  # Adam (0.5, 0.999) for O_G and O_D
    omega: float = 10.0  # ω, cycle consistency
    alpha_same: float = 0.003  # α_s
    alpha_cross: float = 0.006  # α_c
    lambda_gan: float = 0.1  # λ_3


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run. Epochs may be fractions: an epoch is as many batches as show the larger modality once."""

    method: str = "baseline"
    data: str = ""
    layout: str = "auto"
    full_train: bool = False
    trial: int = 1
    size: tuple[int, int] = (256, 128)  # (height, width)
    identities: int = 8
    per_modality: int = 4
    epochs: float = 120.0
    warmup_epochs: float | None = None  # None: a twelfth of the epochs (10 of 120)
    milestones: tuple[float, ...] | None = None  # None: at 1/3 and 7/12 of the epochs (40 and 70 of 120)
    decay: float = 0.3
    learning_rate: float = 3.5e-4
    weight_decay: float = 5e-4
    lambda_id: float = 3.0  # λ_1
    lambda_triplet: float = 1.0  # λ_2
    margin: float = 0.3
    smoothing: float = 0.1  # ε of eq. (10)
    clip_norm: float = 0.0  # 0: gradients are not clipped
    seed: int = 0
    precision: str = "32-true"
    device: str = "auto"
    workers: int | None = None  # None: 0 on a CPU, 4 per GPU
    threads: int | None = None
    compile: bool = False  # the student by torch.compile: a minute or two first, then faster steps
    validate_epochs: float = 5.0
    patience: int = 0  # validations without a better mAP before the run stops; 0: never
    checkpoint_minutes: float = 10.0
    log_steps: int = 10
    teacher: str = ""  # checkpoint of the IR teacher; empty: ts_gan trains one first
    teacher_epochs: float | None = None  # None: as many as the student
    network: NetworkConfig = field(default_factory=NetworkConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    gan: GanConfig = field(default_factory=GanConfig)

    def __post_init__(self) -> None:
        if self.epochs <= 0 or self.identities < 2 or self.per_modality < 1 or min(self.size) < 32:
            raise UsageError(
                "A run needs a positive number of epochs, at least 2 identities with 1 image of each modality per "
                "batch, and images of at least 32 pixels.",
                "Check --epochs, --identities, --per-modality and --size HEIGHTxWIDTH.",
            )

    @property
    def warmup(self) -> float:
        """Epochs of linear warm-up."""
        return self.epochs / 12 if self.warmup_epochs is None else self.warmup_epochs

    @property
    def steps_down(self) -> tuple[float, ...]:
        """Epochs after which the learning rate is multiplied by `decay`."""
        return (self.epochs / 3, self.epochs * 7 / 12) if self.milestones is None else self.milestones

    def rate_factor(self, epoch: float) -> float:
        """What every learning rate is multiplied by at `epoch` (a fraction): linear warm-up, then steps down."""
        start = min(1.0, (epoch + 1.0) / self.warmup) if self.warmup > 1 else self._short_warmup(epoch)
        return start * self.decay ** sum(epoch >= milestone for milestone in self.steps_down)

    def _short_warmup(self, epoch: float) -> float:
        return min(1.0, 0.1 + 0.9 * epoch / self.warmup) if self.warmup > 0 else 1.0


def to_dict(config: Any) -> dict[str, Any]:
    """Plain JSON values."""
    return asdict(config)


def without_places(values: Any) -> Any:
    """The same settings for a card that others will read: of files and folders of this machine only the names."""
    if isinstance(values, dict):
        return {key: without_places(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [without_places(value) for value in values]
    return Path(values).name if isinstance(values, str) and Path(values).is_absolute() else values


def from_dict(values: dict[str, Any], kind: Any = TrainConfig) -> Any:
    """The configuration (of class `kind`) a checkpoint stored; entries this version does not know are left out."""
    return _build(kind, values)


def _build(kind: type, values: dict[str, Any]) -> Any:
    hints = get_type_hints(kind)
    chosen = {}
    for item in fields(kind):
        if item.name not in values:
            continue
        value = values[item.name]
        if isinstance(value, dict):
            value = _build(hints[item.name], value)
        chosen[item.name] = tuple(value) if isinstance(value, list) else value
    return kind(**chosen)
