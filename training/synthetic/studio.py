"""The workshop of one process: the pack, the renderer, the gait and the people built so far."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from training.synthetic.assets import AssetPack
from training.synthetic.carrying import Conduct
from training.synthetic.figure import Figure, build_figure
from training.synthetic.gait import Gait
from training.synthetic.mesh import Mesh
from training.synthetic.person import draw_person
from training.synthetic.renderer import Renderer
from training.synthetic.styles import ALL

KEPT_FIGURES = 40  # about 1.5 MB each


@dataclass
class Studio:
    """Built once per worker process; uses one thread."""

    pack: AssetPack

    def __post_init__(self) -> None:
        cv2.setNumThreads(1)  # one process per core
        self.renderer = Renderer(self.pack)
        self.gait = Gait(self.pack)
        self._figures: OrderedDict[tuple[int, int, str], Figure] = OrderedDict()

    def figure(self, number: int, stream: int, style: str = ALL) -> Figure:
        """Person `number` of population `stream` in a style, built or remembered."""
        key = (stream, number, style)
        if key not in self._figures:
            self._figures[key] = build_figure(self.pack, draw_person(self.pack, number, stream, style))
            if len(self._figures) > KEPT_FIGURES:
                self._figures.popitem(last=False)
        self._figures.move_to_end(key)
        return self._figures[key]

    def pose(
        self, figure: Figure, conduct: Conduct, phase: float, yaw: float, where: tuple[float, float]
    ) -> list[Mesh]:
        """World meshes of a figure at one moment."""
        return figure.pose(self.gait.pose(phase, conduct.manner), yaw, where, conduct.things)


def facing(direction: np.ndarray) -> float:
    """Yaw of somebody who walks along (dx, dz)."""
    return float(np.arctan2(direction[0], direction[1]))
