"""Heat maps over two crops: computed on a thread of their own, never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.session import Session
from app.tasks import Pool
from engine.errors import DeviceLostError

if TYPE_CHECKING:
    from engine.case import Case
    from engine.likeness import Likeness

FOR, AGAINST = (255, 140, 0), (40, 120, 255)  # no theme's colours: they lie over photographs
STRONGEST = 0.7  # opacity of the part that weighs most in the pair


@dataclass(frozen=True, slots=True)
class HeatPair:
    """One map over each crop, to be stretched over it. Both share one scale, so they can be compared."""

    query: QImage
    candidate: QImage


class HeatMaps(QObject):
    """Keeps the student open while pairs of one search are looked at."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._pool = Pool(1, "heat", self)
        self._open: tuple[Case, str, str, Likeness] | None = None  # that thread's only

    def ask(
        self,
        student: str,
        crops: tuple[int, int],
        done: Callable[[HeatPair], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """The maps of (query, candidate) crops by the student with this hash; a newer question replaces an older."""
        case, device = self._session.case, self._session.device
        if case is None:
            return

        def compute() -> HeatPair:
            from engine.likeness import Likeness

            if self._open is None or self._open[:3] != (case, student, device):
                self._open = (case, student, device, Likeness(case, student, device))
            maps = self._open[3].maps(*crops)
            peak = max(float(np.abs(each).max()) for each in (maps.query, maps.candidate))
            return HeatPair(paint(maps.query, peak), paint(maps.candidate, peak))

        def tell(error: Exception) -> None:
            failed(error)
            if isinstance(error, DeviceLostError):
                self._session.failed.emit(error)  # the next pair is computed by the CPU

        self._pool.submit(compute, done, tell, key="heat")

    def stop(self) -> None:
        """End the thread."""
        self._pool.stop()


def paint(weights: np.ndarray, peak: float) -> QImage:
    """`(h, w) float32` weights in ±`peak` as an image: orange for, blue against, clear where nothing weighs."""
    share = np.clip(weights / max(peak, 1e-12), -1, 1)
    alpha = np.abs(share)[..., None] * STRONGEST
    colour = np.where((share > 0)[..., None], FOR, AGAINST) * alpha
    pixels = np.concatenate((colour[..., ::-1], 255 * alpha), axis=2)
    data = np.ascontiguousarray(np.round(pixels), dtype=np.uint8)
    height, width = weights.shape
    image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()
