"""A person detector learns, goes on after a stop, and leaves as a file that computes the same in the engine."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import Cancelled
from engine.models.card import DetectorSpec, ModelCard
from engine.models.library import ModelLibrary
from engine.perception.decoders import yolox
from engine.perception.detector import make_detector
from engine.settings import DetectionSettings
from engine.types import Frame, Timestamp
from tests.helpers.frames import SIZE, write_frames
from training import checkpoint
from training.detector.config import DetectorConfig, ViewConfig
from training.detector.evaluate import evaluate, find_in, network_of
from training.detector.export import calibrate, export_detector
from training.detector.frames import FrameStore, read_frame, read_truth
from training.detector.loop import Learner, Run, learn, train
from training.detector.losses import assign
from training.detector.network import boxes_of, grid
from training.detector.views import ViewSource
from training.faults import DataError
from training.loop import Stop

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
VIEW = ViewConfig(crop=128, heights=(40.0, 60.0), mosaic=0.25, distractors=0.2, grey=0.2, zoom=(0.8, 1.2))


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frames(tmp_path_factory.mktemp("frames") / "set")


@pytest.fixture(scope="module")
def config(frames: Path) -> DetectorConfig:
    """A run of seconds from random weights."""
    return DetectorConfig(
        data=(str(frames),), validation=str(frames), init="none", size=SIZE, width=16, frozen=0, batch=2, steps=4,
        warmup=1, learning_rate=4e-3, backbone_rate=1.0, average=0.5, device="cpu", validate_steps=100, log_steps=2,
        view=VIEW,
    )  # fmt: skip


@pytest.fixture(scope="module")
def finished(config: DetectorConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(config, folder)
    return folder


def test_truth_is_read_with_boxes_shares_and_modality(frames: Path) -> None:
    truth = read_truth(frames)
    assert [one.infrared for one in truth] == [False, True, False, True]
    assert [len(one.boxes) for one in truth] == [2, 2, 2, 0]
    x0, y0, x1, y1 = truth[0].boxes[0].astype(int)
    assert read_frame(truth[0])[y0:y1, x0:x1].std() > 50  # the bar, head to foot
    with pytest.raises(DataError, match="no frames with truth"):
        read_truth(frames / "images")


def test_views_show_people_where_their_boxes_say(config: DetectorConfig, frames: Path, tmp_path: Path) -> None:
    plain = replace(config, view=replace(VIEW, distractors=0.0, empty=0.0))
    source = ViewSource(FrameStore([frames], tmp_path / "frames.u8", 10.0), plain)
    people = 0
    for n in range(12):
        view = source.view(np.random.default_rng(n))
        assert view.image.shape == (128, 128, 3)
        for x0, y0, x1, y1 in view.people.astype(int):
            grey = view.image.mean(axis=2)
            middle = grey[(y0 + y1) // 2 : y1 - 1, x0 : x1 + 1].mean()
            around = np.median(grey)
            people += middle > around  # bright below the dark head, whatever light and grey were made of them
    again = source.batch(3)
    assert people > 10
    assert torch.equal(again.pixels, source.batch(3).pixels)


def test_cells_about_a_person_are_given_to_them() -> None:
    corners, strides = grid(96, 160)
    middles = (corners + 0.5) * strides
    people = torch.tensor([[20.0, 10, 44, 80], [100.0, 20, 116, 70]])
    codes = torch.zeros(len(corners), 4)
    found = assign(torch.full((len(corners),), 0.1), boxes_of(codes, 96, 160), people, middles, strides)
    for number, (x0, y0, x1, y1) in enumerate(people.tolist()):
        mine = found.person == number
        assert 1 <= int(mine.sum()) <= 9
        x, y = middles[mine].T
        assert bool(((x > x0 - 13) & (x < x1 + 13) & (y >= y0) & (y <= y1)).all())
    assert bool((found.score[found.person < 0] == 0).all())
    assert float(found.score.max()) <= 1.0


def test_two_frames_are_learnt_by_heart(config: DetectorConfig, frames: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    learner = Learner(replace(config, view=replace(VIEW, mosaic=0.0, distractors=0.0, empty=0.0)))
    source = ViewSource(FrameStore([frames], tmp_path / "frames.u8", 10.0), learner.config)
    batch = source.batch(0)
    network = learner.networks["detector"].train()
    losses = [learner.step(batch, torch.autocast("cpu", enabled=False))["loss"].item() for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    network.eval()
    assert all(parameter.isfinite().all() for parameter in network.parameters())


def test_a_stopped_run_goes_on_as_if_never_stopped(config: DetectorConfig, finished: Path, tmp_path: Path) -> None:
    stop = Stop()
    stop.asked = True
    run = Run(config, tmp_path / "run", resume=False)
    with pytest.raises(Cancelled, match="can go on"):
        learn(run, stop)
    run.reporter.close()
    assert run.progress.step == 1
    train(config, tmp_path / "run", resume=True)
    whole, parted = (
        checkpoint.load(folder / "last.pt")["networks"]["average"] for folder in (finished, tmp_path / "run")
    )
    assert all(torch.equal(whole[name], parted[name]) for name in whole)
    events = [json.loads(line)["event"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert "validation" in events


def test_the_exported_file_computes_the_same_in_the_engine(finished: Path, frames: Path, tmp_path: Path) -> None:
    facts = {"training_data": "bars", "limitations": ("bars only",)}
    place = tmp_path / "models" / "bars"
    parity = export_detector(finished / "last.pt", [frames], place, name="bars", limit=0.2, facts=facts)
    assert parity.largest_difference < 1e-3
    card = ModelCard.load(place / "card.json")
    assert card.input.size == SIZE
    assert card.made is not None
    assert [(one.seed, one.sha256, one.pictures) for one in card.made.data] == [(5, "f" * 64, 4)]
    settings = DetectionSettings(min_score=0.0501, min_height=1)
    detector = make_detector("bars", ModelLibrary(tmp_path, tmp_path / "models"), settings, "cpu", 1)
    image = read_frame(read_truth(frames)[0])
    found = detector.detect([Frame(image, Timestamp(0, Fraction(1)), 0)])[0]
    network, _, _ = network_of(finished / "last.pt")
    calibrate(network, 0.2)
    boxes, scores = find_in(network, image)
    limits = [SIZE[1], SIZE[0]] * 2
    ours = {tuple(np.clip(box, 0, limits).round(1)) for box, s in zip(boxes, scores, strict=True) if s > 0.0502}
    assert {tuple(np.round(one.box.as_xyxy(), 1)) for one in found} >= {b for b in ours if b[2] - b[0] >= 1.1}
    assert evaluate(place / "model.onnx", frames, 1).frames == 4


def test_codes_become_the_boxes_the_engine_makes_of_them() -> None:
    rng = np.random.default_rng(0)
    corners, _ = grid(96, 160)
    rows = rng.normal(0, 1, (len(corners), 6)).astype(np.float32)
    boxes, _ = yolox({"predictions": rows}, DetectorSpec("yolox"), (96, 160))
    np.testing.assert_allclose(boxes_of(torch.from_numpy(rows[:, :4]), 96, 160).numpy(), boxes, atol=1e-3)
