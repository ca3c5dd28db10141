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


TRACKLET = 8  # crops fused at most
Probe = tuple[Photo, ...]  # photos of one person in one camera whose embeddings are fused; usually one photo


@dataclass(frozen=True, slots=True)
class Trial:
    """One draw: every probe of `query` is searched in `gallery`."""

    query: tuple[Probe, ...]
    gallery: tuple[Probe, ...]


def trial_of(query: Iterable[Photo], gallery: Iterable[Photo]) -> Trial:
    """Single photos against single photos."""
    return Trial(tuple((photo,) for photo in query), tuple((photo,) for photo in gallery))


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


def sysu(photos: Iterable[Photo], root: Path, *, mode: str, shots: int, draw: str, trials: int = TRIALS) -> Protocol:
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
    return Protocol(name, RULE["sysu"], tuple(trial_of(query, gallery) for gallery in draws))


def tracklets(photos: Iterable[Photo], rule: str) -> Protocol:
    """Up to eight photos of one person in one camera, fused, as both query (IR) and gallery (RGB)."""
    groups: dict[tuple[Modality, str, int], list[Photo]] = {}
    for photo in sorted(photos):
        groups.setdefault((photo.modality, photo.identity, photo.camera), []).append(photo)
    probes = [tuple(group[:TRACKLET]) for group in groups.values()]
    query = tuple(probe for probe in probes if probe[0].modality is Modality.INFRARED)
    gallery = tuple(probe for probe in probes if probe[0].modality is Modality.VISIBLE)
    return Protocol(f"tracklet against tracklet, up to {TRACKLET} crops each", rule, (Trial(query, gallery),))


def regdb_both(photos: tuple[Photo, ...], trial: int) -> list[Protocol]:
    """RegDB: all test photos of one modality searched in all of the other, both directions, of split `trial`."""
    return [
        Protocol(f"regdb {name}, split {trial}", RULE["regdb"], (trial_of(*_across(photos, modality)),))
        for name, modality in (("thermal to visible", Modality.INFRARED), ("visible to thermal", Modality.VISIBLE))
    ]


def one_per_camera(photos: tuple[Photo, ...], name: str, rule: str, query: Modality, trials: int) -> Protocol:
    """All photos of `query` searched among one photo of the other modality per identity and camera, drawn by seed."""
    seeking, others = _across(photos, query)
    drawn = tuple(trial_of(seeking, seeded_draw(others, 1, trial)) for trial in range(trials))
    return Protocol(f"{name}, one gallery photo per person and camera, seeded draw, {trials} trials", rule, drawn)


def one_per_person(photos: tuple[Photo, ...], trials: int = TRIALS) -> Protocol:
    """All IR photos searched among one RGB photo of each person, whatever its camera, drawn by seed."""
    query, seen = _across(photos, Modality.INFRARED)
    groups = by_identity(seen).values()
    draws = (random.Random(seed) for seed in range(trials))
    drawn = tuple(trial_of(query, [draw.choice(sorted(group)) for group in groups]) for draw in draws)
    return Protocol(f"one gallery photo per person, seeded draw, {trials} trials", RULE["site"], drawn)


def within_drawn(photos: Iterable[Photo], modality: Modality, trials: int = TRIALS) -> Protocol:
    """One modality searched among one photo of it per person and camera; nobody is found in the query's own camera."""
    chosen = of_modality(photos, modality)
    drawn = tuple(trial_of(chosen, seeded_draw(chosen, 1, trial)) for trial in range(trials))
    name = f"{modality.label} in {modality.label}, other cameras, one gallery photo per person and camera"
    return Protocol(f"{name}, seeded draw, {trials} trials", RULE["llcm"], drawn)


def within(photos: Iterable[Photo], modality: Modality) -> Protocol:
    """One modality searched in itself, other cameras only (Table III of TS-GAN)."""
    chosen = of_modality(photos, modality)
    return Protocol(f"{modality.label} in {modality.label}, other cameras", RULE["llcm"], (trial_of(chosen, chosen),))


def _across(photos: tuple[Photo, ...], query: Modality) -> tuple[list[Photo], list[Photo]]:
    other = next(modality for modality in Modality if modality is not query)
    return of_modality(photos, query), of_modality(photos, other)


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
    if splits.layout == "sysu":
        return [
            sysu(photos, splits.root, mode=mode, shots=count, draw=draw, trials=trials)
            for mode in modes
            for count in shots
        ]
    if splits.layout == "regdb":
        return regdb_both(photos, trial)
    rule, ir, rgb = RULE[splits.layout], Modality.INFRARED, Modality.VISIBLE
    found = [one_per_camera(photos, f"{splits.layout} IR to RGB", rule, ir, trials)]
    if splits.layout == "llcm":
        found.append(one_per_camera(photos, "llcm RGB to IR", rule, rgb, trials))
    return found
