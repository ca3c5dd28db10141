"""Subjects: nothing that is said of an appearance is cut, in a large window or the smallest."""

from __future__ import annotations

from typing import Any

import pytest

from app.shell import Window
from app.tiles import tile_size
from engine.store.tracklets import TrackletFilter
from engine.types import Modality
from tests.app.conftest import Wait

REASON = "the same striped scarf, the same limp on the left and a case carried in the right hand"


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """A subject seen once by night and several times by day."""
    case = opened.session.case
    assert case is not None
    night = [int(n) for n in case.tracklets.ids(TrackletFilter(modality=Modality.INFRARED))][:1]
    day = [int(n) for n in case.tracklets.ids(TrackletFilter(modality=Modality.VISIBLE))]
    case.subjects.add(case.subjects.create().id, night, REASON)
    subject = case.subjects.list()[0]
    for number in day:
        if not case.subjects.conflicts([*(m.tracklet_id for m in case.subjects.members(subject.id)), number]):
            case.subjects.add(subject.id, [number], REASON)
    shown: Any = opened.show_page("subjects")
    until(lambda: shown.view is not None and not opened.session.pool.busy())
    return shown


@pytest.mark.parametrize("size", [(1440, 900), (0, 0)])
def test_whole_tiles_of_both_sides_are_in_sight(page: Any, until: Wait, size: tuple[int, int]) -> None:
    window = page.shell
    window.resize(max(size[0], window.minimumWidth()), max(size[1], window.minimumHeight()))
    for view in page.views.values():
        tile = tile_size(view.delegate.width, strip=False)
        until(lambda view=view, tile=tile: view.viewport().height() >= tile.height())
        assert view.viewport().width() >= tile.width()
    night, day = page.views[Modality.INFRARED], page.views[Modality.VISIBLE]
    assert day.width() > night.width(), "the side with more appearances is the wider one"


def test_a_long_reason_is_shown_whole(page: Any, until: Wait) -> None:
    def reason() -> Any:
        return next((fact for fact in page.panel._facts if fact.text() == REASON), None)

    until(reason)
    until(lambda: reason().height() >= reason().heightForWidth(reason().width()))
