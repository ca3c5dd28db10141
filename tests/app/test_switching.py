"""From one case to another: what belongs to the case before is neither shown, told, kept open nor waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Event

from pytestqt.qtbot import QtBot

from app.operations import cases, footage
from app.session import READERS, Session
from app.shell import Window
from tests.app.conftest import Wait


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
