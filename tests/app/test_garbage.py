"""A garbage collection destroys what it finds on the thread that begins it, and holds all others: none may begin by
chance, and nothing may be forgotten for good."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.garbage import EVERY_SECONDS, MANY, YOUNG_EVERY_SECONDS, GarbageKeeper
from app.preferences import Preferences
from app.session import Changes, Session


class Knot:
    """Only a full collection frees it: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def session(qtbot: object, tmp_path) -> Iterator[Session]:  # type: ignore[no-untyped-def]
    gc.enable()  # as a program starts; the tests go without, see tests/conftest.py
    session = Session(Preferences(tmp_path / "window.ini"))
    yield session
    session.stop()
    gc.disable()
    gc.unfreeze()


def collections(work, least: int = 0) -> int:  # type: ignore[no-untyped-def]
    """How many collections of this generation or an older one begin during `work`."""
    begun = []
    watch = lambda phase, info: begun.append(phase) if info["generation"] >= least else None  # noqa: E731
    gc.callbacks.append(watch)
    try:
        work()
    finally:
        gc.callbacks.remove(watch)
    return begun.count("start")


def many_objects() -> None:
    kept = [[n] for n in range(400_000)]
    assert len(kept) == 400_000


def on_a_worker() -> None:
    worker = threading.Thread(target=many_objects)
    worker.start()
    worker.join()


def test_work_begins_no_collection_on_any_thread(session: Session) -> None:
    for work in (many_objects, on_a_worker):
        gc.enable()
        assert collections(work) > 0, "this much work shows nothing if Python would not collect anyway"
        GarbageKeeper(session)
        assert collections(work) == 0


def test_the_timers_free_what_is_gone(session: Session) -> None:
    keeper = GarbageKeeper(session)
    keeper.settle()
    for timer, seconds in ((keeper.young, YOUNG_EVERY_SECONDS), (keeper.timer, EVERY_SECONDS)):
        assert timer.isActive()
        assert timer.interval() == 1000 * seconds
        knot = weakref.ref(Knot())
        assert knot() is not None
        timer.timeout.emit()
        assert knot() is None


def test_much_that_is_young_is_not_gone_through_either(session: Session) -> None:
    keeper = GarbageKeeper(session)
    keeper.settle()
    knot = weakref.ref(Knot())
    kept = [[n] for n in range(2 * MANY)]
    assert collections(keeper.collect_young) == 0
    assert gc.get_freeze_count() > len(kept)
    keeper.settle()
    assert knot() is None


def test_much_is_not_gone_through_while_one_works_but_when_one_turns_away(session: Session) -> None:
    keeper = GarbageKeeper(session)
    keeper.settle()
    kept = [[n] for n in range(2 * MANY)]
    knot = weakref.ref(Knot())
    gc.collect(1)  # into the oldest generation, with all the rest
    assert collections(keeper.collect, least=2) == 0
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
