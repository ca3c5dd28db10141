"""Pictures made ready for networks, once for inference and training alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.models.card import Align


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a resized picture lies in a network's input: `x_in = x * scale_x + offset_x`, likewise y."""

    scale_x: float
    scale_y: float
    offset_x: float = 0.0
    offset_y: float = 0.0

    def to_frame(self, boxes: np.ndarray) -> np.ndarray:
        """`(N, 4)` x0, y0, x1, y1 boxes of the input, given in pixels of the original picture."""
        offset = np.array([self.offset_x, self.offset_y] * 2)
        return np.asarray((boxes - offset) / np.array([self.scale_x, self.scale_y] * 2))


def letterbox(
    image: np.ndarray, size: tuple[int, int], pad: int = 114, align: Align = "top-left"
) -> tuple[np.ndarray, Placement]:
    """Fit `(H, W, 3) uint8` into `size` (height, width), keeping its shape and filling the rest with `pad`."""
    height, width = image.shape[:2]
    ratio = min(size[0] / height, size[1] / width)
    inner_height, inner_width = max(int(height * ratio), 1), max(int(width * ratio), 1)
    resized = _resize(image, (inner_height, inner_width))
    top = left = 0
    if align == "centre":
        top, left = (size[0] - inner_height) // 2, (size[1] - inner_width) // 2
    canvas = np.full((*size, 3), pad, np.uint8)
    canvas[top : top + inner_height, left : left + inner_width] = resized
    return canvas, Placement(inner_width / width, inner_height / height, left, top)


def stretch(image: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, Placement]:
    """Resize `(H, W, 3) uint8` to `size` (height, width) whatever its shape."""
    return _resize(image, size), Placement(size[1] / image.shape[1], size[0] / image.shape[0])


def resize_crops(images: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Crops `(h, w, 3) uint8` RGB of any sizes as one `(N, H, W, 3) uint8` batch, resized with INTER_AREA."""
    batch = np.empty((len(images), *size, 3), np.uint8)
    for row, image in zip(batch, images, strict=True):
        cv2.resize(image, (size[1], size[0]), dst=row, interpolation=cv2.INTER_AREA)
    return batch


def encode_jpeg(image: np.ndarray, quality: int) -> bytes:
    """`(h, w, 3) uint8` RGB as JPEG bytes; the same picture always gives the same bytes."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("a picture could not be written as JPEG")
    return data.tobytes()


def decode_jpeg(data: bytes) -> np.ndarray:
    """JPEG bytes as `(h, w, 3) uint8` RGB, the picture embeddings are computed from."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ValueError("the bytes are not a JPEG picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """INTER_AREA where the picture shrinks, bilinear where it grows."""
    shrinks = size[0] <= image.shape[0] and size[1] <= image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=how))
