"""Who is in one frame with the person searched for, as far as confirmed, is not that person: seen before deciding."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app import together
from app.operations import subjects
from engine.types import Verdict
from tests.app.conftest import Wait


@pytest.fixture
def page(candidates: Any) -> Any:
    """Candidates of one search, compared."""
    QTest.keyClick(candidates.view, Qt.Key.Key_C)
    return candidates


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[QMenu]:
    """Menus that came up; the offscreen platform cannot hold the keyboard for one."""
    shown: list[QMenu] = []
    monkeypatch.setattr(together.QMenu, "popup", lambda menu, _at: shown.append(menu))
    return shown


def pair(page: Any) -> tuple[int, int]:
    """Rows of two candidates in one frame."""
    case = page.session.case
    tiles = page.model.tiles
    return next(
        (n, m)
        for n, one in enumerate(tiles)
        for m, other in enumerate(tiles)
        if other.tracklet in case.subjects.cannot_be(one.tracklet)
    )


def confirm(page: Any, row: int, until: Wait) -> None:
    page.view.select_row(row)
    page.compare.observations._reason.setPlainText("same coat")
    QTest.keyClick(page.compare, Qt.Key.Key_P)
    until(lambda: page.model.tiles[row].verdict is Verdict.CONFIRMED)


def test_whoever_is_in_a_frame_with_a_confirmed_one_is_marked_until_that_is_undone(page: Any, until: Wait) -> None:
    first, other = pair(page)
    label = page.session.case.tracklets.get(page.model.tiles[first].tracklet).label
    said = page.compare.observations._together
    page.view.select_row(other)
    assert not said.isVisible()
    confirm(page, first, until)
    until(lambda: page.model.tiles[other].impossible)
    assert "Cannot be the same" in page.model.tiles[other].words()
    assert "cannot be the same person" in page.model.data(page.model.index(other), Qt.ItemDataRole.ToolTipRole)
    page.view.select_row(other)
    assert said.isVisible()
    assert label in said.text()
    page.trigger("undo")
    until(lambda: not page.model.tiles[other].impossible)


def test_the_key_names_who_is_seen_together_and_goes_there(page: Any, until: Wait, menus: list[QMenu]) -> None:
    first, other = pair(page)
    page.view.select_row(first)
    QTest.keyClick(page.compare, Qt.Key.Key_I)
    until(lambda: menus)
    label = page.session.case.tracklets.get(page.model.tiles[other].tracklet).label
    line = next(action for action in menus[0].actions() if action.text().startswith(label))
    assert f"rank {other + 1}" in line.text()
    assert "not reviewed" in line.text()
    assert not any("Reject" in action.text() for action in menus[0].actions()), "nobody is confirmed yet"
    line.trigger()
    assert page.view.row == other


def test_all_that_are_seen_with_a_confirmed_one_are_rejected_at_once_with_the_reason(
    page: Any, until: Wait, menus: list[QMenu]
) -> None:
    first, other = pair(page)
    confirm(page, first, until)
    page.view.select_row(first)
    QTest.mouseClick(page.compare.observations.apart, Qt.MouseButton.LeftButton)
    until(lambda: menus)
    next(action for action in menus[0].actions() if "Reject" in action.text()).trigger()
    until(lambda: page.model.tiles[other].verdict is Verdict.REJECTED)
    case = page.session.case
    decision = case.decisions.current(page.data.search.id)[page.model.tiles[other].tracklet]
    label = case.tracklets.get(page.model.tiles[first].tracklet).label
    assert decision.reason == f"in one frame with {label}, which is confirmed"
    apart = case.subjects.cannot_be(page.model.tiles[first].tracklet)
    for tile in page.model.tiles:
        assert (tile.verdict is Verdict.REJECTED) == (tile.tracklet in apart)


def test_blind_mode_names_no_rank(page: Any, until: Wait, menus: list[QMenu]) -> None:
    QTest.keyClick(page.compare, Qt.Key.Key_B)
    first, _other = pair(page)
    page.view.select_row(first)
    QTest.keyClick(page.compare, Qt.Key.Key_I)
    until(lambda: menus)
    assert not any("rank" in action.text().lower() for action in menus[0].actions())
    QTest.keyClick(page.compare, Qt.Key.Key_B)


def test_the_header_says_who_is_searched_for(page: Any, until: Wait) -> None:
    case = page.session.case
    person = page.data.draft.person
    assert page.header.subtitle.text() == page.data.search.label
    assert person.camera in page._about.whole
    confirm(page, 0, until)
    (subject,) = case.subjects.list()
    subjects.rename(page.session, subject.id, "Tall, red rucksack")
    until(lambda: page._about.whole.startswith("Tall, red rucksack"))
