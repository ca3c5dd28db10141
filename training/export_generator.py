"""The RGB to IR generator of a TS-GAN run as ONNX: what a person in colour would look like to an IR camera.

For looking at and for making training data; it is no student and takes no part in a search.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import ModelError, UsageError
from engine.models.card import InputSpec, Model, ModelCard
from engine.models.runtime import open_session
from engine.types import Modality
from training import checkpoint
from training.data.images import ImageStore
from training.data.records import Splits, of_modality
from training.export import INPUT, LICENCE, parity_photos, provenance, write_onnx
from training.networks.generator import Generator

OUTPUT = "infrared"
LARGEST_STEP = 1  # of 255, any pixel: rounding may fall on either side
PHOTOS = 16


class OnnxGenerator(nn.Module):
    """(N, H, W, 3) uint8 RGB → (N, H, W, 3) uint8, grey."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, crops: Tensor) -> Tensor:
        made = self.generator(crops.permute(0, 3, 1, 2).float() / 255)
        return (made.permute(0, 2, 3, 1) * 255).round().clamp(0, 255).to(torch.uint8)


def export_generator(path: Path, splits: Splits, folder: Path) -> Path:
    """Write `generator.onnx` and `generator.json` (what it was made from); returns the ONNX file.

    UsageError for a run without a generator, ModelError where ONNX Runtime paints another picture than torch.
    """
    content = checkpoint.load(path)
    config = checkpoint.config_of(content)
    if "generator_ir" not in content["networks"]:
        raise UsageError(f"{path} was trained with '{content['method']}', which has no generator.", "Use a ts_gan run.")
    generator = Generator(config.gan.generator_width, config.gan.generator_blocks, grey=True)
    generator.load_state_dict(content["networks"]["generator_ir"])
    network = OnnxGenerator(generator.eval())
    target = folder / "generator.onnx"
    write_onnx(network, torch.zeros(2, *config.size, 3, dtype=torch.uint8), target, [INPUT], [OUTPUT])
    photos = of_modality(parity_photos(splits, 4 * PHOTOS), Modality.VISIBLE)[:PHOTOS]
    crops = ImageStore(photos, config.size).take(range(len(photos)))
    sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
    spec = InputSpec(INPUT, config.size, layout="NHWC", dtype="uint8")
    plain = ModelCard("generator", "student", sha256, LICENCE, spec, {"embedding": OUTPUT})
    found = open_session(Model(plain, target), "cpu").run({INPUT: crops}, [OUTPUT])[OUTPUT]
    with torch.no_grad():
        expected = network(torch.from_numpy(crops)).numpy()
    difference = int(np.abs(found.astype(int) - expected).max())
    if difference > LARGEST_STEP:
        target.unlink()
        raise ModelError(
            f"The exported generator paints other pictures than the trained one (by up to {difference} of 255). The "
            "file was removed.",
            "Report this as a fault of the exporter.",
        )
    data, how, derived = provenance(splits, content, config)
    about = {"sha256": sha256, "licence": LICENCE, "training_data": data, "training": how, "derived_from": derived}
    target.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return target
