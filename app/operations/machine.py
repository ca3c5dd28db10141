"""What this computer offers: device and default model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """`device` is 'GPU' or 'CPU'; `model` the default student, '' where none is installed."""

    device: str
    model: str
    provisional: bool


def facts(device: str) -> Facts:
    """Ask ONNX Runtime and the model library; takes a moment, so never on the GUI thread."""

    return Facts("CPU", "", False)
