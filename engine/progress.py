"""Long work is a generator: each `yield` is a progress report, a pause point and a cancellation point.

    def work() -> Work[Result]:
        for n, item in enumerate(items):
            ...
            yield Progress("hashing", n, len(items), "files")
        return result

Closing the generator cancels it; its `finally` blocks leave everything consistent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` `unit`s (total None: not known yet) of the named `stage`."""

    stage: str
    done: int
    total: int | None = None
    unit: str = ""
    detail: str = ""

    @property
    def fraction(self) -> float | None:
        """Share done in [0, 1]; None while the total is unknown."""
        if not self.total:
            return None
        return min(max(self.done / self.total, 0.0), 1.0)


Work = Generator[Progress, None, T]


def finish(work: Generator[Progress, None, T], report: Callable[[Progress], None] | None = None) -> T:
    """Run `work` to its end, passing each Progress to `report`; returns what the generator returns."""
    try:
        while True:
            progress = next(work)
            if report is not None:
                report(progress)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        work.close()


class Meter:
    """Rate and time left of one stage, from Progress reports and a monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage: str | None = None
        self._started = 0.0
        self._first = 0
        self._latest: Progress | None = None

    def update(self, progress: Progress) -> None:
        """Take in a report; a new stage starts a new measurement."""
        if progress.stage != self._stage:
            self._stage, self._started, self._first = progress.stage, self._clock(), progress.done
        self._latest = progress

    @property
    def rate(self) -> float | None:
        """Units per second since the stage began; None before anything was done."""
        if self._latest is None:
            return None
        elapsed, done = self._clock() - self._started, self._latest.done - self._first
        return done / elapsed if elapsed > 0 and done > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end of the stage; None where rate or total is unknown."""
        rate = self.rate
        if rate is None or self._latest is None or self._latest.total is None:
            return None
        return max(self._latest.total - self._latest.done, 0) / rate
