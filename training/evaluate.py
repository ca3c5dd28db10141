"""`python -m training evaluate`: a checkpoint or any ONNX student, by the protocols of the public sets."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from engine.errors import ModelError, UsageError
from engine.models.card import InputSpec, Model, ModelCard
from engine.models.interface import to_tensor
from engine.models.runtime import open_session
from engine.retrieval.metrics import Scores
from engine.retrieval.rerank import RERANKERS
from training import checkpoint
from training.data.formats import open_set
from training.data.images import ImageStore, Size
from training.data.records import Photo
from training.faults import storage_fault
from training.networks.student import Student
from training.protocols import RULE, Protocol, of_set, tracklets
from training.validation import BATCH, Ranker, embed_store, mean_metrics, score

SINGLE = "k-reciprocal-single"  # k-reciprocal with one query at a time, as in a search without a case
SHARPNESS_GRADES = ("blurred third", "middle third", "sharp third")


@dataclass(frozen=True, slots=True)
class Embedder:
    """A model that can be measured: `size` of its input, its file's SHA-256, and `embed(store) -> (N, D) float32`."""

    size: Size
    sha256: str
    embed: Callable[[ImageStore], np.ndarray]


def open_model(path: Path, threads: int | None = None) -> Embedder:
    """A checkpoint (.pt) or an ONNX student (.onnx, its card beside it if it has one)."""
    if not path.is_file():
        raise ModelError(f"There is no model {path}.", "Give a checkpoint (.pt) or a student (.onnx) with --model.")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix == ".onnx":
        model = Model(card_of(path, sha256), path)
        return Embedder(model.card.input.size, sha256, partial(embed_onnx, model, threads))
    if threads:
        torch.set_num_threads(threads)
    content = checkpoint.load(path)
    student = student_of(content)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    size = checkpoint.config_of(content).size
    return Embedder(size, sha256, partial(embed_store, student.to(device), device=device))


def student_of(content: dict[str, Any]) -> Student:
    """The student of a checkpoint, in evaluation mode."""
    network = checkpoint.config_of(content).network
    student = Student(network.backbone, len(content["identities"]), bnneck=network.bnneck)
    student.load_state_dict(content["networks"]["student"])
    return student.eval()


def card_of(path: Path, sha256: str) -> ModelCard:
    """The card beside an ONNX file; without one, a graph that takes (N, H, W, 3) uint8 RGB is understood by itself."""
    for card in (path.with_suffix(".json"), path.with_name("card.json")):
        if card.is_file():
            return ModelCard.load(card)
    plain = InputSpec("", (128, 64), layout="NHWC", dtype="uint8")
    unknown = ModelCard("unnamed", "student", sha256, "not stated", plain, {"embedding": "embedding"})
    info = open_session(Model(unknown, path)).inputs[0]
    if info.dtype != "uint8" or len(info.shape) != 4 or info.shape[3] != 3 or not (info.shape[1] and info.shape[2]):
        raise ModelError(
            f"{path} has no card, and its input is not (N, H, W, 3) uint8.", f"Put a card beside it: {path.stem}.json."
        )
    spec = InputSpec(info.name, (info.shape[1], info.shape[2]), layout="NHWC", dtype="uint8")
    return ModelCard("unnamed", "student", sha256, "not stated", spec, {"embedding": "embedding"})


def embed_onnx(model: Model, threads: int | None, store: ImageStore) -> np.ndarray:
    """`(N, D) float32` of a store through ONNX Runtime."""
    session, name = open_session(model, threads=threads), model.card.outputs["embedding"]
    parts = []
    for first in range(0, len(store), BATCH):
        pixels = store.take(range(first, min(first + BATCH, len(store))))
        inputs = {model.card.input.name: to_tensor(pixels, model.card.input)}
        parts.append(session.run(inputs, [name])[name].astype(np.float32))
    return np.concatenate(parts)


def single_queries(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """k-reciprocal distances `(Q, G)` with each query alone."""
    return np.concatenate([RERANKERS["k-reciprocal"](queries[i : i + 1], gallery) for i in range(len(queries))])


def ranker(name: str) -> Ranker:
    """The ranking called `name`; UsageError for an unknown one."""
    if name == SINGLE:
        return single_queries
    if name not in RERANKERS:
        raise UsageError(f"There is no re-ranking '{name}'.", f"Choose among {', '.join((*RERANKERS, SINGLE))}.")
    return RERANKERS[name]


def sharpness(store: ImageStore) -> dict[Photo, float]:
    """Variance of the Laplacian of each photo at the model's input size."""
    values = {}
    for index, photo in enumerate(store.photos):
        grey = cv2.cvtColor(store[index], cv2.COLOR_RGB2GRAY)
        values[photo] = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    return values


def breakdown(protocol: Protocol, trials: Sequence[Scores], quality: dict[Photo, float]) -> dict[str, dict[str, float]]:
    """The same metrics by query camera and by the query's sharpness, in thirds."""
    probes = protocol.trials[0].query
    cameras = np.array([probe[0].camera for probe in probes])
    sharp = np.array([np.mean([quality[photo] for photo in probe]) for probe in probes])
    grade = np.searchsorted(np.quantile(sharp, (1 / 3, 2 / 3)), sharp)
    groups = {f"camera {camera}": cameras == camera for camera in np.unique(cameras)}
    groups |= {name: grade == number for number, name in enumerate(SHARPNESS_GRADES)}
    return {
        name: mean_metrics([scores.of(mask) for scores in trials])
        for name, mask in groups.items()
        if all((scores.counted & mask).any() for scores in trials)
    }


def measure(model: Embedder, protocols: Sequence[Protocol], reranks: Sequence[str]) -> list[dict[str, Any]]:
    """One row per protocol and ranking: names, metrics in [0, 1], breakdown. Every photo is embedded once."""
    rankers = {name: ranker(name) for name in reranks}
    photos = {photo for p in protocols for t in p.trials for probe in (*t.query, *t.gallery) for photo in probe}
    store = ImageStore(sorted(photos), model.size)
    embeddings = dict(zip(store.photos, model.embed(store), strict=True))
    quality = sharpness(store)
    rows = []
    for protocol in protocols:
        for name, rank in rankers.items():
            trials = score(protocol, embeddings, rank)
            rows.append(
                {
                    "protocol": protocol.name,
                    "rule": protocol.rule,
                    "rerank": name,
                    "queries": trials[0].queries,
                    "metrics": mean_metrics(trials),
                    "breakdown": breakdown(protocol, trials, quality),
                }
            )
    return rows


def print_table(rows: Sequence[dict[str, Any]], title: str) -> None:
    """Percentages, one line per protocol and ranking."""
    table = Table(title=title)
    names = list(rows[0]["metrics"])
    for column in ("protocol", "re-ranking", *names):
        table.add_column(column, justify="left" if column in ("protocol", "re-ranking") else "right")
    for row in rows:
        figures = [f"{100 * row['metrics'][name]:.1f}" for name in names]
        table.add_row(row["protocol"], row["rerank"], *figures)
    Console(width=160).print(table)


def evaluate_command(parsed: argparse.Namespace) -> None:
    """`evaluate`: print the table, write the JSON."""
    splits = open_set(parsed.data, parsed.layout, trial=parsed.trial)
    photos = splits.test if parsed.split == "test" else splits.validation
    protocols = of_set(
        splits,
        photos,
        modes=parsed.mode,
        shots=parsed.shots,
        draw=parsed.draw,
        trials=parsed.trials,
        trial=parsed.trial,
    )
    protocols.append(tracklets(photos, RULE[splits.layout]))
    model = open_model(parsed.model, parsed.threads)
    rows = measure(model, protocols, parsed.rerank)
    print_table(rows, f"{parsed.model} on {parsed.split} people of {parsed.data}, per cent")
    if parsed.json:
        result = {"model": str(parsed.model), "sha256": model.sha256, "data": str(parsed.data), "split": parsed.split}
        try:
            parsed.json.parent.mkdir(parents=True, exist_ok=True)
            parsed.json.write_text(json.dumps(result | {"results": rows}, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise storage_fault(error, parsed.json) from error
