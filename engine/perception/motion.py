"""The built-in detector that needs no model file: what moves before a fixed camera and has the shape of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from engine.perception.background import SHADOW, STRONG, WEAK, BackgroundModel, Rule, learning_rate
from engine.perception.detector import people_in_frame
from engine.perception.shapes import Blob, HeightModel, people
from engine.settings import DetectionSettings
from engine.types import Detection, Frame

_LONGEST_STEP = 1.0  # seconds: a gap in the footage teaches no more than this much time
_GREY_SPREAD = 3.0  # mean spread of the channels, 8-bit steps, below which a picture has no colour
_GAIN_LIMITS = (0.5, 2.0)


class MotionDetector:
    """People by background subtraction. Stateful: frames of one item come in order of time."""

    name = "motion"
    model_sha256 = ""  # no file; the program's version and the settings say what ran
    provider = "CPU"
    stateful = True

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._motion = settings.motion
        self._heights = HeightModel()
        self._model: BackgroundModel | None = None
        self._seen = 0.0  # seconds of footage the background was learned from
        self._latest: float | None = None

    def reset(self) -> None:
        """Forget the footage seen so far."""
        self._heights = HeightModel()
        self._forget_scene()

    def state(self) -> dict[str, np.ndarray]:
        """The heights and the scene (background model and clock), as far as they were learned."""
        heights = {"heights": self._heights.sums.copy()} if self._heights.sums.any() else {}
        if self._model is None or self._latest is None:  # before the first frame, or after a change of the light
            return heights
        return heights | {
            "weight": self._model.weight.copy(),
            "variance": self._model.variance.copy(),
            "mean": self._model.mean.copy(),
            "clock": np.array([self._seen, self._latest]),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state()` was taken."""
        self.reset()
        if "heights" in state:
            self._heights.sums = state["heights"].copy()
        if "weight" not in state:
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
        image = cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)
        elapsed = self._advance(image, float(frame.timestamp.seconds))
        blobs, scores = self._look(image, elapsed, self._settings.min_height * scale)
        boxes = np.array([(b.left, b.top, b.right, b.bottom) for b in blobs], np.float64).reshape(-1, 4)
        order = np.argsort(-np.array(scores), kind="stable")
        limit = self._settings.min_height
        return people_in_frame(boxes[order] / scale, np.array(scores)[order], frame.width, frame.height, limit)

    def _forget_scene(self) -> None:
        self._model = None
        self._seen = 0.0
        self._latest = None

    def _advance(self, image: np.ndarray, now: float) -> float:
        """Set the clock; seconds since the frame before, within limits. Another picture size is another scene."""
        if self._model is not None and self._model.weight.shape[:2] != image.shape[:2]:
            self.reset()
        elapsed = _LONGEST_STEP if self._latest is None else min(max(now - self._latest, 0.0), _LONGEST_STEP)
        self._latest = now
        self._seen += elapsed
        return elapsed

    def _look(self, image: np.ndarray, elapsed: float, min_height: float) -> tuple[list[Blob], list[float]]:
        """Find people, then learn the scene around them."""
        motion = self._motion
        if self._model is None:
            self._model = BackgroundModel(*image.shape[:2])
        image = self._evenly_lit(image)
        labels, modes = self._model.label(image, self._rule(image))
        young = min(elapsed / self._seen, 1.0)
        rates = np.full(labels.shape, max(learning_rate(elapsed, motion.memory_seconds), young), np.float32)
        if self._seen <= motion.warm_up_seconds + _LONGEST_STEP:
            self._model.learn(image, modes, rates, motion.noise_floor)
            return [], []
        if (labels >= WEAK).mean() > motion.reset_share:
            self._forget_scene()
            return [], []
        mask = _moving(labels, min_height)
        blobs, scores = people(mask, self._heights, min_height, motion)
        rates[labels != 0] = learning_rate(elapsed, motion.memory_seconds)
        self._protect(image, mask, blobs, rates, elapsed)
        self._model.learn(image, modes, rates, motion.noise_floor)
        return blobs, scores

    def _rule(self, image: np.ndarray) -> Rule:
        motion = self._motion
        grey = float(np.ptp(image[::8, ::8], axis=2).mean()) < _GREY_SPREAD
        shadow = motion.shadow_grey if grey else motion.shadow_colour
        return Rule(motion.weak_sigmas**2, motion.strong_sigmas**2, motion.background_share, shadow)

    def _evenly_lit(self, image: np.ndarray) -> np.ndarray:
        """Undo the camera's own gain and white balance: the median ratio to the known scene, by channel."""
        assert self._model is not None
        if self._seen <= _LONGEST_STEP:
            return image
        scene = self._model.mean[::4, ::4, 0]
        lit = (scene.min(axis=2) > 15) & (scene.max(axis=2) < 240)
        if lit.mean() < 0.05:
            return image
        gain = np.median(image[::4, ::4][lit] / scene[lit], axis=0)
        return np.asarray(image / np.clip(gain, *_GAIN_LIMITS).astype(np.float32))

    def _protect(
        self, image: np.ndarray, mask: np.ndarray, blobs: list[Blob], rates: np.ndarray, elapsed: float
    ) -> None:
        """Lower the learning rate where people are, and raise it where one has left the scene he was learned into."""
        if not blobs:
            return
        now, before = _edges(image), _edges(self._scene())
        for blob in blobs:
            area = slice(blob.top, blob.bottom), slice(blob.left, blob.right)
            outline = cv2.morphologyEx(mask[area], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
            # A person has edges along the outline now; where only the learned scene has them, it is a hole in it.
            ghost = outline.any() and before[area][outline].mean() > 1.4 * now[area][outline].mean()
            memory = self._motion.ghost_seconds if ghost else self._motion.standing_seconds
            rates[area][mask[area] > 0] = learning_rate(elapsed, memory)

    def _scene(self) -> np.ndarray:
        assert self._model is not None
        return np.ascontiguousarray(self._model.mean[:, :, 0])


def _moving(labels: np.ndarray, min_height: float) -> np.ndarray:
    """`(h, w) uint8` mask, 255 where something moves: weak pixels count where they hang together with strong ones."""
    strong = cv2.medianBlur(np.where(labels == STRONG, np.uint8(255), np.uint8(0)), 3)
    weak = np.where((labels == STRONG) | (labels == WEAK), np.uint8(255), np.uint8(0))
    near = cv2.dilate(strong, np.ones((5, 5), np.uint8))
    mask = cv2.bitwise_or(strong, cv2.bitwise_and(cv2.medianBlur(weak, 3), near))
    mask[(labels == SHADOW) & (strong == 0)] = 0
    tall = max(round(min_height / 5), 1) | 1
    wide = max(round(min_height / 12), 1) | 1
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((tall, wide), np.uint8)))


def _edges(image: np.ndarray) -> np.ndarray:
    """Strength of the luminance gradient."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
