"""Marks in the footage: set at a frame, seen on the timeline, jumped to, edited, removed, undone, all of it logged."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.dialogs import TextDialog
from app.shell import Window
from tests.app.conftest import EXAMINER, Wait


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The review page with the first frame of the night film on show."""
    shown: Any = opened.show_page("review")
    until(lambda: shown.feed.current is not None and not opened.session.pool.busy())
    return shown


def _write(note: str, *, instead_of: str = "") -> None:
    """Answer the dialog that comes: the note, Ctrl+Enter."""

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, TextDialog)
        assert dialog.edit.toPlainText() == instead_of
        dialog.edit.selectAll()
        QTest.keyClicks(dialog.edit, note)
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    QTimer.singleShot(200, fill)


def _mark(page: Any, until: Wait, note: str) -> None:
    """Key M and the note."""
    before = len(page.marks.marks)
    _write(note)
    QTest.keyClick(page.canvas, Qt.Key.Key_M)
    until(lambda: len(page.marks.marks) == before + 1)


def _told(page: Any) -> str:
    return str(page.shell.messages.plain._text.text())


def _notes(page: Any) -> list[str]:
    return [mark.note for mark in page.marks.marks]


def _go(page: Any, until: Wait, frame: int) -> int:
    pts = int(page.feed.item.pts[frame])
    page.feed.show(pts)
    until(lambda: page.feed.current.pts == pts)
    return pts


def test_marks_are_set_jumped_to_and_removed_by_key(page: Any, until: Wait) -> None:
    case = page.session.case
    first = _go(page, until, 10)
    _mark(page, until, "puts down a bag")
    second = _go(page, until, 30)
    _mark(page, until, "comes back")
    assert [(m.pts, m.note) for m in case.marks.list(page.row.item.id)] == [
        (first, "puts down a bag"),
        (second, "comes back"),
    ]
    assert [note for _, note in page.timeline.timeline._marks] == ["puts down a bag", "comes back"]
    assert "puts down a bag" in page.marks.list.item(0).text()

    QTest.keyClick(page.canvas, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    until(lambda: page.feed.current.pts == first)
    QTest.keyClick(page.canvas, Qt.Key.Key_N)
    until(lambda: page.feed.current.pts == second)
    assert page.marks.list.currentRow() == 1, "the mark of the frame on show is the chosen one"

    QTest.keyClick(page.canvas, Qt.Key.Key_Delete)
    until(lambda: _notes(page) == ["puts down a bag"])
    assert "Ctrl+Z puts it back" in _told(page)
    assert [e.action for e in case.audit.entries(limit=3)] == ["mark.remove", "mark.add", "mark.add"]
    assert case.audit.verify().intact


def test_a_note_is_edited_by_key_by_double_click_and_by_button(page: Any, until: Wait) -> None:
    _mark(page, until, "a bag")
    _write("puts down a bag", instead_of="a bag")
    QTest.keyClick(page.canvas, Qt.Key.Key_F2)
    until(lambda: _notes(page) == ["puts down a bag"])

    line = page.marks.list.visualItemRect(page.marks.list.item(0)).center()
    _write("puts down a case", instead_of="puts down a bag")
    for press in (QTest.mouseClick, QTest.mouseDClick):  # a view takes the second for one only after the first
        press(page.marks.list.viewport(), Qt.MouseButton.LeftButton, pos=line)
    until(lambda: _notes(page) == ["puts down a case"])

    _write("puts down a suitcase", instead_of="puts down a case")
    QTest.mouseClick(page.marks.edit, Qt.MouseButton.LeftButton)
    until(lambda: _notes(page) == ["puts down a suitcase"])
    assert "puts down a suitcase" in page.marks.list.item(0).text()
    assert f"edited by {EXAMINER}" in page.marks.list.item(0).toolTip()
    assert [note for _, note in page.timeline.timeline._marks] == ["puts down a suitcase"]


def test_every_change_of_a_mark_is_undone_in_turn_and_the_log_keeps_all(page: Any, until: Wait) -> None:
    case = page.session.case
    _mark(page, until, "a bag")
    _write("a case", instead_of="a bag")
    QTest.keyClick(page.canvas, Qt.Key.Key_F2)
    until(lambda: _notes(page) == ["a case"])
    QTest.keyClick(page.canvas, Qt.Key.Key_Delete)
    until(lambda: _notes(page) == [])

    for words, left in (("“a case” is back", ["a case"]), ("“a bag” again", ["a bag"]), ("no longer set", [])):
        QTest.keyClick(page.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        until(lambda words=words: words in _told(page))
        until(lambda left=left: _notes(page) == left)
    assert [e.action for e in case.audit.entries(limit=6)] == ["mark.undo"] * 3 + [
        "mark.remove",
        "mark.edit",
        "mark.add",
    ]
    assert case.audit.verify().intact


def test_undo_with_no_change_left_is_told(page: Any, until: Wait, errors: list[Exception]) -> None:
    QTest.keyClick(page.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    until(lambda: errors)
    assert "no change of a mark to undo" in str(errors[0])


def test_editing_or_removing_where_no_mark_is_chosen_says_so(page: Any) -> None:
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
        page.shell.messages.plain.hide()
        QTest.keyClick(page.canvas, key)
        assert "No mark is chosen" in _told(page)


def test_a_click_on_a_mark_meets_its_frame(page: Any, until: Wait) -> None:
    marked = _go(page, until, 17)
    _mark(page, until, "")
    _go(page, until, 0)
    timeline = page.timeline.timeline
    x = round(timeline._x(timeline._marks[0][0])) + 4
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x, 28))
    until(lambda: page.feed.current.pts == marked)


def test_other_footage_has_its_own_marks(page: Any, until: Wait) -> None:
    _mark(page, until, "here")
    page.open_item(page._rows[1].item.id)
    until(lambda: page.row.item.id == page._rows[1].item.id and page.feed.current is not None)
    until(lambda: not page.marks.marks)
    assert not page.timeline.timeline._marks
