"""The clock of an evidence item as the case knows it: recorder time and adjusted time of any of its frames."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from engine.case import Case
from engine.media.clock import ClockReading, RecorderClock, TimeReading
from engine.store.records import ClockRecord, EvidenceItem
from engine.types import Timestamp


def clock_of(case: Case, item: EvidenceItem) -> RecorderClock:
    """The item's clock, from its start time and the newest offset record."""
    records = case.evidence.clock_records(item.id)
    return RecorderClock(item.start_time, item.timestamp(item.start_pts), _readings(records[-1]) if records else ())


def window_pts(clock: RecorderClock, last: Timestamp, since: datetime | None, until: datetime | None) -> range | None:
    """The PTS of an item from `since` up to `until`; None where its clock cannot say.

    Times with a zone are compared with the adjusted time, times without with the recorder's. `last` is the end of the
    item; times rise with PTS, so both ends are found by halving.
    """
    start = clock.start_at.pts
    window = range(start, last.pts + 1)

    def first_from(moment: datetime) -> int | None:
        low, high = start, last.pts + 1
        while low < high:
            middle = (low + high) // 2
            shown = _shown(clock.read(Timestamp(middle, last.time_base)), moment)
            if shown is None:
                return None
            low, high = (middle + 1, high) if shown < moment else (low, middle)
        return low

    begin = window.start if since is None else first_from(since)
    end = window.stop - 1 if until is None else first_from(until)
    return None if begin is None or end is None else range(begin, end + 1)


def _shown(reading: TimeReading, like: datetime) -> datetime | None:
    return reading.adjusted if like.tzinfo is not None else reading.recorder


def _readings(record: ClockRecord) -> tuple[ClockReading, ...]:
    error = Fraction(record.uncertainty_seconds).limit_denominator(1_000_000)
    first = ClockReading(record.recorder_reading, record.reference_reading, error)
    if record.second_recorder_reading is None or record.second_reference_reading is None:
        return (first,)
    return (first, ClockReading(record.second_recorder_reading, record.second_reference_reading, error))
