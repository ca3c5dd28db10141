"""Embedding: ONNX Runtime in float32, int8 and float16 beside PyTorch eager of the same network, on the CPU.

    python -m benchmarks.bench_embed [--threads 2] [--rounds 5]

Networks carry random weights, except the built-in student: speed does not depend on them, but accuracy does, so the
cosine of the variants is told for the built-in student only.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torchvision

from benchmarks.common import Table, interleaved_medians, save
from benchmarks.footage import YARD, first_frames
from engine.models.card import InputSpec, Model, ModelCard
from engine.models.library import ModelLibrary
from engine.models.quantise import make_variant
from engine.models.runtime import open_session
from engine.perception.motion import MotionDetector
from engine.perception.preprocess import resize_crops
from engine.settings import DetectionSettings

BATCH = 32
CROPS = 96  # half of them calibrate int8, the other half measure


class Student(torch.nn.Module):
    """A backbone in the shape of a student: uint8 NHWC in, unit embedding and feature map out."""

    def __init__(self, backbone: torch.nn.Module, width: int) -> None:
        super().__init__()
        self.backbone, self.neck = backbone, torch.nn.BatchNorm1d(width)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pixels = crops.permute(0, 3, 1, 2).float() / 255
        feature_map = self.backbone((pixels - self.mean) / self.std)
        embedding = torch.nn.functional.normalize(self.neck(feature_map.mean(dim=(2, 3))))
        return embedding, feature_map


def mobilenet() -> Student:
    return Student(torchvision.models.mobilenet_v2(weights=None).features, 1280).eval()


def resnet50() -> Student:
    """ResNet-50 with last stride 1, the usual backbone of re-identification."""
    network = torchvision.models.resnet50(weights=None)
    network.layer4[0].conv2.stride = network.layer4[0].downsample[0].stride = (1, 1)
    return Student(torch.nn.Sequential(*list(network.children())[:-2]), 2048).eval()


def exported(student: Student, name: str, size: tuple[int, int], folder: Path) -> Model:
    """The same network as an ONNX file with a card."""
    path = folder / f"{name}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        torch.onnx.export(
            student, (torch.zeros((2, *size, 3), dtype=torch.uint8),), str(path), dynamo=False,
            input_names=["crops"], output_names=["embedding", "feature_map"], dynamic_axes={"crops": {0: "batch"}},
        )  # fmt: skip
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    spec = InputSpec("crops", size, layout="NHWC", dtype="uint8")
    return Model(ModelCard(name, "student", digest, "Apache-2.0", spec, {"embedding": "embedding"}), path)


def real_crops(size: tuple[int, int]) -> np.ndarray:
    """People of the yard clip, `(N, *size, 3) uint8`."""
    frames = first_frames(YARD, 300)
    found = MotionDetector(DetectionSettings()).detect(frames)
    pairs = [(frame, person) for frame, people in zip(frames, found, strict=True) for person in people][::7]
    crops = [crop for frame, person in pairs if (crop := frame.crop(person.box)) is not None]
    return resize_crops(crops[:CROPS], size)


def runner(model: Model, threads: int, batch: np.ndarray) -> Callable[[], object]:
    session = open_session(model, "cpu", threads)
    return lambda: session.run({model.card.input.name: batch}, [model.card.outputs["embedding"]])


def eager(student: Student, batch: np.ndarray) -> Callable[[], object]:
    crops = torch.from_numpy(batch)

    def run() -> object:
        with torch.inference_mode():
            return student(crops)

    return run


def measure(model: Model, student: Student, folder: Path, arguments: argparse.Namespace, table: Table) -> None:
    """Add one network's rows."""
    crops = real_crops(model.card.input.size)
    batch = np.ascontiguousarray(crops[:BATCH])
    variants = {kind: make_variant(model, kind, crops, folder) for kind in ("int8", "float16")}
    seconds = interleaved_medians(
        {
            "PyTorch eager float32": eager(student, batch),
            "ONNX Runtime float32": runner(model, arguments.threads, batch),
            **{f"ONNX Runtime {k}": runner(v.model, arguments.threads, batch) for k, v in variants.items()},
        },
        rounds=arguments.rounds,
    )
    first = seconds["PyTorch eager float32"]
    for name, value in seconds.items():
        variant = variants.get(name.rpartition(" ")[2]) if "ONNX" in name else None
        known = variant is not None and model.builtin
        loss = f"{variant.mean:.4f} (least {variant.worst:.4f})" if variant is not None and known else "-"
        height, width = model.card.input.size
        table.add(model.name, f"{height} × {width}", name, BATCH / value, first / value, loss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    table = Table("embedding", "network", "input", "run by", "crops/s", "times PyTorch", "cosine to float32")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library = ModelLibrary(folder / "models")
        measure(library.get(library.default("student")), mobilenet(), folder, arguments, table)
        network = resnet50()
        measure(exported(network, "resnet50", (256, 128), folder), network, folder, arguments, table)
    table.print()
    save("bench_embed", table, threads=arguments.threads, batch=BATCH)


if __name__ == "__main__":
    main()
