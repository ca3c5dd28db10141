"""Every tunable of a detector's training, once. A checkpoint stores the configuration it ran with."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.errors import UsageError

STRIDES = (8, 16, 32)
PAD = 114  # what fills a letterbox, in training as in use


@dataclass(frozen=True, slots=True)
class ViewConfig:
    """How frames become training pictures. Probabilities per picture; heights of people in pixels of the picture."""

    crop: int = 320
    heights: tuple[float, float] = (22.0, 330.0)
    mosaic: float = 0.35  # four smaller views in one picture
    mosaic_heights: tuple[float, float] = (16.0, 130.0)
    zoom: tuple[float, float] = (0.42, 2.5)
    stretch: float = 0.08  # sigma of the logarithm of width against height
    empty: float = 0.12  # views of frames with nobody
    distractors: float = 0.5
    grey: float = 0.35
    least_share: float = 0.3  # people less visible are neither taught as people nor as background
    least_contrast: float = 10.0  # grey levels between the dark and bright parts of a person's box; less is unseen


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """One run."""

    data: tuple[str, ...] = ()
    validation: str = ""
    init: str = "imagenet"  # 'imagenet', 'none' or a file of torchvision weights
    size: tuple[int, int] = (360, 640)  # height, width of the exported input
    width: int = 64  # channels of neck and head
    frozen: int = 4  # blocks of the backbone that keep their ImageNet weights
    batch: int = 16
    steps: int = 3000
    warmup: int = 150
    learning_rate: float = 2e-3
    backbone_rate: float = 0.15  # of the learning rate
    weight_decay: float = 0.02
    average: float = 0.998  # decay of the moving average of the weights, which is what is measured and exported
    clip_norm: float = 10.0
    seed: int = 0
    precision: str = "32-true"
    device: str = "auto"
    threads: int | None = None
    validate_steps: int = 500
    validation_frames: int = 120
    checkpoint_minutes: float = 5.0
    log_steps: int = 20
    view: ViewConfig = field(default_factory=ViewConfig)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.view.crop < 64 or self.view.crop % STRIDES[-1]:
            raise UsageError(
                "A run needs at least one step, one picture per step and pictures of a multiple of 32 pixels, "
                "64 at least.",
                "Check --steps, --batch and --crop.",
            )
