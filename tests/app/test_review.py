"""Review: footage, boxes, the chosen person and marks on show always belong together, and to the open case."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import people
from app.jobs import Job, JobState
from app.operations import cases, searching
from app.shell import Window
from app.widgets import marks_panel
from engine.case import Case
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.films import add_film


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The review page with the first frame of the night film on show, nothing left to be read."""
    shown: Any = opened.show_page("review")
    until(lambda: shown.feed.current is not None and not opened.session.pool.busy() and shown.overlay.paths)
    return shown


def _held(real: Callable[..., Any], slow: Callable[[Any], bool], gate: threading.Event) -> Callable[..., Any]:
    """`real`, but for some of its second arguments it waits for the gate."""

    def wait(case: Any, which: Any, *rest: Any) -> Any:
        if slow(which):
            assert gate.wait(20)
        return real(case, which, *rest)

    return wait


def test_another_case_opens_with_its_own_film(page: Any, tmp_path: Path, until: Wait) -> None:
    with Case.create(tmp_path / "other", "Depot", EXAMINER) as other:
        own = add_film(other, tmp_path / "depot.mp4", "CAM-09 Depot", Modality.VISIBLE, [(3, 0, 20)], 30)
    page.pick(page.session.case.tracklets.list()[0].id)
    until(lambda: page.person is not None)
    cases.open_case(page.session, tmp_path / "other", EXAMINER)
    until(lambda: page.session.info.folder == tmp_path / "other")
    page.shell.show_page("review")
    until(lambda: page.feed.item is not None and page.feed.item.path == own.path)
    until(lambda: page.feed.current is not None)
    assert page.row.item.path == own.path
    assert page.choice.combo.currentText().startswith("E-001   depot.mp4")
    assert page.person is None
    assert page.canvas.selected is None
    until(lambda: page.overlay.paths)
    assert len(page.overlay.paths) == 1


def test_a_closed_case_leaves_nothing_on_show(page: Any, until: Wait) -> None:
    cases.close_case(page.session)
    until(lambda: page.shell.current == "start")
    assert (page.row, page.feed.item, page.feed.current, page._rows) == (None, None, None, [])
    assert not page.canvas.present()
    assert page.canvas._shown is None
    assert not page.times._recorder.text()


def test_the_person_chosen_last_is_the_one_searched_for(
    page: Any, until: Wait, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [t.id for t in page.session.case.tracklets.list()][:2]
    gate = threading.Event()
    monkeypatch.setattr(people, "person", _held(people.person, lambda who: who == first, gate))
    searched: list[int] = []
    monkeypatch.setattr(page.querying, "search", lambda: searched.append(page.person.tracklet.id))
    page.canvas.searched.emit(first)  # a double click, and before that person has been read
    page.canvas.picked.emit(second)  # a click on somebody else
    until(lambda: page.person is not None)
    gate.set()
    until(lambda: not page.session.pool.busy())
    qtbot.wait(50)
    assert page.canvas.selected == page.person.tracklet.id == second
    assert not searched, "nobody asked to search for the second"
    page.canvas.searched.emit(first)
    until(lambda: searched == [first])


def test_boxes_of_the_last_item_do_not_stand_over_the_next(
    page: Any, until: Wait, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _night, gate_film, dock = page._rows
    gate = threading.Event()
    monkeypatch.setattr(people, "paths", _held(people.paths, lambda item: item == gate_film.item.id, gate))
    for row in (gate_film, dock):
        page.open_item(row.item.id)
        assert not page.canvas._paths, "nobody of the last item can be clicked"
        until(lambda row=row: page.feed.item and page.feed.item.path == row.item.path and page.feed.current)
    until(lambda: page.overlay.paths)
    gate.set()
    until(lambda: not page.session.pool.busy())
    qtbot.wait(50)
    mine = set(page.session.case.tracklets.ids().tolist()) - {
        t.id for t in page.session.case.tracklets.list() if t.item_id != dock.item.id
    }
    assert {path.tracklet for path in page.canvas._paths} <= mine
    assert page.canvas._paths


def test_no_mark_on_footage_nobody_has_seen(
    page: Any, until: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.feed.show(int(page.feed.item.pts[7]))
    until(lambda: page.marks._pts == page.feed.item.pts[7])
    row = page._rows[1]
    page._rows[1] = replace(row, item=replace(row.item, path=tmp_path / "gone.mp4"))
    page.open_item(row.item.id)
    until(lambda: "gone.mp4" in page.canvas._message and "Opening" not in page.canvas._message)
    asked: list[str] = []
    monkeypatch.setattr(marks_panel, "ask_text", lambda *_a, **_k: asked.append("note") or "a man")
    QTest.keyClick(page.canvas, Qt.Key.Key_M)
    assert not asked
    assert "No frame is on show" in page.shell.messages.plain._text.text()
    assert not page.session.case.marks.list(row.item.id)


def test_every_step_counts_however_fast_the_key_is(page: Any, until: Wait) -> None:
    start = page.feed.current.index
    for _ in range(5):
        QTest.keyClick(page.canvas, Qt.Key.Key_Period)
    until(lambda: page.feed.bound == page.feed.current.pts)
    assert page.feed.current.index == start + 5
    for key in (Qt.Key.Key_Comma,) * 3 + (Qt.Key.Key_Period,):
        QTest.keyClick(page.canvas, key)
    until(lambda: page.feed.bound == page.feed.current.pts)
    assert page.feed.current.index == start + 3


def test_what_failed_in_other_footage_is_not_told(
    page: Any, until: Wait, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]
) -> None:
    from engine.media import hashing

    gate, real = threading.Event(), hashing.check_size
    gone = tmp_path / "gone.mp4"

    def slow(path: Path, size: int) -> None:
        if path == gone:
            assert gate.wait(20)
        real(path, size)

    monkeypatch.setattr(hashing, "check_size", slow)
    page.feed.open(gone, 10)
    page.open_item(page._rows[1].item.id)
    gate.set()
    until(lambda: page.feed.current is not None and page.feed.item.path == page._rows[1].item.path)
    qtbot.wait(50)
    assert not errors
    assert page.canvas._shown is not None


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The tracklets of each search that was asked for; none is made."""
    asked: list[set[int]] = []
    ended = Job("search", lambda: iter(()), state=JobState.DONE)
    run = lambda _s, draft, _c, _d: asked.append({crop.tracklet for crop in draft.crops}) or ended  # noqa: E731
    monkeypatch.setattr(searching, "run", run)
    return asked


def _choose(page: Any, until: Wait, person: int) -> None:
    page.shell.show_page("review")
    page.pick(person)
    until(lambda: page.person is not None and page.person.tracklet.id == person)


def test_shots_collected_on_review_are_searched_together(page: Any, until: Wait, searches: list[set[int]]) -> None:
    first, second, third = [t.id for t in page.session.case.tracklets.list() if t.modality is Modality.INFRARED]
    for person in (first, second):
        _choose(page, until, person)
        page.trigger("query.add")
    assert page.panel.query.text() == "2 shots in the query"
    page.trigger("search")
    assert searches == [{first, second}]
    assert "the 2 shots collected" in page.shell.messages.plain._text.text()

    _choose(page, until, third)
    page.trigger("search")
    assert searches[1:] == [{third}]
    assert "A new query: the 2 shots collected before are not part of it." in page.shell.messages.plain._text.text()
    _choose(page, until, first)
    assert not page.panel.query.text()
    page.trigger("search")
    assert searches[2:] == [{first}], "they were given up"
