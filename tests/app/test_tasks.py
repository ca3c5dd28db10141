"""Jobs pause, go on, wait for their lane and stop where they said; what they hold is closed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from app.jobs import Job, JobState
from app.tasks import Pool, Runner
from engine.progress import Progress, Work
from tests.app.conftest import Wait


@pytest.fixture
def runner(qtbot: object) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.halt()
    made.join()


def _steps(gate: Event, closed: list[str], name: str = "job", steps: int = 1000) -> Work[str]:
    try:
        for n in range(steps):
            gate.wait(5)
            yield Progress("stepping", n, steps, "steps")
        return "done"
    finally:
        closed.append(name)


def test_a_paused_job_stands_still_and_goes_on(runner: Runner, until: Wait) -> None:
    gate, closed = Event(), []
    gate.set()
    results: list[object] = []
    job = runner.start(Job("count", lambda: _steps(gate, closed), done=results.append))
    until(lambda: job.progress is not None)
    runner.pause(job)
    assert job.state is JobState.PAUSED or job.state.ended
    runner.resume(job)
    until(lambda: results)
    assert results == ["done"]
    assert closed == ["job"]


def test_cancelling_closes_the_generator(runner: Runner, until: Wait) -> None:
    gate, closed = Event(), []
    gate.set()
    job = runner.start(Job("count", lambda: _steps(gate, closed, steps=10**9)))
    until(lambda: job.progress is not None)
    runner.cancel(job)
    until(lambda: job.state is JobState.CANCELLED)
    assert closed == ["job"]


def test_one_job_per_lane(runner: Runner, until: Wait) -> None:
    gate, closed = Event(), []
    first = runner.start(Job("first", lambda: _steps(gate, closed, "first"), "lane"))
    second = runner.start(Job("second", lambda: _steps(gate, closed, "second"), "lane"))
    until(lambda: first.state is JobState.RUNNING)
    assert second.state is JobState.WAITING
    gate.set()
    until(lambda: second.state is JobState.DONE)
    assert closed == ["first", "second"]


def test_changes_keep_their_order(runner: Runner, until: Wait) -> None:
    seen: list[int] = []
    for n in range(50):
        runner.call(lambda n=n: seen.append(n))
    until(lambda: len(seen) == 50)
    assert seen == list(range(50))


def test_what_is_no_longer_wanted_is_not_read(qtbot: object, until: Wait) -> None:
    gate, read = Event(), []
    pool = Pool(1, "test")
    pool.submit(lambda: gate.wait(5), lambda _r: None)
    for n in range(20):
        pool.submit(lambda n=n: read.append(n), lambda _r: None, key=n)
    pool.keep_only(lambda key: key in (3, 4))
    gate.set()
    until(lambda: not pool.busy())
    assert sorted(read) == [3, 4]
    pool.stop()


def test_an_answer_is_always_that_to_the_latest_question(qtbot: object, until: Wait) -> None:
    gate, heard = Event(), []
    pool = Pool(2, "test")
    begun = Event()
    pool.submit(lambda: (begun.set(), gate.wait(5), "old")[-1], heard.append, key="person")
    assert begun.wait(5)
    pool.submit(lambda: "new", heard.append, key="person")
    until(lambda: heard)
    gate.set()
    until(lambda: not pool.busy())
    pool.submit(lambda: "last", heard.append)
    until(lambda: "last" in heard)
    assert heard == ["new", "last"]
    assert not pool._latest  # nothing is kept of what has been answered
    pool.stop()


def test_the_refusal_of_an_older_question_is_not_told(qtbot: object, until: Wait) -> None:
    gate, begun, heard, told = Event(), Event(), [], []

    def refuse() -> None:
        begun.set()
        gate.wait(5)
        raise ValueError("old")

    pool = Pool(2, "test")
    pool.submit(refuse, heard.append, told.append, key="person")
    assert begun.wait(5)
    pool.submit(lambda: "new", heard.append, told.append, key="person")
    until(lambda: heard)
    gate.set()
    until(lambda: not pool.busy())
    pool.submit(lambda: "last", heard.append)
    until(lambda: "last" in heard)
    assert (heard, told) == (["new", "last"], [])
    pool.stop()


def test_interim_results_are_shown_while_newer_ones_are_on_their_way(qtbot: object, until: Wait) -> None:
    gate, begun, heard = Event(), Event(), []
    pool = Pool(1, "test")
    pool.submit(lambda: (begun.set(), gate.wait(5), 1)[-1], heard.append, key="frame", interim=True)
    assert begun.wait(5)
    for n in (2, 3):
        pool.submit(lambda n=n: n, heard.append, key="frame", interim=True)
    gate.set()
    until(lambda: 3 in heard)
    assert heard == [1, 3]
    pool.stop()
