"""`python -m training detector export`: the averaged weights as ONNX with a card, and proof that nothing was lost."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.errors import ModelError
from engine.models.card import DetectorSpec, InputSpec, Metric, Model, ModelCard
from engine.models.library import CARD_FILE, MODEL_FILE
from engine.models.runtime import open_session
from engine.perception.preprocess import letterbox
from training.config import to_dict, without_places
from training.detector.config import PAD, DetectorConfig
from training.detector.evaluate import NMS, network_of, predictor
from training.detector.frames import read_frame, read_truth
from training.detector.network import OnnxDetector, PersonDetector
from training.detector.scoring import FALSE_RATE as RATE
from training.export import LICENCE, write_onnx
from training.faults import storage_fault
from training.provenance import making, rendered_set

INPUT, PREDICTIONS = "frames", "predictions"
CREDITS = (
    "MobileNetV2 with ImageNet weights: torchvision (BSD-3-Clause), weights Apache-2.0",
    "Body and clothes of the rendered people: MakeHuman, CC0 1.0",
)
PARITY_FRAMES = 8
LARGEST_DIFFERENCE = 1e-3  # of any code (strides, logarithms) or score
SPREAD = 2.0  # of the scores' logits about the working point


@dataclass(frozen=True)
class Parity:
    """How ONNX Runtime's numbers agree with torch's on frames."""

    frames: int
    largest_difference: float


def calibrate(network: PersonDetector, limit: float) -> None:
    """Spread all scores about `limit`, which becomes 0.5; the order of boxes stays.

    Scores that are taught to be overlaps lie close together: between clutter and people there is little room.
    """
    logit = float(np.log(limit / (1 - limit)))
    with torch.no_grad():
        for head in network.heads:
            head.score[-1].weight *= SPREAD
            head.score[-1].bias.sub_(logit).mul_(SPREAD)


def pictures(folder: Path, config: DetectorConfig, count: int) -> np.ndarray:
    """(N, H, W, 3) uint8 frames of a set, spread evenly, as the network takes them."""
    truth = read_truth(folder)
    chosen = np.unique(np.linspace(0, len(truth) - 1, count).astype(int))
    return np.stack([letterbox(read_frame(truth[i]), config.size, PAD)[0] for i in chosen])


def check_parity(network: PersonDetector, model: Model, frames: np.ndarray) -> Parity:
    """Compare the file with torch on frames; ModelError, and the file removed, where they differ."""
    expected = np.concatenate([predictor(network)(frame[None]) for frame in frames])
    session = open_session(model, "cpu")
    found = np.concatenate([session.run({INPUT: frame[None]}, [PREDICTIONS])[PREDICTIONS] for frame in frames])
    difference = float(np.abs(found - expected).max())
    if not difference <= LARGEST_DIFFERENCE:
        model.path.unlink()
        raise ModelError(
            f"The exported detector differs from the trained one by {difference:.2g}; the file was removed.",
            "Report this as a fault of the exporter.",
        )
    return Parity(len(frames), difference)


def export_detector(
    path: Path, data: Sequence[Path], folder: Path, *, name: str, limit: float, facts: dict[str, Any]
) -> Parity:
    """Write model.onnx and card.json of a checkpoint into `folder`.

    facts: metrics and texts of the card; 'command' and 'hardware' of the training.
    """
    network, config, content = network_of(path)
    told = [str(facts.get(key, "")) for key in ("command", "hardware")]
    entries = {key: value for key, value in facts.items() if key not in ("command", "hardware")}
    calibrate(network, limit)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / MODEL_FILE
    write_onnx(OnnxDetector(network), torch.zeros(2, *config.size, 3, dtype=torch.uint8), file, [INPUT], [PREDICTIONS])
    truth = {one: read_truth(one) for one in data}
    sets = [rendered_set(one, "frames", sum(len(t.boxes) for t in all_), len(all_)) for one, all_ in truth.items()]
    derived = {"initial weights": f"MobileNetV2, ImageNet, torchvision (Apache-2.0): {Path(config.init).name}"}
    derived["checkpoint"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    card = ModelCard(
        name=name,
        task="detector",
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        licence=LICENCE,
        input=InputSpec(INPUT, config.size, layout="NHWC", dtype="uint8", resize="letterbox", pad=PAD),
        outputs={"predictions": PREDICTIONS},
        detector=DetectorSpec("yolox", nms=NMS),
        architecture=f"MobileNetV2, feature pyramid and heads of {config.width} channels at strides 8, 16 and 32 "
        f"(FCOS with YOLOX's box code), {config.size[1]} × {config.size[0]}, normalisation inside the graph",
        training=f"{content['progress']['step']} steps of {config.batch} views of {config.view.crop} × "
        f"{config.view.crop} pixels, seed {config.seed}, ImageNet start, AdamW, cosine schedule, moving average of the "
        "weights",
        made=making(path, content, sets, *told),
        credits=CREDITS,
        derived_from=derived,
        **entries,
    )
    parity = check_parity(network, Model(card, file), pictures(data[0], config, PARITY_FRAMES))
    settings = without_places(to_dict(config))
    extra = {"config": settings, "parity": asdict(parity), "calibration": {"0.5 was": limit, "spread": SPREAD}}
    ModelCard.from_dict({**card.to_dict(), "extra": json.loads(json.dumps(extra))}).save(folder / CARD_FILE)
    return parity


def read_facts(path: Path | None, evaluation: dict[str, Any]) -> dict[str, Any]:
    """Texts and metrics for the card from a JSON object with the card's own entries; metrics of an evaluation first."""
    facts = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    measured = [metric for result in evaluation["results"] for metric in card_metrics(result)]
    facts["metrics"] = (*measured, *(Metric(**one) for one in facts.get("metrics", ())))
    return facts | {name: tuple(facts.get(name, ())) for name in ("limitations", "not_tested_on")}


def card_metrics(result: dict[str, Any]) -> list[Metric]:
    """Recall on one set of `evaluate --json`: by modality, and by height."""
    rows = [row for row in result["rows"] if row["people"] and (row["modality"] == "all" or row["most"] is None)]
    return [
        Metric(
            f"recall {row['modality']}", round(100 * row["recall"], 1), "%",
            f"people {_band(row)} px, {RATE} false boxes per frame, IoU 0.5", result["data"],
        )
        for row in rows if row["people"]
    ]  # fmt: skip


def _band(row: dict[str, Any]) -> str:
    return f"over {row['least']:.0f}" if row["most"] is None else f"{row['least']:.0f} to {row['most']:.0f}"


def export_command(parsed: argparse.Namespace) -> None:
    """`detector export`."""
    evaluation = json.loads(parsed.evaluation.read_text(encoding="utf-8"))
    limit = parsed.limit or evaluation["results"][0]["limit"]
    facts = read_facts(parsed.facts, evaluation)
    try:
        parity = export_detector(parsed.checkpoint, parsed.data, parsed.out, name=parsed.name, limit=limit, facts=facts)
    except OSError as error:
        raise storage_fault(error, parsed.out) from error
    print(f"largest difference {parity.largest_difference:.2g} on {parity.frames} frames")
