"""Times as they are typed: what a clock shows, and in the hour that comes twice a year, which of the two is meant.

The fields know of no zone (Qt would move a reading out of the hour that summer time leaves out). What was shown is
given back as it was, zone, fraction of a second and all, until something else is typed. They are lines of text, not
Qt's fields of parts: those take only the key strokes that fit the part the cursor is in and drop the others, so that
a date typed or pasted over another became a third one without a word.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.times import YEARS, dial, typed_moment, zone
from app.widgets.basic import ComboBox
from app.words import tr

EXAMPLE = datetime(2026, 5, 11, 23, 0, 12)
STEPS = (  # of the parts of `dial`, in its order; months and years are not all of one length
    timedelta(days=1),
    None,
    None,
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
)


def unreadable(text: str) -> str:
    """What to tell of a text that says no time."""
    words = tr("“{text}” cannot be read as a time. Type it like this: {example}, or 2026-05-11 23:00:12.")
    return words.format(text=text.strip(), example=dial(EXAMPLE))


class DialEdit(QLineEdit):
    """A reading of some clock, empty where none was taken. Emits `changed` when another reading is meant."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._kept: datetime | None = None
        self.setAccessibleName(name)
        self.setPlaceholderText(tr("such as {example}").format(example=dial(EXAMPLE)))
        self.textChanged.connect(lambda _now: self._typed())
        self.editingFinished.connect(self._tidy)

    def show_reading(self, when: datetime | None) -> None:
        """Show a reading, with or without a zone; nothing where there is none."""
        self._kept = when
        self.setText(dial(when) if when is not None else "")
        self.setCursorPosition(0)

    def reading(self) -> datetime | None:
        """The reading as it was shown, or the one that was typed instead, in the same zone if it had one.

        None where nothing is typed, or nothing that can be read.
        """
        typed, kept = self._dial(), self._kept
        if typed is None:
            return None
        if kept is not None and kept.replace(tzinfo=None, microsecond=0, fold=0) == typed:
            return kept
        return typed.replace(tzinfo=kept.tzinfo if kept is not None else None)

    @property
    def problem(self) -> str:
        """Why what is typed is no reading; '' where it is one, or nothing is typed."""
        return unreadable(self.text()) if self.text().strip() and self._dial() is None else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Up and Down count the part that the cursor is in."""
        way = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if way is None or event.modifiers() or self._dial() is None:
            super().keyPressEvent(event)
            return
        self._tidy()
        self._step(way)

    def _step(self, way: int) -> None:
        now, at = self._dial(), self.cursorPosition()
        assert now is not None
        part = max((n for n, found in enumerate(_parts(self.text())) if found.start() <= at), default=0)
        step = STEPS[part]
        if step is not None:
            then = now + way * step
        else:
            day = QDate(now.year, now.month, now.day)
            day = day.addMonths(way) if part == 1 else day.addYears(way)
            then = now.replace(year=day.year(), month=day.month(), day=day.day())
        if then.year in YEARS:
            self.setText(dial(then))
        found = _parts(self.text())[part]
        self.setSelection(found.end(), found.start() - found.end())  # the cursor stays in the part

    def _dial(self) -> datetime | None:
        return typed_moment(self.text())

    def _tidy(self) -> None:
        """Write what was understood in full, so that it can be checked."""
        typed = self._dial()
        if typed is not None and self.text() != dial(typed):
            at = self.cursorPosition()
            self.setText(dial(typed))
            self.setCursorPosition(at)

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

    def show_moment(self, when: datetime | None) -> None:
        """Show a moment, which has a time zone; nothing where there is none."""
        if when is None:
            self.show_reading(None)
            return
        local = when.astimezone()
        self.show_reading(local)
        shown = local.replace(tzinfo=None)
        if _comes_twice(shown):
            self.which.setCurrentIndex(int(shown.replace(fold=0).astimezone() != local))

    def moment(self) -> datetime | None:
        """The moment meant, with its zone; None where nothing is typed, or nothing that can be read."""
        typed, kept = self._dial(), self._kept
        if typed is None:
            return None
        meant = typed.replace(fold=self.which.currentIndex() if _comes_twice(typed) else 0).astimezone()
        return kept if kept is not None and kept.tzinfo and kept.replace(microsecond=0) == meant else meant

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._ask_which()

    def _typed(self) -> None:
        self._ask_which()
        super()._typed()

    def _ask_which(self) -> None:
        typed = self._dial()
        twice = typed is not None and _comes_twice(typed)
        self.which.setVisible(twice and self.isEnabled())
        self.which.blockSignals(True)
        if typed is not None and twice:
            for n, words in enumerate((tr("the first {time} ({zone})"), tr("the second {time} ({zone})"))):
                shown = zone(typed.replace(fold=n).astimezone())
                self.which.setItemText(n, words.format(time=typed.strftime("%H:%M"), zone=shown))
        if twice and not self._asking:
            self.which.setCurrentIndex(int(self._later))
        self._asking = twice
        self.which.blockSignals(False)


class LimitEdit(MomentEdit):
    """A moment that there always is: while what is typed cannot be read, the last one stands; leaving the field shows
    it again."""

    def __init__(self, name: str, *, later: bool = False) -> None:
        super().__init__(name, later=later)
        self._last = datetime.now().astimezone().replace(microsecond=0)
        self.changed.connect(self._remember)
        self.show_moment(self._last)

    def last(self) -> datetime:
        """The moment meant, with its zone."""
        return self._last

    def _remember(self) -> None:
        self._last = self.moment() or self._last

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        if self.moment() is None:
            self.show_moment(self._last)


def _parts(text: str) -> list[re.Match[str]]:
    return list(re.finditer(r"[^\s:]+", text))


def _comes_twice(shown: datetime) -> bool:
    """Whether clocks of this computer's zone showed this time twice (in the hour left out it is the reverse)."""
    first, second = (shown.replace(fold=n).astimezone().utcoffset() for n in (0, 1))
    assert first is not None
    assert second is not None
    return first > second
