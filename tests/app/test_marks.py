"""Marks in the footage: set at a frame, seen on the timeline, jumped to, removed after a question, all of it logged."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from app.dialogs import TextDialog
from app.shell import Window
from tests.app.conftest import Wait


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The review page with the first frame of the night film on show."""
    shown: Any = opened.show_page("review")
    until(lambda: shown.feed.current is not None and not opened.session.pool.busy())
    return shown


def _mark(page: Any, until: Wait, note: str) -> None:
    """Key M, the note, Ctrl+Enter."""
    before = len(page.marks.marks)

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, TextDialog)
        QTest.keyClicks(dialog.edit, note)
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    QTimer.singleShot(200, fill)
    QTest.keyClick(page.canvas, Qt.Key.Key_M)
    until(lambda: len(page.marks.marks) == before + 1)


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

    def answer(button: QMessageBox.StandardButton) -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        assert "comes back" in box.text()
        QTest.mouseClick(box.button(button), Qt.MouseButton.LeftButton)

    QTimer.singleShot(200, lambda: answer(QMessageBox.StandardButton.Cancel))
    QTest.keyClick(page.canvas, Qt.Key.Key_Delete)
    assert len(case.marks.list(page.row.item.id)) == 2
    QTimer.singleShot(200, lambda: answer(QMessageBox.StandardButton.Ok))
    QTest.keyClick(page.canvas, Qt.Key.Key_Delete)
    until(lambda: len(page.marks.marks) == 1)
    assert [e.action for e in case.audit.entries(limit=3)] == ["mark.remove", "mark.add", "mark.add"]
    assert case.audit.verify().intact


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
