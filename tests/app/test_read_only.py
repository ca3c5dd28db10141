"""A case opened read-only: said in the title, nothing in it can be changed, and offered where another window writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from app.operations import cases, footage
from app.shell import Window
from engine.case import Case
from engine.errors import CaseLockedError
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import searched
from tests.helpers.disks import small_disk


@pytest.fixture
def held(case_folder: Path) -> Any:
    """Another window works on the case, in which somebody has been searched for."""
    with Case.open(case_folder, examiner="B. Examiner") as case:
        everybody = case.tracklets.list()
        night = [t.id for t in everybody if t.modality.value == "ir"]
        searched(case, night[0], [t.id for t in everybody if t.modality.value == "rgb"])
        yield case


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No])
def test_a_locked_case_is_offered_for_reading(
    window: Window,
    held: Case,
    until: Wait,
    errors: list[Exception],
    monkeypatch: pytest.MonkeyPatch,
    answer: QMessageBox.StandardButton,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "question", lambda _p, _t, text, *_rest: asked.append(text) or answer)
    window.open_case(str(held.folder))
    until(lambda: asked)
    assert "B. Examiner" in asked[0]
    until(lambda: window.session.switching is None)
    assert window.session.is_open is (answer is QMessageBox.StandardButton.Yes)
    if window.session.is_open:
        assert "(read-only)" in window.windowTitle()
        assert "(read-only)" in window._case_label.text()
    assert not errors


def test_nothing_is_changed_in_a_case_open_read_only(
    window: Window, held: Case, until: Wait, errors: list[Exception]
) -> None:
    cases.open_case(window.session, held.folder, EXAMINER, writable=False)
    until(lambda: window.session.is_open)
    head = held.audit.head
    for name in ("undo", "footage.add"):
        assert not window.menus.actions[name].isEnabled()
    page: Any = window.show_page("search")
    until(lambda: page.data is not None and page.model.tiles)
    for key in (Qt.Key.Key_X, Qt.Key.Key_N, Qt.Key.Key_Return):
        window.messages.plain.hide()
        QTest.keyClick(page.view, key)
        assert "read-only" in window.messages.plain._text.text()
        assert window.messages.plain.isVisible()
    assert not errors
    footage.set_modality(window.session, 1, None)  # what found a way all the same is refused at once, in the same words
    assert "read-only" in str(errors[0])
    assert held.audit.head == head
    with pytest.raises(CaseLockedError):
        Case.open(held.folder, examiner=EXAMINER)


def test_a_case_read_only_can_be_opened_for_writing_afterwards(
    window: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    cases.open_case(window.session, case_folder, EXAMINER, writable=False)
    until(lambda: window.session.is_open)
    cases.open_case(window.session, case_folder, EXAMINER)
    until(lambda: window.session.info is not None and window.session.info.writable)
    assert "read-only" not in window.windowTitle()
    assert window.menus.actions["undo"].isEnabled()
    assert not errors


def test_a_write_protected_case_is_offered_for_reading_and_says_how_to_go_on(
    window: Window,
    case_template: Path,
    tmp_path: Path,
    until: Wait,
    errors: list[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda _p, _t, text, *_rest: asked.append(text) or yes)
    with small_disk(tmp_path / "disk") as disk:
        folder = shutil.copytree(case_template / "case", disk.folder / "case")
        disk.protect()
        window.open_case(str(folder))
        until(lambda: window.session.is_open)
        assert "cannot be written to" in asked[0]
        words = window.read_only._text.text()
        assert "Read-only file system" in words
        assert "copy its whole folder" in words
        page: Any = window.show_page("review")
        until(lambda: page.feed.current is not None)
        page.trigger("step.forward")
        people: Any = window.show_page("people")
        until(people.model.rowCount)
        window.write_case()  # still protected: told, and it stays open as it is
        until(lambda: errors)
        assert "cannot be written to" in str(errors.pop())
        assert window.session.info is not None
        assert not window.session.info.writable
        disk.protect(on=False)
        window.write_case()
        until(lambda: window.session.info is not None and window.session.info.writable)
        assert not errors
        cases.close_case(window.session)
        until(lambda: not window.session.is_open and not window.session.held)
