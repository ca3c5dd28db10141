"""Pixels, decoded once: the uint8 cache that both training and evaluation read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import psutil

from engine.perception.preprocess import resize_crops
from training.data.records import Photo
from training.faults import DataError

Size = tuple[int, int]  # (height, width) in pixels


def decode(path: Path) -> np.ndarray:
    """`(h, w, 3) uint8` RGB of one file; DataError where it is missing or damaged."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).", "Restore the file or remove it.") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise DataError(
            f"{path} is not a readable image.",
            "Run `python -m training check` to list every damaged file; restore or remove them.",
        )
    return np.ascontiguousarray(image[:, :, ::-1])


class ImageStore:
    """Photos at one size. In RAM where they take under half of the free memory, else decoded at each access.

    `store[i]` and `store.take(indices)` give `(H, W, 3)` and `(N, H, W, 3)` uint8 RGB.
    """

    def __init__(self, photos: Sequence[Photo], size: Size, *, cache: bool | None = None) -> None:
        self.photos, self.size = tuple(photos), size
        needed = len(self.photos) * size[0] * size[1] * 3
        self.cached = cache if cache is not None else needed < psutil.virtual_memory().available // 2
        self._pixels = np.empty((len(self.photos), *size, 3), np.uint8) if self.cached else None
        self._decoded = np.zeros(len(self.photos), bool)

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> np.ndarray:
        if self._pixels is None:
            return self._read(index)
        if not self._decoded[index]:
            self._pixels[index] = self._read(index)
            self._decoded[index] = True
        return self._pixels[index]

    def take(self, indices: Sequence[int]) -> np.ndarray:
        """`(N, H, W, 3) uint8` of these photos."""
        return np.stack([self[i] for i in indices]) if len(indices) else np.empty((0, *self.size, 3), np.uint8)

    def fill(self) -> None:
        """Decode everything now (before worker processes fork), so that a damaged file is found at the start."""
        for index in range(len(self.photos)):
            self[index]

    def _read(self, index: int) -> np.ndarray:
        return resize_crops([decode(self.photos[index].path)], self.size)[0]
