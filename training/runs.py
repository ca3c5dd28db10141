"""A run with what it needs first: TS-GAN's IR teacher is a run of its own in the folder `teacher`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.config import TrainConfig
from training.data.formats import open_set
from training.loop import Progress, train
from training.methods import METHODS


def train_run(config: TrainConfig, folder: Path, *, resume: bool = False) -> Progress:
    """Train `config.method`, its teacher before it where it needs one and none was given."""
    splits = open_set(Path(config.data), config.layout, full_train=config.full_train, trial=config.trial)
    if METHODS[config.method].needs_teacher and not config.teacher:
        first = replace(config, method="ir_teacher", epochs=config.teacher_epochs or config.epochs)
        done = folder / "teacher" / "done.pt"
        if not done.is_file():
            train(first, splits, folder / "teacher", resume=resume)
            (folder / "teacher" / "best.pt").replace(done)
        config = replace(config, teacher=str(done))
    return train(config, splits, folder, resume=resume)
