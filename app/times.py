"""Recorder time and adjusted time in words. Both are always shown together; neither is ever overwritten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from app.words import duration, figure, tr
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.store.records import ClockRecord, EvidenceItem

DAY = 86_400  # seconds
YEARS = range(1970, 3000)  # that may be typed: a recorder that lost its battery begins again in 1970 or 2000
_TIME = r"[T,\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?"
# Slashes are not read: who types them may mean the day or the month first.
_WRITTEN = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME), (0, 1, 2)),  # 2026-05-11 23:00:12
    (re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})" + _TIME), (2, 1, 0)),  # 11.5.2026 23:00
    (re.compile(r"(\d{1,2})(?:\.\s*|\s+)([^\s.]+)\.?,?\s+(\d{4})" + _TIME), (2, 1, 0)),  # 11 May 2026 23:00:12
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment on both clocks; `recorder` None where the item's start is unknown, `adjusted` where no offset is.

    `seconds` counts from the item's first frame.
    """

    seconds: float
    recorder: datetime | None
    adjusted: datetime | None
    uncertainty: float | None

    @property
    def date(self) -> str:
        """'8 May' on the best clock known, empty where none is."""
        return day(self.adjusted or self.recorder)

    @property
    def recorder_date(self) -> str:
        """The recorder's own date where that is not `date`, else empty."""
        own = day(self.recorder)
        return own if own != self.date else ""

    @property
    def zone(self) -> str:
        """The zone that `adjusted` is given in: 'UTC+2'."""
        return zone(self.adjusted) if self.adjusted else ""

    def recorder_time(self, *, exact: bool = False) -> str:
        """Time of day, or the position in the file where the recorder's clock is unknown."""
        if self.recorder is None:
            return f"+{position(self.seconds) if exact else duration(self.seconds)}"
        return time_of_day(self.recorder, exact=exact)

    def adjusted_time(self, *, exact: bool = False) -> str:
        """Time of day, to be shown with `zone`; empty where no offset was recorded."""
        return time_of_day(self.adjusted, exact=exact) if self.adjusted else ""

    def margin(self) -> str:
        """'±2 s'."""
        if self.adjusted is not None and self.uncertainty is None:
            return tr("± not known")
        return plus_minus(self.uncertainty)

    def sort_key(self) -> float:
        """Seconds since 1970 on the best clock known, else the position."""
        best = self.adjusted or self.recorder
        return best.timestamp() if best else self.seconds


class ItemClock:
    """Readings of one evidence item. Adjusted times are shown in this computer's time zone."""

    def __init__(self, item: EvidenceItem, records: Sequence[ClockRecord]) -> None:
        self._item = item
        self.record = records[-1] if records else None
        self._clock = item.clock(self.record)

    def at(self, pts: int) -> Reading:
        """The moment of a PTS on every clock that is known."""
        found = self._clock.read(self._item.timestamp(pts))
        seconds = float((pts - self._item.start_pts) * self._item.time_base)
        adjusted = found.adjusted.astimezone() if found.adjusted else None
        margin = float(found.uncertainty_seconds) if found.uncertainty_seconds is not None else None
        return Reading(seconds, found.recorder, adjusted, margin)

    @property
    def start(self) -> Reading:
        return self.at(self._item.start_pts)

    @property
    def end(self) -> Reading | None:
        """The end of the recording, None where its length is not known."""
        return self.at(self._item.end_pts) if self._item.end_pts is not None else None

    @property
    def rate(self) -> Fraction | None:
        """True seconds per second of the recorder; None where drift was not measured."""
        return self._clock.rate

    @property
    def offset(self) -> timedelta | None:
        """What is added to recorder time at the (first) reading, in this computer's time zone."""
        if self.record is None:
            return None
        return clock_offset(self.record.recorder_reading, self.record.reference_reading)


def clock_offset(recorder: datetime, reference: datetime) -> timedelta:
    """Reference minus recorder reading; a recorder without a zone is taken to show local time."""
    return reference.astimezone() - (
        recorder if recorder.tzinfo else recorder.replace(tzinfo=reference.astimezone().tzinfo)
    )


def day(when: datetime | None, *, year: bool = False) -> str:
    """'8 May', or '8 May 2026', as the language of the window has it."""
    if when is None:
        return ""
    words = tr("{day} {month} {year}") if year else tr("{day} {month}")
    return words.format(day=when.day, month=month(when), year=when.year)


def month(when: datetime) -> str:
    """'May', as it also stands in the fields where times are typed."""
    return QLocale().monthName(when.month, QLocale.FormatType.ShortFormat)


def dial(when: datetime) -> str:
    """'11 May 2026 23:00:12': what stands in the fields where times are typed."""
    return f"{when.day} {month(when)} {when.year:04d} {time_of_day(when)}"


def typed_moment(text: str) -> datetime | None:
    """The date and time of day that `dial` writes, or that people write instead: '2026-05-11 23:00:12',
    '11.5.2026 23:00', '11 May 2026 23:00'. None where it is none of these, or no such day or time exists.
    """
    for pattern, (year, middle, day_) in _WRITTEN:
        found = pattern.fullmatch(text.strip())
        number = _month_number(found[middle + 1]) if found else None
        if found and number:
            date = int(found[year + 1]), number, int(found[day_ + 1])
            try:
                when = datetime(*date, int(found[4]), int(found[5]), int(found[6] or 0))
            except ValueError:
                return None
            return when if when.year in YEARS else None
    return None


def _month_number(text: str) -> int | None:
    """Of a number, or of a month's name, whole or from its third letter on shortened, in the window's language or in
    English."""
    if text.isdecimal():
        return int(text)
    typed, found = text.casefold(), set[int]()
    for locale in (QLocale(), QLocale.c()):
        for number in range(1, 13):
            short, long = (
                locale.monthName(number, form).casefold().rstrip(".")
                for form in (QLocale.FormatType.ShortFormat, QLocale.FormatType.LongFormat)
            )
            if typed in (short, long) or (len(typed) >= 3 and long.startswith(typed)):
                found.add(number)
    return found.pop() if len(found) == 1 else None


def date_time(when: datetime | None, *, exact: bool = False) -> str:
    """'11 May 2026, 23:44:20', followed by its zone ('UTC+2') where it carries one."""
    return f"{day(when, year=True)}, {time_of_day(when, exact=exact)} {zone(when)}".rstrip() if when else ""


def short_date_time(when: datetime | None) -> str:
    """'11 May 23:44:20'."""
    return f"{day(when)} {time_of_day(when)}" if when else ""


def logged(at: str) -> str:
    """'2026-05-11 21:44 UTC' for a moment as the case records its own doings (ISO 8601, in UTC)."""
    return f"{at[:16].replace('T', ' ')} UTC"


def zone(when: datetime) -> str:
    """'UTC+2', 'UTC−3:30', 'UTC': the zone that a time is given in, '' where it carries none."""
    offset_ = when.utcoffset()
    if offset_ is None:
        return ""
    minutes = round(offset_.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02d}" if rest else "")


def time_of_day(when: datetime, *, exact: bool = False) -> str:
    """23:44:20, or 23:44:20.480."""
    return when.strftime("%H:%M:%S") + (f".{when.microsecond // 1000:03d}" if exact else "")


def position(seconds: float) -> str:
    """'0:42.100': a place in the item, to the millisecond."""
    thousandths = round(1000 * seconds)
    return f"{duration(thousandths // 1000)}.{thousandths % 1000:03d}"


def plus_minus(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"±{seconds:.0f} s" if seconds >= 10 else f"±{figure(round(seconds, 1), 'g')} s"


def offset(delta: timedelta) -> str:
    """'+00:11:08': add this to recorder time to get the true time."""
    whole = round(delta.total_seconds())
    sign, whole = ("−", -whole) if whole < 0 else ("+", whole)
    return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def drift(rate: Fraction | None) -> str:
    """'recorder gains 2.4 s a day'; `rate` in true seconds per second of the recorder."""
    from engine.media.clock import daily_gain

    if rate is None:
        return tr("not measured")
    gained = round(float(daily_gain(rate)), 1)
    if not gained:
        return tr("under 0.1 s a day")
    words = tr("recorder gains {n} s a day") if gained > 0 else tr("recorder loses {n} s a day")
    return words.format(n=figure(abs(gained), "g"))


def seconds_of(text: str, start: datetime | None, length: float) -> float:
    """Seconds from an item's first frame for what was typed: the recorder's time of day ('23:44' or '23:44:20') where
    `start` is known, else a position ('5:20' or '1:05:20'); seconds may have a fraction.

    `length` of the item in seconds. UsageError where the text says no time, or one that the item does not hold.
    """
    found = re.fullmatch(r"\s*(?:(\d+):)?(\d+):(\d+)((?:[.,]\d+)?)\s*", text)
    if found is None:
        raise UsageError(
            tr("“{text}” cannot be read as a time.").format(text=text.strip()),
            tr("Type hours, minutes and seconds with colons between them: 23:44:20."),
        )
    parts = [int(part) for part in found.groups()[:3] if part is not None]
    parts += [0] if start is not None and len(parts) == 2 and not found[4] else []  # 23:44 is a time of day
    seconds = Fraction(sum(part * 60**n for n, part in enumerate(reversed(parts))))
    seconds += Fraction("0" + found[4].replace(",", "."))
    sound = all(part < 60 for part in parts[1:]) and (start is None or seconds < DAY)
    if start is not None:
        first = Fraction(start.hour * 3600 + start.minute * 60 + start.second)
        # Within the second that was typed; a second earlier than the first frame's would be on the day after.
        seconds = max((seconds - first) % DAY - Fraction(start.microsecond, 1_000_000), Fraction(0))
    if not sound or seconds > length:
        raise UsageError(tr("{text} is not in this item.").format(text=text.strip()), _reach(start, length))
    return float(seconds)


def _reach(start: datetime | None, length: float) -> str:
    if start is None:
        return tr("It is {length} long.").format(length=duration(length))
    end = start + timedelta(seconds=length)
    return tr("By its recorder’s clock it runs from {start} to {end}.").format(
        start=short_date_time(start), end=short_date_time(end)
    )
