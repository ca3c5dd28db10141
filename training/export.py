"""`python -m training export`: a student as ONNX with its variants, its card, and proof that it computes the same.

A file whose outputs differ from torch's by more than the tolerance is refused and removed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import ModelError
from engine.models.card import InputSpec, Metric, Model, ModelCard
from engine.models.quantise import Kind, Variant, make_variant
from engine.models.runtime import open_session
from training import checkpoint
from training.config import TrainConfig, to_dict, without_places
from training.data.formats import open_set
from training.data.images import ImageStore, Size
from training.data.records import Photo, Splits, fingerprint
from training.evaluate import student_of
from training.faults import storage_fault
from training.networks.student import Student
from training.provenance import commit, making, training_set

INPUT, EMBEDDING, FEATURE_MAP = "crops", "embedding", "feature_map"
LICENCE = "Apache-2.0"
WEIGHTS = "weights.pt"  # for `train --init`: a site goes on from this student
PARITY_PHOTOS = 128
LARGEST_DIFFERENCE = 1e-4  # fp32, any number of the embedding
SMALLEST_COSINE: dict[str, float] = {"float16": 0.999, "int8": 0.98}  # of the worst crop
KINDS: dict[str, Kind] = {"fp16": "float16", "int8": "int8"}


class OnnxStudent(nn.Module):
    """(N, H, W, 3) uint8 RGB → embedding (N, D), L2-normalised, and feature_map (N, D, H/16, W/16).

    `mirror`: the map is the mean of the crop's and its mirror image's, turned back: twice the work, somewhat better
    ranks. The embedding is the normalised mean of the map either way.
    """

    def __init__(self, student: Student, *, mirror: bool = False) -> None:
        super().__init__()
        self.student, self.mirror = student, mirror

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        images = crops.permute(0, 3, 1, 2).float() / 255
        if not self.mirror:
            return self.student.embed(images)
        maps = self.student.embed(torch.cat([images, images.flip(3)]))[1]
        seen, mirrored = maps.unflatten(0, (2, -1))  # the batch stays free in the graph, as it would not with chunk
        feature_map = (seen + mirrored.flip(3)) / 2
        return F.normalize(feature_map.mean((2, 3))), feature_map


@dataclass(frozen=True, slots=True)
class Parity:
    """How ONNX Runtime's embeddings agree with the trained network's on real crops.

    fp32 is compared with torch; a variant with the fp32 file, on crops that did not calibrate it.
    """

    variant: str
    crops: int
    smallest_cosine: float
    mean_cosine: float
    largest_difference: float | None = None  # of any number of the embedding; fp32 only

    @property
    def passed(self) -> bool:
        """True within the tolerance of the variant."""
        if self.largest_difference is not None:
            return self.largest_difference < LARGEST_DIFFERENCE
        return self.smallest_cosine > SMALLEST_COSINE[self.variant]

    def require(self, file: Path) -> Parity:
        """Itself; ModelError, and `file` and its card removed, where it did not pass."""
        if self.passed:
            return self
        file.unlink()
        file.with_suffix(".json").unlink(missing_ok=True)
        limit = SMALLEST_COSINE.get(self.variant)
        wanted = f"a difference under {LARGEST_DIFFERENCE:g}" if limit is None else f"a cosine over {limit}"
        raise ModelError(
            f"The exported {self.variant} model does not compute what the trained network does: smallest cosine "
            f"{self.smallest_cosine:.4f}, mean {self.mean_cosine:.4f} on {self.crops} crops; {wanted} is asked for. "
            "The file was removed.",
            "Leave this variant out of --variants." if limit else "Report this as a fault of the exporter.",
        )


def write_onnx(network: nn.Module, example: Tensor, path: Path, inputs: list[str], outputs: list[str]) -> None:
    """Trace `network` (in evaluation mode) with a free batch size into one ONNX file, which says nothing of the machine
    it was made on."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (example,),
            str(path),
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    without_traces(path)


def without_traces(path: Path) -> None:
    """Take out the exporter's notes to each node: they name files and folders of this machine, and nobody runs them."""
    import onnx

    model = onnx.load(str(path))
    graphs = [model.graph, *model.functions]
    for noted in (model, *graphs, *(part for graph in graphs for part in (*graph.node, *graph.value_info))):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    onnx.save(model, str(path))


@torch.no_grad()
def torch_embeddings(network: OnnxStudent, crops: np.ndarray) -> np.ndarray:
    """`(N, D) float32` of `(N, H, W, 3) uint8`."""
    return network.eval().cpu()(torch.from_numpy(crops))[0].numpy()


def check_parity(expected: np.ndarray, model: Model, crops: np.ndarray) -> Parity:
    """Compare the fp32 file with torch on real crops; ModelError, and the file removed, where it fails."""
    found = open_session(model, "cpu").run({INPUT: crops}, [EMBEDDING])[EMBEDDING]
    cosine = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    difference = float(np.abs(found - expected).max())
    parity = Parity("fp32", len(crops), float(cosine.min()), float(cosine.mean()), difference)
    return parity.require(model.path)


def check_variant(variant: Variant, kind: str) -> Parity:
    """Hold a variant to its tolerance; ModelError, and its files removed, where it fails."""
    return Parity(kind, len(variant.cosine), variant.worst, variant.mean).require(variant.model.path)


def parity_photos(splits: Splits, count: int, of: Sequence[Photo] = ()) -> list[Photo]:
    """Up to `count` photos spread evenly over `of`, else over the unseen people (all where none are held out)."""
    photos = of or splits.test or splits.validation or splits.train
    return [photos[i] for i in np.unique(np.linspace(0, len(photos) - 1, count).round().astype(int))]


def provenance(splits: Splits, content: dict[str, Any], config: TrainConfig) -> tuple[str, str, dict[str, str]]:
    """(training data, training, derived_from) for the card: what, how, and by which hash."""
    people, progress = content["identities"], content["progress"]
    digest = fingerprint(splits.root, splits.train)
    rendered = "Nightjar's rendered people" if (splits.root / "manifest.json").is_file() else splits.root.name
    data = f"{rendered} ({splits.layout} layout), {len(people)} people, {len(splits.train)} images"
    network = config.network
    how = (
        f"{config.method}, {network.backbone} at {config.size[0]}x{config.size[1]}, {progress['step']} steps of "
        f"{2 * config.identities * config.per_modality} images, seed {config.seed}, "
        f"start: {Path(network.init).name if network.init not in ('imagenet', 'none') else network.init}"
    )
    return data, how, {"training_images": f"sha256:{digest}", "commit": commit()}


def card_metrics(path: Path | None) -> tuple[Metric, ...]:
    """The figures of an `evaluate --json` file, each with its protocol."""
    if path is None:
        return ()
    measured = json.loads(path.read_text(encoding="utf-8"))
    data = f"{measured['split']} people of {Path(measured['data']).name}"
    return tuple(
        Metric(name, round(100 * value, 2), "%", f"{row['protocol']}; re-ranking: {row['rerank']}", data)
        for row in measured["results"]
        for name, value in row["metrics"].items()
    )


def export_student(
    path: Path, splits: Splits, folder: Path, *, name: str, variants: Sequence[str], metrics: Path | None = None,
    command: str = "", hardware: str = "", mirror: bool = False,
) -> list[Parity]:  # fmt: skip
    """Write `student.onnx`, its variants, a card beside each, and its weights; returns the parity of each.

    `mirror` as in OnnxStudent; `command` and `hardware` say on the card how and where it was trained. ModelError at
    the first that fails; what passed before it is kept.
    """
    content = checkpoint.load(path)
    config, student = checkpoint.config_of(content), student_of(content)
    crops = ImageStore(parity_photos(splits, PARITY_PHOTOS), config.size)
    pixels = crops.take(range(len(crops)))
    network = OnnxStudent(student, mirror=mirror)
    expected = torch_embeddings(network, pixels)
    data, how, derived = provenance(splits, content, config)
    derived["checkpoint"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    common: dict[str, Any] = {
        "architecture": f"{config.network.backbone}, last stride 1"
        + (", BNNeck" if config.network.bnneck else "")
        + (", mean of a crop and its mirror image" if mirror else ""),
        "summary": "Embeds a crop of a person, IR or RGB, so that crops of the same person lie near each other.",
        "training_data": data,
        "training": how,
        "made": making(path, content, [training_set(splits, len(content["identities"]))], command, hardware),
        "metrics": card_metrics(metrics),
        "dimension": student.dimension,
        "derived_from": derived,
        "intended_use": "Ranking candidates for an analyst to review. Never a proof of identity.",
        "limitations": ("Measured only by the protocols listed; other cameras and people may rank worse.",),
    }
    base = folder / "student.onnx"
    example = torch.zeros(2, *config.size, 3, dtype=torch.uint8)
    write_onnx(network, example, base, [INPUT], [EMBEDDING, FEATURE_MAP])
    if (splits.root / "manifest.json").is_file():
        common["provisional"] = "Trained on rendered people only; never measured on real IR footage."
    torch.save(student.encoder_state(), folder / WEIGHTS)
    model = Model(make_card(base, name, config.size, common), base)
    parities = [check_parity(expected, model, pixels)]
    extra = {"config": without_places(to_dict(config)), "parity": asdict(parities[0])}
    replace(model.card, extra=extra).save(base.with_suffix(".json"))
    if variants:
        half = parity_photos(splits, PARITY_PHOTOS, of=splits.train), parity_photos(splits, PARITY_PHOTOS)
        mixed = ImageStore([photo for pair in zip(*half, strict=False) for photo in pair], config.size)
        typical = mixed.take(range(len(mixed)))  # training people calibrate, unseen people measure
        for variant in variants:
            made = make_variant(model, KINDS[variant], typical, folder)
            parities.append(check_variant(made, KINDS[variant]))
    return parities


def make_card(file: Path, name: str, size: Size, common: dict[str, Any]) -> ModelCard:
    """The card of one ONNX file."""
    return ModelCard(
        name=name,
        task="student",
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        licence=LICENCE,
        input=InputSpec(INPUT, size, layout="NHWC", dtype="uint8"),
        outputs={"embedding": EMBEDDING, "feature_map": FEATURE_MAP},
        **common,
    )


def export_command(parsed: argparse.Namespace) -> None:
    """`export`."""
    splits = open_set(parsed.data, parsed.layout, trial=parsed.trial)
    folder: Path = parsed.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = parsed.name or f"{folder.name.lower()}"
        if parsed.generator:
            from training.export_generator import export_generator

            print(f"wrote {export_generator(parsed.checkpoint, splits, folder)}")
        parities = export_student(
            parsed.checkpoint, splits, folder, name=name, variants=parsed.variants, metrics=parsed.metrics,
            command=parsed.trained_by, hardware=parsed.hardware, mirror=parsed.mirror,
        )  # fmt: skip
    except OSError as error:
        raise storage_fault(error, folder) from error
    for parity in parities:
        difference = (
            "" if parity.largest_difference is None else f"largest difference {parity.largest_difference:.2g}, "
        )
        print(
            f"{parity.variant}: {difference}cosine smallest {parity.smallest_cosine:.5f}, mean "
            f"{parity.mean_cosine:.5f} on {parity.crops} crops"
        )
