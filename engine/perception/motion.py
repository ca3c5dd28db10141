"""The built-in detector that needs no model file: what moves before a fixed camera and has the shape of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from engine.perception.background import FOREGROUND, BackgroundModel, Rule, learning_rate
from engine.perception.detector import people_in_frame
from engine.settings import DetectionSettings
from engine.types import Detection, Frame

_LONGEST_STEP = 1.0  # seconds: a gap in the footage teaches no more than this much time


class MotionDetector:
    """People by background subtraction. Stateful: frames of one item come in order of time."""

    name = "motion"
    provider = "CPU"
    stateful = True

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._motion = settings.motion
        self.model_sha256 = ""  # no file; the program's version and settings say what ran
        self.reset()

    def reset(self) -> None:
        """Forget the footage seen so far."""
        self._model: BackgroundModel | None = None
        self._seen = 0.0  # seconds of footage the background was learned from
        self._latest: float | None = None

    def state(self) -> dict[str, np.ndarray]:
        """The background model and its clock; empty before the first frame."""
        if self._model is None or self._latest is None:
            return {}
        return {
            "weight": self._model.weight.copy(),
            "variance": self._model.variance.copy(),
            "mean": self._model.mean.copy(),
            "clock": np.array([self._seen, self._latest]),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state()` was taken."""
        self.reset()
        if not state:
            return
        height, width = state["weight"].shape[:2]
        self._model = BackgroundModel(height, width)
        self._model.weight = state["weight"].copy()
        self._model.variance = state["variance"].copy()
        self._model.mean = state["mean"].copy()
        self._seen, self._latest = (float(v) for v in state["clock"])

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """One list of detections per frame, best score first."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> list[Detection]:
        scale = min(self._motion.analysed_width / frame.width, 1.0)
        size = (max(round(frame.width * scale), 1), max(round(frame.height * scale), 1))
        small = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA) if scale < 1 else frame.image
        moving = self._moving(small, float(frame.timestamp.seconds))
        if moving is None:
            return []
        boxes, scores = self._people(moving, self._settings.min_height * scale)
        order = np.argsort(-scores, kind="stable")
        return people_in_frame(
            boxes[order] / scale, scores[order], frame.width, frame.height, self._settings.min_height
        )

    def _moving(self, image: np.ndarray, now: float) -> np.ndarray | None:
        """`(h, w) uint8` mask of moving pixels, 255; None while the background is not known."""
        motion = self._motion
        if self._model is None or self._model.weight.shape[:2] != image.shape[:2]:
            self._model = BackgroundModel(*image.shape[:2])
            self._seen, self._latest = 0.0, None
        elapsed = min(max(now - self._latest, 0.0), _LONGEST_STEP) if self._latest is not None else _LONGEST_STEP
        self._latest = now
        self._seen += elapsed
        # Young models average what they saw so far; later ones forget with their time constant.
        rate = max(learning_rate(elapsed, motion.memory_seconds), min(elapsed / self._seen, 1.0) if elapsed else 0.0)
        grey = bool(np.ptp(image[::8, ::8].astype(np.int16), axis=2).mean() < 3)
        shadow = motion.shadow_grey if grey else motion.shadow_colour
        rule = Rule(motion.match_sigmas**2, motion.noise_floor**2, motion.background_share, shadow)
        labels = self._model.apply(cv2.GaussianBlur(image, (3, 3), 0).astype(np.float32), rate, rule)
        mask = np.where(labels == FOREGROUND, np.uint8(255), np.uint8(0))
        if self._seen <= motion.warm_up_seconds + _LONGEST_STEP:
            return None
        if (mask > 0).mean() > motion.reset_share:
            self.reset()
            return None
        return mask

    def _people(self, mask: np.ndarray, min_height: float) -> tuple[np.ndarray, np.ndarray]:
        """Person-shaped blobs of a mask: boxes `(N, 4)` x0, y0, x1, y1 and scores `(N,)`."""
        opened = cv2.medianBlur(mask, 3)
        tall = max(round(min_height / 4), 1) | 1
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((tall, max(tall // 2, 1) | 1), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        boxes, scores = [], []
        for left, top, width, height, area in stats[1:].tolist():
            aspect, fill = width / height, area / (width * height)
            if height < min_height or fill < self._motion.min_fill:
                continue
            if not self._motion.min_aspect <= aspect <= self._motion.max_aspect:
                continue
            boxes.append((left, top, left + width, top + height))
            scores.append(0.5 + 0.4 * min(fill / 0.6, 1.0))
        return np.array(boxes, np.float64).reshape(-1, 4), np.array(scores, np.float64)
