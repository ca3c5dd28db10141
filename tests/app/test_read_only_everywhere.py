"""On every page of a case that is open read-only: what would change it is out of reach and says why, all else works."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QWidget,
)

from app.keys import COMMANDS
from app.operations import cases
from app.pages import PAGES
from app.read_only import HOW_TO_WRITE, WRITING
from app.shell import Window
from engine.case import Case
from engine.types import Verdict
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import by_modality, searched

LEAVING = ("case.new", "case.open", "case.read", "case.write", "case.demo", "case.close", "quit", "fullscreen")
OUT_OF_REACH = {  # on each page, by its accessible name
    "footage": ("Add footage…", "Add image folder…", "Modality", "Camera", "Record offset", "Set start", "Ingest"),
    "review": ("Mark this frame…", "Edit the mark", "Remove the mark", "Search the RGB archive", "Add to query"),
    "people": ("Search from here",),
    "search": ("Confirm…", "Reject", "Inconclusive", "Undo", "No candidate is this person", "Reason", "Footwear"),
    "subjects": ("Merge…", "Split…", "Rename…", "Search again", "Notes", "Save notes", "Remove…", "Contact sheet…"),
    "report": ("Write report folder…",),
}


@pytest.fixture
def case_folder(case_template: Path, tmp_path: Path) -> Path:
    """A case with something of everything in it."""
    import shutil

    folder = Path(shutil.copytree(case_template / "case", tmp_path / "case"))
    with Case.open(folder, examiner=EXAMINER) as case:
        night, day = by_modality(case)
        search = searched(case, night[0], day)
        case.decisions.decide(search.id, [day[0]], Verdict.REJECTED)
        for name, member in (("One", night[0]), ("Two", day[2])):
            case.subjects.add(case.subjects.create(name, "seen before").id, [member])
        case.marks.add(case.evidence.list()[0].id, 0, "a mark")
    return folder


@pytest.fixture
def held(window: Window, case_folder: Path, until: Wait) -> Window:
    """A window with that case open read-only."""
    window.open_demo_in = window.open_case = lambda *_: None  # type: ignore[method-assign] - leaving is no part of this
    cases.open_case(window.session, case_folder, EXAMINER, writable=False)
    until(lambda: window.session.is_open)
    return window


def _settled(window: Window, until: Wait) -> None:
    until(lambda: not window.session.pool.busy() and not window.session.runner.active())
    QTest.qWait(1)


def _sums(folder: Path) -> dict[str, str]:
    """What the case is made of; its cache and SQLite's shared memory may change."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith("-shm"))
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if "cache" not in p.relative_to(folder).parts and p.stat().st_size
    }


@contextmanager
def dialogs_closed() -> Iterator[list[str]]:
    """Every dialog and menu that opens in the block is cancelled at once; gives their titles."""
    titles: list[str] = []

    def look() -> None:
        found = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if found is not None:
            titles.append(found.windowTitle())
            found.close()

    watch = QTimer(interval=10)
    watch.timeout.connect(look)
    watch.start()
    yield titles
    watch.stop()


def _use(widget: QWidget) -> None:
    """What a hand can do with it."""
    if isinstance(widget, QAbstractButton):
        widget.click()
    elif isinstance(widget, QComboBox):
        for n in range(widget.count()):
            widget.setCurrentIndex(n)
            widget.activated.emit(n)
    elif isinstance(widget, QListView):
        model = widget.model()
        for row in range(min(model.rowCount(), 3)):
            place: QPoint = widget.visualRect(model.index(row, 0)).center()
            QTest.mouseClick(widget.viewport(), Qt.MouseButton.LeftButton, pos=place)
            QTest.mouseDClick(widget.viewport(), Qt.MouseButton.LeftButton, pos=place)
    else:
        QTest.keyClicks(widget, "12")
        QTest.keyClick(widget, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Return)


@pytest.mark.qt_log_ignore("This plugin does not support")  # a menu that is shown
@pytest.mark.parametrize("name", [entry.name for entry in PAGES])
def test_nothing_within_reach_changes_the_case(
    held: Window, case_folder: Path, name: str, until: Wait, errors: list[Exception]
) -> None:
    held.activateWindow()
    before = _sums(case_folder)
    page: Any = held.show_page(name)
    _settled(held, until)
    if name == "review":
        until(lambda: page.feed.current is not None and page.model.tile(0) is not None)
        page.pick(page.model.tile(0).tracklet)
    _settled(held, until)
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QPlainTextEdit, QListView)
    with dialogs_closed():
        views = [lambda: None] if name != "search" else [lambda: page.trigger("grid"), lambda: page.trigger("compare")]
        for view in views:
            view()
            for widget in [w for kind in kinds for w in page.findChildren(kind)]:
                if shiboken6.isValid(widget) and widget.isVisible() and widget.isEnabled():
                    _use(widget)
                    held.show_page(name)
                    _settled(held, until)
        for command in COMMANDS:
            if command.scope in ("", name) and command.name not in LEAVING:
                held.page_command(command.name)
                held.show_page(name)
                _settled(held, until)
    assert not errors
    assert held.messages.fault.property("notice") != "error", held.messages.fault._text.text()
    assert _sums(case_folder) == before


@pytest.mark.parametrize("name", list(OUT_OF_REACH))
def test_what_changes_the_case_is_out_of_reach_says_why_and_comes_back(
    held: Window, case_folder: Path, name: str, until: Wait, errors: list[Exception]
) -> None:
    page: Any = held.show_page(name)
    _settled(held, until)

    def find() -> dict[str, list[QWidget]]:
        if name == "footage":
            clock = page.details.clock  # without a reading and its uncertainty nothing can be recorded
            clock.first[0].show_reading(datetime(2026, 5, 11, 23, 0))
            clock.first[1].show_moment(datetime(2026, 5, 11, 22, 48, 52, tzinfo=UTC))
            clock.uncertainty.setValue(1.0)
        if name == "review":
            until(lambda: page.feed.current is not None and page.model.rowCount())
            until(lambda: page.model.tile(0) is not None)
            page.pick(page.model.tile(0).tracklet)
            until(lambda: page.person is not None)
        if name == "search":
            until(lambda: page.model.tiles)
        if name == "subjects":
            until(lambda: page.shown() is not None and page.appearance() is not None)
        area = page.details if name == "footage" else page  # its list has a choice of modality, too
        everything = page.header.findChildren(QWidget) + area.findChildren(QWidget)
        return {wanted: [w for w in everything if w.accessibleName() == wanted] for wanted in OUT_OF_REACH[name]}

    def reached(widget: QWidget) -> bool:
        return widget.isEnabled() and not (hasattr(widget, "isReadOnly") and widget.isReadOnly())

    for wanted, widgets in find().items():
        assert widgets, wanted
        for widget in widgets:
            assert not reached(widget), wanted
            assert "open read-only" in widget.toolTip(), wanted
            assert HOW_TO_WRITE in widget.accessibleDescription(), wanted
    assert held.read_only.isVisible()
    held.read_only.acted.emit()
    until(lambda: held.session.info is not None and held.session.info.writable)
    assert held.current == name, "the page on show stays"
    assert not held.read_only.isVisible()
    _settled(held, until)
    for wanted, widgets in find().items():
        for widget in widgets:
            assert reached(widget), wanted
            assert "read-only" not in widget.toolTip() + widget.accessibleDescription(), wanted
    assert not errors


def test_menus_and_keys_say_why_too(held: Window) -> None:
    for name in WRITING:
        held.messages.plain.hide()
        assert held.page_command(name)
        assert "open read-only" in held.messages.plain._text.text()
        assert held.messages.plain.isVisible()
        action = held.menus.actions.get(name)
        assert action is None or not action.isEnabled()
        assert action is None or "open read-only" in action.toolTip()
    assert held.menus.actions["case.write"].isEnabled()


def test_nothing_can_be_dropped_into_it(held: Window, tmp_path: Path) -> None:
    page: Any = held.show_page("footage")
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(tmp_path / "film.mp4"))])
    move, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPoint(5, 5), move, dragged, left, none)
    event.ignore()
    page.dragEnterEvent(event)
    assert not event.isAccepted()


def test_a_search_is_refused_before_it_computes(held: Window, until: Wait, errors: list[Exception]) -> None:
    page: Any = held.show_page("search")
    until(lambda: page.data is not None)
    shown = page.data
    page.start_query(shown.draft)
    assert not held.session.runner.jobs
    assert page.data is shown
    assert "read-only" in held.messages.plain._text.text()
    assert not errors


def test_what_can_be_looked_at_stays_so(held: Window, until: Wait, errors: list[Exception]) -> None:
    search: Any = held.show_page("search")
    until(lambda: search.data is not None and search.model.tiles)
    subjects: Any = held.show_page("subjects")
    until(lambda: subjects.shown() is not None)
    assert subjects.panel.notes.toPlainText() == "seen before"
    review: Any = held.show_page("review")
    until(lambda: review.feed.current is not None and review.marks.marks)
    first = review.feed.current.pts
    review.trigger("step.forward")
    until(lambda: review.feed.current.pts > first)
    activity: Any = held.show_page("activity")
    until(lambda: activity.model.entries)
    activity._verify()
    until(lambda: not held.session.runner.active())
    until(lambda: "Checking" not in activity._result._text.text())
    assert not errors
