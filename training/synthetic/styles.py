"""Rendering styles kept out of training, so that a test can ask what a model makes of pictures unlike those it knows.

A style is not drawn differently: people and cameras are drawn as ever, and drawn again until they belong. So `all` is
the same pictures as if there were no styles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.synthetic import materials as ma
from training.synthetic import place as pl

if TYPE_CHECKING:
    from training.synthetic.person import Person
    from training.synthetic.station import Station

ALL, TRAINING, HELD_OUT = STYLES = ("all", "training", "held-out")

RESERVED_GARMENTS = frozenset({"puffer", "dress", "track"})
RESERVED_PATTERNS = frozenset({ma.CHECKS, ma.DOTS})
RESERVED_HAIR = frozenset({"bob02", "short04", "braid01"})
RESERVED_HEADWEAR = frozenset({"fedora"})
RESERVED_SURFACES = frozenset({pl.BRICKS, pl.SHUTTER})
RESERVED_HEIGHT = 4.3  # metres: cameras above it look down more steeply
RESERVED_QUALITY = 46  # JPEG: sensors below it compress harder


def person_fits(person: Person, style: str) -> bool:
    """Held out is who wears something reserved (clothes, pattern or hat); in training also no reserved hair is worn."""
    kinds = {garment.kind for garment in person.garments}
    patterns = {garment.material.pattern for garment in person.garments}
    hat = {person.headwear[0]} if person.headwear else set()
    wears = bool(kinds & RESERVED_GARMENTS or patterns & RESERVED_PATTERNS or hat & RESERVED_HEADWEAR)
    if style == TRAINING:
        return not wears and person.hair not in RESERVED_HAIR
    return style == ALL or wears


def station_fits(station: Station, style: str) -> bool:
    """Held out is a reserved background under a reserved camera (steeper, or compressing harder); training has none."""
    background = any(surface.kind in RESERVED_SURFACES for surface in station.place.surfaces)
    camera = station.view.eye[1] > RESERVED_HEIGHT or station.sensor.quality < RESERVED_QUALITY
    if style == TRAINING:
        return not (background or camera)
    return style == ALL or (background and camera)
