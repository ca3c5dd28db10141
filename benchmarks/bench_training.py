"""Training: images per second of every method, and the memory a full-size run takes.

    python -m benchmarks.bench_training [--device cpu] [--threads 2] [--steps 3] [--backbone NAME] [--size 128x64]

Speed is measured, methods taking turns, on made-up pixels (decoding is no part of it), with the peak memory of a child
process per method (on a GPU: of the device). Memory of the full-size run (ResNet-50, 64 images of 256×128, bfloat16) is
measured on a GPU; without one it is worked out by running the step on tensors without data, which allocate nothing, and
adding up what they would hold.
"""

from __future__ import annotations

import argparse
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.common import Table, interleaved_medians, peak_memory, save
from training import checkpoint
from training.config import AugmentConfig, GanConfig, NetworkConfig, TrainConfig
from training.data.batches import Batch
from training.methods import METHODS
from training.methods.method import Method
from training.options import PLUS, size_of

PEOPLE = 200
PAIRS = 32  # 8 people × 4 pairs: 64 images
WIDTH = 8  # of generators and discriminators on a CPU
LIMIT = 16  # GiB, for the full-size run


def make_config(method: str, backbone: str, size: tuple[int, int], folder: Path, width: int = WIDTH) -> TrainConfig:
    """The configuration of one contender; its teacher is written into `folder` where it needs one."""
    strong = method == "ts_gan_plus"
    config = TrainConfig(
        method=method,
        size=size,
        network=NetworkConfig(backbone, "none", bnneck=strong),
        augment=AugmentConfig(erasing=PLUS["erasing"] if strong else 0.0, exchange=PLUS["exchange"] if strong else 0.0),
        gan=GanConfig(generator_width=width, generator_blocks=4, discriminator_width=width),
        teacher=str(folder / f"teacher-{backbone}.pt"),
    )
    teacher = METHODS["ir_teacher"](config, PEOPLE)
    names = tuple(str(n) for n in range(PEOPLE))
    checkpoint.save(Path(config.teacher), teacher, names=names, progress={})
    return config


def made_up_batch(size: tuple[int, int], device: torch.device) -> Batch:
    """A batch of noise on `device`."""
    draw = np.random.default_rng(0)

    def images() -> torch.Tensor:
        return torch.from_numpy(draw.integers(0, 256, (PAIRS, 3, *size), dtype=np.uint8))

    kept = torch.ones(PAIRS, 1, *size, dtype=torch.bool)
    swap, labels = torch.zeros(PAIRS, dtype=torch.bool), torch.arange(PAIRS) // 4
    return Batch(images(), images(), images(), swap, kept, kept, labels).to_device(device)


def ready(config: TrainConfig, device: torch.device) -> Method:
    """A method with its networks on `device`, in training mode."""
    method = METHODS[config.method](config, PEOPLE)
    for network in method.networks.values():
        network.to(device, memory_format=torch.channels_last)
    method.train_mode()
    return method


def some_steps(config: TrainConfig, device: str, steps: int) -> None:
    """What a child process does whose peak memory is measured."""
    method, batch = ready(config, torch.device(device)), made_up_batch(config.size, torch.device(device))
    for _ in range(steps):
        method.step(batch)


def speeds(configs: dict[str, TrainConfig], device: torch.device, steps: int) -> dict[str, float]:
    """Images per second by method; an image is one real photo the student learns from."""
    contenders, photos = {}, {}
    for name, config in configs.items():
        method, batch = ready(config, device), made_up_batch(config.size, device)
        photos[name] = method.photos_per_pair * PAIRS

        def run(method: Method = method, batch: Batch = batch) -> None:
            method.step(batch)
            if device.type == "cuda":
                torch.cuda.synchronize()

        contenders[name] = run
    seconds = interleaved_medians(contenders, rounds=steps)
    return {name: photos[name] / seconds[name] for name in configs}


def full_size_memory(method: str, device: torch.device, folder: Path) -> float:
    """Peak GiB of one step with ResNet-50, 64 images of 256×128, width 64, bfloat16."""
    config = make_config(method, "resnet50", (256, 128), folder, width=64)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        made, batch = ready(config, device), made_up_batch(config.size, device)
        with torch.autocast("cuda", torch.bfloat16):
            for _ in range(2):
                made.step(batch)
        return torch.cuda.max_memory_allocated() / 2**30
    return without_data(config) / 2**30


class LiveBytes(TorchDispatchMode):
    """Adds up the storages alive between operations; `peak` is the most there were."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, torch.Tensor):
                self._count(value.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.alive += size
        self.peak = max(self.peak, self.alive)
        weakref.finalize(storage, self._freed, key, size)

    def _freed(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.alive -= size


def without_data(config: TrainConfig) -> int:
    """Peak bytes of one step, worked out on tensors that have shapes but no data (workspaces of kernels left out)."""

    class Valueless(METHODS[config.method]):  # type: ignore[misc, name-defined]
        """The same method; its losses have no value to look at."""

        def backward(self, optimiser: str, loss: torch.Tensor) -> None:
            loss.backward()

    counter = LiveBytes()
    with FakeTensorMode(), counter:
        method = Valueless(config, PEOPLE)
        method.train_mode()
        images = torch.empty(PAIRS, 3, *config.size)
        kept = torch.empty(PAIRS, 1, *config.size, dtype=torch.bool)
        swap, labels = torch.empty(PAIRS, dtype=torch.bool), torch.empty(PAIRS, dtype=torch.int64)
        batch = Batch(images, images.clone(), images.clone(), swap, kept, kept.clone(), labels)
        with torch.autocast("cpu", torch.bfloat16):
            for _ in range(2):  # the second step has Adam's moments beside it
                method.step(batch)
    return counter.peak


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--size", type=size_of, default=(128, 64))
    parsed = parser.parse_args()
    device = torch.device(parsed.device)
    torch.set_num_threads(parsed.threads)
    kind = "measured" if device.type == "cuda" else "worked out"
    table = Table(
        f"{parsed.backbone} at {parsed.size[0]}x{parsed.size[1]}, {2 * PAIRS} images a step, {parsed.device}, "
        f"{parsed.threads} threads",
        "method", "images/s", "GiB of a process", f"GiB at full size, {kind} (limit {LIMIT})",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        configs = {name: make_config(name, parsed.backbone, parsed.size, folder) for name in METHODS}
        rates = speeds(configs, device, parsed.steps)
        for name, config in configs.items():
            peak = peak_memory(some_steps, config, parsed.device, 2) / 2**30 if device.type == "cpu" else "-"
            table.add(name, rates[name], peak, full_size_memory(name, device, folder))
    table.print()
    save("training", table, full_size=kind, generator_width=WIDTH)


if __name__ == "__main__":
    main()
