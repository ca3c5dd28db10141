"""Recorder time and true time of a frame, with the error that is known."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.media.clock import ClockReading, RecorderClock
from engine.settings import ClockSettings
from engine.types import Timestamp

BASE = Fraction(1, 90000)
START = datetime(2024, 1, 31, 23, 50, 0)
BEGINNING = Timestamp(-3600, BASE)


def after(seconds: Fraction | int) -> Timestamp:
    return Timestamp(BEGINNING.pts + int(seconds / BASE), BASE)


def reading(recorder_after: int, ahead: int, uncertainty: str = "0.5") -> ClockReading:
    """`recorder_after` seconds into the recording the recorder was `ahead` seconds ahead of UTC."""
    recorder = START + timedelta(seconds=recorder_after)
    return ClockReading(recorder, (recorder - timedelta(seconds=ahead)).replace(tzinfo=UTC), Fraction(uncertainty))


def test_without_a_reading_only_the_recorders_time_is_known():
    found = RecorderClock(START, BEGINNING).read(after(90))
    assert found.recorder == START + timedelta(seconds=90)
    assert found.adjusted is None
    assert found.uncertainty_seconds is None
    assert "not compared" in found.basis


def test_without_a_start_nothing_is_known():
    found = RecorderClock(None, BEGINNING, (reading(0, 60),)).read(after(5))
    assert found.recorder is None
    assert found.adjusted is None


def test_one_reading_shifts_and_keeps_the_recorders_time():
    clock = RecorderClock(START, BEGINNING, (reading(0, 3600),), ClockSettings(assumed_drift_ppm=100))
    found = clock.read(after(10_000))
    assert found.recorder == START + timedelta(seconds=10_000)
    assert found.adjusted == datetime(2024, 1, 31, 22, 50, tzinfo=UTC) + timedelta(seconds=10_000)
    assert found.uncertainty_seconds == Fraction("0.5") + 1


def test_two_readings_measure_drift():
    clock = RecorderClock(START, BEGINNING, (reading(0, 10), reading(10_000, 20)))
    assert clock.rate == Fraction(9_990, 10_000)
    middle = clock.read(after(5_000))
    assert middle.adjusted == (START + timedelta(seconds=5_000 - 15)).replace(tzinfo=UTC)
    assert middle.uncertainty_seconds == Fraction("0.5")
    beyond = clock.read(after(20_000))
    assert beyond.adjusted == (START + timedelta(seconds=20_000 - 30)).replace(tzinfo=UTC)
    assert beyond.uncertainty_seconds == Fraction("1.5")


def test_recorder_zone_respects_daylight_saving():
    berlin = ZoneInfo("Europe/Berlin")
    clock = RecorderClock(datetime(2024, 3, 31, 1, 59, 30, tzinfo=berlin), Timestamp(0, BASE))
    assert clock.read(Timestamp(60 * 90000, BASE)).recorder == datetime(2024, 3, 31, 3, 0, 30, tzinfo=berlin)


def test_reference_in_another_zone_is_told_in_utc():
    zone = timezone(timedelta(hours=5, minutes=30))
    clock = RecorderClock(START, BEGINNING, (ClockReading(START, START.replace(tzinfo=zone), Fraction(1)),))
    found = clock.read(BEGINNING)
    assert found.adjusted == datetime(2024, 1, 31, 18, 20, tzinfo=UTC)
    assert found.adjusted.utcoffset() == timedelta(0)


@given(st.integers(-(10**9), 10**12), st.integers(1, 10**6), st.integers(1, 10**6))
def test_times_are_exact_to_the_microsecond(pts, numerator, denominator):
    base = Fraction(numerator, denominator)
    seconds = pts * base
    if abs(seconds) > 10**10:
        return
    found = RecorderClock(START, Timestamp(0, base)).read(Timestamp(pts, base))
    exact = Fraction((found.recorder - START) // timedelta(microseconds=1), 10**6)
    assert abs(exact - seconds) <= Fraction(1, 2 * 10**6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ClockReading(START, START), "needs its time zone"),
        (lambda: ClockReading(START, START.replace(tzinfo=UTC), Fraction(-1)), "cannot be negative"),
        (lambda: RecorderClock(START, BEGINNING, (reading(0, 1),) * 2), "two different times"),
        (lambda: RecorderClock(START, BEGINNING, (reading(0, 0), reading(10, 20))), "run backwards"),
        (lambda: RecorderClock(START.replace(tzinfo=UTC), BEGINNING, (reading(0, 0),)), "carry a time zone"),
        (lambda: RecorderClock(START, BEGINNING, tuple(reading(n, 0) for n in range(3))), "at most two"),
    ],
)
def test_contradictions_are_refused(make, says):
    with pytest.raises(UsageError, match=says):
        make()


def test_counted_frames_have_no_certain_time():
    clock = RecorderClock(START, BEGINNING, (reading(0, 60),), counted=True)
    first, later = clock.read(BEGINNING), clock.read(after(39))
    assert first.uncertainty_seconds is not None
    assert later.adjusted is not None
    assert later.uncertainty_seconds is None
    assert "counted" in later.basis


def test_frames_whose_time_was_made_up_have_no_certain_time():
    clock = RecorderClock(START, BEGINNING, (reading(0, 60),), made_up=((after(5).pts, after(9).pts),))
    known = [clock.read(after(seconds)).uncertainty_seconds is not None for seconds in (4, 5, 9, 10)]
    assert known == [True, False, False, True]
    assert "time stamp could not be used" in clock.read(after(5)).basis


def test_a_time_beyond_the_calendar_is_unknown():
    found = RecorderClock(datetime(9999, 12, 31, 23, 59, 59), BEGINNING).read(after(10))
    assert found.recorder is None
    assert found.adjusted is None
    assert "calendar" in found.basis
