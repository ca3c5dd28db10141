"""Times in words: the zone is said, both dates are, and a typed time is found or refused, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app import people
from app.shell import Window
from app.subjects import view
from app.times import Reading, date_time, seconds_of, zone
from app.widgets.search_history import line
from engine.errors import UsageError
from engine.store.records import ClockRecord
from engine.types import Modality, Verdict
from tests.helpers.cases import searched
from tests.helpers.zones import computer_in

BEGAN = datetime(2026, 5, 10, 23, 44, 20)
SUMMER = timezone(timedelta(hours=2))


def test_a_time_with_a_zone_names_it() -> None:
    when = datetime(2026, 5, 11, 0, 9, 18, tzinfo=SUMMER)
    assert date_time(when) == "11 May 2026, 00:09:18 UTC+2"
    assert date_time(BEGAN) == "10 May 2026, 23:44:20", "a recorder's clock has none"
    assert [zone(when.astimezone(timezone(timedelta(minutes=m)))) for m in (0, 330, -210)] == [
        "UTC",
        "UTC+5:30",
        "UTC−3:30",
    ]


def test_both_dates_are_said_where_they_differ() -> None:
    adjusted = datetime(2026, 5, 11, 0, 9, 18, tzinfo=SUMMER)
    apart = Reading(0, datetime(2026, 5, 10, 23, 58, 10), adjusted, 1.0)
    assert (apart.date, apart.recorder_date, apart.zone) == ("11 May", "10 May", "UTC+2")
    same = Reading(0, datetime(2026, 5, 11, 0, 20, 26), adjusted, 1.0)
    assert (same.date, same.recorder_date) == ("11 May", "")
    assert Reading(3, BEGAN, None, None).recorder_date == ""
    assert Reading(3, None, None, None).recorder_date == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("23:44:20", 0), ("23:44:21", 0.1), ("23:44:30.9", 10), ("23:45", 39.1), ("0:10:20,9", 1560), ("00:11", 1599.1)],
)
def test_a_time_of_day_counts_from_the_first_frame_to_its_fraction(text: str, seconds: float) -> None:
    assert seconds_of(text, BEGAN.replace(microsecond=900_000), 1800) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "seconds"), [("0:05", 5), ("5:20", 320), ("90:00", 5400), ("1:30:00.5", 5400.5)])
def test_a_position_is_typed_where_no_clock_is_known(text: str, seconds: float) -> None:
    assert seconds_of(text, None, 6000) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["23:44:10", "00:20:00", "24:00:00", "23:60:00", "23:59:61"])
def test_a_time_outside_the_item_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not in this item") as refused:
        seconds_of(text, BEGAN, 1800)
    assert refused.value.hint.endswith("from 10 May 23:44:20 to 11 May 00:14:20.")


@pytest.mark.parametrize("text", ["", "noon", "12", "12.30", "1:2:3:4", "-1:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read as a time"):
        seconds_of(text, BEGAN, 1800)


def test_what_the_case_recorded_is_said_to_be_utc(opened: Window) -> None:
    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = next(t.id for t in everybody if t.modality is Modality.INFRARED)
    by_day = [t.id for t in everybody if t.modality is Modality.VISIBLE]
    search = searched(case, night, by_day)
    decision = case.decisions.decide(search.id, by_day[:1], Verdict.CONFIRMED, reason="gait")[0]
    subject = case.subjects.create("Somebody")
    case.subjects.add(subject.id, by_day[:1], decision_id=decision.id)
    said = view(case, subject.id).appearances[0].decision
    assert said.endswith(f"{decision.at[:10]} {decision.at[11:16]} UTC")
    assert f"{search.at[11:16]} UTC" in line(case.searches.list()[0])


def test_a_tile_says_both_days_and_the_zone(opened: Window) -> None:
    case = opened.session.case
    assert case is not None
    first = case.tracklets.list()[0]
    case.evidence.set_start_time(first.item_id, datetime(2026, 5, 10, 23, 58, 10))
    record = ClockRecord(datetime(2026, 5, 10, 23, 0), datetime(2026, 5, 10, 21, 11, 8, tzinfo=UTC), 1.0, "stated")
    case.evidence.set_clock(first.item_id, record)
    with computer_in("Europe/Berlin"):
        tile = people.tiles(case, [first.id])[0]
    assert (tile.date, tile.recorder_date, tile.recorder) == ("11 May", "10 May", "23:58:10")
    assert (tile.adjusted, tile.zone) == ("00:09:18", "UTC+2")
    assert "10 May 23:58:10" in tile.words()


def test_a_place_in_an_item_is_exact_to_the_millisecond_where_no_clock_is_known() -> None:
    reading = Reading(42.1, None, None, None)
    assert reading.recorder_time(exact=True) == "+0:42.100"
    assert reading.recorder_time() == "+0:42"
    assert Reading(3725.9996, None, None, None).recorder_time(exact=True) == "+1:02:06.000"
