"""Failures of training, told plainly: what happened and what to change."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from engine.errors import NightjarError, StorageError


class DataError(NightjarError):
    """A labelled data set is missing, damaged or cannot be trained on."""

    exit_code = 3


class TrainingError(NightjarError):
    """A run cannot go on; its last checkpoint is kept."""

    exit_code = 8


def diverged(what: str, value: float, step: int) -> TrainingError:
    """The sentence for a loss or gradient that is no longer a sensible number."""
    return TrainingError(
        f"Training diverged: {what} became {value:g} at step {step}.",
        "The last checkpoint is kept. Start again with a lower --lr or a longer --warmup-epochs; with --precision "
        "bf16-mixed try 32-true; run `python -m training check` to rule out damaged images.",
    )


def out_of_memory(error: BaseException) -> TrainingError:
    """The sentence for a device or a machine that ran out of memory; `error` is what torch said."""
    return TrainingError(
        f"The device ran out of memory ({str(error).splitlines()[0][:160]}).",
        "Lower --identities or --per-modality, use a smaller --size or --generator-width, choose --precision "
        "bf16-mixed, or close other programs that use the GPU. The last checkpoint is kept: add --resume to go on.",
    )


def storage_fault(error: OSError, path: Path) -> StorageError:
    """The sentence for a file that could not be written; an older file under the same name is untouched."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"There is no space left to write {path}.",
            "Free some space or choose another --out folder, then add --resume: the previous checkpoint is intact.",
        )
    return StorageError(
        f"{path} cannot be written: {os.strerror(error.errno) if error.errno else error}.",
        "Check the folder's permissions or choose another --out folder.",
    )
