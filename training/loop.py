"""One readable loop for every method."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import lightning as lightning_all
import torch
from lightning.fabric import Fabric

from engine.errors import Cancelled, UsageError
from training import checkpoint
from training.config import TrainConfig, to_dict
from training.data.batches import Batch, BatchSource, batches
from training.data.images import ImageStore
from training.data.records import Splits
from training.data.sampler import IdentityModalitySampler
from training.faults import out_of_memory, storage_fault
from training.methods import METHODS
from training.reporting import Reporter
from training.validation import Validator

PRECISIONS = ("32-true", "bf16-mixed")  # 16-bit floats with a loss scaler per optimiser gain nothing over bfloat16


@dataclass(slots=True)
class Progress:
    """Where a run stands; all of it is in every checkpoint."""

    step: int = 0  # batches learnt from
    best: float = -1.0  # validation mAP
    best_step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)  # of the best step
    stale: int = 0  # validations since
    seconds: float = 0.0
    logged_step: int = 0
    sums: dict[str, float] = field(default_factory=dict)  # of the losses since


class Stop:
    """Set by SIGTERM or SIGINT: the loop finishes its step, writes a checkpoint and ends."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: object) -> None:
        del number, frame
        self.asked = True


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Catches SIGTERM and SIGINT while inside (a second SIGINT interrupts at once)."""
    stop = Stop()
    kinds = (signal.SIGTERM, signal.SIGINT)
    try:
        before = [signal.signal(kind, stop) for kind in kinds]
    except ValueError:  # not the main thread: the caller handles signals
        yield stop
        return
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


class Run:
    """Everything one run holds: device, data, method, reporter, progress."""

    def __init__(self, config: TrainConfig, splits: Splits, folder: Path, *, resume: bool) -> None:
        self.config, self.folder = config, folder
        self.fabric = make_fabric(config)
        self.fabric.seed_everything(config.seed, verbose=False)
        prepare_folder(folder, resume=resume)
        self.sampler = IdentityModalitySampler(
            splits.train,
            config.identities,
            config.per_modality,
            config.seed,
            rank=self.fabric.global_rank,
            ranks=self.fabric.world_size,
        )
        self.per_epoch = self.sampler.steps_per_epoch
        self.steps = max(1, round(config.epochs * self.per_epoch))
        self.source = BatchSource(ImageStore(splits.train, config.size), self.sampler, config)
        self.method = METHODS[config.method](config, len(self.sampler.names))
        for network in self.method.networks.values():
            network.to(self.fabric.device, memory_format=torch.channels_last)
        if config.compile:
            self.method.student.compile()  # in place: names of weights and checkpoints stay the same
        self.method.fabric = self.fabric
        self.progress = Progress()
        last = folder / "last.pt"
        if resume and last.is_file():
            content = checkpoint.load(last)
            self.progress = Progress(**checkpoint.restore(content, self.method, self.sampler.names, last))
        self.validator = Validator(splits, config, self.fabric.device)
        quiet = self.fabric.global_rank != 0
        self.reporter = Reporter(folder, resume_step=self.progress.step, quiet=quiet)

    def save(self, name: str) -> None:
        """Write a checkpoint (first process only)."""
        if self.fabric.global_rank == 0:
            checkpoint.save(self.folder / name, self.method, names=self.sampler.names, progress=asdict(self.progress))

    def set_rates(self) -> None:
        """Every optimiser follows the same schedule from its own base rate."""
        factor = self.config.rate_factor(self.progress.step / self.per_epoch)
        for optimiser in self.method.optimisers.values():
            for group in optimiser.param_groups:
                group.setdefault("base_lr", group["lr"])
                group["lr"] = group["base_lr"] * factor

    def any_process(self, value: bool) -> bool:
        """True where `value` is true in any process, so that all of them do the same."""
        if self.fabric.world_size == 1:
            return value
        return bool(self.fabric.all_reduce(torch.tensor(float(value)), reduce_op="sum"))

    def every(self, epochs: float) -> int:
        """Steps between two events that come every `epochs`."""
        return max(1, round(epochs * self.per_epoch))


def make_fabric(config: TrainConfig) -> Fabric:
    """Device, precision and processes (Lightning Fabric; several GPUs under `torchrun`)."""
    if config.precision not in PRECISIONS:
        raise UsageError(f"There is no precision '{config.precision}'.", f"Choose one of {', '.join(PRECISIONS)}.")
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.backends.cudnn.benchmark = False
    devices = int(os.environ["LOCAL_WORLD_SIZE"]) if torch.distributed.is_torchelastic_launched() else 1
    fabric = Fabric(accelerator=config.device, precision=config.precision, devices=devices)
    fabric.launch()
    return fabric


def prepare_folder(folder: Path, *, resume: bool) -> None:
    """Make the run's folder; refuse one that holds another run unless it is to be resumed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_fault(error, folder) from error
    if not resume and (folder / "last.pt").is_file():
        raise UsageError(
            f"{folder} already holds a run.", "Add --resume to go on with it, or choose another --out folder."
        )


def train(config: TrainConfig, splits: Splits, folder: Path, *, resume: bool = False) -> Progress:
    """Train `config.method` on `splits`; everything is written under `folder`. Returns where the run ended.

    Cancelled after a signal, with a checkpoint written; TrainingError, DataError, StorageError in one sentence.
    """
    run = Run(config, splits, folder, resume=resume)
    announce(run)
    with watched(run.reporter) as stop:
        learn(run, stop)
    return run.progress


@contextmanager
def watched(reporter: Reporter) -> Iterator[Stop]:
    """What surrounds the steps of any run: signals, plain words for a device that is full, an end to the report."""
    try:
        with stop_on_signals() as stop:
            yield stop
    except torch.OutOfMemoryError as error:
        raise out_of_memory(error) from error
    finally:
        reporter.close()


def learn(run: Run, stop: Stop) -> None:
    """The steps of a run, with validation, checkpoints and sheets at their times."""
    config, progress, method, fabric = run.config, run.progress, run.method, run.fabric
    meter = StepMeter(run)
    workers = config.workers if config.workers is not None else (4 if fabric.device.type == "cuda" else 0)
    if workers:
        run.source.store.fill()
    method.train_mode()
    for raw in batches(run.source, progress.step, run.steps, workers):
        batch = raw.to_device(fabric.device)
        run.set_rates()
        method.steps_done = progress.step
        with fabric.autocast():
            losses = method.step(batch)
        progress.step += 1
        meter.add(losses)
        finished = progress.step == run.steps
        if finished or progress.step % run.every(config.validate_epochs) == 0:
            finished |= validate(run, batch)
        stopped = run.any_process(stop.asked)
        meter.checkpoint_if_due(stopped=stopped or finished)
        if stopped and not finished:
            run.reporter.event("stopped", step=progress.step, checkpoint=str(run.folder / "last.pt"))
            raise Cancelled("Training was stopped; it can go on from its checkpoint.", "Add --resume.")
        if finished:
            break
    run.reporter.event("done", step=progress.step, best=progress.metrics, best_step=progress.best_step)


def validate(run: Run, batch: Batch) -> bool:
    """Measure, keep the best, draw a sheet; True where early stopping ends the run."""
    progress, method = run.progress, run.method
    metrics = run.fabric.broadcast(run.validator.measure(method.student))
    method.train_mode()
    score = metrics.get("mAP", float(progress.step))  # without validation people the last is the best
    if score > progress.best:
        progress.best, progress.best_step, progress.metrics, progress.stale = score, progress.step, metrics, 0
        run.save("best.pt")
    else:
        progress.stale += 1
    epoch = progress.step / run.per_epoch
    run.reporter.event("validation", step=progress.step, epoch=round(epoch, 3), metrics=metrics)
    run.reporter.curves(progress.step, {f"validation/{name}": value for name, value in metrics.items()})
    with torch.no_grad():
        pictures = method.sample_sheet(batch)
    if pictures is not None:
        run.reporter.sheet(progress.step, pictures)
    return bool(run.config.patience and progress.stale >= run.config.patience)


class StepMeter:
    """Losses, rate and time left of the running steps, and when the next checkpoint is due."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.started = self.saved = self.logged = time.monotonic()
        self.seconds_before = run.progress.seconds
        self.first_step = run.progress.step

    def add(self, losses: dict[str, torch.Tensor]) -> None:
        """Take in one step's losses; report every `log_steps`, and always the last step."""
        run, progress, step = self.run, self.run.progress, self.run.progress.step
        for name, value in losses.items():
            progress.sums[name] = progress.sums.get(name, 0.0) + float(value)
        if step % run.config.log_steps and step != run.steps:
            return
        now = time.monotonic()
        means = {name: round(value / (step - progress.logged_step), 6) for name, value in progress.sums.items()}
        rate = (step - max(progress.logged_step, self.first_step)) / max(now - self.logged, 1e-9)
        images = run.method.photos_per_pair * run.sampler.identities * run.sampler.per_modality * run.fabric.world_size
        factor = run.config.rate_factor((step - 1) / run.per_epoch)
        run.reporter.event(
            "progress",
            step=step,
            steps=run.steps,
            epoch=round(step / run.per_epoch, 3),
            losses=means,
            learning_rate=run.config.learning_rate * factor,
            images_per_second=round(rate * images, 2),
            seconds_left=round((run.steps - step) / rate),
        )
        run.reporter.curves(step, {f"loss/{name}": value for name, value in means.items()} | {"lr_factor": factor})
        progress.sums, progress.logged_step, self.logged = {}, step, now

    def checkpoint_if_due(self, *, stopped: bool) -> None:
        """Write `last.pt` every `checkpoint_minutes`, at the end and when the run was told to stop."""
        now, run = time.monotonic(), self.run
        if not stopped and now - self.saved < run.config.checkpoint_minutes * 60:
            return
        run.progress.seconds = self.seconds_before + now - self.started
        run.save("last.pt")
        run.reporter.event("checkpoint", step=run.progress.step, path=str(run.folder / "last.pt"))
        self.saved = now


def announce(run: Run) -> None:
    """The first lines: what is trained, on what, with which configuration, and what is odd about the data."""
    reporter, sampler = run.reporter, run.sampler
    settings: dict[str, Any] = to_dict(run.config)
    reporter.event(
        "start",
        method=run.method.name,
        people=len(sampler.names),
        images=len(run.source.store),
        steps=run.steps,
        steps_per_epoch=run.per_epoch,
        resumed_at=run.progress.step,
        device=str(run.fabric.device),
        torch=torch.__version__,
        lightning=lightning_all.__version__,
        config=settings,
    )
    reporter.event("note", message=run.method.student.origin)
    if sampler.left_out:
        names = ", ".join(sampler.left_out[:5]) + (" …" if len(sampler.left_out) > 5 else "")
        reporter.event(
            "warning",
            message=f"{len(sampler.left_out)} people are seen in one modality only and are left out: {names}. "
            "Add images of the other modality to use them.",
        )
    if run.validator.empty:
        reporter.event("note", message="No validation people: the last epoch counts as the best.")
