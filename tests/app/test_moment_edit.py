"""Typed moments mean what they say, also in the night in which summer time ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.operations.searching import Archive, Choice
from app.times import zone
from app.widgets.moment_edit import DialEdit, MomentEdit
from app.widgets.search_filters import SearchFilters
from engine.types import Modality
from tests.helpers.zones import computer_in

FIRST = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
LAST = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)  # the second 02:40 of that night
ARCHIVE = Archive([(1, "CAM-01", 3)], FIRST, LAST, Modality.VISIBLE)


@pytest.fixture(autouse=True)
def _berlin() -> Iterator[None]:
    with computer_in("Europe/Berlin"):
        yield


@pytest.fixture
def filters(qtbot: QtBot) -> SearchFilters:
    made = SearchFilters()
    qtbot.addWidget(made)
    made.aim(Modality.VISIBLE)
    made.show()
    return made


def test_the_whole_archive_is_proposed(filters: SearchFilters) -> None:
    filters.show_archive(ARCHIVE)
    filters.ask_time()
    choice = filters.choice(None)
    assert (choice.since, choice.until) == (FIRST, LAST)
    assert filters.until[1].which.isVisible()
    assert filters.until[1].which.currentText() == "the second 02:40 (UTC+1)"
    assert not filters.since[1].which.isVisible(), "00:30 came once"
    assert filters._zone.text() == "Adjusted time, UTC+2 → UTC+1"


@pytest.mark.parametrize("minutes", [(80, 180), (50, 70), (20, 50), (70, 100)])
def test_the_limits_of_a_recorded_search_come_back_as_they_were(
    filters: SearchFilters, minutes: tuple[int, int]
) -> None:
    midnight = datetime(2026, 10, 25, tzinfo=UTC)
    since, until = (midnight + timedelta(minutes=m, microseconds=250) for m in minutes)
    filters.show_choice(Choice(since=since, until=until), ARCHIVE)
    choice = filters.choice(None)
    assert (choice.since, choice.until) == (since, until)
    assert filters._problem.isHidden()


def test_in_the_hour_that_comes_twice_the_analyst_says_which(qtbot: QtBot) -> None:
    edit = MomentEdit("Until", later=True)
    qtbot.addWidget(edit)
    edit.show()
    edit.show_moment(datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
    assert not edit.which.isVisible()
    heard: list[datetime] = []
    edit.changed.connect(lambda: heard.append(edit.moment()))
    edit.setSelectedSection(MomentEdit.Section.HourSection)
    QTest.keyClicks(edit, "02")
    assert edit.which.isVisible()
    assert heard[-1] == datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "proposed: so much later that nobody is left out"
    edit.which.setCurrentIndex(0)
    assert heard[-1] == edit.moment() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    edit.setSelectedSection(MomentEdit.Section.HourSection)
    QTest.keyClicks(edit, "03")
    assert not edit.which.isVisible()
    assert edit.moment() == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_a_recorder_may_show_the_hour_that_summer_time_leaves_out(qtbot: QtBot) -> None:
    edit = DialEdit("Recorder")
    qtbot.addWidget(edit)
    shown = datetime(2026, 3, 29, 2, 30)
    edit.show_reading(shown)
    assert edit.text() == "29 Mar 2026 02:30:00"
    assert edit.reading() == shown


def test_what_is_not_typed_stays_as_it_was(qtbot: QtBot) -> None:
    edit = DialEdit("Recorder")
    qtbot.addWidget(edit)
    exact = datetime(2026, 5, 8, 21, 0, 30, 480_000, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    edit.show_reading(exact)
    assert edit.reading() == exact
    edit.setSelectedSection(DialEdit.Section.HourSection)
    QTest.keyClicks(edit, "22")
    assert edit.reading() == datetime(2026, 5, 8, 22, 0, 30, tzinfo=exact.tzinfo)
    assert zone(edit.reading()) == "UTC−3:30"
