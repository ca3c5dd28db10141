"""Who is where in a picture or clip: boxes, visibility, and the formats they are written in.

A *full* box is the person's whole outline, whatever stands in front, and may reach beyond the picture; a *visible*
box holds the pixels one sees. Boxes are x, y, width, height in pixels from the top left of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.synthetic.camera import View
from training.synthetic.renderer import Box, Seen, Subject

LEAST_SHARE = 0.02  # of a person's pixels; hidden people are not in the truth of a frame


@dataclass(frozen=True)
class Sighting:
    """One person in one frame."""

    person: int
    full: Box  # x0, y0, x1, y1
    visible: Box
    visible_share: float  # of the outline inside the picture

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "id": self.person,
            "full": list(_xywh(self.full)),
            "visible": list(_xywh(self.visible)),
            "visible_share": round(self.visible_share, 3),
        }


def _xywh(box: Box) -> tuple[int, int, int, int]:
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def sightings(view: View, subjects: Sequence[Subject], seen: dict[int, Seen], people: dict[int, int]) -> list[Sighting]:
    """Sightings of one frame; `people` maps subject number to person id."""
    found = []
    for subject in subjects:
        one = seen[subject.number]
        if one.visible_box is None or one.full_box is None or one.visible_share < LEAST_SHARE:
            continue
        full = whole_box(view, subject, one.full_box)
        found.append(Sighting(people[subject.number], full, one.visible_box, one.visible_share))
    return found


def whole_box(view: View, subject: Subject, inside: Box) -> Box:
    """`inside`, the box of the pixels covered, extended by projection where the person leaves the picture."""
    x0, y0, x1, y1 = inside
    if x0 > 0 and y0 > 0 and x1 < view.width and y1 < view.height:
        return inside
    points = np.concatenate([mesh.position for mesh in subject.meshes])
    depth = points @ view.clip[3, :3] + view.clip[3, 3]
    pixels = view.pixels(points[depth > 0.3])
    beyond = pixels[((pixels < 0) | (pixels > [view.width, view.height])).any(axis=1)]
    if not len(beyond):
        return inside
    low, high = np.floor(beyond.min(axis=0)).astype(int), np.ceil(beyond.max(axis=0)).astype(int)
    return min(x0, int(low[0])), min(y0, int(low[1])), max(x1, int(high[0])), max(y1, int(high[1]))


def mot_lines(frames: Sequence[Sequence[Sighting]]) -> str:
    """MOTChallenge ground truth: frame (from 1), id, left, top, width, height, 1, class 1 (pedestrian), visibility."""
    lines = []
    for number, frame in enumerate(frames, start=1):
        for one in frame:
            x, y, w, h = _xywh(one.full)
            lines.append(f"{number},{one.person},{x},{y},{w},{h},1,1,{one.visible_share:.3f}\n")
    return "".join(lines)


def coco(images: Sequence[tuple[str, int, int, Sequence[Sighting]]], facts: dict[str, object]) -> dict[str, object]:
    """COCO detection annotations of (file name, width, height, sightings); bbox is the full box inside the picture."""
    pictures, notes = [], []
    for number, (name, width, height, found) in enumerate(images, start=1):
        pictures.append({"id": number, "file_name": name, "width": width, "height": height})
        for one in found:
            x0, y0 = max(one.full[0], 0), max(one.full[1], 0)
            x1, y1 = min(one.full[2], width), min(one.full[3], height)
            notes.append(
                {
                    "id": len(notes) + 1, "image_id": number, "category_id": 1, "iscrowd": 0,
                    "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0),
                    "visible_bbox": list(_xywh(one.visible)), "visible_share": round(one.visible_share, 3),
                    "person": one.person,
                }
            )  # fmt: skip
    return {"info": facts, "images": pictures, "annotations": notes, "categories": [{"id": 1, "name": "person"}]}
