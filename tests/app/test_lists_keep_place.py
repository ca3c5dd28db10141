"""What is chosen and typed on the list pages stays with its item, and nothing of one case stands in another."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.jobs import Job
from app.operations import cases, footage
from app.session import Changes
from app.shell import Window
from engine.case import Case
from engine.errors import StorageError
from engine.progress import Progress, Work
from engine.types import ItemState, Modality
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.films import write_film


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The footage page with the last of its three items chosen."""
    shown: Any = opened.show_page("footage")
    until(lambda: len(shown.model.rows) == 3)
    shown.view.setCurrentIndex(shown.model.index(2))
    return shown


@pytest.fixture
def other(case_template: Path, tmp_path: Path) -> Path:
    """Another case whose items, cameras and tracklets have the same numbers; its cameras other names."""
    folder = Path(shutil.copytree(case_template / "case", tmp_path / "other"))
    with Case.open(folder, examiner="Somebody else") as case:
        for camera in case.cameras.list():
            case.cameras.update(camera.id, name=f"Other {camera.name}")
    return folder


def _switch(window: Window, folder: Path, until: Wait) -> None:
    cases.open_case(window.session, folder, EXAMINER)
    until(lambda: window.session.info is not None and window.session.info.folder == folder)


def _cameras(window: Window) -> list[str]:
    assert window.session.case is not None
    return [item.camera.name for item in window.session.case.evidence.list()]


def _register(page: Any, film: Path, until: Wait) -> None:
    write_film(film, Modality.VISIBLE, [(1, 0, 4)], 5)
    footage.add(page.session, [film], ingest_after=False)
    until(lambda: any(row.item.path == film for row in page._rows))


def test_a_camera_typed_for_one_item_is_never_saved_on_another(page: Any, until: Wait, tmp_path: Path) -> None:
    before = _cameras(page.shell)
    field = page.details._camera
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "CAM-09 Pier")
    _register(page, tmp_path / "extra.mp4", until)
    assert page.current().item.exhibit == "E-003", "the selection is the user's"
    assert field.text() == "CAM-09 Pier", "what is being typed stays"
    QTest.keyClick(field, Qt.Key.Key_Tab)
    until(lambda: "CAM-09 Pier" in _cameras(page.shell))
    assert _cameras(page.shell)[:3] == [*before[:2], "CAM-09 Pier"]


def test_a_name_half_typed_is_the_item_s_own_when_another_is_chosen(page: Any, until: Wait) -> None:
    before = _cameras(page.shell)
    page.details._camera.setFocus()
    page.details._camera.selectAll()
    QTest.keyClicks(page.details._camera, "Pier")
    page.view.setCurrentIndex(page.model.index(0))
    assert page.details._camera.text() == before[0]
    until(lambda: _cameras(page.shell) == [*before[:2], "Pier"])


def test_an_item_that_no_longer_fits_the_filter_stays_while_it_is_worked_on(page: Any, until: Wait) -> None:
    first, chosen, last = page._rows
    page._state.select("ready")
    page._filter(asked=True)
    page.view.setCurrentIndex(page.model.index(1))
    reading = datetime(2026, 5, 11, 22, 48, 52)
    page.details.clock.first[0].show_reading(reading)
    page._show(
        [first, dataclasses.replace(chosen, item=dataclasses.replace(chosen.item, state=ItemState.FAILED)), last]
    )
    assert page.current().item.id == chosen.item.id
    assert page.details.clock.first[0].reading() == reading
    page._filter(asked=True)
    assert [row.item.id for row in page.model.rows] == [first.item.id, last.item.id], "the user's own choice is obeyed"


def test_the_panel_hidden_with_f9_stays_hidden(page: Any, until: Wait) -> None:
    QTest.keyClick(page.view, Qt.Key.Key_F9)
    assert not page.details.isVisible()
    page._show(page._rows)
    assert not page.details.isVisible()
    page.shell.resize(1450, 900)
    QTest.qWait(1)
    assert not page.details.isVisible()
    QTest.keyClick(page.view, Qt.Key.Key_F9)
    assert page.details.isVisible()


def test_hundreds_of_files_at_once_are_one_piece_of_news(page: Any, until: Wait, tmp_path: Path) -> None:
    told: list[int] = []
    page.session.runner.jobs_changed.connect(lambda: told.append(len(page.session.runner.active())))
    release = _hold_lane(page, footage.REGISTER, until)
    told.clear()
    page.add([tmp_path / f"{n}.mp4" for n in range(300)])
    until(lambda: told)
    assert told == [301]
    release.append(True)
    for job in page.session.runner.active():
        page.session.runner.cancel(job)


def test_the_jobs_of_many_items_are_looked_up_once(page: Any, until: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    runner = page.session.runner
    real = runner.active
    monkeypatch.setattr(runner, "active", lambda: (looks.append(1), real())[1])
    base = page._rows[0]
    rows = [
        dataclasses.replace(base, item=dataclasses.replace(base.item, id=n, state=ItemState.REGISTERED))
        for n in range(1, 401)
    ]
    page._show(rows)
    page.view.viewport().repaint()
    assert len(looks) <= 3, "not once for each row"


def _hold_lane(page: Any, lane: str, until: Wait) -> list[bool]:
    release: list[bool] = []

    def work() -> Work[None]:
        while not release:
            QTest.qSleep(5)
            yield Progress("busy", 0, 1)

    job = page.session.runner.start(Job("busy", work, lane))
    until(lambda: job.progress is not None)
    return release


def test_people_keeps_who_is_chosen_when_tracklets_change(opened: Window, until: Wait) -> None:
    page: Any = opened.show_page("people")
    until(lambda: page.model.rowCount() == 15)
    page.view.select_row(9)
    chosen = int(page.model.ids[9])
    generation = page.model._generation
    opened.session.changed.emit(Changes(tracklets=True))
    until(lambda: page.model._generation > generation)
    assert int(page.model.ids[page.view.row]) == chosen
    page._order.setCurrentIndex(1)
    page.refresh()
    until(lambda: page.model._generation > generation + 1)
    assert int(page.model.ids[page.view.row]) == chosen, "wherever the order puts it"


def test_people_of_another_case_are_all_shown(opened: Window, other: Path, until: Wait) -> None:
    page: Any = opened.show_page("people")
    until(lambda: page.model.rowCount() == 15)
    page._camera.setCurrentIndex(2)
    page.refresh()
    until(lambda: page.model.rowCount() < 15)
    _switch(opened, other, until)
    opened.show_page("people")
    until(lambda: not opened.session.pool.busy() and page._cameras)
    QTest.qWait(1)
    assert page._camera.currentText() == "All cameras"
    assert page.model.rowCount() == 15
    assert all(page._camera.itemText(n).startswith("Other") for n in range(1, page._camera.count()))


def test_activity_says_nothing_of_the_last_case(opened: Window, other: Path, until: Wait) -> None:
    page: Any = opened.show_page("activity")
    until(lambda: page.model.entries)
    page._verify()
    until(lambda: "Everything is as it was" in page._result._text.text())
    until(lambda: page._action.findData("case.verify") > 0)
    page._action.setCurrentIndex(page._action.findData("case.verify"))
    page.refresh()
    until(lambda: {entry.action for entry in page.model.entries} == {"case.verify"})
    _switch(opened, other, until)
    opened.show_page("activity")
    case = opened.session.case
    assert case is not None
    until(lambda: len(page.model.entries) == case.audit.count())
    assert not page._result.isVisible()
    assert page._action.currentText() == "Everything"
    page._actor.setCurrentIndex(1)
    page.refresh()
    until(lambda: len(page.model.entries) < case.audit.count())
    page._copy()
    assert QGuiApplication.clipboard().text() == case.audit.head, "the head is the log's, whatever is filtered"


def test_a_verification_that_fails_does_not_go_on_checking(
    opened: Window, until: Wait, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify_case(_case: Case) -> Work[None]:
        yield Progress("verifying", 0, 1)
        raise StorageError("The disk has gone.")

    monkeypatch.setattr("engine.verify.verify_case", verify_case)
    page: Any = opened.show_page("activity")
    page._verify()
    until(lambda: errors)
    assert "The disk has gone." in page._result._text.text()
    assert page._result.property("notice") == "error"


def test_a_name_being_typed_reaches_its_own_case_before_another_opens(
    page: Any, other: Path, case_folder: Path, until: Wait
) -> None:
    page.details._camera.setFocus()
    page.details._camera.selectAll()
    QTest.keyClicks(page.details._camera, "Pier")
    _switch(page.shell, other, until)
    until(lambda: len(page.model.rows) == 3)
    assert page.details._camera.text().startswith("Other")
    QTest.keyClick(page.details._camera, Qt.Key.Key_Tab)
    cases.close_case(page.session)
    until(lambda: page.shell.current == "start")
    with Case.open(other, writable=False) as case:
        assert all(item.camera.name.startswith("Other") for item in case.evidence.list())
    with Case.open(case_folder, writable=False) as case:
        assert case.evidence.list()[2].camera.name == "Pier"
