"""Footage: what is on its way in, worked on, verified or turned away is seen and steered, by mouse and by key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.jobs import Job, JobState
from app.operations import footage
from app.operations.verifying import VERIFY
from app.session import Changes
from app.shell import Window
from app.widgets.basic import Button
from app.widgets.footage_row import _remark, action_rect, actions, state_room
from engine.errors import EvidenceError
from engine.progress import Progress, Work
from engine.types import ItemState, Modality, ModalitySegment
from tests.app.conftest import Wait
from tests.helpers.films import people_case, write_film


@pytest.fixture
def case_folder(tmp_path: Path) -> Path:
    """A case with footage of its own, since these tests damage it."""
    people_case(tmp_path).close()
    return tmp_path / "case"


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    shown: Any = opened.show_page("footage")
    until(lambda: len(shown.model.rows) == 3 and not opened.session.pool.busy())
    shown.view.setFocus()
    return shown


@pytest.fixture
def slow_ingests(page: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Ingests that wait at their first step until the event is set."""
    gate = threading.Event()

    def work(*_any: object) -> Work[None]:
        while not gate.wait(0.01):
            yield Progress("finding people", 30, 120, "frames")

    monkeypatch.setattr("engine.ingest.ingest_item", work)
    yield gate
    gate.set()


def _jobs(page: Any) -> list[Job]:
    return list(footage.jobs(page.session).values())


def _all_at_work(page: Any, until: Wait) -> list[Job]:
    for row in page._rows:
        footage.ingest(page.session, row.item)
    until(lambda: len(page.model.jobs) == 3 and _jobs(page)[0].state is JobState.RUNNING)
    return _jobs(page)


def _point(page: Any, row: int, action: str) -> QPoint:
    area = page.view.visualRect(page.model.index(row))
    place = actions(page.model.job(page.model.rows[row].item.id)).index(action)
    return action_rect(state_room(area), place).center()


def test_work_on_a_row_is_paused_preferred_and_cancelled_by_mouse(
    page: Any, slow_ingests: threading.Event, until: Wait
) -> None:
    first, _second, third = _all_at_work(page, until)
    click = lambda row, name: QTest.mouseClick(  # noqa: E731
        page.view.viewport(), Qt.MouseButton.LeftButton, pos=_point(page, row, name)
    )
    click(0, "pause")
    until(lambda: first.state is JobState.PAUSED)
    click(0, "resume")
    until(lambda: first.state is JobState.RUNNING)
    assert page.model.queued == [_second, third]
    click(2, "first")
    until(lambda: page.model.queued == [third, _second])
    click(1, "cancel")
    until(lambda: _second.state is JobState.CANCELLED)
    assert third.state is JobState.WAITING


def test_work_on_a_row_is_steered_by_key(page: Any, slow_ingests: threading.Event, until: Wait) -> None:
    first, second, third = _all_at_work(page, until)
    page.view.setCurrentIndex(page.model.index(0))
    for state in (JobState.PAUSED, JobState.RUNNING):
        QTest.keyClick(page.view, Qt.Key.Key_Space)
        until(lambda state=state: first.state is state)
    QTest.keyClick(page.view, Qt.Key.Key_End)
    QTest.keyClick(page.view, Qt.Key.Key_F)
    until(lambda: page.model.queued == [third, second])
    QTest.keyClick(page.view, Qt.Key.Key_Delete)
    until(lambda: third.state is JobState.CANCELLED)
    QTest.keyClick(page.view, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    until(lambda: {first.state, second.state} == {JobState.PAUSED})
    until(lambda: page._pause.text() == "Resume all")


def test_a_click_where_nothing_is_drawn_does_nothing(page: Any, slow_ingests: threading.Event, until: Wait) -> None:
    _first, second, _third = _all_at_work(page, until)
    area = page.view.visualRect(page.model.index(1))
    room = state_room(area)
    for x in (area.x() + 40, room.x() + 10, room.right() - 120):
        QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, area.y() + 50))
    QTest.qWait(20)
    assert second.state is JobState.WAITING
    assert actions(None) == ()


def test_an_item_is_verified_by_key_and_its_row_says_when(page: Any, until: Wait) -> None:
    page.view.setCurrentIndex(page.model.index(1))
    QTest.keyClick(page.view, Qt.Key.Key_V)
    until(lambda: page.current().checked)
    assert page.current().amiss == ()
    assert "registered SHA-256" in page.shell.messages.plain._text.text()
    entry = page.session.case.audit.entries(action="evidence.verify")[0]
    assert (entry.target, entry.details["findings"]) == (page.current().item.target, [])


def test_all_items_are_verified_and_the_one_amiss_is_named(page: Any, until: Wait) -> None:
    row = page._rows[2]
    data = bytearray(row.item.path.read_bytes())
    data[-1] ^= 1
    row.item.path.write_bytes(bytes(data))
    button = next(b for b in page.header.findChildren(Button) if b.text() == "Verify all")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    until(lambda: all(r.checked for r in page._rows))
    assert [bool(r.amiss) for r in page._rows] == [False, False, True]
    until(lambda: not page.shell.messages.fault.isHidden())
    assert "no longer the registered one" in page.shell.messages.fault._text.text()
    page.view.setCurrentIndex(page.model.index(2))
    assert page.current().needs_attention
    assert "no longer the registered one" in page.details._trouble.text()
    assert "Restore the original" in page.details._next.text()


def test_verifying_twice_at_once_is_once(page: Any, until: Wait) -> None:
    page.trigger("footage.verify_all")
    page.trigger("footage.verify_all")
    jobs = [job for job in page.session.runner.jobs if job.lane == VERIFY]
    assert len(jobs) == 3
    until(lambda: not page.session.runner.active())


def test_files_that_are_turned_away_stay_in_sight_with_the_reason(
    page: Any, until: Wait, tmp_path: Path, errors: list[Exception]
) -> None:
    (tmp_path / "notes.mp4").write_text("not a film at all")
    (tmp_path / "empty.mkv").touch()
    film = write_film(tmp_path / "more.mp4", Modality.VISIBLE, [(1, 0, 4)], 5)
    footage.add(page.session, [tmp_path / "notes.mp4", film, tmp_path / "empty.mkv"], ingest_after=False)
    until(lambda: len(page._rows) == 4 and not page.session.runner.active() and len(errors) == 2)
    assert all(isinstance(error, EvidenceError) for error in errors)
    said = [label.text() for label in page.arrivals.findChildren(type(page.details._trouble))]
    assert "notes.mp4 was not added" in said
    assert any("is empty (0 bytes)" in text and "Export it again" in text for text in said)
    write_film(tmp_path / "empty.mkv", Modality.VISIBLE, [(2, 0, 4)], 5)
    again = next(b for b in page.arrivals.findChildren(Button) if b.accessibleName() == "Try again: empty.mkv")
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    until(lambda: len(page._rows) == 5)
    assert not page.arrivals.isHidden()
    dismiss = next(b for b in page.arrivals.findChildren(Button) if b.accessibleName() == "Dismiss: notes.mp4")
    dismiss.setFocus()
    QTest.keyClick(dismiss, Qt.Key.Key_Space)
    assert page.arrivals.isHidden()
    for job in page.session.runner.active():
        page.session.runner.cancel(job)


def test_why_an_ingest_failed_and_what_to_do_is_said_beside_it(page: Any) -> None:
    first, *rest = page._rows
    item = replace(first.item, state=ItemState.FAILED, failure="The index is missing.", hint="Rebuild a copy of it.")
    page._show([replace(first, item=item), *rest])
    page.view.setCurrentIndex(page.model.index(0))
    assert page.details._trouble.text() == "The index is missing."
    assert page.details._next.text() == "Rebuild a copy of it."
    assert page.details.ingest.text() == "Try again"
    tip = page.model.data(page.model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert "The index is missing." in tip
    page.view.setCurrentIndex(page.model.index(1))
    assert page.details._trouble.isHidden()


def test_the_whole_hash_is_copied_by_key(page: Any) -> None:
    page.view.setCurrentIndex(page.model.index(1))
    QTest.keyClick(page.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == page.current().item.sha256


def test_facts_of_a_file_in_the_middle_of_its_ingest(page: Any) -> None:
    first, *rest = page._rows
    item = replace(first.item, state=ItemState.INTERRUPTED, frames_decoded=40)
    page._show([replace(first, item=item, tracklets=2), *rest])
    page.view.setCurrentIndex(page.model.index(0))
    facts = {key: shown.text() for key, shown in page.details._fact_labels.items()}
    assert facts["container"].startswith("MP4, ")
    assert facts["decoded"] == "40 of 60 frames"
    assert (facts["lost"], facts["people"]) == ("0 so far", "2 so far")
    assert facts["hash"].replace(" ", "") == item.sha256


def test_the_zone_of_adjusted_times_is_said_once(page: Any) -> None:
    assert page._zone.text().startswith("Adjusted times: ")


def test_an_item_that_is_infrared_for_a_part_of_its_time_says_when(page: Any) -> None:
    row = page._rows[0]
    one = ((0, 10 * 10240),)
    assert _remark(row)[0] == ""
    assert _remark(replace(row, nights=one))[0] == "IR from +0:00 to +0:10"
    assert _remark(replace(row, nights=one * 2))[0] == "IR in 2 stretches"
    by_hand = replace(row, nights=one, item=replace(row.item, modality_override=Modality.INFRARED))
    assert _remark(by_hand)[0] == "modality set by hand"


def test_stretches_of_infrared_are_read_of_mixed_items_alone(page: Any, until: Wait) -> None:
    assert all(row.nights == () for row in page._rows)
    item = page._rows[0].item
    halves = (Modality.INFRARED, Modality.VISIBLE)
    ends = [item.timestamp(n * 3 * 10240) for n in (0, 1, 2)]
    segments = [ModalitySegment(ends[n], ends[n + 1], kind, 20.0 * n) for n, kind in enumerate(halves)]
    page.session.write(lambda case: case.evidence.set_segments(item.id, segments), Changes(footage=True))
    until(lambda: page._rows[0].nights)
    assert page._rows[0].nights == ((0, 3 * 10240),)
