"""Where a backbone's first weights come from, said clearly when they cannot be had."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torchvision import models

from engine.errors import ModelError
from training.networks.backbones import Backbone

DOWNLOADS = {
    "resnet50": models.ResNet50_Weights.IMAGENET1K_V2,
    "mobilenet_v2": models.MobileNet_V2_Weights.IMAGENET1K_V1,
    "mobilenet_v3": models.MobileNet_V3_Large_Weights.IMAGENET1K_V1,
    "shufflenet": models.ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1,
    "shufflenet_small": models.ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1,
}


def initialise(backbone: Backbone, init: str) -> str:
    """Load `init` ('imagenet', 'none' or a file) into `backbone`; returns one sentence on what was loaded."""
    if init == "none":
        return f"{backbone.name} starts from random weights."
    state = _download(backbone.name) if init == "imagenet" else _read(Path(init))
    wanted = backbone.whole.state_dict()
    fitting = {key: value for key, value in state.items() if key in wanted and value.shape == wanted[key].shape}
    missing = [key for key in wanted if key not in fitting and not key.startswith(("fc.", "classifier."))]
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing:
        raise misfit(init, backbone.name, missing)
    backbone.whole.load_state_dict(fitting, strict=False)
    return (
        f"{backbone.name} starts from {'ImageNet weights of torchvision' if init == 'imagenet' else Path(init).name}."
    )


def trained_student(init: str) -> dict[str, torch.Tensor] | None:
    """The student's weights where `init` is a checkpoint of `train` or the `weights.pt` of an export; else None."""
    if init in ("imagenet", "none"):
        return None
    content = _read(Path(init))
    state = content.get("networks", {}).get("student", content)
    return state if any(key.startswith("former.") for key in state) else None


def misfit(init: str, backbone: str, missing: list[str]) -> ModelError:
    """What to tell where a file has not all that a network needs."""
    return ModelError(
        f"The weights '{init}' do not fit {backbone}: {len(missing)} entries such as '{missing[0]}' are "
        "missing or have another shape.",
        "Give weights in torchvision's format or a trained student with --init, and --backbone and --bnneck to fit it.",
    )


def _download(name: str) -> dict[str, torch.Tensor]:
    try:
        return dict(DOWNLOADS[name].get_state_dict(progress=False, check_hash=True))
    except (URLError, OSError, RuntimeError) as error:
        raise ModelError(
            f"ImageNet weights for {name} are not on this machine and could not be downloaded ({error}).",
            "Give a local file with --init FILE (torchvision's format), or train from random weights with --init none, "
            "which needs far more data and time.",
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"The weights file {path} does not exist.", "Check the path after --init.") from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{path} is not a file of weights that can be read.", "Give a torchvision state dict."
        ) from error
    return dict(state)
