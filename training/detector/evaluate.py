"""What a detector finds in frames with truth: by a checkpoint's weights or by any exported file."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torchvision import ops

from engine.errors import UsageError
from engine.models.card import Model, ModelCard
from engine.models.runtime import open_session
from engine.perception.preprocess import Placement, letterbox
from training import checkpoint
from training.config import from_dict
from training.detector.config import PAD, DetectorConfig
from training.detector.frames import Truth, read_frame, read_truth
from training.detector.network import OnnxDetector, PersonDetector, boxes_of
from training.detector.scoring import Report, Scored, report

LEAST_SCORE, NMS, MOST = 0.05, 0.45, 300

Predict = Callable[[np.ndarray], np.ndarray]  # (1, H, W, 3) uint8 RGB → (1, M, 6)


def decode(predictions: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (M, 6) of one picture → boxes (N, 4) and scores (N,), best first, after suppression."""
    rows = torch.from_numpy(predictions)
    scores = rows[:, 4] * rows[:, 5]
    likely = scores >= LEAST_SCORE
    boxes = boxes_of(rows[:, :4], height, width)[likely]
    kept = ops.nms(boxes, scores[likely], NMS)[:MOST]
    return boxes[kept].numpy(), scores[likely][kept].numpy()


def predictor(network: PersonDetector) -> Predict:
    """The network as a function of arrays."""
    whole = OnnxDetector(network).eval()

    @torch.no_grad()
    def predict(pictures: np.ndarray) -> np.ndarray:
        return whole(torch.from_numpy(pictures)).numpy()

    return predict


def find_in(network: PersonDetector, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and scores in one (H, W, 3) uint8 RGB picture."""
    return decode(predictor(network)(image[None])[0], *image.shape[:2])


def scored(predict: Predict, frames: Sequence[Truth], size: tuple[int, int]) -> list[Scored]:
    """Every frame, fitted into `size` (height, width) as the engine does, with what was found in it."""
    found = []
    for truth in frames:
        image, placement = letterbox(read_frame(truth), size, PAD)
        boxes, scores = decode(predict(image[None])[0], *size)
        people = in_input(truth.boxes, placement)
        found.append(Scored(people, truth.share, truth.infrared, boxes, scores))
    return found


def in_input(boxes: np.ndarray, placement: Placement) -> np.ndarray:
    """Boxes (N, 4) of a frame in pixels of the network's input."""
    scale = np.array([placement.scale_x, placement.scale_y] * 2)
    return boxes * scale + np.array([placement.offset_x, placement.offset_y] * 2)


def measure(network: PersonDetector, frames: Sequence[Truth], size: tuple[int, int]) -> dict[str, float]:
    """Recall of people over 60 pixels at 0.1 false boxes per frame, for validation."""
    table = report(scored(predictor(network), frames, size))
    modalities = [row.modality for row in table.rows if row is table.clear(row.modality)]
    metrics = {"recall": table.clear().recall, "limit": table.limit}
    return metrics | {f"recall {m}": table.clear(m).recall for m in modalities if m != "all"}


def network_of(path: Path) -> tuple[PersonDetector, DetectorConfig, dict]:
    """The averaged network of a checkpoint, its configuration and the whole content."""
    content = checkpoint.load(path)
    if content["method"] != "detector":
        raise UsageError(f"{path} is a checkpoint of '{content['method']}', not of a detector.")
    config = from_dict(content["config"], DetectorConfig)
    network = PersonDetector(config.width, config.frozen, "none")
    state = content["networks"]["average"]
    network.load_state_dict({k.removeprefix("module."): v for k, v in state.items() if k.startswith("module.")})
    return network.eval(), config, content


def evaluate(path: Path, folder: Path, threads: int | None = None) -> Report:
    """The table of a checkpoint (.pt) or an exported detector (.onnx, card beside it) on a set of frames."""
    frames = read_truth(folder)
    if path.suffix == ".onnx":
        card = ModelCard.load(path.parent / "card.json")
        session = open_session(Model(card, path), "cpu", threads)
        output = card.outputs["predictions"]
        return report(scored(lambda x: session.run({card.input.name: x}, [output])[output], frames, card.input.size))
    network, config, _ = network_of(path)
    return report(scored(predictor(network), frames, config.size))


def print_table(table: Report, title: str) -> None:
    """The rows, one line each."""
    print(f"{title}: {table.frames} frames, score limit {table.limit:.3f}")
    print("modality  height at input  people  recall  false boxes per frame")
    for row in table.rows:
        band = f"{row.least:.0f}-{row.most:.0f}" if np.isfinite(row.most) else f"over {row.least:.0f}"
        print(f"{row.modality:8}  {band:>15}  {row.people:6}  {row.recall:6.3f}  {row.false_per_frame:.3f}")


def evaluate_command(parsed: argparse.Namespace) -> None:
    """`detector evaluate`."""
    if parsed.threads:
        torch.set_num_threads(parsed.threads)
    results = []
    for folder in parsed.data:
        table = evaluate(parsed.model, folder, parsed.threads)
        print_table(table, folder.name)
        results.append({"data": folder.name, **asdict(table)})
    if parsed.json:
        digest = hashlib.sha256(parsed.model.read_bytes()).hexdigest()
        text = json.dumps({"model_sha256": digest, "results": results}, indent=1)
        parsed.json.write_text(text.replace("Infinity", "null") + "\n", encoding="utf-8")
