"""A full garbage collection holds every thread; it must not begin by chance, and nothing may be forgotten for good."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.garbage import EVERY_SECONDS, MANY, GarbageKeeper
from app.preferences import Preferences
from app.session import Changes, Session


class Knot:
    """Only a full collection frees it: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def session(qtbot: object, tmp_path) -> Iterator[Session]:  # type: ignore[no-untyped-def]
    before = gc.get_threshold()
    session = Session(Preferences(tmp_path / "window.ini"))
    yield session
    session.stop()
    gc.set_threshold(*before)
    gc.unfreeze()


def full_collections(work) -> int:  # type: ignore[no-untyped-def]
    begun = []
    watch = lambda phase, info: begun.append(phase) if info["generation"] == 2 else None  # noqa: E731
    gc.callbacks.append(watch)
    try:
        work()
    finally:
        gc.callbacks.remove(watch)
    return begun.count("start")


def many_objects() -> None:
    kept = [[n] for n in range(400_000)]
    assert len(kept) == 400_000


def test_work_begins_no_full_collection(session: Session) -> None:
    assert full_collections(many_objects) > 0, "this much work shows nothing if Python would not collect fully anyway"
    GarbageKeeper(session)
    assert full_collections(many_objects) == 0


def test_the_timer_frees_what_is_gone(session: Session) -> None:
    keeper = GarbageKeeper(session)
    keeper.settle()
    knot = weakref.ref(Knot())
    assert keeper._timer.isActive()
    assert keeper._timer.interval() == 1000 * EVERY_SECONDS
    keeper._timer.timeout.emit()
    assert knot() is None


def test_much_is_not_gone_through_while_one_works_but_when_one_turns_away(session: Session) -> None:
    keeper = GarbageKeeper(session)
    keeper.settle()
    kept = [[n] for n in range(2 * MANY)]
    knot = weakref.ref(Knot())
    gc.collect(1)  # into the oldest generation, with all the rest
    assert full_collections(keeper.collect) == 0
    assert gc.get_freeze_count() > len(kept)
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    assert knot() is None


def test_opening_a_case_frees_what_was_set_aside_before(session: Session) -> None:
    keeper = GarbageKeeper(session)
    knot = Knot()
    held = weakref.ref(knot)
    keeper.settle()
    del knot
    keeper.collect()
    assert held() is not None, "set aside: a collection on the timer passes over it"
    session.changed.emit(Changes(case=True))
    assert held() is None
