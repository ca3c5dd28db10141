"""The list of jobs: what runs is always in it, a paused job keeps its lane, the keyboard reaches every button."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.jobs import Job, JobState
from app.operations.footage import INGEST
from app.shell import Window
from engine.progress import Progress, Work
from tests.app.conftest import Wait


@pytest.fixture
def jobs(window: Window) -> Iterator[list[Job]]:
    """Twelve of one lane; they go on until the test ends."""
    end = Event()

    def work() -> Work[None]:
        while not end.wait(0.005):
            yield Progress("busy", 0, 1)

    yield [window.session.runner.start(Job(f"job {n}", work, "lane")) for n in range(12)]
    end.set()


def _titles(window: Window) -> list[str]:
    column = window.tray._list
    return [column.itemAt(n).widget()._job.title for n in range(column.count())]


def test_what_runs_is_shown_first_and_then_what_waits(window: Window, jobs: list[Job], until: Wait) -> None:
    window.tray.toggle()
    until(lambda: jobs[0].state is JobState.RUNNING)
    window.session.runner.raise_priority(jobs[7])
    until(lambda: _titles(window)[:3] == ["job 0", "job 7", "job 1"])
    assert len(_titles(window)) == 12
    window.session.runner.cancel(jobs[0])
    until(lambda: jobs[7].state is JobState.RUNNING)
    until(lambda: (_titles(window)[0], _titles(window)[-1]) == ("job 7", "job 0"))
    assert window.tray.height() < window.height()


def test_a_paused_job_keeps_its_lane(window: Window, jobs: list[Job], until: Wait) -> None:
    runner = window.session.runner
    until(lambda: jobs[0].progress)
    runner.pause(jobs[0])
    assert [job.state for job in jobs[1:]] == [JobState.WAITING] * 11
    runner.resume(jobs[0])
    assert sum(job.state is JobState.RUNNING for job in jobs) == 1


def test_the_keyboard_puts_a_job_first(window: Window, jobs: list[Job], until: Wait) -> None:
    window.activateWindow()
    until(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    until(window.tray.isVisible)
    until(lambda: window.tray.isAncestorOf(QApplication.focusWidget()))
    wanted = window.tray._rows[jobs[2].number]._first
    for _ in range(40):
        if QApplication.focusWidget() is wanted:
            break
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is wanted
    QTest.keyClick(wanted, Qt.Key.Key_Space)
    until(lambda: _titles(window)[1] == "job 2")


def test_the_title_counts_all_footage_that_is_ingested_not_the_step_of_one(window: Window, until: Wait) -> None:
    steps = [Progress("hashing", 1, 1), Progress("modality", 1, 1), Progress("finding people", 1, 2)]
    reached, go_on = [Event() for _ in steps], [Event() for _ in steps]

    def watched() -> Work[None]:
        for step, there, on in zip(steps, reached, go_on, strict=True):
            yield step
            there.set()
            while not on.wait(0.005):
                yield step

    def soon() -> Work[None]:
        yield Progress("finding people", 0, 1)

    runner, status = window.session.runner, window.status
    runner.start(Job("registering", soon, "register"))
    for n, work in enumerate((watched, soon, soon, soon)):
        runner.start(Job(f"E-{n}", work, INGEST))
    shares = []
    for there, on in zip(reached, go_on, strict=True):
        until(there.is_set)
        shares.append(status.overall())
        on.set()
    assert shares == [0, 0, 0.125], "half of the first of four"
    until(lambda: not runner.active())
    assert status.overall() is None
