"""Where pictures and folders may be written: never over an original or into the case, and whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.case import Case
from engine.durable import sync
from engine.errors import StorageError, UsageError


def require_outside(case: Case, path: Path) -> None:
    """`UsageError` where `path` is, or lies in, the case folder or an item of evidence, by whatever name or link."""
    resolved = Path(path).resolve()
    identities = {identity for each in (resolved, *resolved.parents) if (identity := _identity(each)) is not None}
    theirs = {case.folder: "the case folder", case.database: "the case's database"}
    theirs |= {item.path: f"the original {item.exhibit}" for item in case.evidence.list()}
    for place, what in theirs.items():
        if resolved.is_relative_to(place.resolve()) or _identity(place) in identities:
            raise UsageError(f"{path} is {what} or lies in it; nothing was written.", "Choose another place.")


def require_free(path: Path, replaceable: Callable[[Path], bool], kind: str) -> None:
    """`UsageError` where something is at `path` that is not `replaceable`: a `kind` that was written there before."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a file was to be written.", "Name a file in it.")
    try:
        taken = path.exists() and not (path.is_file() and replaceable(path))
    except OSError:  # what cannot be opened cannot be known to be ours
        taken = True
    if taken:
        raise UsageError(f"{path} is there already and is no {kind} of Nightjar's.", "Choose another name.")


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """A new file beside `path` to write to, which takes its place at the end of the block, or is gone.

    Raises StorageError, naming `what`, where that is not possible.
    """
    target = Path(path).resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    made = False
    try:
        draft.open("xb").close()
        made = True
        yield draft
        sync(draft)
        os.replace(draft, target)
        made = False
        sync(target.parent)
    except OSError as error:
        raise StorageError(f"{what} {path} could not be written: {error.strerror or error}.") from error
    finally:
        if made:
            with suppress(OSError):
                draft.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
