"""Measured figures put onto a model card, so that nobody types one. Part of `benchmarks.accuracy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.card import Metric, ModelCard


def metrics_of(result: Mapping[str, Any], sha256: str) -> tuple[Metric, ...]:
    """Every figure in the JSON of `benchmarks.accuracy` that was measured with this very file."""
    return tuple(
        Metric(name, value, figure["unit"], figure["protocol"], figure["data"])
        for section in result["sections"].values()
        for figure in section["figures"]
        if figure["sha256"] == sha256
        for name, value in figure["values"].items()
    )


def write_card(path: Path, result: Mapping[str, Any]) -> ModelCard:
    """Replace the card's metrics by those measured; ModelError where its file was not measured."""
    card = ModelCard.load(path)
    metrics = metrics_of(result, card.sha256)
    if not metrics:
        raise ModelError(
            f"The results hold no figure of the model of {path} (SHA-256 {card.sha256[:12]}…).",
            "Measure it first: name it with --student or --detector.",
        )
    card = replace(card, metrics=metrics)
    card.save(path)
    return card
