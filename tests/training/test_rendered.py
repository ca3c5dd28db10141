"""Learning on rendered people, from the ImageNet start that a light student needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.shared import shared_path
from training.config import NetworkConfig, TrainConfig
from training.data.check import check_set
from training.data.formats import open_set
from training.evaluate import measure, open_model
from training.loop import train
from training.protocols import of_set
from training.reporting import read_log

CROPS = Path(__file__).resolve().parents[1] / "data" / "crops-tiny"


def test_the_tiny_rendered_set_has_nothing_missing_for_training() -> None:
    said: list[str] = []
    check_set(CROPS, "auto", 1, said.append)
    assert "layout 'sysu'" in said[0]


@pytest.mark.shared
def test_a_light_student_learns_rendered_people(config: TrainConfig, tmp_path: Path) -> None:
    weights = shared_path("weights/mobilenet_v2-imagenet-torchvision.pth")
    splits = open_set(CROPS, full_train=True)
    network = NetworkConfig("mobilenet_v2", str(weights), bnneck=True)
    config = replace(config, data=str(CROPS), learning_rate=1e-3, log_steps=9, network=network)
    train(config, splits, tmp_path)
    identity = [row["losses"]["identity"] for row in read_log(tmp_path / "log.jsonl") if row["event"] == "progress"]
    assert identity[-1] < 0.7 * identity[0]
    protocol = of_set(splits, splits.train, modes=("all",), shots=(1,), trials=2)
    found = measure(open_model(tmp_path / "best.pt"), protocol, ["none"])[0]["metrics"]
    assert found["R1"] > 0.3  # of twelve people: chance is 0.08
