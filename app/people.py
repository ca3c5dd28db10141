"""Tracklets as the pages show them. Everything here reads the case and belongs on a reader thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.tiles import Tile
from app.times import ItemClock, Reading
from app.vocabulary import faults
from app.widgets.player import Path
from app.words import tr
from engine.types import CropQuality

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.records import Crop, Tracklet

GOOD, FAIR = 0.6, 0.35


@dataclass(frozen=True, slots=True)
class Person:
    """One tracklet with everything a side panel says about it."""

    tracklet: Tracklet
    crops: Sequence[Crop]
    first: Reading
    last: Reading
    camera: str

    @property
    def best(self) -> Crop:
        return self.crops[0]


class Clocks:
    """The clocks of a case's items, read once per query."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[int, ItemClock] = {}

    def of(self, item_id: int) -> ItemClock:
        if item_id not in self._known:
            item = self._case.evidence.get(item_id)
            self._known[item_id] = ItemClock(item, self._case.evidence.clock_records(item_id))
        return self._known[item_id]

    def start(self, tracklet: Tracklet) -> Reading:
        return self.of(tracklet.item_id).at(tracklet.start.pts)


def tile(tracklet: Tracklet, start: Reading, *, lead: str = "", note: str = "") -> Tile:
    """The tile of one tracklet."""
    return Tile(
        tracklet=tracklet.id,
        crop=tracklet.best_crop,
        modality=tracklet.modality,
        lead=lead or tracklet.label,
        camera=tracklet.camera,
        date=start.date,
        recorder=start.recorder_time(),
        adjusted=start.adjusted_time(),
        uncertainty=start.margin(),
        note=note,
        zone=start.zone,
        recorder_date=start.recorder_date,
    )


def tiles(case: Case, ids: Sequence[int]) -> list[Tile]:
    """Tiles of these tracklets, in this order."""
    with case.reader():
        clocks = Clocks(case)
        rows = case.tracklets.rows(ids)
        return [tile(t, clocks.start(t), note=quality_word(t.quality, usable=t.usable)) for t in rows]


def person(case: Case, tracklet_id: int) -> Person:
    """One tracklet in full."""
    with case.reader():
        tracklet = case.tracklets.get(tracklet_id)
        clock = ItemClock(case.evidence.get(tracklet.item_id), case.evidence.clock_records(tracklet.item_id))
        crops = case.tracklets.crops(tracklet_id)
        first, last = clock.at(tracklet.start.pts), clock.at(tracklet.end.pts)
        return Person(tracklet, crops, first, last, tracklet.camera)


def paths(case: Case, item_id: int, from_pts: int, to_pts: int, gap: int) -> list[Path]:
    """The boxes of everybody seen in a stretch of an item."""
    with case.reader():
        found = []
        for tracklet in case.tracklets.during(item_id, from_pts, to_pts):
            points = case.tracklets.points(tracklet.id)
            pts = np.array([point.timestamp.pts for point in points], np.int64)
            boxes = np.array([(p.box.left, p.box.top, p.box.width, p.box.height) for p in points], np.float64)
            found.append(Path(tracklet.id, tracklet.label, pts, boxes.reshape(-1, 4), gap))
        return found


def quality_word(score: float, *, usable: bool) -> str:
    """One word for how well a person can be searched for."""
    if not usable:
        return tr("Weak")
    return tr("Good") if score >= GOOD else tr("Fair") if score >= FAIR else tr("Weak")


def quality_sentence(quality: CropQuality) -> str:
    """'Good, 113 × 239 px' or 'Weak: too small, 22 × 61 px'."""
    word = quality_word(quality.score, usable=quality.usable)
    why = f": {faults(quality.faults)}" if quality.faults else ""
    return f"{word}{why}, {quality.width} × {quality.height} px"
