"""Typed moments mean what they say, also in the night in which summer time ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PySide6.QtCore import Qt
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


def _select(edit: DialEdit, part: str) -> None:
    edit.setSelection(edit.text().index(f" {part}:") + 1, len(part))


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
    _select(edit, "01")
    QTest.keyClicks(edit, "02")
    assert edit.which.isVisible()
    assert heard[-1] == datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "proposed: so much later that nobody is left out"
    edit.which.setCurrentIndex(0)
    assert heard[-1] == edit.moment() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    _select(edit, "02")
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
    _select(edit, "21")
    QTest.keyClicks(edit, "22")
    assert edit.reading() == datetime(2026, 5, 8, 22, 0, 30, tzinfo=exact.tzinfo)
    assert zone(edit.reading()) == "UTC−3:30"


@pytest.mark.parametrize(
    "typed",
    [
        "11 May 2026 23:00:12",
        "2026-05-11 23:00:12",
        "2026-05-11T23:00:12",
        "11.5.2026 23:00:12",
        "11. may 2026, 23:00:12",
    ],
)
def test_a_time_typed_over_another_is_that_time(qtbot: QtBot, typed: str) -> None:
    edit = DialEdit("Recorder")
    qtbot.addWidget(edit)
    edit.show()
    edit.show_reading(datetime(2026, 11, 21, 14, 46, 36))
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, typed)
    assert edit.reading() == datetime(2026, 5, 11, 23, 0, 12)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert edit.text() == "11 May 2026 23:00:12", "what was understood, written in full"


@pytest.mark.parametrize("typed", ["11/05/2026 23:00", "31 Jun 2026 10:00", "11 May 2026", "11 Ma 2026 10:00", "soon"])
def test_what_cannot_be_read_is_said_and_never_another_time(qtbot: QtBot, typed: str) -> None:
    edit = DialEdit("Recorder")
    qtbot.addWidget(edit)
    edit.show_reading(datetime(2026, 11, 21, 14, 46, 36))
    edit.selectAll()
    QTest.keyClicks(edit, typed)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert edit.reading() is None
    assert edit.text() == typed
    assert "11 May 2026 23:00:12" in edit.problem
    edit.clear()
    assert edit.reading() is None
    assert not edit.problem


@pytest.mark.parametrize(
    ("at", "key", "then"),
    [
        (0, Qt.Key.Key_Down, "30 Dec 2026 23:59:59"),
        (4, Qt.Key.Key_Up, "31 Jan 2027 23:59:59"),
        (9, Qt.Key.Key_Up, "31 Dec 2027 23:59:59"),
        (14, Qt.Key.Key_Up, "1 Jan 2027 00:59:59"),
        (16, Qt.Key.Key_Down, "31 Dec 2026 23:58:59"),
        (20, Qt.Key.Key_Up, "1 Jan 2027 00:00:00"),
    ],
)
def test_up_and_down_count_the_part_with_the_cursor(qtbot: QtBot, at: int, key: Qt.Key, then: str) -> None:
    edit = DialEdit("Recorder")
    qtbot.addWidget(edit)
    edit.show_reading(datetime(2026, 12, 31, 23, 59, 59))
    edit.setCursorPosition(at)
    QTest.keyClick(edit, key)
    assert edit.text() == then
    QTest.keyClick(edit, Qt.Key.Key_Down if key == Qt.Key.Key_Up else Qt.Key.Key_Up)
    assert edit.text() == "31 Dec 2026 23:59:59", "the cursor stayed in its part"


def test_a_limit_that_cannot_be_read_leaves_the_last_one_standing(filters: SearchFilters) -> None:
    filters.show_archive(ARCHIVE)
    filters.activateWindow()
    filters.ask_time()
    edit = filters.since[1]
    QTest.keyClicks(edit, "25 Oct 2026 01:00")
    since = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    assert filters.choice(None).since == since
    QTest.keyClicks(edit, "x")
    assert filters._problem.isVisible()
    assert filters.choice(None).since == since
    filters.until[1].setFocus()
    assert edit.text() == "25 Oct 2026 01:00:00"
    assert not filters._problem.isVisible()
