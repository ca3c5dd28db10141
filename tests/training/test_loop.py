"""A run can be killed, stopped and resumed to the same end, and every fault is one clear sentence with nothing lost."""

from __future__ import annotations

import errno
import json
import os
import random
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import ModelError, StorageError, UsageError
from tests.helpers.people import write_people
from training import checkpoint
from training.__main__ import main
from training.config import TrainConfig, from_dict, to_dict
from training.data.formats import open_set
from training.data.records import Photo, Splits
from training.faults import DataError, TrainingError
from training.loop import Progress, train
from training.methods.baseline import Baseline
from training.reporting import Reporter, read_log
from training.runs import train_run

ROOT = Path(__file__).resolve().parents[2]
# The `config` fixture, as a user would type it.
OPTIONS = shlex.split(
    "--backbone shufflenet_small --init none --bnneck --size 64x32 --identities 8 --per-modality 2 --epochs 6 "
    "--warmup-epochs 0 --milestones 4 --lr 3e-3 --validate-epochs 3 --log-steps 4 --device cpu --workers 0 --threads 1 "
    "--checkpoint-minutes 0"
)


def start(people: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "training", "train", "--data", str(people), "--out", str(out), *OPTIONS, *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def curve(folder: Path) -> list[tuple[Any, ...]]:
    """What does not depend on the clock: steps with their losses or metrics."""
    return [
        (row["event"], row["step"], row.get("losses"), row.get("metrics")) for row in read_log(folder / "log.jsonl")
    ]


def test_killed_at_any_step_a_run_resumes_to_the_same_curve(
    people: Path, splits: Splits, config: TrainConfig, baseline_run: tuple[Path, Progress], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(people, out)
    last = random.choice([6, 13, 29, 41])
    for event in events(process):
        if event["event"] == "checkpoint" and event["step"] >= last:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    resumed = train(config, splits, out, resume=True)
    folder, whole = baseline_run
    assert resumed.metrics == pytest.approx(whole.metrics, abs=1e-3)
    assert curve(out) == curve(folder)


def test_sigterm_writes_a_checkpoint_and_ends_with_130(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say = Reporter.event

    def stop_at_step_8(self: Reporter, kind: str, **values: Any) -> None:
        say(self, kind, **values)
        if values.get("step") == 8:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Reporter, "event", stop_at_step_8)
    options = [*OPTIONS[:-1], "60"]
    assert main(["train", "--data", str(people), "--out", str(tmp_path / "run"), *options]) == 130
    printed = capsys.readouterr()
    kinds = [json.loads(line)["event"] for line in printed.out.splitlines()]
    assert kinds[0] == "start"
    assert kinds[-3:] == ["checkpoint", "stopped", "error"]
    assert "it can go on from its checkpoint" in printed.err
    assert checkpoint.load(tmp_path / "run" / "last.pt")["progress"]["step"] == 8


def test_two_processes_learn_the_same_network(people: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "training"]
    command += ["train", "--data", str(people), "--out", str(tmp_path / "run"), *OPTIONS, "--epochs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [row["event"] for row in rows].count("start") == 1  # one process speaks
    assert rows[0]["steps"] == 5  # half of one process's nine, rounded up
    assert rows[-1]["event"] == "done"


def test_a_folder_with_a_run_is_not_overwritten(
    config: TrainConfig, splits: Splits, baseline_run: tuple[Path, Progress]
) -> None:
    with pytest.raises(UsageError, match="already holds a run"):
        train(config, splits, baseline_run[0])


def test_early_stopping_ends_a_run_that_does_not_get_better(
    config: TrainConfig, splits: Splits, tmp_path: Path
) -> None:
    still = replace(config, learning_rate=0.0, validate_epochs=0.3, patience=2)
    progress = train(still, splits, tmp_path)
    assert progress.step < 54
    assert progress.step == int(torch.load(tmp_path / "last.pt", weights_only=True)["progress"]["step"])


def test_exploding_losses_are_told_and_the_last_checkpoint_stays(
    config: TrainConfig, splits: Splits, tmp_path: Path
) -> None:
    wild = replace(config, learning_rate=1e9, checkpoint_minutes=0.0)
    with pytest.raises(TrainingError, match=r"Training diverged: the student loss became \S+ at step \d") as caught:
        train(wild, splits, tmp_path)
    assert "lower --lr" in caught.value.hint
    assert checkpoint.load(tmp_path / "last.pt")["progress"]["step"] >= 1


def test_out_of_memory_is_told(
    config: TrainConfig, splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(Baseline, "step", fail)
    with pytest.raises(TrainingError, match="ran out of memory") as caught:
        train(config, splits, tmp_path)
    assert "--per-modality" in caught.value.hint


def test_no_space_for_a_checkpoint_keeps_the_one_before(
    config: TrainConfig, splits: Splits, baseline_run: tuple[Path, Progress], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = (baseline_run[0] / "last.pt").read_bytes()
    (tmp_path / "last.pt").write_bytes(before)
    save = torch.save

    def full(content: object, stream: Any) -> None:
        save({"half": 1}, stream)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(StorageError, match="no space left to write"):
        train(replace(config, epochs=8.0, checkpoint_minutes=0.0), splits, tmp_path, resume=True)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def test_a_checkpoint_of_another_method_network_or_data_is_refused(
    config: TrainConfig, splits: Splits, baseline_run: tuple[Path, Progress]
) -> None:
    folder = baseline_run[0]
    with pytest.raises(ModelError, match="belongs to the method 'baseline', not 'ir_teacher'"):
        train(replace(config, method="ir_teacher"), splits, folder, resume=True)
    with pytest.raises(ModelError, match="does not fit the networks"):
        train(replace(config, network=replace(config.network, bnneck=False)), splits, folder, resume=True)
    fewer = Splits("sysu", splits.root, splits.train, splits.validation, splits.test)
    people = {photo.identity for photo in splits.train[:72]}
    fewer = replace(fewer, train=tuple(p for p in splits.train if p.identity in people and p.identity != "0001"))
    with pytest.raises(ModelError, match="was trained on 12 people"):
        train(config, fewer, folder, resume=True)


def test_a_damaged_checkpoint_is_told(config: TrainConfig, splits: Splits, tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ModelError, match="damaged or not a checkpoint"):
        train(config, splits, tmp_path, resume=True)


def test_an_unreadable_image_is_named(config: TrainConfig, tmp_path: Path) -> None:
    root = write_people(tmp_path / "set", 2, 2, 2, per_camera=1)
    (root / "cam1" / "0001" / "0001.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"0001\.png is not a readable image"):
        train(replace(config, data=str(root)), open_set(root), tmp_path / "run")


def test_people_in_one_modality_are_warned_about(
    config: TrainConfig, splits: Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lonely = Photo(splits.train[0].path, "9999", 1, splits.train[0].modality)
    train(replace(config, epochs=0.2), replace(splits, train=(*splits.train, lonely)), tmp_path)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    warnings = [row["message"] for row in rows if row["event"] == "warning"]
    assert len(warnings) == 1
    assert "1 people are seen in one modality only and are left out: 9999" in warnings[0]


def test_ts_gan_trains_its_teacher_first(config: TrainConfig, tmp_path: Path) -> None:
    short = replace(config, method="ts_gan", epochs=0.2, teacher_epochs=0.2)
    train_run(short, tmp_path / "run")
    assert (tmp_path / "run" / "teacher" / "done.pt").is_file()
    assert (tmp_path / "run" / "best.pt").is_file()


def test_the_schedule_is_the_papers() -> None:
    paper = TrainConfig()
    assert paper.warmup == 10
    assert paper.steps_down == (40.0, 70.0)
    assert paper.rate_factor(0.0) == pytest.approx(0.1)
    assert paper.rate_factor(4.0) == pytest.approx(0.5)
    assert paper.rate_factor(9.0) == pytest.approx(1.0)
    assert paper.rate_factor(39.9) == pytest.approx(1.0)
    assert paper.rate_factor(40.0) == pytest.approx(0.3)
    assert paper.rate_factor(119.0) == pytest.approx(0.09)


def test_a_configuration_survives_its_checkpoint(config: TrainConfig) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config
    assert from_dict(to_dict(config) | {"from_a_later_version": 1}) == config


@pytest.mark.parametrize(("field", "value"), [("epochs", 0.0), ("identities", 1), ("size", (16, 128))])
def test_impossible_settings_are_refused(field: str, value: object) -> None:
    with pytest.raises(UsageError):
        TrainConfig(**{field: value})
