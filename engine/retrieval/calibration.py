"""How far a candidate stands out from this gallery, in three plain words, without a percentage or a probability.

Distances mean nothing across models, cameras or cases, so a candidate is only compared with the other distances of
the same query to the same gallery. The rule is Tukey's (Exploratory Data Analysis, 1977): most of a gallery is other
people; what lies far below the bulk of their distances stands out.
It says how unusual a distance is here, never how likely the person is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.settings import BandSettings


class Band(StrEnum):
    """The words users read."""

    CLOSE = "close"
    MODERATE = "moderate"
    DISTANT = "distant"


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate's place: `rank` from 1, its cosine `distance`, `nearer` the share of the gallery in [0, 1] that is
    nearer than it, and its `band` (None where the gallery is too small or too uniform to tell)."""

    rank: int
    distance: float
    nearer: float
    band: Band | None


@dataclass(frozen=True, slots=True)
class Standings:
    """A ranked list seen against its gallery.

    `gap` is the distance of rank 2 minus that of rank 1 (None with one candidate; negative where re-ranking put a
    farther one first). `rule` states in plain words how the bands were drawn; below the two `fences` a distance is
    close, or moderate.
    """

    candidates: tuple[Standing, ...]
    gap: float | None
    rule: str
    fences: tuple[float, float] | None = None


def bands(distances: ArrayLike, gallery_sample: ArrayLike, settings: BandSettings | None = None) -> Standings:
    """Place a ranked list in its gallery.

    `distances (K,)` cosine distances of the candidates in the order shown, also where the list was re-ranked;
    `gallery_sample (S,)` cosine distances of the same query to the gallery or an even sample of it
    (`exact.sample_distances`). Close: below Q1 - 3 IQR of the sample; moderate: below Q1 - 1.5 IQR; else distant,
    where Q1 is the first quartile and IQR the distance between the first and the third.
    """
    settings = settings or BandSettings()
    shown = np.asarray(distances, dtype=np.float64)
    sample = np.sort(np.asarray(gallery_sample, dtype=np.float64))
    if np.isnan(shown).any() or np.isnan(sample).any():
        raise ValueError("distances must be numbers")
    fences = _fences(sample, settings)
    share = np.searchsorted(sample, shown, side="left") / max(len(sample), 1)
    return Standings(
        tuple(
            Standing(rank, float(distance), float(nearer), band_of(distance, fences))
            for rank, (distance, nearer) in enumerate(zip(shown, share, strict=True), 1)
        ),
        float(shown[1] - shown[0]) if len(shown) > 1 else None,
        _rule(settings, fences),
        fences,
    )


def _fences(sample: NDArray[np.float64], settings: BandSettings) -> tuple[float, float] | None:
    """Close and moderate lie below these distances; None where the sample has no spread to judge by."""
    if len(sample) < settings.min_gallery:
        return None
    first, third = np.quantile(sample, (0.25, 0.75))
    spread = float(third - first)
    if spread == 0.0:
        return None
    return float(first) - settings.close_fence * spread, float(first) - settings.moderate_fence * spread


def band_of(distance: float, fences: tuple[float, float] | None) -> Band | None:
    """The band of one distance by the fences that a search recorded: what was shown then is shown again."""
    if fences is None:
        return None
    close, moderate = fences
    if distance < close:
        return Band.CLOSE
    return Band.MODERATE if distance < moderate else Band.DISTANT


def _rule(settings: BandSettings, fences: tuple[float, float] | None) -> str:
    if fences is None:
        return f"No bands: fewer than {settings.min_gallery} gallery images, or all equally far from the query."
    close, moderate = fences
    return (
        "Bands compare a candidate with this query's distances to the whole gallery: "
        f"close below {close:.4f} (first quartile less {settings.close_fence:g} times the interquartile range), "
        f"moderate below {moderate:.4f} ({settings.moderate_fence:g} times), distant otherwise."
    )
