"""A long piece of work, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.progress import Meter, Progress, Work


class JobState(StrEnum):
    """Where a long job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(eq=False)
class Job:
    """A long piece of work. Only one job per `lane` runs at a time; the others wait in the order of the list."""

    title: str
    make: Callable[[], Work[Any]]
    lane: str = ""
    subject: object = None
    done: Callable[[Any], None] | None = None
    failed: Callable[[Exception], None] | None = None
    number: int = 0
    state: JobState = JobState.WAITING
    progress: Progress | None = None
    meter: Meter = field(default_factory=Meter)
    error: Exception | None = None
    started: bool = False
    cancelling: bool = False  # taken up at the next yield
