"""Notes about a subject are never lost, and what is done on the page is done to the subject on show."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from app import subjects
from app.operations import cases
from app.session import Changes
from app.shell import Window
from engine.case import Case
from engine.errors import StorageError
from engine.store.subjects import SubjectStore
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait

TEXT = "walks with a limp"


@pytest.fixture
def case_folder(case_template: Path, tmp_path: Path) -> Path:
    """Two subjects: S-001 with one appearance, S-002 with another."""
    folder = Path(shutil.copytree(case_template / "case", tmp_path / "case"))
    with Case.open(folder, examiner=EXAMINER) as case:
        night = [t.id for t in case.tracklets.list() if t.modality is Modality.INFRARED]
        for name, tracklet in (("One", night[0]), ("Two", night[2])):
            case.subjects.add(case.subjects.create(name).id, [tracklet])
    return folder


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The subjects page with S-001 on show."""
    shown: Any = opened.show_page("subjects")
    opened.activateWindow()
    until(lambda: shown.shown() is not None and opened.isActiveWindow())
    return shown


def _type(page: Any, text: str = TEXT) -> None:
    page.panel.notes.setFocus()
    QTest.keyClicks(page.panel.notes, text)


def _notes(page: Any, subject: int = 1) -> str:
    return str(page.session.case.subjects.get(subject).notes)


def _turn_to(page: Any, row: int, until: Wait) -> None:
    page.list.select_row(row)
    until(lambda: page.shown() is not None and page.shown().subject.id == row + 1)


def test_notes_are_saved_when_the_field_is_left(page: Any, until: Wait) -> None:
    _type(page)
    page.gallery.views[Modality.INFRARED].setFocus()
    until(lambda: _notes(page) == TEXT)
    page.session.changed.emit(Changes(tracklets=True))
    until(lambda: not page.session.pool.busy())
    assert page.panel.notes.toPlainText() == TEXT
    entries = [e for e in page.session.case.audit.entries() if e.action == "subject.describe"]
    page.panel.notes.setFocus()
    page.list.setFocus()
    QTest.qWait(1)
    assert [e for e in page.session.case.audit.entries() if e.action == "subject.describe"] == entries, "not twice"


def test_an_ingest_that_ends_takes_nothing_from_who_is_typing(page: Any, until: Wait) -> None:
    _type(page)
    page.session.changed.emit(Changes(tracklets=True))
    until(lambda: not page.session.pool.busy())
    QTest.qWait(1)
    assert page.panel.notes.toPlainText() == TEXT
    assert page.panel.notes.textCursor().position() == len(TEXT)


def test_notes_stay_with_the_subject_they_were_typed_for(page: Any, until: Wait) -> None:
    _type(page)
    _turn_to(page, 1, until)  # without the field's ever losing the keyboard
    assert page.panel.notes.toPlainText() == ""
    until(lambda: _notes(page, 1) == TEXT)
    assert _notes(page, 2) == ""
    _turn_to(page, 0, until)
    assert page.panel.notes.toPlainText() == TEXT


@pytest.mark.parametrize("way", ["another page", "another case", "no case", "the end"])
def test_leaving_records_what_is_typed(
    page: Any, way: str, case_template: Path, case_folder: Path, tmp_path: Path, until: Wait
) -> None:
    _type(page)
    if way == "another page":
        page.shell.show_page("people")
        until(lambda: _notes(page) == TEXT)
    elif way == "another case":
        other = Path(shutil.copytree(case_template / "case", tmp_path / "other"))
        with Case.open(other, examiner=EXAMINER) as case:
            case.subjects.create("Somebody of the other case")
        cases.open_case(page.session, other, EXAMINER)
        until(lambda: page.session.info.folder == other)
        page.shell.show_page("subjects")
        until(lambda: page.shown() is not None)
        assert page.panel.notes.toPlainText() == ""
        assert _notes(page) == ""
    elif way == "no case":
        cases.close_case(page.session)
        until(lambda: page.shell.current == "start")
    else:
        page.shell.close()
        until(lambda: not page.shell.isVisible())
    if way != "another page":
        with Case.open(case_folder, writable=False) as case:
            assert case.subjects.get(1).notes == TEXT


def test_notes_that_cannot_be_saved_are_kept_and_tried_again(
    page: Any, until: Wait, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_values: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as harm:
        harm.setattr(SubjectStore, "describe", full)
        _type(page)
        _turn_to(page, 1, until)
        until(lambda: errors)
    assert _notes(page) == ""
    _turn_to(page, 0, until)
    assert page.panel.notes.toPlainText() == TEXT
    page.shell.show_page("people")
    until(lambda: _notes(page) == TEXT)


def test_a_new_name_leaves_the_notes_alone(page: Any, until: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_args: object, **_values: object) -> tuple[str, bool]:
        page.panel.notes.put_away()  # as the dialog takes the keyboard
        return "Limping man", True

    monkeypatch.setattr(QInputDialog, "getText", ask)
    _type(page)
    QTest.keyClick(page.panel.notes, Qt.Key.Key_F2)
    until(lambda: page.session.case.subjects.get(1).name == "Limping man")
    until(lambda: _notes(page) == TEXT)


def test_what_is_done_is_done_to_the_subject_chosen_in_the_list(
    page: Any, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, text, **_k: (asked.append(text), ("", False))[1])
    real = subjects.view

    def slow(case: Case, number: int) -> subjects.SubjectView:
        time.sleep(0.2)
        return real(case, number)

    monkeypatch.setattr(subjects, "view", slow)
    page.list.select_row(1)
    page.trigger("subject.rename")
    assert not asked, "S-001 is still on show, S-002 is chosen: neither is renamed"
    until(lambda: page.shown() is not None)
    page.trigger("subject.rename")
    assert asked == ["Two"]
    page._show_view(real(page.session.case, 1))  # an answer to an older question
    assert page.view.subject.id == 2


def test_an_ingest_that_ends_leaves_the_selection_alone(page: Any, until: Wait) -> None:
    case = page.session.case
    night = [t.id for t in case.tracklets.list() if t.modality is Modality.INFRARED]
    case.subjects.add(2, [night[1]])  # they are never in the picture together
    _turn_to(page, 1, until)
    until(lambda: len(page.view.appearances) == 2)
    view = page.gallery.views[Modality.INFRARED]
    view.selectAll()
    assert page._span.text().startswith("2 appearances · 1 camera")
    reading = page.view
    page.session.changed.emit(Changes(tracklets=True))
    until(lambda: page.view is not reading)
    assert sorted(page.gallery.selected()) == sorted(night[1:])


def test_a_subject_without_members_shows_no_appearance(page: Any, until: Wait) -> None:
    case = page.session.case
    case.subjects.remove(1, [m.tracklet_id for m in case.subjects.members(1)])
    page.session.changed.emit(Changes(subjects=True))
    until(lambda: not page.view.appearances)
    assert page.gallery.selected() == []
    assert page.panel._place.text() == "none"
    assert not any(fact.text() for fact in page.panel._facts)
    assert not any(button.isEnabled() for button in page.panel._buttons)
    _turn_to(page, 1, until)
    assert all(button.isEnabled() for button in page.panel._buttons)
