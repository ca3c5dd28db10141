"""The filters of a search: said in words, kept with it, set again from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import people
from app.operations import cases, searching
from app.shell import Window
from app.widgets.basic import Button
from engine.models.library import ModelLibrary
from engine.store.records import ClockRecord
from engine.types import Modality
from tests.app.conftest import Wait

NOON = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The search page; the clocks of the night and the gate by day are known, the dock's is not.

    The gate's recorder is ten minutes ahead, and its recording began at noon.
    """
    case = opened.session.case
    assert case is not None
    night, gate, _dock = case.evidence.list()
    for item, began in ((night, NOON - timedelta(hours=12)), (gate, NOON)):
        shown = (began + timedelta(minutes=10)).replace(tzinfo=None)
        case.evidence.set_start_time(item.id, shown)
        case.evidence.set_clock(item.id, ClockRecord(shown, began, 1.0, "stated"))
    model = ModelLibrary().get(ModelLibrary().default("student")).card
    for number, tracklet in enumerate(case.tracklets.list()):
        vector = np.random.default_rng(number).standard_normal(8).astype(np.float32)
        unit = vector / np.linalg.norm(vector)
        case.embeddings.add(model.sha256, model.name, [(c.id, unit) for c in case.tracklets.crops(tracklet.id)])
    shown_page: Any = opened.show_page("search")
    query = people.person(case, next(t.id for t in case.tracklets.list() if t.item_id == night.id))
    shown_page.start_query(searching.query_of(query))
    until(lambda: shown_page.data is not None and shown_page.panel.filters.checks)
    return shown_page


def _candidates(page: Any) -> list[str]:
    return sorted(tile.lead for tile in page.data.tiles)


def _limit(page: Any, since: datetime, until_: datetime) -> None:
    for (_, edit), when in zip((page.panel.filters.since, page.panel.filters.until), (since, until_), strict=True):
        edit.show_moment(when)


def test_a_stretch_of_adjusted_time_is_searched_by_key_and_kept(page: Any, until: Wait) -> None:
    case = page.session.case
    everyone = page.data
    assert len(everyone.tiles) == 12
    assert not everyone.filters
    QTest.keyClick(page.view, Qt.Key.Key_T)
    filters = page.panel.filters
    assert page.window().focusWidget() is filters.since[1]
    assert filters.since[1].moment() == NOON - timedelta(hours=12), "where footage begins"
    # People come into the gate's picture every 0.4 s and stay for 2.4 s; the first one leaves at 2.4 s.
    # The clock is known to one second, so whoever left at 3 s may have been there at 4 s.
    _limit(page, NOON + timedelta(seconds=4), NOON + timedelta(seconds=60))
    QTest.keyClick(filters.since[1], Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.data is not everyone)
    found = case.tracklets.rows([tile.tracklet for tile in page.data.tiles])
    assert {t.exhibit for t in found} == {"E-002"}, "the dock cannot be placed in time"
    assert {t.ordinal for t in found} == {3, 4, 5, 6}
    recorded = page.data.search.filters
    assert datetime.fromisoformat(recorded["since"]) == NOON + timedelta(seconds=4)
    assert "without E-003, whose clock offset is not set" in page.line._filters.accessibleName()
    assert "from 11 May 2026" in page.line._filters.accessibleName()


def test_a_search_from_the_history_sets_its_filters_and_repeats(page: Any, until: Wait) -> None:
    filters = page.panel.filters
    filters.ask_time()
    _limit(page, NOON + timedelta(seconds=3), NOON + timedelta(seconds=60))
    first = page.data.search.id
    page.trigger("search.run")
    until(lambda: page.data.search.id != first)
    second, listed = page.data.search, _candidates(page)
    page._open(first)
    until(lambda: page.data.search.id == first and not filters.since[0].isChecked())
    page._open(second.id)
    until(lambda: filters.since[0].isChecked() and page.data.search.id == second.id)
    page.trigger("search.run")
    until(lambda: page.data.search.id > second.id)
    again = page.data.search
    assert (again.filters, again.settings) == (second.filters, second.settings)
    assert _candidates(page) == listed


def test_a_camera_left_out_is_named(page: Any, until: Wait) -> None:
    checks = page.panel.filters.checks
    dock = next(number for number, check in checks.items() if check.text() == "CAM-02 Dock")
    QTest.mouseClick(checks[dock], Qt.MouseButton.LeftButton)
    assert page.line.search.isVisible()
    before = page.data
    QTest.mouseClick(page.line.search, Qt.MouseButton.LeftButton)
    until(lambda: page.data is not before)
    assert {tile.camera for tile in page.data.tiles} == {"CAM-01 Gate"}
    assert page.line._filters.accessibleName() == "Filters: CAM-01 Gate"


def test_moments_the_wrong_way_round_are_told(page: Any, until: Wait, errors: list[Exception]) -> None:
    page.panel.filters.ask_time()
    _limit(page, NOON + timedelta(seconds=9), NOON)
    assert page.panel.filters._problem.isVisible()
    before = page.data
    page.trigger("search.run")
    until(lambda: errors)
    assert "Widen the filters" in errors[0].hint  # type: ignore[attr-defined]
    until(page.line.search.isVisible)
    assert page.data is before, "what was found before stays"


def test_filters_do_not_pass_from_one_case_to_another(page: Any, until: Wait) -> None:
    page.panel.filters.ask_time()
    cases.close_case(page.session)
    until(lambda: page.shell.current == "start")
    page.enter()
    assert not page.panel.filters.since[0].isChecked()
    assert page.panel.filters.choice(None) == searching.Choice()


def test_the_cameras_of_one_archive_do_not_limit_a_search_of_the_other(
    page: Any, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = page.panel.filters.checks
    dock = next(number for number, check in checks.items() if check.text() == "CAM-02 Dock")
    checks[dock].setChecked(False)
    asked: list[searching.Choice] = []
    monkeypatch.setattr(searching, "run", lambda _s, _draft, choice, _done: asked.append(choice))
    by_day = next(t.id for t in page.session.case.tracklets.list() if t.modality is Modality.VISIBLE)
    page.start_query(searching.query_of(people.person(page.session.case, by_day)))
    assert asked[0].cameras == (), "nobody chose among the cameras of the night"
    until(lambda: [check.text() for check in page.panel.filters.checks.values()] == ["CAM-01 Gate"])
    assert all(check.isChecked() for check in page.panel.filters.checks.values())


def test_every_camera_can_be_chosen_however_many_there_are(page: Any, until: Wait) -> None:
    filters = page.panel.filters
    until(lambda: not page.session.pool.busy())
    cameras = [(number, f"CAM-{number:02}", 5) for number in range(1, 31)]
    filters.show_archive(searching.Archive(cameras, None, None, Modality.VISIBLE))
    assert filters._camera_count.text() == "30 cameras"
    assert len(filters.checks) == 30
    filters._cameras.ensureWidgetVisible(filters.checks[30])
    assert filters.checks[30].isVisible()
    told: list[None] = []
    filters.changed.connect(lambda: told.append(None))
    every, none = (filters._camera_head.findChildren(Button)[n] for n in (0, 1))
    QTest.mouseClick(none, Qt.MouseButton.LeftButton)
    assert len(told) == 1
    assert filters.choice(None).cameras == (-1,), "no camera at all"
    QTest.mouseClick(filters.checks[30], Qt.MouseButton.LeftButton)
    assert filters.choice(None).cameras == (30,)
    QTest.mouseClick(every, Qt.MouseButton.LeftButton)
    assert filters.choice(None).cameras == ()
