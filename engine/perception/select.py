"""The best few, diverse crops of one track, chosen while the frames go by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.perception.preprocess import decode_jpeg, encode_jpeg
from engine.settings import QualitySettings
from engine.types import Box, CropQuality, Frame, Timestamp

_POOL = 4  # candidates held per crop wanted
_LOOK = (4, 8)  # width and height of the small copy that appearance is compared by


@dataclass(frozen=True, slots=True)
class SelectedCrop:
    """A chosen crop: its `jpeg` bytes, and `image` `(h, w, 3) uint8` RGB decoded from them again."""

    timestamp: Timestamp
    box: Box
    quality: CropQuality
    jpeg: bytes
    image: np.ndarray


@dataclass(frozen=True, slots=True)
class _Candidate:
    timestamp: Timestamp
    box: Box
    quality: CropQuality
    image: np.ndarray
    look: np.ndarray
    opened: float  # seconds: the first observation that this one stands for
    seconds: float
    worth: float


class CropSelector:
    """Holds the pixels of a bounded number of candidates of one track, whatever its length."""

    def __init__(self, settings: QualitySettings) -> None:
        self._settings = settings
        self._pool: list[_Candidate] = []

    def offer(self, frame: Frame, box: Box, quality: CropQuality) -> bool:
        """Consider one observation; True if it is held for now. Call in order of time."""
        seconds, worth = float(frame.timestamp.seconds), _worth(quality)
        last = self._pool[-1] if self._pool else None
        near = last is not None and seconds - last.opened < self._settings.min_crop_gap_seconds
        if last is not None and near and worth <= last.worth:
            return False
        image = frame.crop(box)
        if image is None:
            return False
        opened = last.opened if last is not None and near else seconds
        candidate = _Candidate(frame.timestamp, box, quality, image, _look(image), opened, seconds, worth)
        if near:
            self._pool[-1] = candidate
            return True
        self._pool.append(candidate)
        if len(self._pool) > _POOL * self._settings.crops_per_tracklet:
            dropped = self._least_needed()
            return self._pool.pop(dropped) is not candidate
        return True

    def usable(self) -> list[tuple[Timestamp, np.ndarray]]:
        """The usable candidates, `(h, w, 3) uint8` RGB, in order of time."""
        return [(c.timestamp, c.image) for c in self._pool if c.quality.usable]

    def between(self, first: Timestamp, last: Timestamp) -> CropSelector:
        """The candidates from `first` to `last`, both included, as if the track had been no longer."""
        part = CropSelector(self._settings)
        part._pool = [c for c in self._pool if first <= c.timestamp <= last]
        return part

    def best(self) -> list[SelectedCrop]:
        """Up to `crops_per_tracklet` crops, best first: each next one weighs quality against likeness to those chosen.

        A crop that looks unlike most of the track (something passes before the person, or the track took in another
        one) counts less. Faulty crops are taken only where no usable one was seen, and then only the best of them.
        """
        usable = [c for c in self._pool if c.quality.usable]
        if not usable:
            return [self._finished(max(self._pool, key=lambda c: c.worth))] if self._pool else []
        typical = _typicality(usable)
        values = [c.quality.score * t for c, t in zip(usable, typical, strict=True)]
        least = self._settings.min_share_of_best * max(values)
        pairs = [(c, value) for c, value in zip(usable, values, strict=True) if value >= least]
        chosen = [max(pairs, key=lambda p: p[1])[0]]
        while len(chosen) < self._settings.crops_per_tracklet:
            left = [(c, value) for c, value in pairs if self._apart(c, chosen)]
            if not left:
                break
            chosen.append(max(left, key=lambda p: p[1] * self._novelty(p[0], chosen))[0])
        return [self._finished(c) for c in chosen]

    def _apart(self, candidate: _Candidate, chosen: list[_Candidate]) -> bool:
        return all(self._gap(candidate, c) >= self._settings.min_crop_gap_seconds for c in chosen)

    def _novelty(self, candidate: _Candidate, chosen: list[_Candidate]) -> float:
        """In [0.4, 1]: how far from the nearest chosen crop, in time and in appearance."""
        lasted = max(self._gap(self._pool[0], self._pool[-1]), 1e-9)
        time = min(self._gap(candidate, c) for c in chosen) / lasted
        look = min(_difference(candidate, c) for c in chosen)
        return 0.4 + 0.4 * min(time * self._settings.crops_per_tracklet, 1.0) + 0.2 * min(look * 4, 1.0)

    def _least_needed(self) -> int:
        """The candidate to drop: the worse one of the two neighbours in time that are nearest and alike."""
        likeness = [
            (self._gap(a, b) * (0.2 + _difference(a, b)) * (0.2 + min(a.worth, b.worth)), i)
            for i, (a, b) in enumerate(zip(self._pool, self._pool[1:], strict=False))
        ]
        _, i = min(likeness)
        return i if self._pool[i].worth < self._pool[i + 1].worth else i + 1

    def _finished(self, candidate: _Candidate) -> SelectedCrop:
        jpeg = encode_jpeg(candidate.image, self._settings.jpeg_quality)
        return SelectedCrop(candidate.timestamp, candidate.box, candidate.quality, jpeg, decode_jpeg(jpeg))

    @staticmethod
    def _gap(a: _Candidate, b: _Candidate) -> float:
        return abs(b.seconds - a.seconds)


def _worth(quality: CropQuality) -> float:
    """Quality, with any usable crop above any faulty one."""
    return quality.score + (1.0 if quality.usable else 0.0)


def _look(image: np.ndarray) -> np.ndarray:
    """A tiny copy in [0, 1] without its mean brightness, so that light alone is no novelty."""
    small = cv2.resize(image, _LOOK, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(small - small.mean())


def _typicality(candidates: list[_Candidate]) -> np.ndarray:
    """`(N,)` in (0, 1]: 1 for candidates that look like the track's median, less for outliers."""
    looks = np.stack([c.look for c in candidates])
    distance = np.abs(looks - np.median(looks, axis=0)).mean(axis=(1, 2, 3))
    usual = max(float(np.median(distance)), 1e-6)
    return np.asarray(np.minimum(1.5 * usual / np.maximum(distance, 1e-6), 1.0))


def _difference(a: _Candidate, b: _Candidate) -> float:
    return float(np.abs(a.look - b.look).mean())
