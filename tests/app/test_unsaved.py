"""Nothing typed is lost silently: what cannot be recorded stays, is told, and is asked about before it is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app import session as session_module
from app.operations import cameras, cases, marks
from app.shell import Window
from app.unsaved_dialog import UnsavedDialog
from engine.case import Case
from engine.errors import StorageError
from engine.store.cameras import CameraStore
from engine.store.records import Position
from engine.store.subjects import SubjectStore
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.disks import SmallDisk, room, small_disk

NOTES = "walks with a limp, " * 3000


@pytest.fixture
def case_folder(case_template: Path, tmp_path: Path) -> Path:
    """A case with a subject."""
    return _case(case_template, tmp_path / "case")


def _case(template: Path, folder: Path) -> Path:
    shutil.copytree(template / "case", folder)
    with Case.open(folder, examiner=EXAMINER) as case:
        night = next(t.id for t in case.tracklets.list() if t.modality is Modality.INFRARED)
        case.subjects.add(case.subjects.create("One").id, [night])
    return folder


@contextmanager
def answering(*answers: Callable[[UnsavedDialog], None]) -> Iterator[list[str]]:
    """Each question about unsaved words gets the next answer; gives what was asked."""
    asked: list[str] = []
    seen: list[UnsavedDialog] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, UnsavedDialog) and dialog not in seen:
            seen.append(dialog)
            asked.append(dialog.text.toPlainText())
            answers[len(seen) - 1](dialog)

    watch = QTimer(interval=10)
    watch.timeout.connect(look)
    watch.start()
    try:
        yield asked
    finally:
        watch.stop()
    assert len(asked) == len(answers)


def again(dialog: UnsavedDialog) -> None:
    dialog.again.click()


def leave(dialog: UnsavedDialog) -> None:
    dialog.leave.click()


def go_back(dialog: UnsavedDialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def _subjects(window: Window, until: Wait) -> Any:
    page: Any = window.show_page("subjects")
    until(lambda: page.shown() is not None)
    return page


def _typed_notes(window: Window, until: Wait, text: str = NOTES) -> Any:
    page = _subjects(window, until)
    page.panel.notes.setPlainText(text)
    return page


def _saved_notes(folder: Path) -> str:
    with Case.open(folder, writable=False) as case:
        return case.subjects.get(1).notes


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def test_a_window_closed_on_a_full_disk_stays_until_the_notes_are_saved(
    window: Window, disk: SmallDisk, case_template: Path, until: Wait, errors: list[Exception]
) -> None:
    folder = _case(case_template, disk.folder / "case")
    cases.open_case(window.session, folder, EXAMINER)
    until(lambda: window.session.is_open)
    page = _typed_notes(window, until)
    disk.fill()
    with answering(go_back) as asked:
        window.close()
        until(lambda: asked and window.isEnabled())
    assert "full" in asked[0]
    assert "S-001" in asked[0]
    assert NOTES.strip() in asked[0]
    assert window.isVisible()
    assert page.panel.notes.toPlainText() == NOTES
    assert window.unsaved.isVisible()
    assert "S-001" in window.unsaved._text.text()
    with answering(again, lambda dialog: (disk.free(), again(dialog))):
        window.close()
        until(lambda: not window.isVisible())
    assert _saved_notes(folder) == NOTES.strip()
    assert all("full" in str(error) for error in errors)


def test_notes_are_left_behind_only_by_the_user_s_own_word(
    opened: Window, case_folder: Path, tmp_path: Path, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, inside, free = tmp_path / "original.mp4", case_folder / "notes.txt", tmp_path / "kept.txt"
    taken.write_bytes(b"evidence")
    places = [taken, inside, free]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(places.pop(0)), ""))
    told: list[str] = []

    def keep(dialog: UnsavedDialog) -> None:
        for _ in range(3):
            dialog.told.hide()
            dialog.save.click()
            until(dialog.told.isVisible)
            told.append(dialog.told.text())
        leave(dialog)

    _typed_notes(opened, until)
    assert opened.session.case is not None
    room(opened.session.case, pages=0)
    with answering(keep):
        opened.close()
        until(lambda: not opened.isVisible())
    assert ["there already" in told[0], "case folder" in told[1], str(free) in told[2]] == [True] * 3
    assert taken.read_bytes() == b"evidence"
    assert not inside.exists()
    assert NOTES.strip() in free.read_text(encoding="utf-8")
    assert _saved_notes(case_folder) == ""


@pytest.mark.parametrize("way", ["another case", "no case"])
def test_another_case_is_opened_only_after_asking(
    opened: Window, way: str, case_template: Path, case_folder: Path, tmp_path: Path, until: Wait
) -> None:
    other = Path(shutil.copytree(case_template / "case", tmp_path / "other"))

    def go() -> None:
        if way == "another case":
            cases.open_case(opened.session, other, EXAMINER)
        else:
            cases.close_case(opened.session)

    page = _typed_notes(opened, until)
    session = opened.session
    assert session.case is not None
    room(session.case, pages=0)
    with answering(go_back):
        go()
        until(lambda: session.switching is None)
    assert session.info is not None
    assert session.info.folder == case_folder
    assert page.panel.notes.toPlainText() == NOTES
    with answering(leave):
        go()
        until(lambda: session.switching is None and (session.info is None or session.info.folder == other))
    assert not opened.unsaved.isVisible()
    until(lambda: len(session.held) == (way == "another case"))
    cases.open_case(session, case_folder, EXAMINER)
    until(lambda: session.info is not None and session.info.folder == case_folder)
    assert _subjects(opened, until).panel.notes.toPlainText() == ""


def test_a_case_folder_that_is_gone_takes_no_notes_with_it(
    opened: Window, case_folder: Path, tmp_path: Path, until: Wait
) -> None:
    _typed_notes(opened, until)
    away = case_folder.rename(tmp_path / "away")
    with answering(lambda dialog: (away.rename(case_folder), again(dialog))) as asked:
        opened.close()
        until(lambda: not opened.isVisible())
    assert "not there any more" in asked[0]
    assert _saved_notes(case_folder) == NOTES.strip()


def test_a_disk_that_never_answers_does_not_hold_the_window(
    opened: Window, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()
    real = SubjectStore.describe
    monkeypatch.setattr(session_module, "SETTLE_MS", 100)
    monkeypatch.setattr(SubjectStore, "describe", lambda *a, **k: (gate.wait(60), real(*a, **k)))
    _typed_notes(opened, until)
    with answering(lambda dialog: (gate.set(), leave(dialog))) as asked:
        opened.close()
        until(lambda: not opened.isVisible())
    assert "does not answer" in asked[0]


def _footage(window: Window, until: Wait) -> Any:
    page: Any = window.show_page("footage")
    until(lambda: page.current() is not None)
    return page


def test_a_camera_s_name_stays_in_its_field_until_it_is_saved_or_taken_back(opened: Window, until: Wait) -> None:
    case = opened.session.case
    assert case is not None
    page = _footage(opened, until)
    edit = page.details._camera
    before = edit.text()
    for name in ("Quay" * 6000, "Pier" * 6000):
        room(case, pages=0)
        edit.setText(name)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        until(opened.unsaved.isVisible)
        page.view.setCurrentIndex(page.model.index(1))
        assert edit.text() != name
        page.view.setCurrentIndex(page.model.index(0))
        until(opened.unsaved.isVisible)
        assert edit.text() == name
        assert "not saved" in [label.text() for label in page.details.findChildren(type(page.details._exhibit))]
        if name.startswith("Quay"):
            QTest.keyClick(edit, Qt.Key.Key_Escape)
            assert edit.text() == before
        else:
            room(case, pages=10_000)
            QTest.keyClick(edit, Qt.Key.Key_Return)
            until(lambda n=name: case.evidence.get(1).camera.name == n)
        until(lambda: not opened.unsaved.isVisible())


def test_a_clock_reading_that_is_refused_is_marked_and_can_be_tried_again(opened: Window, until: Wait) -> None:
    case = opened.session.case
    assert case is not None
    page = _footage(opened, until)
    editor = page.details.clock
    assert editor.revert.isHidden()
    editor.first[0].show_reading(datetime(2026, 5, 11, 23, 0))
    editor.first[1].show_moment(datetime(2026, 5, 11, 22, 48).astimezone())
    editor.uncertainty.setValue(2.0)
    editor.source.setCurrentText("church clock " * 3000)
    assert editor._saved.text() == "not saved yet"
    room(case, pages=0)
    editor.save.click()
    until(opened.unsaved.isVisible)
    assert editor._saved.text() == "not saved"
    assert "full" in editor._saved.toolTip()
    page.view.setCurrentIndex(page.model.index(1))
    assert editor._saved.text() == "no offset recorded"
    page.view.setCurrentIndex(page.model.index(0))
    assert editor._saved.text() == "not saved"
    room(case, pages=10_000)
    with answering(again) as asked:
        opened.unsaved._button.click()
    assert "2026-05-11 23:00:00" in asked[0]
    assert "church clock" in asked[0]
    until(lambda: case.evidence.clock_records(1))
    until(lambda: editor._saved.text() == "saved")
    assert not opened.unsaved.isVisible()
    editor.uncertainty.setValue(9.0)
    assert editor.revert.isVisibleTo(editor)
    editor.revert.click()
    assert editor.uncertainty.value() == 2.0
    assert editor._saved.text() == "saved"


def test_a_note_written_in_a_dialog_is_not_lost_with_it(opened: Window, until: Wait) -> None:
    case = opened.session.case
    assert case is not None
    room(case, pages=0)
    marks.add(opened.session, 1, 0, "man with a bag, " * 3000)
    until(opened.unsaved.isVisible)
    with answering(again):
        room(case, pages=10_000)
        opened.unsaved._button.click()
    until(lambda: case.marks.list(1))
    room(case, pages=0)
    marks.add(opened.session, 1, 40, "another, " * 3000)
    until(opened.unsaved.isVisible)
    with answering(leave):
        opened.unsaved._button.click()
    assert not opened.unsaved.isVisible()
    assert [mark.pts for mark in case.marks.list(1)] == [0]


def test_where_cameras_stand_is_tried_again_too(opened: Window, until: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    case = opened.session.case
    assert case is not None

    def full(*_args: object) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as harm:
        harm.setattr(CameraStore, "place", full)
        cameras.arrange(opened.session, {1: Position(3.5, 4.0, None, None)}, None)
        until(opened.unsaved.isVisible)
    with answering(again) as asked:
        opened.unsaved._button.click()
    assert "3.5" in asked[0]
    until(lambda: case.cameras.get(1).x == 3.5)
    assert not opened.unsaved.isVisible()
