"""Every page shows the case, and nothing fails on the way."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.keys import SCOPES, KeyMap
from app.pages import PAGES
from app.shell import Window
from tests.app.conftest import PATIENCE_MS, Wait


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_every_page_opens_and_fits(opened: Window, until: Wait, errors: list[Exception], size: tuple[int, int]) -> None:
    opened.resize(*size)
    for entry in PAGES:
        page = opened.show_page(entry.name)
        assert page is not None, entry.name
        assert opened.current == entry.name
        QTest.qWait(10)
        assert page.width() <= opened.width()
    until(lambda: not opened.session.pool.busy())
    assert opened.width() == size[0], "a page forced the window wider"
    assert not errors


def test_footage_shows_what_is_in_the_case(opened: Window, until: Wait) -> None:
    page = opened.show_page("footage")
    until(lambda: len(page.model.rows) == 3)
    assert [row.tracklets for row in page.model.rows] == [3, 6, 6]
    assert page.header.subtitle.text().startswith("3 items, 2 cameras")


def test_review_steps_exactly_one_frame(opened: Window, until: Wait) -> None:
    page = opened.show_page("review")
    until(lambda: page.feed.current is not None)
    first = page.feed.current.pts
    QTest.keyClick(page.canvas, Qt.Key.Key_Period)
    until(lambda: page.feed.current.pts != first)
    assert page.feed.current.pts == int(page.feed.item.pts[1])
    QTest.keyClick(page.canvas, Qt.Key.Key_Comma)
    until(lambda: page.feed.current.pts == first)


def test_a_step_is_not_lost_to_a_resize(opened: Window, until: Wait) -> None:
    page = opened.show_page("review")
    until(lambda: page.feed.current is not None)
    busy = threading.Event()
    page.feed._pool.submit(lambda: busy.wait(PATIENCE_MS / 1000), lambda _none: None)
    QTest.keyClick(page.canvas, Qt.Key.Key_Period)
    page.canvas.resized.emit()
    busy.set()
    until(lambda: page.feed.current.pts == int(page.feed.item.pts[1]))


def test_the_key_sheet_fits_the_smallest_window(opened: Window) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QDialog

    sizes = []

    def look() -> None:
        sheet = QApplication.activeModalWidget()
        assert isinstance(sheet, QDialog)
        sizes.append(sheet.size())
        sheet.accept()

    least = opened.minimumSize()
    opened.resize(least)
    for scope in SCOPES[1:]:
        opened.show_page(scope)
        QTimer.singleShot(50, look)
        opened.show_keys()
    assert all(size.height() <= least.height() and size.width() <= least.width() for size in sizes), sizes


def test_a_click_picks_the_person_under_it(opened: Window, until: Wait) -> None:
    page = opened.show_page("review")
    until(lambda: bool(page.canvas.present()))
    path, area = page.canvas.present()[0]
    centre = page.canvas.on_screen(area).center().toPoint()
    QTest.mouseClick(page.canvas, Qt.MouseButton.LeftButton, pos=centre)
    until(lambda: page.person is not None)
    assert page.person.tracklet.id == path.tracklet


def test_people_page_filters(opened: Window, until: Wait) -> None:
    page = opened.show_page("people")
    until(lambda: page.model.rowCount() == 15)
    QTest.mouseClick(page._kind.buttons[1], Qt.MouseButton.LeftButton)
    until(lambda: page.model.rowCount() == 3)


def test_keys_are_rebound_without_conflicts(window: Window) -> None:
    keymap: KeyMap = window.session.keymap
    assert keymap.conflict("confirm", "X").name == "reject"
    assert keymap.bind("confirm", "X") is not None
    assert keymap.key("confirm") == "P"
    assert keymap.bind("confirm", "Y") is None
    assert KeyMap(window.session.preferences).key("confirm") == "Y"


def test_letters_typed_into_a_field_are_letters(opened: Window, until: Wait) -> None:
    page = opened.show_page("footage")
    until(lambda: len(page.model.rows) == 3)
    page._find.setFocus()
    QTest.keyClicks(page._find, "gate_n")
    until(lambda: len(page.model.rows) == 1)
    assert opened.current == "footage"
    assert not opened.session.runner.jobs, "the letter I must not start an ingest"


def test_every_key_does_something(opened: Window) -> None:
    from app.keys import COMMANDS

    for command in COMMANDS:
        known = opened.page(command.scope)._commands if command.scope else opened.menus.actions
        assert command.name in known, command
