"""Clock readings that are typed and not recorded: the fields, and what was recorded when they were typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.operations.footage import FootageRow
    from engine.store.records import ClockRecord


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the fields; None where nothing does, or nothing that can be read."""

    knows_start: bool
    start: datetime | None
    first: tuple[datetime | None, datetime | None]  # recorder's reading, reference
    second: tuple[datetime | None, datetime | None] | None  # None where it is said that there is none
    source: str
    uncertainty: float | None


NOTHING = Entered(False, None, (None, None), None, "", None)


@dataclass(frozen=True, slots=True)
class ClockDraft:
    """Typed for an item of which this `start` and the clock record made `at` were recorded then."""

    start: datetime | None
    at: str
    entered: Entered

    @classmethod
    def of(cls, row: FootageRow, entered: Entered) -> ClockDraft:
        return cls(row.item.start_time, recorded_at(row), entered)

    def as_json(self) -> dict[str, Any]:
        entered = self.entered
        return {
            "recorded": {"start": _text(self.start), "at": self.at},
            "knows_start": entered.knows_start,
            "start": _text(entered.start),
            "first": [_text(when) for when in entered.first],
            "second": None if entered.second is None else [_text(when) for when in entered.second],
            "source": entered.source,
            "uncertainty": entered.uncertainty,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ClockDraft:
        recorded, second = kept["recorded"], kept["second"]
        entered = Entered(
            kept["knows_start"],
            _time(kept["start"]),
            _pair(kept["first"]),
            None if second is None else _pair(second),
            kept["source"],
            kept["uncertainty"],
        )
        return cls(_time(recorded["start"]), recorded["at"], entered)


def entered_of(record: ClockRecord) -> Entered:
    """The readings of a record, as they stand in the fields."""
    second = record.second_recorder_reading, record.second_reference_reading
    return replace(
        NOTHING,
        first=(record.recorder_reading, record.reference_reading),
        second=second if second[0] is not None else None,
        source=record.source,
        uncertainty=record.uncertainty_seconds,
    )


def key_of(row: FootageRow) -> str:
    """The same in every copy of the case that holds the item, and no other item's."""
    return f"{row.item.id} {row.item.sha256}"


def recorded_at(row: FootageRow) -> str:
    """When the clock record in force was made, '' where there is none."""
    return row.clock.record.at if row.clock.record else ""


def _text(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pair(texts: Sequence[str | None]) -> tuple[datetime | None, datetime | None]:
    recorder, reference = texts
    return _time(recorder), _time(reference)
