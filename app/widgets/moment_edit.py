"""Times as they are typed: what a clock shows, and in the hour that comes twice a year, which of the two is meant.

The fields know of no zone (Qt would move a reading out of the hour that summer time leaves out). What was shown is
given back as it was, zone, fraction of a second and all, until something else is typed.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QDateTime, QEvent, QTime, QTimeZone, Signal
from PySide6.QtWidgets import QDateTimeEdit

from app.times import zone
from app.widgets.basic import ComboBox, inset
from app.words import tr

FORMAT = "d MMM yyyy HH:mm:ss"


class DialEdit(QDateTimeEdit):
    """A reading of some clock. Emits `changed` when another reading is meant."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._kept: datetime | None = None
        self.setTimeZone(QTimeZone.utc())
        self.setDisplayFormat(FORMAT)
        self.setAccessibleName(name)
        inset(self)
        self.show_reading(datetime.now().replace(microsecond=0))
        self.dateTimeChanged.connect(lambda _now: self._typed())

    def show_reading(self, when: datetime) -> None:
        """Show a reading, with or without a zone."""
        self._kept = when
        day, time = QDate(when.year, when.month, when.day), QTime(when.hour, when.minute, when.second)
        self.setDateTime(QDateTime(day, time, QTimeZone.utc()))

    def reading(self) -> datetime:
        """The reading as it was shown, or the one that was typed instead, in the same zone if it had one."""
        typed, kept = self._dial(), self._kept
        if kept is not None and kept.replace(tzinfo=None, microsecond=0, fold=0) == typed:
            return kept
        return typed.replace(tzinfo=kept.tzinfo if kept is not None else None)

    def _dial(self) -> datetime:
        found = self.dateTime().toPython()
        assert isinstance(found, datetime)
        return found.replace(microsecond=0, tzinfo=None)

    def _typed(self) -> None:
        self.changed.emit()


class MomentEdit(DialEdit):
    """A moment of true time, typed in this computer's time zone.

    When summer time ends, one hour is shown twice by every clock: `which`, to be placed under the field, then asks
    for the first or the second; `later` says what it proposes.
    """

    def __init__(self, name: str, *, later: bool = False) -> None:
        self.which = ComboBox()
        self.which.addItems(["", ""])
        self.which.hide()
        self._later, self._asking = later, False
        super().__init__(name)
        self.which.setAccessibleName(tr("{name}: which of the two").format(name=name))
        self.which.setToolTip(tr("In this hour the clock was put back, so it showed each time twice."))
        self.which.currentIndexChanged.connect(lambda _n: self.changed.emit())
        self._ask_which()

    def show_moment(self, when: datetime) -> None:
        """Show a moment, which has a time zone."""
        local = when.astimezone()
        self.show_reading(local)
        dial = local.replace(tzinfo=None)
        if _comes_twice(dial):
            self.which.setCurrentIndex(int(dial.replace(fold=0).astimezone() != local))

    def moment(self) -> datetime:
        """The moment meant, with its zone."""
        dial = self._dial()
        meant = dial.replace(fold=self.which.currentIndex() if _comes_twice(dial) else 0).astimezone()
        kept = self._kept
        return kept if kept is not None and kept.tzinfo and kept.replace(microsecond=0) == meant else meant

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._ask_which()

    def _typed(self) -> None:
        self._ask_which()
        super()._typed()

    def _ask_which(self) -> None:
        dial = self._dial()
        twice = _comes_twice(dial)
        self.which.setVisible(twice and self.isEnabled())
        self.which.blockSignals(True)
        if twice:
            for n, words in enumerate((tr("the first {time} ({zone})"), tr("the second {time} ({zone})"))):
                shown = zone(dial.replace(fold=n).astimezone())
                self.which.setItemText(n, words.format(time=dial.strftime("%H:%M"), zone=shown))
        if twice and not self._asking:
            self.which.setCurrentIndex(int(self._later))
        self._asking = twice
        self.which.blockSignals(False)


def _comes_twice(dial: datetime) -> bool:
    """Whether clocks of this computer's zone showed this time twice (in the hour left out it is the reverse)."""
    first, second = (dial.replace(fold=n).astimezone().utcoffset() for n in (0, 1))
    assert first is not None
    assert second is not None
    return first > second
