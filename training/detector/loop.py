"""Training of the person detector: one loop, resumable, with the events every run of `python -m training` gives."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.swa_utils import AveragedModel
from torchvision.utils import draw_bounding_boxes

from engine.errors import Cancelled
from training import checkpoint
from training.config import to_dict
from training.detector.config import DetectorConfig
from training.detector.evaluate import find_in, measure
from training.detector.frames import FrameStore, Truth, read_truth
from training.detector.losses import detection_losses
from training.detector.network import PersonDetector, boxes_of, grid
from training.detector.views import Batch, ViewSource
from training.faults import diverged
from training.loop import Stop, make_fabric, prepare_folder, watched
from training.reporting import Reporter

SHEET = 8  # pictures


@dataclass(slots=True)
class Progress:
    """Where a run stands; all of it is in every checkpoint."""

    step: int = 0
    best: float = -1.0  # recall of clear people on the validation frames
    best_step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


class Learner:
    """The network, its moving average and the optimiser; what a checkpoint holds."""

    name = "detector"

    def __init__(self, config: DetectorConfig) -> None:
        self.config = config
        network = PersonDetector(config.width, config.frozen, config.init).to(memory_format=torch.channels_last)
        self.origin = network.origin
        average = AveragedModel(network, multi_avg_fn=partial(moving_average, config.average), use_buffers=True)
        self.networks: dict[str, Any] = {"detector": network, "average": average}
        self.optimisers = {"detector": AdamW(groups_of(network, config), weight_decay=config.weight_decay)}

    def step(self, batch: Batch, autocast: Any) -> dict[str, Tensor]:
        """Learn from one batch; its losses."""
        network, optimiser = self.networks["detector"], self.optimisers["detector"]
        height, width = batch.pixels.shape[2:]
        with autocast:
            pixels = batch.pixels.float().contiguous(memory_format=torch.channels_last)
            logits, codes = network(pixels)
        corners, strides = grid(height, width)
        boxes = boxes_of(codes, height, width)
        losses = detection_losses(logits, boxes, batch.people, batch.unsure, ((corners + 0.5) * strides, strides))
        optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        if self.config.clip_norm:
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.config.clip_norm)
        optimiser.step()
        self.networks["average"].update_parameters(network)
        return losses

    def set_rate(self, factor: float) -> None:
        """Learning rates as shares of their own base."""
        for group in self.optimisers["detector"].param_groups:
            group["lr"] = group["base_lr"] * factor

    @property
    def averaged(self) -> PersonDetector:
        """What is measured and exported."""
        return self.networks["average"].module.eval()


@torch.no_grad()
def moving_average(decay: float, averages: Sequence[Tensor], values: Sequence[Tensor], count: Tensor) -> None:
    """Exponential, and shorter at the beginning, so that what the network started from is soon forgotten."""
    steps = float(count)
    share = 1 - min(decay, (1 + steps) / (10 + steps))
    for average, value in zip(averages, values, strict=True):
        if average.is_floating_point():
            average.lerp_(value, share)
        else:
            average.copy_(value)


def groups_of(network: PersonDetector, config: DetectorConfig) -> list[dict[str, Any]]:
    """The backbone learns slower; norms and biases are not decayed."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith("body."), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "base_lr": config.learning_rate * (config.backbone_rate if body else 1.0),
            "lr": config.learning_rate,
            **({} if decayed else {"weight_decay": 0.0}),
        }
        for (body, decayed), parameters in groups.items()
    ]


def rate_factor(config: DetectorConfig, step: int) -> float:
    """Linear warm-up, then half a cosine down to a twentieth (Loshchilov & Hutter, SGDR, 2017)."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return 0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2


class Run:
    """Everything one run holds."""

    def __init__(self, config: DetectorConfig, folder: Path, *, resume: bool) -> None:
        self.config, self.folder = config, folder
        self.fabric = make_fabric(config)
        self.fabric.seed_everything(config.seed, verbose=False)
        prepare_folder(folder, resume=resume)
        store = FrameStore([Path(p) for p in config.data], folder / "frames.u8", config.view.least_contrast)
        self.source = ViewSource(store, config)
        self.learner = Learner(config)
        self.progress = Progress()
        last = folder / "last.pt"
        if resume and last.is_file():
            self.progress = Progress(**checkpoint.restore(checkpoint.load(last), self.learner, (), last))
        self.validation = validation_frames(config)
        self.reporter = Reporter(folder, resume_step=self.progress.step)

    def save(self, name: str) -> None:
        """Write a checkpoint."""
        checkpoint.save(self.folder / name, self.learner, names=(), progress=asdict(self.progress))


def validation_frames(config: DetectorConfig) -> list[Truth]:
    """Frames spread evenly over the validation set."""
    if not config.validation:
        return []
    truth = read_truth(Path(config.validation))
    count = min(config.validation_frames, len(truth))
    return [truth[int(i)] for i in np.linspace(0, len(truth) - 1, count)]


def train(config: DetectorConfig, folder: Path, *, resume: bool = False) -> Progress:
    """Train on `config.data`; everything is written under `folder`. Returns where the run ended.

    Cancelled after a signal, with a checkpoint written; TrainingError, DataError, StorageError in one sentence.
    """
    run = Run(config, folder, resume=resume)
    store = run.source.store
    run.reporter.event(
        "start", method=Learner.name, frames=len(store), people=sum(len(truth.boxes) for truth in store.truth),
        empty=len(store.empty), steps=config.steps, resumed_at=run.progress.step, config=to_dict(config),
    )  # fmt: skip
    run.reporter.event("note", message=run.learner.origin)
    with watched(run.reporter) as stop:
        learn(run, stop)
    return run.progress


def learn(run: Run, stop: Stop) -> None:
    """The steps of a run, with validation, checkpoints and sheets at their times."""
    config, progress, learner = run.config, run.progress, run.learner
    started = saved = logged = time.monotonic()
    before, sums, since = progress.seconds, {}, progress.step
    learner.networks["detector"].train()
    while progress.step < config.steps:
        batch = run.source.batch(progress.step)
        factor = rate_factor(config, progress.step)
        learner.set_rate(factor)
        losses = {name: value.item() for name, value in learner.step(batch, run.fabric.autocast()).items()}
        progress.step += 1
        if not math.isfinite(losses["loss"]):
            raise diverged("the loss", losses["loss"], progress.step)
        sums = {name: sums.get(name, 0.0) + value for name, value in losses.items()}
        now = time.monotonic()
        finished = progress.step == config.steps
        if finished or progress.step % config.log_steps == 0:
            _tell(run, sums, progress.step - since, now - logged, factor)
            sums, since, logged = {}, progress.step, now
        if finished or progress.step % config.validate_steps == 0:
            validate(run, batch)
        progress.seconds = before + time.monotonic() - started
        if finished or stop.asked or now - saved > config.checkpoint_minutes * 60:
            run.save("last.pt")
            run.reporter.event("checkpoint", step=progress.step, path=str(run.folder / "last.pt"))
            saved = now
        if stop.asked and not finished:
            run.reporter.event("stopped", step=progress.step, checkpoint=str(run.folder / "last.pt"))
            raise Cancelled("Training was stopped; it can go on from its checkpoint.", "Add --resume.")
    run.reporter.event("done", step=progress.step, best=progress.metrics, best_step=progress.best_step)


def _tell(run: Run, sums: dict[str, float], steps: int, seconds: float, factor: float) -> None:
    """Losses and rate since the last report."""
    config, step = run.config, run.progress.step
    means = {name: round(value / steps, 6) for name, value in sums.items()}
    rate = steps / max(seconds, 1e-9)
    run.reporter.event(
        "progress", step=step, steps=config.steps, losses=means, learning_rate=config.learning_rate * factor,
        images_per_second=round(rate * config.batch, 2), seconds_left=round((config.steps - step) / rate),
    )  # fmt: skip
    run.reporter.curves(step, {f"loss/{name}": value for name, value in means.items()} | {"lr_factor": factor})


def validate(run: Run, batch: Batch) -> None:
    """Measure the averaged weights, keep the best, draw what they find in the last batch."""
    progress, network = run.progress, run.learner.averaged
    metrics = measure(network, run.validation, run.config.size) if run.validation else {}
    if (score := metrics.get("recall", float(progress.step))) > progress.best:
        progress.best, progress.best_step, progress.metrics = score, progress.step, metrics
        run.save("best.pt")
    run.reporter.event("validation", step=progress.step, metrics=metrics)
    run.reporter.curves(progress.step, {f"validation/{name}": value for name, value in metrics.items()})
    run.reporter.sheet(progress.step, sheet(network, batch))


def sheet(network: PersonDetector, batch: Batch) -> Tensor:
    """(rows, columns, 3, S, S) pictures of a batch: truth in green, what is taught nothing of in grey, found in red."""
    pictures = []
    for i in range(min(SHEET, len(batch.pixels))):
        found, scores = find_in(network, batch.pixels[i].permute(1, 2, 0).numpy())
        picture = batch.pixels[i]
        colours = ((batch.people[i], "lime"), (batch.unsure[i], "grey"), (torch.from_numpy(found[scores > 0.3]), "red"))
        for boxes, colour in colours:
            if len(boxes):
                picture = draw_bounding_boxes(picture, boxes, colors=colour)
        pictures.append(picture.float() / 255)
    return torch.stack(pictures).unflatten(0, (-1, min(4, len(pictures))))
