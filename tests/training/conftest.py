"""What training's tests share: a toy set of people, and one short run on it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.helpers.people import write_people
from training.config import GanConfig, NetworkConfig, TrainConfig
from training.data.formats import open_set
from training.data.records import Splits
from training.loop import Progress, train

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a toy set: 12 people to train, 8 to validate, 8 to test."""
    return write_people(tmp_path_factory.mktemp("people") / "set", 12, 8, 8)


@pytest.fixture(scope="session")
def splits(people: Path) -> Splits:
    """The toy set, read."""
    return open_set(people)


@pytest.fixture(scope="session")
def config(people: Path) -> TrainConfig:
    """A run of seconds: ShuffleNet x0.5 from random weights at 64x32, 8 × (2 + 2) images."""
    return TrainConfig(
        data=str(people),
        size=(64, 32),
        identities=8,
        per_modality=2,
        epochs=6.0,
        warmup_epochs=0.0,
        milestones=(4.0,),
        learning_rate=3e-3,
        validate_epochs=3.0,
        log_steps=4,
        device="cpu",
        workers=0,
        network=NetworkConfig("shufflenet_small", "none", bnneck=True),
        gan=GanConfig(generator_width=4, generator_blocks=1, discriminator_width=4, learning_rate=2e-3),
    )


@pytest.fixture(scope="session")
def baseline_run(
    config: TrainConfig, splits: Splits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Progress]:
    """The folder of a finished baseline run, and where it ended."""
    folder = tmp_path_factory.mktemp("runs") / "baseline"
    return folder, train(config, splits, folder)


@pytest.fixture(scope="session")
def teacher(config: TrainConfig, splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of an IR teacher."""
    folder = tmp_path_factory.mktemp("runs") / "teacher"
    train(replace(config, method="ir_teacher", epochs=3.0), splits, folder)
    return folder / "best.pt"
