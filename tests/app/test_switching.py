"""From one case to another: what belongs to the case before is neither shown, told, kept open nor waited for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.jobs import Job, JobState
from app.operations import cases, footage
from app.session import READERS, Session
from app.shell import Window
from engine.case import Case
from engine.errors import CaseLockedError
from engine.progress import Progress, Work
from tests.app.conftest import EXAMINER, Wait


class Beats:
    """Counts while the event loop is alive."""

    def __init__(self) -> None:
        self.count = 0
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)

    def _beat(self) -> None:
        self.count += 1


@contextmanager
def readers_held(session: Session) -> Iterator[None]:
    """All reader threads are busy inside the block."""
    gate, held = Event(), Barrier(READERS + 1)
    for _ in range(READERS):
        session.pool.submit(lambda: (held.wait(5), gate.wait(30)), lambda _none: None)
    held.wait(5)
    try:
        yield
    finally:
        gate.set()


def test_reads_that_a_closed_case_refuses_are_not_told(
    opened: Window, until: Wait, qtbot: QtBot, errors: list[Exception]
) -> None:
    session, heard = opened.session, []
    with readers_held(session):
        session.read(footage.rows, heard.append, key="x")
        session.read(lambda case: case.tracklets.list(), heard.append)
        with qtbot.waitSignal(session.changed):
            cases.close_case(session)
    until(lambda: not session.pool.busy())
    session.pool.submit(lambda: "after", heard.append)
    until(lambda: heard)
    assert (heard, errors) == (["after"], [])


class Step:
    """A job in the middle of one long step, until the gate opens."""

    def __init__(self, session: Session, lane: str = footage.INGEST) -> None:
        self.gate, self.begun = Event(), Event()
        self.job = session.runner.start(Job("a long step", self._work, lane))
        assert self.begun.wait(5)

    def _work(self) -> Work[None]:
        self.begun.set()
        self.gate.wait(60)
        yield Progress("stepping", 1, 2)
        yield Progress("stepping", 2, 2)


def _free(folder: Path) -> bool:
    """Whether nobody has the case open for writing."""
    try:
        Case.open(folder, examiner="B. Examiner").close()
    except CaseLockedError:
        return False
    return True


@pytest.fixture
def other(case_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(case_template / "case", tmp_path / "other"))


def test_of_two_cases_opened_quickly_the_latter_stays(
    window: Window, case_folder: Path, other: Path, until: Wait, errors: list[Exception]
) -> None:
    session = window.session
    cases.open_case(session, case_folder, EXAMINER)
    cases.open_case(session, other, EXAMINER)
    until(lambda: session.info is not None and session.info.folder == other)
    until(lambda: _free(case_folder))
    cases.open_case(session, case_folder, EXAMINER)
    until(lambda: session.info is not None and session.info.folder == case_folder)
    assert not errors


def test_the_same_case_opened_twice_is_opened_once(
    window: Window, case_folder: Path, until: Wait, qtbot: QtBot, errors: list[Exception]
) -> None:
    session = window.session
    link = case_folder.parent / "link"
    link.symlink_to(case_folder)
    for _ in range(3):
        cases.open_case(session, case_folder, EXAMINER)
    until(lambda: session.is_open)
    first = session.case
    cases.open_case(session, case_folder, EXAMINER)
    cases.open_case(session, link, EXAMINER)
    until(lambda: session.switching is None)
    assert session.case is first
    assert not errors


def test_a_folder_without_a_case_disturbs_nothing(
    opened: Window, tmp_path: Path, until: Wait, errors: list[Exception]
) -> None:
    session, before = opened.session, opened.session.case
    step = Step(session)
    cases.open_case(session, tmp_path / "nothing", EXAMINER)
    until(lambda: errors)
    assert "no case" in str(errors[0])
    assert session.case is before
    assert not step.job.cancelling
    step.gate.set()
    until(lambda: step.job.state is JobState.DONE)


def test_opening_and_closing_ask_before_work_is_stopped(opened: Window, other: Path, until: Wait) -> None:
    session, asked = opened.session, []
    step = Step(session)
    session.may_stop = lambda jobs: bool(asked.append(jobs))
    opened.menus.actions["case.close"].trigger()
    cases.open_case(session, other, EXAMINER)
    until(lambda: session.switching is None)
    until(lambda: _free(other))
    opened.close()
    assert asked == [1, 1, 1]
    assert session.is_open
    assert session.switching is None
    assert not step.job.cancelling
    session.may_stop = lambda _jobs: True
    step.gate.set()


def test_a_case_is_left_when_its_work_has_stopped_and_the_window_lives_meanwhile(
    opened: Window, case_folder: Path, other: Path, until: Wait, errors: list[Exception]
) -> None:
    session = opened.session
    session.may_stop = lambda _jobs: True
    step, beats = Step(session), Beats()
    cases.open_case(session, other, EXAMINER)
    until(lambda: step.job.cancelling)
    late = session.runner.start(Job("asked for meanwhile", step._work, "another lane"))
    until(lambda: beats.count > 20)
    assert session.info is not None
    assert session.info.folder == case_folder
    assert not _free(case_folder)
    step.gate.set()
    until(lambda: session.info is not None and session.info.folder == other)
    until(lambda: _free(case_folder))
    assert (step.job.state, late.state) == (JobState.CANCELLED, JobState.CANCELLED)
    again = Step(session)
    again.gate.set()
    until(lambda: again.job.state is JobState.DONE)
    assert not errors


def test_a_closing_window_says_so_and_lives_until_everything_is_consistent(
    opened: Window, case_folder: Path, until: Wait
) -> None:
    opened.session.may_stop = lambda _jobs: True
    step, beats = Step(opened.session), Beats()
    opened.close()
    until(lambda: beats.count > 20)
    assert opened.isVisible()
    assert opened.messages.plain.isVisible()
    assert not opened.isEnabled()
    opened.close()  # once more, out of impatience
    step.gate.set()
    until(lambda: not opened.isVisible())
    assert _free(case_folder)


def test_a_window_closed_while_a_case_is_being_opened_leaves_it_closed(
    window: Window, case_folder: Path, until: Wait
) -> None:
    cases.open_case(window.session, case_folder, EXAMINER)
    window.close()
    until(lambda: not window.isVisible())
    assert _free(case_folder)


def test_the_key_for_quitting_quits(opened: Window, until: Wait) -> None:
    action = opened.menus.actions["quit"]
    assert action.shortcut().toString() == "Ctrl+Q"
    action.trigger()
    until(lambda: not opened.isVisible())
