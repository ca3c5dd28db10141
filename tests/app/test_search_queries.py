"""The person searched for and the candidates on show always belong together."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import people
from app.operations import cases, searching
from app.operations.searching import QueryDraft, SearchData
from app.pages.search import NOBODY_YET, SearchPage
from app.shell import Window
from engine.case import Case
from engine.errors import UsageError
from engine.progress import Progress, Work
from engine.store.searches import NewSearch, QueryPicture, Ranked
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import new_case, searched


class Gate:
    """Searches that end when they are let, in the order they were asked for."""

    def __init__(self) -> None:
        self.open = Event()
        self.fails = False

    def work(self, session: object, draft: QueryDraft, _choice: object) -> Work[SearchData]:
        yield Progress("comparing", 0)
        self.open.wait(60)
        if self.fails:
            raise UsageError("Nobody is left to compare with.")
        case: Case = session.case  # type: ignore[attr-defined]
        return searching.load(case, searched(case, draft.person.tracklet.id, ids(case, Modality.VISIBLE)).id)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(searching, "_work", made.work)
    return made


def ids(case: Case, modality: Modality) -> list[int]:
    return [t.id for t in case.tracklets.list() if t.modality is modality]


def drafts(window: Window) -> list[QueryDraft]:
    """Everybody by night, as queries."""
    case = window.session.case
    assert case is not None
    return [searching.query_of(people.person(case, number)) for number in ids(case, Modality.INFRARED)]


def page_of(window: Window, until: Wait) -> SearchPage:
    page = window.show_page("search")
    assert isinstance(page, SearchPage)
    until(lambda: not window.session.pool.busy())
    return page


def test_nobody_elses_candidates_stand_beside_a_new_query(
    opened: Window, until: Wait, gate: Gate, errors: list[Exception]
) -> None:
    case = opened.session.case
    assert case is not None
    first, second = drafts(opened)[:2]
    page = page_of(opened, until)
    gate.open.set()
    page.start_query(first)
    until(lambda: page.data is not None and page.model.tiles)
    gate.open.clear()
    gate.fails = True
    page.start_query(second)
    assert page.data is None
    assert not page.model.tiles
    QTest.keyClick(page.view, Qt.Key.Key_X)
    gate.open.set()
    until(lambda: errors)
    QTest.keyClick(page.view, Qt.Key.Key_X)
    until(page._empty.button.isVisible)
    assert not case.decisions.all()
    assert page.panel.draft is not None
    assert page.panel.draft.person.tracklet.id == second.person.tracklet.id


def test_of_two_searches_the_one_asked_for_last_is_shown(opened: Window, until: Wait, gate: Gate) -> None:
    case = opened.session.case
    assert case is not None
    first, second = drafts(opened)[:2]
    page = page_of(opened, until)
    shown: list[int] = []
    page.model.modelReset.connect(lambda: shown.append(page.data.search.id if page.data else 0))
    page.start_query(first)
    page.start_query(second)
    gate.open.set()
    until(lambda: page.data is not None)
    assert page.data is not None
    assert page.data.draft is not None
    assert page.data.draft.person.tracklet.id == second.person.tracklet.id
    assert set(shown) <= {0, page.data.search.id}
    assert len(case.searches.list()) == 2, "the other is in the history"


def test_the_latest_search_of_the_case_does_not_replace_one_just_asked_for(
    opened: Window, until: Wait, gate: Gate
) -> None:
    case = opened.session.case
    assert case is not None
    first, second = drafts(opened)[:2]
    searched(case, first.person.tracklet.id, ids(case, Modality.VISIBLE))
    page = opened.page("search")
    assert isinstance(page, SearchPage)
    page.start_query(second)
    opened.show_page("search")
    until(lambda: not opened.session.pool.busy())
    QTest.qWait(50)
    assert page.panel.draft is not None
    assert page.panel.draft.person.tracklet.id == second.person.tracklet.id
    assert page.data is None
    gate.open.set()
    until(lambda: page.data is not None)


def test_shots_collected_before_the_page_was_ever_seen_are_kept(opened: Window, until: Wait) -> None:
    one, two, three = drafts(opened)[:3]
    page = opened.page("search")
    assert isinstance(page, SearchPage)
    for draft in (one, two, three):
        page.add_query(draft)
    opened.show_page("search")
    until(lambda: not opened.session.pool.busy())
    assert page.panel.draft is not None
    assert len({crop.tracklet for crop in page.panel.draft.crops}) == 3
    seen = [picture.crop for picture in page.panel._pictures if picture.isVisibleTo(page.panel)]
    assert seen == [crop.crop for crop in page.panel.draft.crops], "every crop can be seen and left out"


def test_another_case_shows_nothing_of_the_one_before(opened: Window, until: Wait, gate: Gate, tmp_path: Path) -> None:
    page = page_of(opened, until)
    gate.open.set()
    page.start_query(drafts(opened)[0])
    until(lambda: page.data is not None)
    new_case(tmp_path / "empty").close()
    cases.open_case(opened.session, tmp_path / "empty", EXAMINER)
    until(lambda: page.data is None)
    assert not page.model.tiles
    assert page.panel.draft is None
    assert page.header.subtitle.text() == ""
    assert page._empty._text.text() == NOBODY_YET


def test_a_search_with_a_picture_from_outside_shows_that_picture(opened: Window, until: Wait, gate: Gate) -> None:
    case = opened.session.case
    assert case is not None
    page = page_of(opened, until)
    gate.open.set()
    page.start_query(drafts(opened)[0])
    until(lambda: page.data is not None)
    jpeg = cv2.imencode(".jpg", np.full((128, 64, 3), 90, np.uint8))[1].tobytes()
    day = ids(case, Modality.VISIBLE)
    new = NewSearch(
        queries=(QueryPicture(jpeg=jpeg, label="still.jpg"),),
        model_sha256="5" * 64,
        settings={},
        filters={},
        reranker="none",
        provider="CPUExecutionProvider",
        versions={},
        gallery_size=len(day),
        gallery_sha256="a" * 64,
    )
    search = case.searches.record(new, [Ranked(1, day[0], 0.1, 0.1)])
    page.show_search(searching.load(case, search.id))
    assert page.panel.draft is None
    picture = page.panel._main
    assert picture.crop is None
    assert picture._image is not None
    assert picture._image.size().toTuple() == (64, 128)
    assert [p for p in page.panel._pictures if p.isVisibleTo(page.panel)] == [picture]
