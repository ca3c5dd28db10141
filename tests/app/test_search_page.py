"""Deciding on candidates: in place, in order, reversible, also blind and several at once."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.dialogs import TextDialog
from app.operations import searching
from app.pages.search import SearchPage
from app.shell import Window
from app.widgets.notices import HEIGHT
from app.widgets.observations import ReasonEdit
from engine.errors import StorageError
from engine.types import Modality, Verdict
from tests.app.conftest import Wait
from tests.helpers.cases import searched


@pytest.fixture
def page(opened: Window, until: Wait) -> SearchPage:
    """The search page with twelve candidates for the first person by night."""
    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality.value == "ir"]
    searched(case, night[0], [t.id for t in everybody if t.modality.value == "rgb"])
    shown = opened.show_page("search")
    assert isinstance(shown, SearchPage)
    until(lambda: shown.data is not None and shown.model.tiles)
    return shown


def _verdicts(page: SearchPage) -> list[Verdict | None]:
    return [tile.verdict for tile in page.model.tiles]


def test_a_decision_shows_in_place_and_the_next_undecided_is_chosen(page: SearchPage, until: Wait) -> None:
    order = [tile.tracklet for tile in page.model.tiles]
    page.view.select_row(2)
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(lambda: page.model.tiles[2].verdict is Verdict.REJECTED)
    assert page.view.row == 3
    QTest.keyClick(page.view, Qt.Key.Key_U)
    until(lambda: page.model.tiles[3].verdict is Verdict.INCONCLUSIVE)
    assert [tile.tracklet for tile in page.model.tiles] == order, "nothing may move"
    assert "Reviewed 2 of 12" in page.details._reviewed.text()


def test_confirming_asks_for_the_reason_and_makes_a_subject(page: SearchPage, until: Wait) -> None:
    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, TextDialog)
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert dialog.isVisible(), "without a reason nothing is confirmed"
        QTest.keyClicks(dialog.edit, "same coat")
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    page.view.select_row(0)
    QTimer.singleShot(200, fill)
    QTest.keyClick(page.view, Qt.Key.Key_P)
    until(lambda: page.model.tiles[0].verdict is Verdict.CONFIRMED)
    case = page.session.case
    assert case is not None
    until(case.subjects.list)
    (subject,) = case.subjects.list()
    until(lambda: len(case.subjects.members(subject.id)) == 2)
    (decision,) = case.decisions.all()
    assert decision.reason == "same coat"


def test_several_are_rejected_at_once_and_undone_one_by_one(page: SearchPage, until: Wait) -> None:
    page.view.select_row(4)
    QTest.keyClick(page.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert page.view.selected_rows() == [4, 5, 6]
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(lambda: _verdicts(page)[4:7] == [Verdict.REJECTED] * 3)
    page.shell.menus.actions["undo"].trigger()
    until(lambda: _verdicts(page)[4:7].count(Verdict.REJECTED) == 2)


def test_blind_mode_hides_rank_and_order_and_is_recorded(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    order = [tile.tracklet for tile in page.model.tiles]
    QTest.keyClick(page.view, Qt.Key.Key_B)
    page.show_search(searching.load(case, searched(case, page.data.search.queries[0].tracklet_id, order).id))  # type: ignore[union-attr, arg-type]
    shuffled = [tile.tracklet for tile in page.model.tiles]
    assert sorted(shuffled) == sorted(order)
    assert shuffled != order
    for view in (page.view, page.compare._strip):
        assert view.delegate.blind
        assert "rank" not in view.accessibleName()
    for n, tracklet in enumerate(shuffled):
        words = page.model.data(page.model.index(n), Qt.ItemDataRole.AccessibleTextRole)
        assert not words.startswith(str(order.index(tracklet) + 1))
    QTest.keyClick(page.view, Qt.Key.Key_C)
    until(page.compare._right._badge.isVisible)
    assert page.compare._right._name.text() == "Candidate"
    page._commands["heat"]()
    assert not page.compare._heat_button.isChecked(), "it speaks of likeness"
    QTest.keyClick(page.compare, Qt.Key.Key_X)
    until(case.decisions.all)
    assert case.decisions.all()[0].blind
    QTest.keyClick(page.compare, Qt.Key.Key_B)
    assert [tile.tracklet for tile in page.model.tiles] == order
    until(lambda: "rank" in page.compare._right._name.text())
    QTest.keyClick(page.compare, Qt.Key.Key_X)
    until(lambda: len(case.decisions.all()) == 2)
    assert not case.decisions.all()[1].blind


def test_a_decision_is_not_called_blind_where_the_order_was_seen(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    QTest.keyClick(page.view, Qt.Key.Key_B)
    assert "not recorded as blind" in page.shell.messages.fault._text.text()  # type: ignore[attr-defined]
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(case.decisions.all)
    assert not case.decisions.all()[0].blind


def test_comparing_chooses_one_of_several(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    page.view.select_row(4)
    QTest.keyClick(page.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    QTest.keyClick(page.compare, Qt.Key.Key_X)
    until(case.decisions.all)
    assert [d.tracklet_id for d in case.decisions.all()] == [page.model.tiles[5].tracklet]


def test_nobody_is_not_marked_where_it_could_not_be_saved(
    page: SearchPage, until: Wait, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = page.session.case
    assert case is not None

    def full(*_arguments: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(case.searches, "set_none_found", full)
    QTest.keyClick(page.view, Qt.Key.Key_N)
    until(lambda: errors)
    assert not page.bar.none.isChecked()


def test_a_query_of_two_shots_is_one_person(opened: Window, until: Wait, errors: list[Exception]) -> None:
    """Either shot's subject is the one that is filled; two different ones are refused, with nothing written."""
    from app.operations import decisions
    from app.operations.decisions import Verdicts

    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    apart = next(
        (a.id, b.id)
        for a in everybody
        for b in everybody
        if a.modality is b.modality is Modality.INFRARED and a.id < b.id and b.id not in case.subjects.cannot_be(a.id)
    )
    day = [t.id for t in everybody if t.modality is Modality.VISIBLE]
    search = searched(case, apart, day)
    standing = case.subjects.create("Walker")
    case.subjects.add(standing.id, [apart[1]])
    done: list[None] = []
    decisions.decide(opened.session, Verdicts(search.id, (day[0],), Verdict.CONFIRMED, "same bag"), done.append)
    until(lambda: done or errors)
    assert not errors
    assert {m.tracklet_id for m in case.subjects.members(standing.id)} == {*apart, day[0]}
    other = case.subjects.create("Somebody")
    case.subjects.add(other.id, [day[-1]])
    decisions.decide(opened.session, Verdicts(search.id, (day[-1],), Verdict.CONFIRMED, "same bag"))
    until(lambda: errors)
    assert "belong to S-001 and S-002" in str(errors[0])
    assert len(case.decisions.all()) == 1


def test_hide_decided_leaves_the_rest_in_order(page: SearchPage, until: Wait) -> None:
    page.view.select_row(1)
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(lambda: page.model.tiles[1].verdict is Verdict.REJECTED)
    order = [tile.tracklet for tile in page.model.tiles]
    QTest.keyClick(page.view, Qt.Key.Key_H)
    until(lambda: page.model.rowCount() == 11)
    assert [tile.tracklet for tile in page.model.tiles] == [order[0], *order[2:]]


def test_nobody_of_them_is_recorded_and_taken_back(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    QTest.keyClick(page.view, Qt.Key.Key_N)
    until(lambda: case.searches.list()[0].none_found)
    QTest.keyClick(page.view, Qt.Key.Key_N)
    until(lambda: not case.searches.list()[0].none_found)


def test_two_people_of_one_frame_are_never_confirmed_together(
    page: SearchPage, until: Wait, errors: list[Exception]
) -> None:
    from app.operations import decisions
    from app.operations.decisions import Verdicts

    case = page.session.case
    assert case is not None
    assert page.data is not None
    first = page.model.tiles[0].tracklet
    together = next(t.tracklet for t in page.model.tiles if t.tracklet in case.subjects.cannot_be(first))
    wanted = Verdicts(page.data.search.id, (first, together), Verdict.CONFIRMED, "both")
    decisions.decide(page.session, wanted)
    until(lambda: errors)
    assert "cannot be the same person" in str(errors[0])
    assert not case.decisions.all(), "nothing was decided"


def test_what_is_written_stays_with_its_candidate_until_it_is_recorded(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    written = page.compare.observations
    reason = written.findChild(ReasonEdit)
    assert reason is not None
    page.view.select_row(1)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    QTest.mouseClick(written._rows["footwear"].buttons[0], Qt.MouseButton.LeftButton)
    QTest.keyClicks(reason, "same boots")
    QTest.keyClick(reason, Qt.Key.Key_Escape)
    QTest.keyClick(page.compare, Qt.Key.Key_Right)
    assert page.view.row == 2
    assert reason.toPlainText() == ""
    QTest.keyClick(page.compare, Qt.Key.Key_U)
    until(lambda: page.model.tiles[2].verdict is Verdict.INCONCLUSIVE)
    (other,) = case.decisions.all()
    assert (other.reason, other.observations) == ("", {})
    page.view.select_row(1)
    assert reason.toPlainText() == "same boots"
    QTest.keyClick(page.compare, Qt.Key.Key_P)
    until(lambda: page.model.tiles[1].verdict is Verdict.CONFIRMED)
    decision = case.decisions.all()[-1]
    assert (decision.reason, decision.observations) == ("same boots", {"footwear": "similar"})
    page.view.select_row(1)
    assert reason.toPlainText() == "", "what stands in the log need not be written again"


def test_observations_on_one_are_not_recorded_for_the_others(page: SearchPage, until: Wait) -> None:
    case = page.session.case
    assert case is not None
    page.view.select_row(4)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    button = page.compare.observations._rows["build and gait"].buttons[1]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(page.compare, Qt.Key.Key_G)
    QTest.keyClick(page.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(lambda: _verdicts(page)[4:6] == [Verdict.REJECTED] * 2)
    seen = {d.tracklet_id: d.observations for d in case.decisions.all()}
    fourth, fifth = (page.model.tiles[n].tracklet for n in (4, 5))
    assert seen == {fourth: {"build and gait": "different"}, fifth: {}}


def test_observations_are_stored_with_the_decision(page: SearchPage, until: Wait) -> None:
    page.view.select_row(0)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    until(page.compare.isVisible)
    QTest.mouseClick(page.compare.observations._rows["footwear"].buttons[1], Qt.MouseButton.LeftButton)
    QTest.keyClick(page.compare, Qt.Key.Key_X)
    case = page.session.case
    assert case is not None
    until(case.decisions.all)
    assert case.decisions.all()[0].observations == {"footwear": "different"}


def test_what_the_card_says_of_the_model_stands_over_its_results(opened: Window, until: Wait) -> None:
    from engine.models.library import ModelLibrary

    library = ModelLibrary()
    card = library.get(library.default("student")).card
    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality.value == "ir"]
    day = [t.id for t in everybody if t.modality.value == "rgb"]
    vector = np.eye(1, card.dimension, dtype=np.float32)[0]
    case.embeddings.add(card.sha256, card.name, [(everybody[0].best_crop, vector)])
    searched(case, night[0], day, model=card.sha256)
    case.subjects.add(case.subjects.create().id, [night[0], day[0]])
    page = opened.show_page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.data is not None)
    for key in (Qt.Key.Key_G, Qt.Key.Key_C):
        QTest.keyClick(page.view, key)
        assert page.statement.words == card.provisional
        assert page.statement._card.isVisible() == bool(card.provisional)
        assert page.statement._card.accessibleDescription() == card.provisional
        assert page.statement.height() == HEIGHT, "one line"
    page.statement._card.click()
    assert page.statement._whole.isVisible() == bool(card.provisional), "also for who has no mouse to hover with"
    assert page.statement._whole.text() == card.provisional
    page.statement._card.click()
    subjects = opened.show_page("subjects")
    assert subjects is not None
    until(lambda: subjects.statement.isVisible() == bool(card.provisional))
    until(lambda: subjects.statement.words == card.provisional)


def test_while_it_searches_the_page_says_so_and_offers_no_second_search(
    opened: Window, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    from app import people
    from app.operations import searching
    from engine.errors import UsageError
    from engine.progress import Progress, Work

    gate = Event()

    def slow(*_arguments: object) -> Work[None]:
        yield Progress("comparing", 0)
        gate.wait(60)
        raise UsageError("Nobody is left to compare with.")

    monkeypatch.setattr(searching, "_work", slow)
    case = opened.session.case
    assert case is not None
    page = opened.show_page("search")
    assert isinstance(page, SearchPage)
    page.start_query(searching.query_of(people.person(case, case.tracklets.list()[0].id)))
    until(lambda: not opened.session.pool.busy())
    QTest.qWait(50)
    assert page._empty._text.text().startswith("Searching")
    assert page._empty.button.isHidden()
    gate.set()
    until(lambda: page._empty._text.text() == "Nobody is left to compare with.")
    assert page._empty.button.isVisible()


def test_undo_takes_back_a_decision_of_the_search_on_screen_and_says_which(page: SearchPage, until: Wait) -> None:
    case, told = page.session.case, page.shell.messages.plain._text
    assert case is not None
    page.view.select_row(0)
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(case.decisions.all)
    first, candidate = page.data.search, page.model.tiles[0].tracklet  # type: ignore[union-attr]
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality.value == "ir"]
    other = searched(case, night[1], [t.id for t in everybody if t.modality.value == "rgb"])
    page.show_search(searching.load(case, other.id))
    QTest.keyClick(page.view, Qt.Key.Key_U)
    until(lambda: case.decisions.current(other.id))
    undo = page.shell.menus.actions["undo"]
    undo.trigger()
    until(lambda: not case.decisions.current(other.id))
    until(lambda: other.label in told.text())
    assert "no longer inconclusive" in told.text()
    page.session.failed.disconnect(page.shell.tell)
    undo.trigger()  # nothing is left in the search on screen
    page.shell.show_page("people")
    assert case.decisions.current(first.id), "that of the other search stands"
    undo.trigger()
    until(lambda: not case.decisions.current(first.id))
    label = case.tracklets.get(candidate).label
    until(lambda: told.text() == f"Undone in {first.label}: {label} is no longer rejected.")
