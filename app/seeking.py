"""Where the player goes next on Review: to a time, to the next person, to what did not decode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from app.dialogs import dialog_buttons
from app.times import ItemClock, seconds_of, short_date_time
from app.widgets.basic import Segment, box, label
from app.words import duration, tr
from engine.errors import UsageError

if TYPE_CHECKING:
    from app.pages.review import ReviewPage


class Seeking:
    """The review page's part that jumps."""

    def __init__(self, page: ReviewPage) -> None:
        self._page = page
        self.pick_at: int | None = None  # who begins at this PTS is chosen once it is on show

    def to_seconds(self, seconds: float) -> None:
        """To the frame on show so long after the first."""
        if self._page.feed.item is not None:
            self._page.feed.show(self._page.feed.item.at(seconds))

    def to_pts(self, pts: int) -> None:
        """To the frame at this PTS, or the first after it."""
        if self._page.feed.item is not None:
            self._page.feed.show(self._page.feed.item.beside(pts, 0))

    def to_person(self, *, backwards: bool) -> None:
        """To the next person's first frame, who is then chosen; or the previous one's."""
        page = self._page
        pts = page.feed.bound
        if pts is None or page.row is None:
            return
        item_id = page.row.item.id

        def done(start: int | None) -> None:
            if start is None:
                words = tr("Nobody earlier in this item.") if backwards else tr("Nobody later in this item.")
                page.session.message.emit("plain", words, "")
            elif page.feed.item is not None:
                self.pick_at = start
                page.feed.show(start)

        page.session.read(lambda case: case.tracklets.next_start(item_id, pts, backwards=backwards), done, key="jump")

    def to_lost(self) -> None:
        """To the next stretch that was not decoded, from the first again after the last; and what that means."""
        row, pts = self._page.row, self._page.feed.bound
        if row is None or pts is None:
            return
        lost = row.item.frames_failed
        if not lost:
            self._page.session.message.emit("plain", tr("Every frame of this item was decoded."), "")
            return
        starts = sorted(first for first, _last in row.item.failed_ranges)
        if starts:
            self.to_pts(next((start for start in starts if start > pts), starts[0]))
        key = self._page.session.keymap.key("lost.next")
        self._page.session.message.emit("plain", lost_sentence(lost, key), "")

    def ask_time(self) -> None:
        """Ask for a time of day, or a position where no clock is known, and go there."""
        page = self._page
        if page.feed.item is None or page.row is None or page.feed.current is None:
            return
        dialog = TimeDialog(page, page.row.clock, page.feed.item.duration, page.feed.current.pts)
        if dialog.exec():
            self.to_seconds(dialog.seconds)


def lost_sentence(lost: int, key: str) -> str:
    """What it means that frames were not decoded; `key` goes to the next stretch of them."""
    what = tr("{n} frames could not be decoded.", "{n} frame could not be decoded.", lost)
    means = tr(
        "What is shown there may be patched from other frames, and people in it may have been missed. The timeline "
        "hatches these stretches; {key} goes to the next one."
    )
    return f"{what} {means.format(key=key)}"


class TimeDialog(QDialog):
    """Asks for a time on either clock, says what the item holds, and stays until one of those is typed."""

    def __init__(self, parent: QWidget, clock: ItemClock, length: float, pts: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Go to time"))
        self.setMinimumWidth(440)
        self.seconds = 0.0
        self._clock, self._length, self._now = clock, length, clock.at(pts)
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        clocks = [(tr("Recorder time"), "recorder"), (tr("Adjusted time"), "adjusted")]
        self.which = Segment(tr("Clock"), clocks)
        self.which.select("recorder")
        self.which.setVisible(self._now.recorder is not None and self._now.adjusted is not None)
        self.which.chosen.connect(lambda _value: self._fill())
        column.addWidget(self.which)
        self._reach = label("", "second", wrap=True)
        column.addWidget(self._reach)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(tr("Time to go to"))
        self.edit.setPlaceholderText("23:44:20")
        column.addWidget(self.edit)
        self.problem = label("", "error", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        column.addWidget(dialog_buttons(self, tr("Go there")))
        self._fill()

    def _adjusted(self) -> bool:
        return self._now.adjusted is not None and self.which.value() == "adjusted"

    def _fill(self) -> None:
        """The time of the frame on show, to be typed over, on the clock that was chosen."""
        now, end = self._now, self._clock.end
        if now.recorder is None:
            self.edit.setText(duration(now.seconds))
            self._reach.setText(
                tr("The recorder’s clock is not known: a position, from 0:00 to {end}.").format(
                    end=duration(self._length)
                )
            )
        else:
            adjusted, start = self._adjusted(), self._clock.start
            self.edit.setText(now.adjusted_time() if adjusted else now.recorder_time())
            first = start.adjusted if adjusted else start.recorder
            last = (end.adjusted if adjusted else end.recorder) if end else None
            words = tr("From {start} to {end}") if last else tr("From {start} on")
            zone = f", {now.zone} {now.margin()}" if adjusted else ""
            self._reach.setText(words.format(start=short_date_time(first), end=short_date_time(last)) + zone)
        self.edit.selectAll()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        """Only with a time that the item holds."""
        start, end, scale = self._clock.start, self._clock.end, 1.0
        shown = start.recorder
        if self._adjusted() and start.adjusted is not None:
            shown = start.adjusted
            if end is not None and end.adjusted is not None and end.seconds > 0:
                scale = (end.adjusted - start.adjusted).total_seconds() / end.seconds  # the recorder's clock may drift
        try:
            self.seconds = seconds_of(self.edit.text(), shown, self._length * scale) / scale
        except UsageError as error:
            hint = "" if self._adjusted() else error.hint  # which speaks of the recorder's clock
            self.problem.setText(f"{error} {hint}".rstrip())
            self.problem.show()
            self.adjustSize()
            self.edit.selectAll()
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        super().accept()
