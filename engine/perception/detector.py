"""People in frames: ONNX detectors driven by their cards, and the built-in motion detector, behind one contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from engine.errors import ModelError
from engine.models.card import Model
from engine.models.interface import fixed_batch, target_sizes, to_tensor
from engine.models.library import MOTION, ModelLibrary
from engine.models.runtime import open_session
from engine.perception.decoders import DECODERS, suppress
from engine.perception.preprocess import Placement, letterbox, stretch
from engine.settings import DetectionSettings
from engine.types import Box, Detection, Frame


class Detector(Protocol):
    """Finds people. `stateful` ones must see the frames of one item in order, and can save what they know."""

    name: str
    model_sha256: str
    provider: str
    stateful: bool

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """One list of detections per frame, best score first."""

    def state(self) -> dict[str, np.ndarray]:
        """All that later detections depend on; empty where nothing does."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state()` was taken."""

    def reset(self) -> None:
        """Forget the footage seen so far."""


def make_detector(
    name: str, library: ModelLibrary, settings: DetectionSettings, device: str = "auto", threads: int | None = None
) -> Detector:
    """The detector called `name`: 'motion' or a detector's model card."""
    if name == MOTION:
        from engine.perception.motion import MotionDetector

        return MotionDetector(settings)
    model = library.get(name)
    if model.card.task != "detector":
        raise ModelError(f"The model '{name}' is a {model.card.task}, not a detector.")
    return OnnxDetector(model, settings, device, threads)


class OnnxDetector:
    """An ONNX detector as its card describes it. Every frame is detected on its own."""

    stateful = False

    def __init__(
        self, model: Model, settings: DetectionSettings, device: str = "auto", threads: int | None = None
    ) -> None:
        if model.card.detector is None:
            raise ModelError(f"The card of '{model.name}' does not say how a detector's outputs are decoded.")
        self.name = model.name
        self.card = model.card
        self.model_sha256 = model.card.sha256
        self._spec = model.card.detector
        self._settings = settings
        self._session = open_session(model, device, threads)
        self.provider = self._session.description
        self._batch = fixed_batch(self._session, model.card.input)

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """One list of detections per frame, best score first; frames may differ in size."""
        size = self._batch or max(self._settings.batch, 1)
        found: list[list[Detection]] = []
        for start in range(0, len(frames), size):
            found += self._detect_batch(frames[start : start + size])
        return found

    def state(self) -> dict[str, np.ndarray]:
        """Empty: nothing is remembered between frames."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Nothing to restore."""

    def reset(self) -> None:
        """Nothing to forget."""

    def _detect_batch(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        spec = self.card.input
        fitted = [self._fit(frame.image) for frame in frames]
        count = self._batch or len(frames)
        pictures = np.zeros((count, *spec.size, 3), np.uint8)
        for row, (image, _) in zip(pictures, fitted, strict=False):
            row[:] = image
        inputs = {spec.name: to_tensor(pictures, spec)}
        if spec.target_sizes:
            inputs[spec.target_sizes] = target_sizes(spec, count)
        outputs = self._session.run(inputs, list(self.card.outputs.values()))
        by_role = {role: outputs[name] for role, name in self.card.outputs.items()}
        return [
            self._decode({role: value[i] for role, value in by_role.items()}, placement, frame)
            for i, (frame, (_, placement)) in enumerate(zip(frames, fitted, strict=True))
        ]

    def _fit(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        spec = self.card.input
        if spec.resize == "letterbox":
            return letterbox(image, spec.size, spec.pad, spec.align)
        return stretch(image, spec.size)

    def _decode(self, outputs: Mapping[str, np.ndarray], placement: Placement, frame: Frame) -> list[Detection]:
        boxes, scores = DECODERS[self._spec.decoder](outputs, self._spec, self.card.input.size)
        likely = scores >= self._settings.min_score
        boxes, scores = placement.to_frame(boxes[likely]), scores[likely]
        if self._spec.nms is not None:
            kept = suppress(boxes, scores, self._spec.nms)
        else:
            kept = np.argsort(-scores, kind="stable")
        return people_in_frame(boxes[kept], scores[kept], frame.width, frame.height, self._settings.min_height)


def people_in_frame(
    boxes: np.ndarray, scores: np.ndarray, width: int, height: int, min_height: float
) -> list[Detection]:
    """Boxes `(N, 4)` x0, y0, x1, y1 cut to the frame; those left without size or too low are dropped."""
    limits = np.array([width, height, width, height])
    clipped = np.clip(boxes, 0, limits)
    found = []
    for (x0, y0, x1, y1), score in zip(clipped.tolist(), scores.tolist(), strict=True):
        if x1 - x0 >= 1 and y1 - y0 >= min_height:
            found.append(Detection(Box(x0, y0, x1 - x0, y1 - y0), min(max(score, 0.0), 1.0)))
    return found
