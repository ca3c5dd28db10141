"""The site plan as the map draws it. Decoding belongs on a reader thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.site_plans import SitePlan


@dataclass(frozen=True, slots=True)
class Ground:
    """A plan's picture, shrunk, and the `area` it covers in the units of the cameras' positions."""

    name: str
    image: QImage
    area: QRectF


def load(case: Case, plan: SitePlan) -> Ground:
    """`EvidenceError` where the plan's file is gone or is not the one that was chosen."""
    from app.frames import to_image
    from engine.site_plan import plan_pixels

    image = to_image(plan_pixels(case, plan), QSize())
    size = (plan.unit * plan.picture.width, plan.unit * plan.picture.height)
    return Ground(plan.picture.name, image, QRectF(plan.x, plan.y, *size))
