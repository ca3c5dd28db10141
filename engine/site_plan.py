"""The verbs around the picture of the site: copy it into the case, decode it for the map, check that it is unchanged.

The plan is the analyst's own and no evidence: it shows where cameras stand, about.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.case import Case
from engine.durable import sync
from engine.errors import EvidenceChangedError, EvidenceError, StorageError, UsageError
from engine.media import still
from engine.media.files import name_of, open_evidence, shown
from engine.progress import Progress, Work
from engine.settings import SitePlanSettings
from engine.store.site_plans import PlanFile, SitePlan

APPROXIMATE = "The plan is the analyst's own; positions on it are approximate."
_CHUNK_BYTES = 1 << 20


def use_plan(case: Case, path: Path, settings: SitePlanSettings | None = None) -> Work[SitePlan]:
    """Copy a picture into the case folder, byte by byte, and lay it under the map instead of any before.

    Raises `UsageError` where it is too large or already in use, `EvidenceError` where it is not a picture or damaged,
    `StorageError` where the case folder cannot hold it. The case is as before then.
    """
    limits = settings or SitePlanSettings()
    path = Path(path)
    case.require_writable()
    kind = _acceptable(path, limits)
    draft = case.site_plans.folder / ".unfinished"  # the case's one writer makes it
    try:
        sha256, size = yield from _copy(path, draft)
        yield Progress("checking the picture", 0, 1, "picture", path.name)
        _decode(draft, path, limits)
        picture = PlanFile(shown(path.name), still.SUFFIXES[kind.kind], sha256, size, kind.width, kind.height)
        before = case.site_plans.current()
        if before is not None and before.picture.sha256 == sha256:
            raise UsageError(f"{name_of(path)} is the site plan already.")
        os.replace(draft, case.site_plans.path(picture))
        sync(draft.parent)
    except OSError as error:
        raise StorageError(
            f"{name_of(path)} could not be copied into the case folder ({error.strerror or error}).",
            "Check the disk and its free space. The map is as it was.",
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return case.site_plans.use(picture)


def lay_plan(
    case: Case, *, x: float | None = None, y: float | None = None, unit: float | None = None, turn: float | None = None
) -> SitePlan:
    """Move, scale and turn the plan under cameras that stay where they are; numbers not given stay as they are.

    The middle of the picture stays in place where it is only scaled or turned; `x` and `y` place its upper left
    corner. Raises `UsageError` where the map has no plan, or the numbers put it nowhere else.
    """
    plan = case.site_plans.current()
    if plan is None:
        raise UsageError("The map has no site plan.", "Lay a picture of the site under the cameras first.")
    place = plan.place.around(plan.middle, unit=unit, turn=turn)
    place = replace(place, x=place.x if x is None else x, y=place.y if y is None else y)
    return case.site_plans.move(place)


def plan_pixels(case: Case, plan: SitePlan, settings: SitePlanSettings | None = None) -> np.ndarray:
    """`(H, W, 3) uint8` RGB of a plan, shrunk to fit the settings' `shown_pixels`.

    `EvidenceError` where its file is gone, `EvidenceChangedError` where it is not the one that was added: what
    somebody changed is not shown under the analyst's cameras.
    """
    for problem in problems(case, plan):
        raise EvidenceChangedError(problem, "Put the file back from a copy of the case, or choose the plan again.")
    return still.pixels(case.site_plans.path(plan.picture), (settings or SitePlanSettings()).shown_pixels)


def problems(case: Case, plan: SitePlan) -> Iterator[str]:
    """What is wrong with a plan's file, in one sentence; nothing where it is the one that was added."""
    path, name = case.site_plans.path(plan.picture), f"The site plan '{plan.picture.name}'"
    if not path.is_file():
        yield f"{name} is missing: there is no {path.parent.name}/{path.name} in the case folder."
        return
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        yield f"{name} cannot be read ({error.strerror or error})."
        return
    if found != plan.picture.sha256:
        yield f"{name} has changed: the SHA-256 of its file is no longer the one it was added with."


def _acceptable(path: Path, limits: SitePlanSettings) -> still.Still:
    """What a file is, from its size and header alone."""
    if not path.is_file():
        raise EvidenceError(f"{name_of(path)} is no file that can be read.", "Choose a picture of the site.")
    size = path.stat().st_size
    if size > limits.max_bytes:
        limit = f"{limits.max_bytes // 2**20} MiB"
        raise UsageError(f"{name_of(path)} is larger than {limit}.", "Save the plan as a smaller picture.")
    if not size:
        raise EvidenceError(f"{name_of(path)} is empty (0 bytes).", "Copy or save it again.")
    found = still.look(path)
    if found.width * found.height > limits.max_pixels:
        raise UsageError(
            f"{name_of(path)} has {found.width} × {found.height} pixels, more than a plan needs "
            f"({limits.max_pixels // 10**6} million).",
            "Save the plan as a smaller picture.",
        )
    return found


def _decode(copy: Path, path: Path, limits: SitePlanSettings) -> None:
    """Every pixel once: what is kept is what was checked."""
    try:
        still.pixels(copy, limits.shown_pixels)
    except EvidenceError as error:
        raise EvidenceError(f"{name_of(path)} is damaged or cut short.", "Copy or save it again.") from error


def _copy(path: Path, draft: Path) -> Work[tuple[str, int]]:
    """Copy, and give the SHA-256 and size of what was copied."""
    digest, size, total = hashlib.sha256(), 0, path.stat().st_size
    draft.parent.mkdir(exist_ok=True)
    with open_evidence(path) as source, draft.open("wb") as copy:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
            yield Progress("copying the picture", size, total, "bytes", path.name)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest(), size
