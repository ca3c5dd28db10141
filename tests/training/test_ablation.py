"""The rows of Table II: one command trains, measures, keeps and sums up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training import ablation
from training.config import TrainConfig
from training.options import ABLATION_ROWS


def test_the_command_line_offers_every_row() -> None:
    assert tuple(ablation.ROWS) == tuple(ablation.LABELS) == ABLATION_ROWS


def test_rows_and_seeds_are_trained_once_and_measured_on_unseen_people(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(config, epochs=0.2, teacher_epochs=0.2)
    first = ablation.run_ablation(short, tmp_path, ["backbone", "od-single"], [0])
    assert {path.name for path in tmp_path.iterdir()} == {"backbone-seed0", "od-single-seed0", "teacher-seed0"}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a finished run was trained again")

    monkeypatch.setattr(ablation, "train", never)
    assert ablation.run_ablation(short, tmp_path, ["backbone", "od-single"], [0]) == first
    assert [(result["row"], len(result["test"])) for result in first] == [("backbone", 4), ("od-single", 4)]


def test_the_summary_tells_every_seed(capsys: pytest.CaptureFixture[str]) -> None:
    def result(seed: int, value: float) -> dict[str, object]:
        metrics = dict.fromkeys(ablation.FIGURES, value)
        return {"row": "jd-all", "seed": seed, "test": [{"protocol": "p", "rerank": "none", "metrics": metrics}]}

    summary = ablation.summarise([result(0, 0.1), result(1, 0.2), result(2, 0.6)])
    assert summary[0]["mean"]["R1"] == 30.0
    assert summary[0]["figures"]["mAP"] == [10.0, 20.0, 60.0]
    assert json.loads(json.dumps(summary)) == summary
    ablation.print_summary(summary)
    assert "30.0 (10.0 to 60.0)" in capsys.readouterr().out
