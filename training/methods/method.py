"""The contract of a method: its networks, its optimisers, and what one step does. The loop does the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from training.config import TrainConfig
from training.data.batches import Batch
from training.faults import diverged
from training.networks.student import Student

if TYPE_CHECKING:
    from lightning.fabric import Fabric

LARGEST_LOSS = 1e6  # a loss beyond this is divergence, not learning


class Method:
    """Subclass it in one file: build `networks` and `optimisers` in `__init__`, and write `step`.

    `networks['student']` is what is evaluated and exported. The loop moves the networks to the device, sets the
    learning rates, calls `step` for every batch and stores both dicts in the checkpoints. A method keeps no other
    state. `needs_teacher` asks for `config.teacher`, a checkpoint of the method `ir_teacher`.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_teacher: ClassVar[bool] = False
    photos_per_pair: ClassVar[int] = 2  # how many of a row's two photos the student learns from

    def __init__(self, config: TrainConfig, classes: int) -> None:
        self.config, self.classes = config, classes
        self.networks: dict[str, nn.Module] = {}
        self.optimisers: dict[str, Optimizer] = {}
        self.fabric: Fabric | None = None
        self.steps_done = 0

    @property
    def student(self) -> Student:
        """The network used at test time."""
        student = self.networks["student"]
        assert isinstance(student, Student)
        return student

    def train_mode(self) -> None:
        """Every network that learns in training mode, frozen ones in evaluation mode."""
        for network in self.networks.values():
            network.train(any(parameter.requires_grad for parameter in network.parameters()))

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Learn from one batch; returns the losses by name, detached scalars."""
        raise NotImplementedError

    def sample_sheet(self, batch: Batch) -> Tensor | None:
        """Pictures to look at, (rows, columns, 3, H, W) in [0, 1]; None where the method makes none."""
        del batch
        return None

    def new_student(self) -> Student:
        """A student as configured."""
        network = self.config.network
        return Student(network.backbone, self.classes, init=network.init, bnneck=network.bnneck)

    def adam(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """The paper's optimiser for the backbone (section IV-B)."""
        wanted = [p for p in parameters if p.requires_grad]
        return torch.optim.Adam(wanted, lr=self.config.learning_rate, weight_decay=self.config.weight_decay, fused=True)

    def update(self, optimiser: str, loss: Tensor) -> None:
        """Backward through `loss` and step `optimiser`."""
        self.backward(optimiser, loss)
        self.apply(optimiser)

    def backward(self, optimiser: str, loss: Tensor) -> None:
        """Collect the gradients of `loss`, one of several that `optimiser` will follow."""
        value = float(loss.detach())
        if not abs(value) < LARGEST_LOSS:  # also true for NaN
            raise diverged(f"the {optimiser} loss", value, self.steps_done)
        loss.backward()

    def apply(self, optimiser: str) -> None:
        """Average the collected gradients over all devices, step `optimiser`, and forget them."""
        chosen = self.optimisers[optimiser]
        parameters = [p for group in chosen.param_groups for p in group["params"] if p.grad is not None]
        self._average_gradients(parameters)
        if self.config.clip_norm > 0:
            torch.nn.utils.clip_grad_norm_(parameters, self.config.clip_norm)
        chosen.step()
        chosen.zero_grad(set_to_none=True)

    def _average_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Data parallel by hand: three optimisers that share networks do not fit DistributedDataParallel's hooks."""
        if self.fabric is None or self.fabric.world_size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        averaged = self.fabric.all_reduce(flat, reduce_op="mean")
        assert isinstance(averaged, Tensor)
        for gradient, part in zip(gradients, averaged.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))
