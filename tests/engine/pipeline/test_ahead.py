"""Stages that run ahead keep order, hand faults over at their place, and stop when nobody wants more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from engine.pipeline.ahead import ahead


def test_everything_comes_in_order() -> None:
    assert list(ahead(iter(range(100)), 3)) == list(range(100))


def test_a_fault_comes_after_the_items_before_it() -> None:
    def faulty() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    stage = ahead(faulty(), 5)
    assert [next(stage), next(stage)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(stage)


def test_closing_stops_the_producer_and_closes_its_source() -> None:
    closed = threading.Event()
    produced = []

    def endless() -> Iterator[int]:
        number = 0
        try:
            while True:
                produced.append(number)
                yield number
                number += 1
        finally:
            closed.set()

    stage = ahead(endless(), 2)
    assert next(stage) == 0
    stage.close()
    assert closed.is_set()
    count = len(produced)
    time.sleep(0.05)
    assert len(produced) == count <= 5


def test_it_runs_no_further_ahead_than_asked() -> None:
    produced = []

    def counting() -> Iterator[int]:
        for number in range(100):
            produced.append(number)
            yield number

    stage = ahead(counting(), 4)
    next(stage)
    time.sleep(0.2)
    assert len(produced) <= 1 + 4 + 1
    stage.close()
