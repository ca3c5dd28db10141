"""Smaller variants of a student: int8 (about twice as fast on a CPU) and float16 (half the size, for GPUs).

Both cost accuracy; `Variant.cosine` says how much, measured on the caller's crops. Needs the `onnx` package, which
comes with the training extra.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from engine.errors import ModelError, UsageError
from engine.models.card import Model, ModelCard
from engine.models.interface import to_tensor
from engine.models.runtime import open_session
from engine.models.variants import to_float16, to_int8

Kind = Literal["int8", "float16"]
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Variant:
    """A made variant with its own card, and the cosine of its embeddings to the original's, `(N,) float32`."""

    model: Model
    cosine: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.cosine.mean())

    @property
    def worst(self) -> float:
        return float(self.cosine.min())


def make_variant(model: Model, kind: Kind, crops: np.ndarray, folder: Path) -> Variant:
    """Write the variant and its card into `folder` (`<name>-<kind>.onnx`, `.json`) and measure it.

    `crops`: `(N, H, W, 3) uint8` RGB of the model's input size, such as it will meet; half of them calibrate int8, the
    other half measure. `UsageError` for fewer than 16, `ModelError` where the `onnx` package is missing or the result
    cannot be run.
    """
    if model.card.task != "student":
        raise UsageError(f"The model '{model.name}' is a {model.card.task}; only students have variants.")
    if len(crops) < _BATCH:
        raise UsageError(f"At least {_BATCH} crops are needed to make and measure a variant, {len(crops)} were given.")
    calibration, measured = crops[::2], crops[1::2]
    path = folder / f"{model.name}-{kind}.onnx"
    folder.mkdir(parents=True, exist_ok=True)
    _require_onnx()
    if kind == "int8":
        to_int8(model.path, path, {model.card.input.name: to_tensor(calibration, model.card.input)})
    else:
        to_float16(model.path, path)
    card = _variant_card(model.card, kind, hashlib.sha256(path.read_bytes()).hexdigest())
    made = Model(card, path)
    ours, theirs = _embeddings(model, measured), _embeddings(made, measured)
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosine = ((ours * theirs).sum(axis=1) / norms).astype(np.float32)
    card = replace(card, extra={"cosine_to_original": {"mean": float(cosine.mean()), "worst": float(cosine.min()),
                                                       "crops": len(measured)}})  # fmt: skip
    card.save(path.with_suffix(".json"))
    return Variant(Model(card, path), cosine)


def _tensors(card: ModelCard, crops: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    for start in range(0, len(crops), _BATCH):
        yield {card.input.name: to_tensor(crops[start : start + _BATCH], card.input)}


def _embeddings(model: Model, crops: np.ndarray) -> np.ndarray:
    session, output = open_session(model, "cpu"), model.card.outputs["embedding"]
    parts: Sequence[np.ndarray] = [session.run(batch, [output])[output] for batch in _tensors(model.card, crops)]
    return np.concatenate(parts).astype(np.float32)


def _variant_card(card: ModelCard, kind: Kind, sha256: str) -> ModelCard:
    """The original's card under a new name and hash; its metrics are not the variant's and are left out."""
    return replace(
        card, name=f"{card.name}-{kind}", sha256=sha256, metrics=(), summary=f"{kind} variant of {card.name}.",
        derived_from={**card.derived_from, card.name: card.sha256},
    )  # fmt: skip


def _require_onnx() -> None:
    if importlib.util.find_spec("onnx") is None:
        raise ModelError(
            "Making a variant needs the package 'onnx', which is not installed.", "Install Nightjar's training extra."
        )
