"""Short clips of one person: the tracklet's frames cut around the person, decoded off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage

from app.frames import load_index, to_image

if TYPE_CHECKING:
    from engine.case import Case

FRAMES = 48  # at least so many, evenly spread where there are more: enough to see a gait
ROOM_BYTES = 32_000_000  # of one clip's pictures; those of nearly every clip take less, so that no frame is left out
LONGEST = 30.0  # seconds of a clip: who stands about for an hour must not keep the next candidate waiting
MARGIN = 0.12
ROOM = QSize(320, 640)


@dataclass(frozen=True, slots=True)
class Clip:
    """`images` at their `seconds` from the first, each the `numbers`-th (from 1) of `frames` that show the person.

    `full` is the frame of the best crop with the person's `box`; `missing` frames of the clip did not decode; `part`
    says that the person was there for longer than the clip.
    """

    tracklet: int
    images: list[QImage]
    seconds: list[float]
    numbers: list[int]
    frames: int
    full: QImage | None
    box: QRectF
    missing: int
    part: bool


def load(case: Case, tracklet_id: int, room: QSize) -> Clip:
    """Decode a tracklet. Raises EvidenceError where the footage is not there, is another one, or does not decode."""
    from engine.media.hashing import check_size
    from engine.media.source import open_source

    tracklet = case.tracklets.get(tracklet_id)
    item = case.evidence.get(tracklet.item_id)
    check_size(item.path, item.size)
    points = case.tracklets.points(tracklet_id)
    best = case.tracklets.crops(tracklet_id)[0]
    stored = case.cache / "index" / f"{item.sha256}.npz"
    index = load_index(Path(item.path), stored)
    pts = np.array([point.timestamp.pts for point in points])
    within = _stretch((pts - pts[0]) * float(item.time_base), int(np.searchsorted(pts, best.timestamp.pts)))
    begin, end = int(pts[within[0]]), int(pts[within[-1]])
    width = max(points[n].box.width for n in within) * (1 + 2 * MARGIN)
    height = max(points[n].box.height for n in within) * (1 + 2 * MARGIN)
    chosen = within[np.linspace(0, len(within) - 1, min(_most(width, height), len(within))).astype(int)]
    wanted = {int(pts[place]): int(place) + 1 for place in chosen}
    images: list[QImage] = []
    seconds: list[float] = []
    numbers: list[int] = []
    full = None
    with open_source(Path(item.path), index=index) as source:
        for frame in source.frames(begin):
            if frame.timestamp.pts > end:
                break
            number = frame.timestamp.pts
            if number == best.timestamp.pts:
                full = to_image(frame.image, room)
            if number in wanted:
                box = points[int(np.searchsorted(pts, number))].box
                centre = (box.left + box.width / 2, box.top + box.height / 2)
                images.append(to_image(_cut(frame.image, centre, width, height), ROOM))
                numbers.append(wanted[number])
                seconds.append(float((number - begin) * item.time_base))
        size = QSize(source.probe.width, source.probe.height)
    share = QRectF(
        best.box.left / size.width(),
        best.box.top / size.height(),
        best.box.width / size.width(),
        best.box.height / size.height(),
    )
    missing, part = len(wanted) - len(images), len(within) < len(pts)
    return Clip(tracklet_id, images, seconds, numbers, len(pts), full, share, missing, part)


def _stretch(seconds: np.ndarray, best: int) -> np.ndarray:
    """`(K,) int` frames that make the clip: `LONGEST` seconds with frame `best` in the middle, where there are more."""
    first = min(max(seconds[min(best, len(seconds) - 1)] - LONGEST / 2, 0.0), max(seconds[-1] - LONGEST, 0.0))
    return np.flatnonzero((seconds >= first) & (seconds <= first + LONGEST))


def _most(width: float, height: float) -> int:
    """How many pictures of this size a clip may have."""
    shown = QSizeF(width, height).scaled(QSizeF(ROOM), Qt.AspectRatioMode.KeepAspectRatio)
    pixels = min(width * height, shown.width() * shown.height())
    return max(FRAMES, int(ROOM_BYTES / (4 * pixels)))


def _cut(pixels: np.ndarray, centre: tuple[float, float], width: float, height: float) -> np.ndarray:
    """A window of constant size around a point, kept inside the frame."""
    rows, columns = pixels.shape[:2]
    w, h = min(round(width), columns), min(round(height), rows)
    x = min(max(round(centre[0] - w / 2), 0), columns - w)
    y = min(max(round(centre[1] - h / 2), 0), rows - h)
    return pixels[y : y + h, x : x + w]
