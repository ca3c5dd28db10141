"""Who is searched among whom: the evaluation protocols of the public sets, as lists of photos.

A protocol gives trials; a trial's gallery is a draw. Which draw was used is part of its name.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import UsageError
from engine.types import Modality
from training.data.records import Photo, Splits, by_identity, identities, of_modality
from training.faults import DataError

TRIALS = 10
INDOOR = (1, 2)
RULE = {"sysu": "sysu-mm01", "regdb": "regdb", "llcm": "llcm", "site": "plain"}


@dataclass(frozen=True, slots=True)
class Trial:
    """One draw: every photo of `query` is searched in `gallery`."""

    query: tuple[Photo, ...]
    gallery: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """`rule` names the exclusions in `engine.retrieval.metrics.RULES`; results are means over `trials`."""

    name: str
    rule: str
    trials: tuple[Trial, ...]


def seeded_draw(photos: Sequence[Photo], shots: int, trial: int) -> tuple[Photo, ...]:
    """The gallery draw of AGW and the code that follows it: `random.seed(trial)`, identities, then cameras, sorted.

    Single-shot takes `random.choice` per identity and camera, multi-shot `random.sample` (all where fewer exist).
    """
    draw = random.Random(trial)
    chosen: list[Photo] = []
    for group in by_identity(photos).values():
        for camera in sorted({photo.camera for photo in group}):
            files = sorted(photo for photo in group if photo.camera == camera)
            chosen += [draw.choice(files)] if shots == 1 else draw.sample(files, min(shots, len(files)))
    return tuple(chosen)


def official_draw(photos: Sequence[Photo], permutations: Path, shots: int, trial: int) -> tuple[Photo, ...]:
    """SYSU-MM01's own draw: row `trial` of `exp/rand_perm_cam.mat`, 1-based, first `shots` entries per camera."""
    from scipy.io import loadmat

    try:
        cells = loadmat(str(permutations))["rand_perm_cam"]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{permutations} is missing or not the list of official gallery draws.", "Use --draw seeded, or restore it."
        ) from error
    chosen: list[Photo] = []
    for name, group in by_identity(photos).items():
        for camera in sorted({photo.camera for photo in group}):
            files = sorted(photo for photo in group if photo.camera == camera)
            order = np.atleast_2d(cells[camera - 1, 0][int(name) - 1, 0])[trial]
            if len(order) != len(files) or order.max() > len(files):
                raise DataError(
                    f"{permutations} lists {len(order)} images for person {name} in camera {camera}; "
                    f"the folder holds {len(files)}.",
                    "Use --draw seeded, or restore the missing images.",
                )
            chosen += [files[number - 1] for number in order[:shots]]
    return tuple(chosen)


def sysu(photos: Iterable[Photo], root: Path, mode: str, shots: int, draw: str, trials: int = TRIALS) -> Protocol:
    """SYSU-MM01: IR queries (cameras 3, 6), RGB gallery; `mode` 'all' (cameras 1, 2, 4, 5) or 'indoor' (1, 2)."""
    photos = tuple(photos)
    query = tuple(of_modality(photos, Modality.INFRARED))
    seen = [p for p in of_modality(photos, Modality.VISIBLE) if mode == "all" or p.camera in INDOOR]
    permutations = root / "exp" / "rand_perm_cam.mat"
    draws = [
        official_draw(seen, permutations, shots, trial) if draw == "official" else seeded_draw(seen, shots, trial)
        for trial in range(trials)
    ]
    name = f"sysu-mm01 {mode}-search {'single' if shots == 1 else 'multi'}-shot ({shots}), {draw} draw, {trials} trials"
    return Protocol(name, RULE["sysu"], tuple(Trial(query, gallery) for gallery in draws))


def regdb_both(splits: Splits, trial: int) -> list[Protocol]:
    """RegDB: all test photos of one modality searched in all of the other, both directions, of split `trial`."""
    return [
        Protocol(f"regdb {name}, split {trial}", RULE["regdb"], (_across(splits.test, modality),))
        for name, modality in (("thermal to visible", Modality.INFRARED), ("visible to thermal", Modality.VISIBLE))
    ]


def llcm_both(splits: Splits, trials: int = TRIALS) -> list[Protocol]:
    """LLCM: gallery of one photo per identity and camera, seeds 0 … 9; IR to visible is the comparable direction."""
    found = []
    for name, modality in (("ir to visible", Modality.INFRARED), ("visible to ir", Modality.VISIBLE)):
        query, gallery = _across(splits.test, modality).query, _across(splits.test, modality).gallery
        drawn = tuple(Trial(query, seeded_draw(gallery, 1, trial)) for trial in range(trials))
        found.append(Protocol(f"llcm {name}, {trials} trials", RULE["llcm"], drawn))
    return found


def site_search(photos: Iterable[Photo], trials: int = TRIALS) -> list[Protocol]:
    """A site's people: every IR photo searched among one RGB photo per identity and camera."""
    across = _across(tuple(photos), Modality.INFRARED)
    drawn = tuple(Trial(across.query, seeded_draw(across.gallery, 1, trial)) for trial in range(trials))
    return [Protocol(f"site ir to rgb single-shot, seeded draw, {trials} trials", RULE["site"], drawn)]


def within(photos: Iterable[Photo], modality: Modality) -> Protocol:
    """One modality searched in itself, other cameras only (Table III of TS-GAN)."""
    chosen = tuple(of_modality(photos, modality))
    return Protocol(f"{modality.label} in {modality.label}, other cameras", RULE["llcm"], (Trial(chosen, chosen),))


def _across(photos: tuple[Photo, ...], query: Modality) -> Trial:
    other = next(modality for modality in Modality if modality is not query)
    return Trial(tuple(of_modality(photos, query)), tuple(of_modality(photos, other)))


def of_set(
    splits: Splits, photos: tuple[Photo, ...], *, modes: Sequence[str] = ("all", "indoor"),
    shots: Sequence[int] = (1, 10), draw: str = "seeded", trials: int = TRIALS, trial: int = 1,
) -> list[Protocol]:  # fmt: skip
    """The protocols that belong to the set's layout, on `photos` (the test split, or the validation split)."""
    if len(identities(photos)) < 2 or not all(of_modality(photos, modality) for modality in Modality):
        raise UsageError(
            "Evaluation needs at least two people with both IR and RGB images that were not trained on.",
            "Check the test identities of the data set.",
        )
    chosen = Splits(splits.layout, splits.root, (), (), photos)
    if splits.layout == "sysu":
        return [sysu(photos, splits.root, mode, count, draw, trials) for mode in modes for count in shots]
    if splits.layout == "regdb":
        return regdb_both(chosen, trial)
    return llcm_both(chosen, trials) if splits.layout == "llcm" else site_search(photos, trials)
