"""Subjects: found, seen by night and by day, over time; nothing that is said of an appearance is cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app import theme
from app.shell import Window
from app.subjects import Appearance, SubjectRow
from engine.report.contact_sheet import is_contact_sheet
from engine.store.records import ClockRecord
from engine.store.tracklets import TrackletFilter
from engine.types import Modality
from tests.app.conftest import EXAMINER, Wait

REASON = "the same striped scarf, the same limp on the left and a case carried in the right hand"
NIGHT = datetime(2026, 5, 11, 22, 0)


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """A subject seen once by night and several times by day; the clock of one camera is not set."""
    case = opened.session.case
    assert case is not None
    for item, start, error in zip(case.evidence.list()[:2], (0, 36_000), (2.0, 40.0), strict=True):
        began = NIGHT + timedelta(seconds=start)
        case.evidence.set_start_time(item.id, began)
        case.evidence.set_clock(item.id, ClockRecord(began, began.replace(tzinfo=UTC), error, "stated"))
    night = [int(n) for n in case.tracklets.ids(TrackletFilter(modality=Modality.INFRARED))][:1]
    day = [int(n) for n in case.tracklets.ids(TrackletFilter(modality=Modality.VISIBLE))]
    case.subjects.add(case.subjects.create("Walker", "limps").id, night, REASON)
    subject = case.subjects.list()[0]
    for number in day:
        if not case.subjects.conflicts([*(m.tracklet_id for m in case.subjects.members(subject.id)), number]):
            case.subjects.add(subject.id, [number], REASON)
    shown: Any = opened.show_page("subjects")
    opened.activateWindow()
    until(lambda: shown.view is not None and not opened.session.pool.busy())
    return shown


def _whole_in_sight(page: Any, tracklet: int) -> bool:
    gallery = page.gallery
    for modality, view in gallery.views.items():
        row = gallery.models[modality].row_of(tracklet)
        if row is not None:
            tile = view.tile_rect(row)
            corner = view.mapTo(gallery.viewport(), tile.topLeft())
            return bool(gallery.viewport().rect().contains(tile.translated(corner - tile.topLeft())))
    return False


def test_night_stands_over_day_and_both_are_in_sight(page: Any, until: Wait) -> None:
    page.shell.resize(1440, 900)
    night, day = page.gallery.views[Modality.INFRARED], page.gallery.views[Modality.VISIBLE]
    until(lambda: night.y() < day.y() and night.width() == day.width())
    first = [page.view.of(modality)[0].tracklet.id for modality in Modality]
    until(lambda: all(_whole_in_sight(page, tracklet) for tracklet in first))


def test_the_chosen_appearance_is_whole_in_sight_in_the_smallest_window(page: Any, until: Wait) -> None:
    window = page.shell
    window.resize(window.minimumSize())
    for appearance in (page.view.appearances[-1], page.view.appearances[0]):
        page._select(appearance.tracklet.id)
        until(lambda appearance=appearance: _whole_in_sight(page, appearance.tracklet.id))


def test_down_goes_on_from_night_to_day_and_up_comes_back(page: Any) -> None:
    night, day = page.gallery.views[Modality.INFRARED], page.gallery.views[Modality.VISIBLE]
    night.setFocus()
    night.select_row(0)
    QTest.keyClick(night, Qt.Key.Key_Down)
    assert day.hasFocus()
    assert page.appearance().tracklet.modality is Modality.VISIBLE
    assert not night.selected_rows()
    QTest.keyClick(day, Qt.Key.Key_Up)
    assert night.hasFocus()
    assert page.appearance().tracklet.modality is Modality.INFRARED


def test_a_long_reason_is_shown_whole(page: Any, until: Wait) -> None:
    def reason() -> Any:
        return next((fact for fact in page.panel._facts if fact.text() == REASON), None)

    until(reason)
    until(lambda: reason().height() >= reason().heightForWidth(reason().width()))


def test_a_subject_is_found_by_number_name_or_note(page: Any, until: Wait) -> None:
    case = page.session.case
    case.subjects.create("Striped shirt", "seen with S-001 at the dock")
    page.refresh()
    until(lambda: page.left.model.rowCount() == 2)
    QTest.keyClick(page.list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.left.find.hasFocus()
    QTest.keyClicks(page.left.find, "DOCK")
    until(lambda: page.shown() is not None and page.shown().subject.name == "Striped shirt")
    assert page.left.model.rowCount() == 1
    QTest.keyClick(page.left.find, Qt.Key.Key_Return)
    assert page.list.hasFocus()
    page.left.find.setText("nobody of that name")
    assert page.left.model.rowCount() == 0
    assert "No subject has this" in page.left._note.text()
    assert page.shown().subject.name == "Striped shirt", "stays on show while nobody fits"
    page.left.find.clear()
    assert page.left.model.rowCount() == 2
    assert page.left.list.row == 1, "still the one on show"


def test_who_wrote_the_notes_and_when_stands_under_them(page: Any, until: Wait) -> None:
    case = page.session.case
    written = case.audit.entries(action="subject.create")[0].at
    assert page.panel._noted.text() == f"{EXAMINER}, {written[:16].replace('T', ' ')} UTC"
    case.subjects.describe(1, name="Another name", notes="limps")
    assert page.panel._noted.text().startswith(EXAMINER), "a new name is no new note"
    case.subjects.describe(1, name="Another name", notes="")
    page.refresh()
    until(lambda: not page.view.noted)
    assert not page.panel._noted.isVisible()


def _lanes(page: Any) -> QImage:
    QTest.qWait(20)
    return page.way.lanes.viewport().grab().toImage()


def _bar(page: Any, tracklet: int) -> QPoint:
    """The middle of an appearance's bar."""
    _lanes(page)
    return next(box.center().toPoint() for box, number in page.way.lanes._boxes if number == tracklet)


def test_a_click_on_a_bar_chooses_the_appearance_and_again_the_next_one_under_it(page: Any) -> None:
    known = [a for a in page.view.appearances if a.first.adjusted]
    for shown in (known[-1], known[0]):
        at = _bar(page, shown.tracklet.id)
        QTest.mouseClick(page.way.lanes.viewport(), Qt.MouseButton.LeftButton, pos=at)
        chosen = page.appearance()
        assert (chosen.camera, chosen.first.date) == (shown.camera, shown.first.date)
    under = {n for box, n in page.way.lanes._boxes if box.contains(at.toPointF())}
    seen = set()
    for _ in under:
        QTest.mouseClick(page.way.lanes.viewport(), Qt.MouseButton.LeftButton, pos=at)
        seen.add(page._current)
    assert seen == under


def test_the_lanes_zoom_around_the_chosen_appearance_by_key(page: Any, until: Wait) -> None:
    lanes = page.way.lanes
    whole = lanes._span
    first = next(a for a in page.view.appearances if a.first.adjusted)
    page._select(first.tracklet.id)
    page.list.setFocus()
    for wanted in (86_400, 3600, 600):
        QTest.keyClick(page.list, Qt.Key.Key_Plus)
        assert (lanes.zoom, page.way.zoom.value()) == (wanted, wanted)
    low, high = lanes._span
    assert high - low == 600
    assert low < first.first.sort_key() < high
    QTest.keyClick(page.list, Qt.Key.Key_BracketRight)
    later = page.appearance()
    assert later.first.sort_key() > high, "out of sight before ..."
    assert lanes._span[0] < later.first.sort_key() < lanes._span[1], "... and in the middle now"
    outside = [n for box, n in _painted(page) if n == first.tracklet.id]
    assert outside, "the edge of its lane says that there is one outside, and leads there"
    QTest.keyClick(page.list, Qt.Key.Key_Minus)
    assert lanes.zoom == 3600
    QTest.keyClick(page.list, Qt.Key.Key_0)
    assert (lanes.zoom, lanes._span) == (0, whole)


def _painted(page: Any) -> list[tuple[Any, int]]:
    _lanes(page)
    return list(page.way.lanes._boxes)


def test_a_lane_whose_clock_is_not_set_is_hatched_and_says_so(page: Any) -> None:
    lanes = page.way.lanes
    camera = next(lane.camera for lane in lanes._lanes if len(lane.bars) < lane.appearances)
    mine = [a for a in page.view.appearances if a.camera == camera]
    without = [replace(a, first=replace(a.first, adjusted=None)) for a in mine]
    lanes.show_appearances(without, [camera])
    picture, warned = _lanes(page), theme.color("warning_fill").name()
    middle = round(24 + 12 * picture.devicePixelRatio())
    row = {picture.pixelColor(x, middle).name() for x in range(lanes._names + 8, picture.width() - 20)}
    assert warned in row
    assert len(row) > 3, "hatched, with a sentence"
    assert not lanes._boxes, "nothing is drawn where its time cannot be compared"


def test_long_whiskers_are_drawn_as_far_as_the_clock_may_be_wrong(page: Any, until: Wait) -> None:
    lanes = page.way.lanes
    shown = next(a for a in page.view.appearances if a.first.uncertainty == 40)
    page._select(shown.tracklet.id)
    lanes.set_zoom(600)
    picture = _lanes(page)
    box = next(box for box, n in lanes._boxes if n == shown.tracklet.id)
    end = lanes._x(shown.last.sort_key() + 40, lanes._span)
    assert end > box.right() + 10
    between = picture.pixelColor(round((box.right() + end) / 2), round(box.center().y())).name()
    assert between in (theme.color("accent").name(), theme.color("text1").name())


def test_the_contact_sheet_of_a_subject_is_written_and_noted(
    page: Any, until: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]
) -> None:
    wanted = tmp_path / "out" / "walker"
    wanted.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(wanted), ""))
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    case = page.session.case
    until(lambda: errors or case.audit.entries(action="report.sheet"))
    assert not errors
    assert is_contact_sheet(wanted.with_suffix(".png"))
    (entry,) = case.audit.entries(action="report.sheet")
    assert (entry.target, entry.details["file"]) == ("subject:1", "walker.png")


def _many(page: Any, count: int) -> list[Appearance]:
    some = page.view.appearances
    return [
        replace(a, tracklet=replace(a.tracklet, id=1000 + n), tile=replace(a.tile, tracklet=1000 + n))
        for n in range(count)
        for a in [some[n % len(some)]]
    ]


def test_of_many_subjects_and_appearances_only_those_in_sight_are_painted(page: Any, until: Wait) -> None:
    subject = page.view.subject
    rows = [SubjectRow(replace(subject, id=n, name=f"Person {n}"), n, 1, 2) for n in range(1, 501)]
    asked: set[int] = set()
    real = page.thumbnails.get
    page.thumbnails.get = lambda crop, *rest: (asked.add(crop), real(1, *rest))[1]
    page.left.show_rows(rows)
    until(lambda: asked)
    QTest.qWait(50)
    assert len(asked) < 30
    assert page.left.model.rowCount() == 500
    asked.clear()
    many = _many(page, 300)
    numbered = [replace(a, tile=replace(a.tile, crop=n)) for n, a in enumerate(many, start=1)]
    view = replace(page.view, appearances=tuple(numbered))
    page.gallery.show_subject(view)
    page.way.show_appearances(view.appearances, view.cameras, view.plan)
    until(lambda: len(asked) > 5)
    QTest.qWait(50)
    assert len(asked) < 60
    for section in page.gallery.views.values():
        assert section.verticalScrollBar().maximum() == 0, "the page scrolls, not each section"
    page.gallery.select(numbered[-1].tracklet.id)
    until(lambda: _whole_in_sight(page, numbered[-1].tracklet.id))
