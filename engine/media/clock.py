"""From a PTS to the recorder's time and to the true time, both kept, with what is known of the error.

All arithmetic is in exact fractions of a second; only the result is rounded, to the microsecond that `datetime` holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from engine.errors import UsageError
from engine.settings import ClockSettings
from engine.types import Timestamp

FIRST_YEAR, LAST_YEAR = 1970, 2199  # where recorders begin after a power cut, and well beyond any footage
LONGEST_UNCERTAINTY = 10 * 366 * 86400  # seconds


@dataclass(frozen=True, slots=True)
class ClockReading:
    """When the recorder's clock showed `recorder`, the reference showed `reference`, give or take some seconds.

    `reference` carries its time zone. `recorder` may carry one (the zone that the recorder is set to) or none.
    """

    recorder: datetime
    reference: datetime
    uncertainty_seconds: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.reference.tzinfo is None:
            raise UsageError("The reference time of a clock reading needs its time zone.")
        if self.uncertainty_seconds < 0:
            raise UsageError("The uncertainty of a clock reading cannot be negative.")


@dataclass(frozen=True, slots=True)
class TimeReading:
    """`recorder`: what the recorder's clock showed. `adjusted`: the true time in UTC, within `uncertainty_seconds`.

    `adjusted` and `uncertainty_seconds` are None while nobody has compared the recorder with a reference. `recorder`
    is None while nobody has said when the recording began; `basis` says in a few words what the times rest on.
    `uncertainty_seconds` is None, too, for a frame whose own time is made up: nobody knows how wrong that is.
    """

    recorder: datetime | None
    adjusted: datetime | None
    uncertainty_seconds: Fraction | None
    basis: str


@dataclass(frozen=True, slots=True)
class RecorderClock:
    """The clock of one evidence item: it showed `start` at the frame `start_at`, and was read up to twice.

    A second reading, taken at another time, shows the drift (SWGDE, time-based analysis): true time is then the line
    through both. With one reading the offset is held constant, and the error grows by an assumed drift.
    """

    start: datetime | None
    start_at: Timestamp
    readings: tuple[ClockReading, ...] = ()
    settings: ClockSettings = field(default_factory=ClockSettings)
    counted: bool = False  # the frames carry no times: only the first one's is known
    made_up: tuple[tuple[int, int], ...] = ()  # PTS ranges of frames whose own time could not be used

    def __post_init__(self) -> None:
        if len(self.readings) > 2:
            raise UsageError("A recorder's clock is described by at most two readings.")
        shown = [each.recorder for each in self.readings] + ([self.start] if self.start else [])
        if len({each.tzinfo is None for each in shown}) > 1:
            raise UsageError("Either all times of the recorder carry a time zone or none does.")
        if len(self.readings) == 2:
            first, second = self.readings
            if _seconds_between(first.recorder, second.recorder) == 0:
                raise UsageError("Two clock readings need two different times of the recorder.")
            if self.rate is not None and self.rate <= 0:
                raise UsageError("The two clock readings contradict each other: one clock would run backwards.")

    @property
    def rate(self) -> Fraction | None:
        """True seconds per second of the recorder; None without a second reading."""
        if len(self.readings) < 2:
            return None
        first, second = self.readings
        return _seconds_between(first.reference, second.reference) / _seconds_between(first.recorder, second.recorder)

    def read(self, at: Timestamp) -> TimeReading:
        """The time of one frame."""
        try:
            found = self._read(at)
        except OverflowError:
            return TimeReading(None, None, None, "beyond the years that a calendar holds")
        doubt = self._doubt(at)
        if found.recorder is None or not doubt:
            return found
        return replace(found, uncertainty_seconds=None, basis=f"{found.basis}; {doubt}")

    def _doubt(self, at: Timestamp) -> str:
        """Why this frame's own place in time is not certain; empty where it is."""
        if self.counted and at.pts != self.start_at.pts:
            return "the frames carry no times and are counted, so the error is not known"
        if any(first <= at.pts <= last for first, last in self.made_up):
            return "the frame's own time stamp could not be used and is set after the one before"
        return ""

    def _read(self, at: Timestamp) -> TimeReading:
        if self.start is None:
            return TimeReading(None, None, None, "the recorder's start time is not known")
        recorder = _later(self.start, at.seconds - self.start_at.seconds)
        exact = _instant(self.start) + at.seconds - self.start_at.seconds
        if not self.readings:
            return TimeReading(recorder, None, None, "recorder's clock, not compared with a reference")
        first = self.readings[0]
        since = exact - _instant(first.recorder)
        if self.rate is None:
            adjusted = _later(first.reference.astimezone(UTC), since)
            drift = Fraction(str(self.settings.assumed_drift_ppm)) / 1_000_000
            error = first.uncertainty_seconds + abs(since) * drift
            basis = f"one clock reading; drift not measured, {self.settings.assumed_drift_ppm} ppm assumed"
            return TimeReading(recorder, adjusted, error, basis)
        second = self.readings[1]
        share = since / _seconds_between(first.recorder, second.recorder)
        adjusted = _later(first.reference.astimezone(UTC), since * self.rate)
        # Error of a line through two uncertain points, worst case; grows outside the stretch between them.
        error = abs(1 - share) * first.uncertainty_seconds + abs(share) * second.uncertainty_seconds
        within = "between" if 0 <= share <= 1 else "beyond"
        return TimeReading(recorder, adjusted, error, f"{within} two clock readings; drift measured")


def require_sensible(when: datetime | None, what: str) -> None:
    """`UsageError` for a time that no recorder shows and with which nothing can be computed."""
    if when is not None and not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise UsageError(f"{what} lies in the year {when.year}.", f"Give a time from {FIRST_YEAR} to {LAST_YEAR}.")


def daily_gain(rate: Fraction) -> Fraction:
    """Seconds that a recorder of this `rate` gains in a true day; negative where it loses."""
    return (1 / rate - 1) * 86400


_EPOCH = datetime(1970, 1, 1)


def _instant(when: datetime) -> Fraction:
    """Exact seconds since 1970; a time without zone is counted on its own dial."""
    elapsed = when - _EPOCH if when.tzinfo is None else when - _EPOCH.replace(tzinfo=UTC)
    return Fraction(elapsed // timedelta(microseconds=1), 1_000_000)


def _seconds_between(earlier: datetime, later: datetime) -> Fraction:
    return _instant(later) - _instant(earlier)


def _later(when: datetime, seconds: Fraction) -> datetime:
    """`when` plus exact seconds, rounded to the microsecond, in the same zone; daylight saving is respected."""
    step = timedelta(microseconds=round(seconds * 1_000_000))
    if when.tzinfo is None:
        return when + step
    return (when.astimezone(UTC) + step).astimezone(when.tzinfo)
