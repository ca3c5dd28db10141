"""Crops and stills in lists: one store for all pages, of the open case only."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app import stills, thumbnails
from app.operations import cases
from app.shell import Window
from app.thumbnails import Unreadable
from engine.case import Case
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait
from tests.app.test_switching import readers_held
from tests.helpers.films import add_film

ROOM = QSize(100, 120)


def test_pages_share_one_store_and_its_bound(opened: Window, until: Wait) -> None:
    session = opened.session
    names = ("review", "people", "search", "subjects")
    stores: list[Any] = [opened.page(name).thumbnails for name in names]  # type: ignore[attr-defined]
    assert all(store is thumbnails.shared(session) for store in stores)


def test_scrolling_cancels_only_what_nobody_else_asked_for(opened: Window, until: Wait) -> None:
    session, mine, other = opened.session, object(), object()
    crops = [t.best_crop for t in session.case.tracklets.list()]  # type: ignore[union-attr]
    store = thumbnails.shared(session)
    with readers_held(session):
        for crop in crops[:6]:
            store.get(crop, ROOM, mine)
        store.get(crops[0], ROOM, other)
        store.get(crops[1], ROOM)  # by a picture that does not scroll
        store.keep_only({crops[2]}, mine)
        store.keep_only(set(), other)
    until(lambda: not session.pool.busy())
    until(lambda: store.get(crops[2], ROOM))
    found = [bool(store._images.get((crop, ROOM.width(), ROOM.height()))) for crop in crops[:6]]
    assert found == [False, True, True, False, False, False]
    for crop in crops[:6]:
        store.get(crop, ROOM, mine)  # what was cancelled is asked for again when it is painted again
    until(lambda: all(isinstance(store.get(crop, ROOM, mine), QImage) for crop in crops[:6]))


def test_a_late_refusal_of_another_case_marks_no_crop_of_this_one(opened: Window, tmp_path: Path, until: Wait) -> None:
    session = opened.session
    store = thumbnails.shared(session)
    with readers_held(session):
        store.get(1, ROOM)
        cases.open_case(session, tmp_path / "new", EXAMINER, title="New")
        until(lambda: session.info is not None and session.info.title == "New")
        until(lambda: not session.held[1:])  # the one before is closed
    until(lambda: not session.pool.busy())
    session.pool.submit(lambda: None, heard := [].append)
    until(lambda: not session.pool.busy())
    assert not isinstance(store.get(1, ROOM), Unreadable)
    assert heard is not None


def test_a_late_still_of_another_case_is_not_taken_for_this_one(
    window: Window, case_folder: Path, tmp_path: Path, until: Wait, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Case.create(tmp_path / "B", "Other", EXAMINER) as other:
        add_film(other, tmp_path / "b.mp4", "X", Modality.VISIBLE, [(1, 0, 20)], 22)
    begun, gate, real = Event(), Event(), stills._first_frame
    reds = QImage(40, 20, QImage.Format.Format_RGB32)

    def slow(path: Path, room: QSize) -> QImage:
        if path.name == "b.mp4":
            return real(path, room)
        begun.set()
        gate.wait(30)
        return reds

    monkeypatch.setattr(stills, "_first_frame", slow)
    cases.open_case(window.session, case_folder, EXAMINER)
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    page: Any = window.page("footage")
    cases.open_case(window.session, tmp_path / "B", EXAMINER)
    until(lambda: window.session.info is not None and window.session.info.title == "Other")
    gate.set()
    until(lambda: page.model.rows and page.model.rows[0].item.path.name == "b.mp4")
    until(lambda: page._stills._images.get(1) is not None)
    until(lambda: not window.session.pool.busy())
    qtbot.wait(50)
    assert page._stills._images[1] == real(tmp_path / "b.mp4", page._stills._room)
