"""What is typed and not decided on is there again when its case is opened again; the case itself never holds it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.operations import cases
from app.shell import Window
from app.unrecorded import Answer
from app.widgets.observations import ReasonEdit
from engine.case import Case
from engine.store.records import ClockRecord
from engine.types import Verdict
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import by_modality, searched

REASON = "the same coat and gait"


@pytest.fixture
def case_folder(case_template: Path, tmp_path: Path) -> Path:
    """A case in which somebody was searched for twice."""
    folder = Path(shutil.copytree(case_template / "case", tmp_path / "case"))
    with Case.open(folder, examiner=EXAMINER) as case:
        night, day = by_modality(case)
        for person in night[:2]:
            searched(case, person, day)
    return folder


def _file(window: Window) -> list[Path]:
    return sorted((window.session.preferences.folder / "drafts").glob("*.json"))


def _close(window: Window, until: Wait) -> None:
    cases.close_case(window.session)
    until(lambda: not window.session.is_open and not window.session.held)


def _open(window: Window, folder: Path, until: Wait, *, writable: bool = True) -> Case:
    cases.open_case(window.session, folder, EXAMINER, writable=writable)
    until(lambda: window.session.info is not None and window.session.info.folder == folder)
    assert window.session.case is not None
    return window.session.case


def _search(window: Window, until: Wait) -> tuple[Any, ReasonEdit, Any]:
    """The page at its first candidate, compared; the reason's field and an answer's button."""
    page: Any = window.show_page("search")
    until(lambda: page.data is not None and page.model.tiles)
    page.view.select_row(0)
    page.trigger("compare")
    observations = page.compare.observations
    reason = observations.findChild(ReasonEdit)
    return page, reason, observations._rows["footwear"].buttons[0]


@contextmanager
def case_untouched(folder: Path) -> Iterator[None]:
    before = hashlib.sha256((folder / "case.db").read_bytes()).hexdigest()
    yield
    assert hashlib.sha256((folder / "case.db").read_bytes()).hexdigest() == before


def test_reasons_and_observations_come_back_beside_their_candidate_until_they_are_decided_on(
    window: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    with case_untouched(case_folder):
        _open(window, case_folder, until)
        page, reason, answer = _search(window, until)
        QTest.keyClicks(reason, REASON)
        QTest.mouseClick(answer, Qt.MouseButton.LeftButton)
        page.view.select_row(2)
        QTest.keyClicks(reason, "another")
        _close(window, until)
        assert len(_file(window)) == 1
    case = _open(window, case_folder, until)
    page, reason, answer = _search(window, until)
    assert reason.toPlainText() == REASON
    assert answer.isChecked()
    page.view.select_row(2)
    assert reason.toPlainText() == "another"
    page._open(1)  # the other search has candidates of the same numbers
    until(lambda: page.data.search.id == 1)
    assert reason.toPlainText() == ""
    page._open(2)
    until(lambda: page.data.search.id == 2)
    page.view.select_row(0)
    page.deciding.decide(Verdict.CONFIRMED)
    until(case.decisions.all)
    (decision,) = case.decisions.all()
    assert (decision.reason, decision.observations) == (REASON, {"footwear": "similar"})
    page.view.select_row(2)
    reason.clear()
    _close(window, until)
    assert _file(window) == [], "nothing is left to be decided on"
    assert not errors


def test_readings_come_back_into_their_fields_unless_others_were_recorded_since(
    window: Window, case_folder: Path, until: Wait
) -> None:
    def page() -> Any:
        shown: Any = window.show_page("footage")
        until(lambda: shown.current() is not None)
        return shown

    def typed() -> tuple[float, str, datetime]:
        editor = page().details.clock
        return editor.uncertainty.value(), editor.source.currentText(), editor.first[0].reading()

    read = datetime(2026, 5, 11, 23, 0)
    _open(window, case_folder, until)
    editor = page().details.clock
    editor.first[0].show_reading(read)
    editor.uncertainty.setValue(7.5)
    editor.source.setCurrentText("church clock")
    _close(window, until)
    case = _open(window, case_folder, until)
    assert typed() == (7.5, "church clock", read)
    assert page().details.clock._saved.text() == "not saved yet"
    assert not case.evidence.clock_records(1)
    _close(window, until)
    with Case.open(case_folder, examiner="B. Examiner") as other:
        other.evidence.set_clock(1, ClockRecord(read, read.astimezone(), 1.0, "radio"))
    _open(window, case_folder, until)
    assert typed() == (1.0, "radio", read)
    _close(window, until)
    assert _file(window) == []


def test_drafts_go_with_a_case_that_is_moved_and_not_into_its_copy(
    window: Window, case_folder: Path, tmp_path: Path, until: Wait
) -> None:
    _open(window, case_folder, until)
    _page, reason, _answer = _search(window, until)
    QTest.keyClicks(reason, REASON)
    _close(window, until)
    copied = Path(shutil.copytree(case_folder, tmp_path / "copy"))
    _open(window, copied, until)
    assert _search(window, until)[1].toPlainText() == ""
    _close(window, until)
    moved = case_folder.rename(tmp_path / "moved")
    _open(window, moved, until)
    assert _search(window, until)[1].toPlainText() == REASON


def test_a_case_read_only_leaves_its_drafts_alone(window: Window, case_folder: Path, until: Wait) -> None:
    _open(window, case_folder, until)
    _page, reason, _answer = _search(window, until)
    QTest.keyClicks(reason, REASON)
    _close(window, until)
    _open(window, case_folder, until, writable=False)
    assert _search(window, until)[1].toPlainText() == ""
    window.write_case()
    until(lambda: window.session.info is not None and window.session.info.writable)
    assert _search(window, until)[1].toPlainText() == REASON


def test_what_cannot_be_kept_is_asked_about(window: Window, case_folder: Path, until: Wait) -> None:
    place = window.session.preferences.folder / "drafts"
    place.write_text("no folder")
    _open(window, case_folder, until)
    _page, reason, _answer = _search(window, until)
    QTest.keyClicks(reason, REASON)
    asked: list[str] = []
    answers = [Answer.STAY, Answer.AGAIN]

    def answer(left: Any) -> Answer:
        asked.append(left[0].typed.text)
        if answers[0] is Answer.AGAIN:
            place.unlink()
        return answers.pop(0)

    window.session.ask_unrecorded = answer
    cases.close_case(window.session)
    until(lambda: asked and window.session.switching is None)
    assert REASON in asked[0]
    assert reason.toPlainText() == REASON
    _close(window, until)
    assert REASON in _file(window)[0].read_text(encoding="utf-8")


def test_damaged_drafts_are_laid_aside_and_told(
    window: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    _open(window, case_folder, until)
    _page, reason, _answer = _search(window, until)
    QTest.keyClicks(reason, REASON)
    _close(window, until)
    (file,) = _file(window)
    file.write_text('{"pages": [')
    _open(window, case_folder, until)
    until(lambda: errors)
    assert "damaged" in str(errors[0])
    assert file.with_suffix(".damaged").read_text() == '{"pages": ['
    assert _search(window, until)[1].toPlainText() == ""


def test_a_power_cut_takes_little(window: Window, case_folder: Path, until: Wait) -> None:
    _open(window, case_folder, until)
    _page, reason, _answer = _search(window, until)
    QTest.keyClicks(reason, REASON)
    until(lambda: _file(window) and REASON in _file(window)[0].read_text(encoding="utf-8"))
