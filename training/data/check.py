"""`python -m training check`: what is missing or damaged in a data set, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.types import Modality
from training.data.formats import open_set
from training.data.images import decode
from training.data.records import Photo, Splits, by_identity, identities
from training.faults import DataError

SHOWN = 5
FEW_PHOTOS = 4  # of one modality; a batch repeats them
SMALL = 32  # pixels of height


def problems(splits: Splits) -> list[str]:
    """Every finding about the lists and folders, one sentence each; the most serious first."""
    found = []
    for name, photos in (("training", splits.train), ("validation", splits.validation), ("test", splits.test)):
        if not photos:
            found.append(f"There are no {name} people.")
            continue
        groups = {person: Counter(photo.modality for photo in group) for person, group in by_identity(photos).items()}
        for modality in Modality:
            without = [person for person, counts in groups.items() if not counts[modality]]
            if without:
                found.append(f"{_count(without, name)} no {modality.label} image: {_some(without)}.")
            few = [person for person, counts in groups.items() if 0 < counts[modality] < FEW_PHOTOS]
            if few and name == "training":
                found.append(f"{_count(few, name)} fewer than {FEW_PHOTOS} {modality.label} images: {_some(few)}.")
        if len(groups) < 2:
            found.append(f"Only one {name} person: at least two are needed.")
    return found


def damaged(photos: Iterable[Photo]) -> list[str]:
    """A sentence for every photo that cannot be decoded or is tiny."""
    found = []
    for photo in photos:
        try:
            height = decode(photo.path).shape[0]
        except DataError as error:
            found.append(str(error))
            continue
        if height < SMALL:
            found.append(f"{photo.path} is only {height} pixels high.")
    return found


def check_set(root: Path, layout: str, trial: int, say: Callable[[str], None] = print) -> int:
    """Say what the set holds and everything that is wrong with it; returns the number of findings.

    DataError at the end where anything cannot be read, so that scripts notice.
    """
    splits = open_set(root, layout, trial=trial)
    say(f"{root}: layout '{splits.layout}', {len(splits.photos)} images of {len(identities(splits.photos))} people.")
    for name in ("train", "validation", "test"):
        photos = getattr(splits, name)
        counts = Counter(photo.modality for photo in photos)
        cameras = sorted({photo.camera for photo in photos})
        parts = ", ".join(f"{counts[modality]} {modality.label}" for modality in Modality)
        say(f"  {name}: {len(identities(photos))} people, {parts}, cameras {', '.join(map(str, cameras)) or 'none'}.")
    findings, unreadable = problems(splits), damaged(splits.photos)
    for sentence in findings + unreadable:
        say(sentence)
    if unreadable:
        raise DataError(f"{len(unreadable)} images are damaged or too small.", "Restore or remove the files listed.")
    say("Nothing is damaged." if findings else "Nothing is missing or damaged.")
    return len(findings)


def _count(people: list[str], name: str) -> str:
    return f"{len(people)} {name} {'person has' if len(people) == 1 else 'people have'}"


def _some(people: list[str]) -> str:
    return ", ".join(people[:SHOWN]) + (" …" if len(people) > SHOWN else "")
