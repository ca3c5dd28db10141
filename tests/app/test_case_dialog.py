"""Making a case: a folder is proposed, what is missing is named, and dialogs begin where the last one ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from app.dialogs import CaseDialog
from app.operations import cases
from app.places import CASES, FOOTAGE, REPORTS, last_place, remember_place
from app.shell import Window
from tests.app.conftest import EXAMINER, Wait


@pytest.fixture
def dialog(window: Window, tmp_path: Path) -> CaseDialog:
    (tmp_path / "cases").mkdir()
    remember_place(window.session.preferences, CASES, tmp_path / "cases")
    made = CaseDialog(window, window.session, "", new=True)
    made.show()
    return made


def test_a_folder_of_the_cases_name_is_proposed_until_another_is_typed(dialog: CaseDialog, tmp_path: Path) -> None:
    QTest.keyClicks(dialog.title, "2026/0417: Yard thefts?")
    assert dialog.choice().folder == tmp_path / "cases" / "2026_0417_ Yard thefts_"
    dialog.folder.setText(str(tmp_path / "mine"))
    QTest.keyClicks(dialog.title, " II")
    assert dialog.choice().folder == tmp_path / "mine"
    assert dialog.choice().examiner == EXAMINER


def test_a_folder_that_holds_something_is_where_the_new_one_is_made(
    dialog: CaseDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    QTest.keyClicks(dialog.title, "Yard")
    (tmp_path / "archive" / "older case").mkdir(parents=True)
    monkeypatch.setattr("app.dialogs.pick_folder", lambda *_: str(tmp_path / "archive"))
    dialog._browse()
    assert dialog.choice().folder == tmp_path / "archive" / "Yard"
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr("app.dialogs.pick_folder", lambda *_: str(tmp_path / "empty"))
    dialog._browse()
    assert dialog.choice().folder == tmp_path / "empty"


def test_what_is_missing_is_named_and_gets_the_keyboard(dialog: CaseDialog) -> None:
    dialog.accept()
    assert "title" in dialog._problem.text()
    QTest.keyClicks(dialog.title, "Yard")
    dialog.folder.clear()
    dialog.accept()
    assert "folder" in dialog._problem.text()
    assert dialog.focusWidget() is dialog.folder
    assert not dialog.result()


def test_dialogs_begin_where_the_last_one_for_the_same_purpose_ended(window: Window, tmp_path: Path) -> None:
    preferences = window.session.preferences
    remember_place(preferences, FOOTAGE, tmp_path)
    assert last_place(preferences, FOOTAGE) == str(tmp_path)
    assert last_place(preferences, REPORTS) != str(tmp_path), "a report is not proposed among the originals"
    remember_place(preferences, FOOTAGE, tmp_path / "gone")
    assert Path(last_place(preferences, FOOTAGE)).is_dir()


def test_nobodys_name_is_not_proposed_for_a_case(window: Window, tmp_path: Path, until: Wait) -> None:
    window.session.preferences.set("examiner", "")
    cases.open_case(window.session, tmp_path / "demo", cases.NOBODY_NAMED, title="Demo")
    until(lambda: window.session.is_open)
    assert window.session.preferences.examiner == ""
