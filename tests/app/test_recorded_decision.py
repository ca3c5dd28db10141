"""What is recorded about a candidate is shown as recorded, and changed only by deciding again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.pages.search import SearchPage
from app.session import Changes
from app.shell import Window
from app.widgets.observations import Observations, ReasonEdit
from engine.types import Verdict
from tests.app.conftest import EXAMINER, Wait

SAID, SEEN = "limps on the left", {"footwear": "similar", "build and gait": "different"}


@pytest.fixture
def page(candidates: Any, until: Wait) -> SearchPage:
    """The second candidate was rejected, not in this window, with a reason and observations; it is compared."""
    page: SearchPage = candidates
    case = page.session.case
    assert case is not None
    assert page.data is not None
    second = page.model.tiles[1].tracklet
    case.decisions.decide(page.data.search.id, [second], Verdict.REJECTED, reason=SAID, observations=SEEN)
    page.session.changed.emit(Changes(decisions=True))
    until(lambda: page.model.tiles[1].verdict is Verdict.REJECTED)
    page.view.select_row(1)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    return page


def said(panel: Observations) -> str:
    """Every text in sight on the panel."""
    return "\n".join(shown.text() for shown in panel.findChildren(QLabel) if shown.isVisible())


def reason(page: SearchPage) -> Any:
    return page.compare.observations.findChild(ReasonEdit)


def test_who_decided_what_when_and_why_is_shown_and_is_no_draft(page: SearchPage, until: Wait) -> None:
    panel = page.compare.observations
    until(panel.isVisible)
    assert panel.recorded._verdict.accessibleName() == "Rejected"
    words = said(panel)
    assert EXAMINER in words
    assert " UTC" in words
    assert SAID in words
    assert "2 of 6 compared" in words
    assert panel.recorded._answers["footwear"].text() == "Similar"
    assert panel.recorded._answers["build and gait"].text() == "Different"
    assert panel.recorded._answers["lower clothing"].text() == "not compared"
    assert not reason(page).isVisible(), "nothing here looks as if it were still to be recorded"
    QTest.keyClick(page.compare, Qt.Key.Key_Right)
    assert reason(page).isVisible()
    assert not panel.recorded.isVisible()
    assert SAID not in said(panel)


def test_what_is_recorded_is_taken_up_changed_and_replaced(page: SearchPage, until: Wait) -> None:
    case, panel = page.session.case, page.compare.observations
    assert case is not None
    QTest.keyClick(page.compare, Qt.Key.Key_E)
    assert reason(page).toPlainText() == SAID
    assert "not recorded" in said(panel), "it says that this is a draft"
    assert len(case.decisions.all()) == 1, "and nothing has changed"
    QTest.mouseClick(panel._rows["footwear"].buttons[2], Qt.MouseButton.LeftButton)
    reason(page).setPlainText("the limp was the snow's")
    QTest.keyClick(page.compare, Qt.Key.Key_Left)
    QTest.keyClick(page.compare, Qt.Key.Key_Right)
    assert reason(page).toPlainText() == "the limp was the snow's", "a draft wins over what is recorded"
    QTest.keyClick(page.compare, Qt.Key.Key_U)
    until(lambda: page.model.tiles[1].verdict is Verdict.INCONCLUSIVE)
    standing = case.decisions.current(page.data.search.id)[page.model.tiles[1].tracklet]  # type: ignore[union-attr]
    assert standing.reason == "the limp was the snow's"
    assert standing.observations == {"footwear": "cannot tell", "build and gait": "different"}
    assert len(case.decisions.all()) == 2, "the log keeps both"
    page.view.select_row(1)
    assert "the limp was the snow's" in said(panel)
    assert panel.recorded._verdict.accessibleName() == "Inconclusive"


def test_the_whole_comparison_is_written_down_by_keyboard(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    page.view.select_row(2)
    QTest.keyClick(page.compare, Qt.Key.Key_G)
    for key in (Qt.Key.Key_5, Qt.Key.Key_R):
        QTest.keyClick(page.view, key)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    assert "0 of 6 compared" in said(page.compare.observations), "nothing is written out of sight"
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_2, Qt.Key.Key_4, Qt.Key.Key_4, Qt.Key.Key_4):
        QTest.keyClick(page.compare, key)
    for _ in range(4):
        QTest.keyClick(page.compare, Qt.Key.Key_6)  # once round
    assert "3 of 6 compared" in said(page.compare.observations)
    QTest.keyClick(page.compare, Qt.Key.Key_R)
    assert page.shell.focusWidget() is reason(page)
    QTest.keyClicks(reason(page), "12 buttons")
    QTest.keyClick(reason(page), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.model.tiles[2].verdict is Verdict.CONFIRMED)
    standing = case.decisions.current(page.data.search.id)[page.model.tiles[2].tracklet]  # type: ignore[union-attr]
    assert standing.reason == "12 buttons", "in the field a figure is a figure"
    assert standing.observations == {
        "head and hair": "similar",
        "upper clothing": "different",
        "footwear": "cannot tell",
    }


def test_a_key_goes_on_from_what_is_recorded(page: SearchPage) -> None:
    QTest.keyClick(page.compare, Qt.Key.Key_6)
    assert reason(page).isVisible()
    assert reason(page).toPlainText() == SAID
    assert page.compare.observations._rows["build and gait"].value() == "cannot tell"
    assert page.compare.observations._rows["footwear"].value() == "similar"


def test_taken_up_and_left_alone_it_is_no_draft(page: SearchPage) -> None:
    panel = page.compare.observations
    QTest.keyClick(page.compare, Qt.Key.Key_E)
    page.view.select_row(2)
    page.view.select_row(1)
    assert not reason(page).isVisible()
    QTest.keyClick(page.compare, Qt.Key.Key_E)
    reason(page).setPlainText("something else")
    keep = next(b for b in panel.recorded.findChildren(type(panel.recorded.change)) if "Keep" in b.text())
    QTest.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert not reason(page).isVisible()
    assert SAID in said(panel)


def test_confirming_what_was_rejected_asks_for_the_reason_with_the_old_one_at_hand(
    page: SearchPage, until: Wait
) -> None:
    case = page.session.case
    assert case is not None
    QTest.keyClick(page.compare, Qt.Key.Key_P)
    assert page.shell.focusWidget() is reason(page)
    assert len(case.decisions.all()) == 1
    QTest.keyClick(reason(page), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.model.tiles[1].verdict is Verdict.CONFIRMED)


def test_undo_brings_back_what_was_written_and_what_stood_before(page: SearchPage, until: Wait) -> None:
    panel = page.compare.observations
    QTest.keyClick(page.compare, Qt.Key.Key_E)
    reason(page).setPlainText("the scarf, after all")
    QTest.keyClick(reason(page), Qt.Key.Key_Escape)
    QTest.keyClick(page.compare, Qt.Key.Key_U)
    until(lambda: page.model.tiles[1].verdict is Verdict.INCONCLUSIVE)
    assert page.view.row == 2
    page.trigger("undo")
    until(lambda: page.model.tiles[1].verdict is Verdict.REJECTED)
    assert page.view.row == 1, "back at the candidate"
    assert reason(page).toPlainText() == "the scarf, after all"
    assert panel.recorded._verdict.accessibleName() == "Rejected", "which stands until it is decided on again"


def test_undo_of_another_session_s_decision_leaves_an_empty_form(page: SearchPage, until: Wait) -> None:
    page.trigger("undo")
    until(lambda: page.model.tiles[1].verdict is None)
    assert reason(page).isVisible()
    assert reason(page).toPlainText() == "", "words that nobody wrote just now are not put into anybody's mouth"
    assert not page.compare.observations.recorded.isVisible()


def test_blind_mode_shows_no_rank_and_nothing_that_another_examiner_wrote(
    opened: Window, page: SearchPage, until: Wait
) -> None:
    panel = page.compare.observations
    assert "Rank 2" in said(panel)
    chosen = page.model.tiles[1].tracklet
    QTest.keyClick(page.compare, Qt.Key.Key_B)
    page.view.select_row(page.model.row_of(chosen))  # type: ignore[arg-type]
    assert "Rank" not in said(panel)
    assert SAID in said(panel), "one's own words are known"
    opened.session.info = replace(opened.session.info, examiner="B. Examiner")  # type: ignore[type-var]
    page._current_changed()
    assert SAID not in said(panel)
    assert "Similar" not in {shown.text() for shown in panel.recorded._answers.values()}
    QTest.keyClick(page.compare, Qt.Key.Key_E)
    assert reason(page).toPlainText() == ""
    QTest.keyClick(page.compare, Qt.Key.Key_B)
