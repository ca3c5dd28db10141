"""The site plan as the map draws it. Decoding belongs on a reader thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.site_plans import PlanPlace, SitePlan


@dataclass(frozen=True, slots=True)
class Ground:
    """A plan's picture, shrunk, its `size` in pixels before that, and where it lies among the cameras' positions."""

    name: str
    image: QImage
    size: tuple[int, int]
    place: PlanPlace

    def corners(self) -> list[tuple[float, float]]:
        """Among the cameras: upper left, upper right, lower right, lower left of the picture."""
        width, height = self.size
        return [self.place.position(*pixel) for pixel in ((0, 0), (width, 0), (width, height), (0, height))]


def load(case: Case, plan: SitePlan) -> Ground:
    """`EvidenceError` where the plan's file is gone or is not the one that was chosen."""
    from app.frames import to_image
    from engine.site_plan import plan_pixels

    image = to_image(plan_pixels(case, plan), QSize())
    return Ground(plan.picture.name, image, (plan.picture.width, plan.picture.height), plan.place)
