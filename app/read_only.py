"""A case that is open read-only: which commands would change it, and what is out of reach meanwhile, with the reason.

The one home: a button whose command is in `WRITING` is out of reach by itself, anything else is named to `writes`.
What slips through all the same (a drop, a double click) asks `Session.may_change`; the engine refuses the rest.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QWidget

from app.plain import plain
from app.words import tr

REFUSED = tr("This case is open read-only, so nothing in it can be changed.")
SEARCHES = tr("Every search is recorded in its case, and this case is open read-only.")
REPORTS = tr("Every report folder is noted in the log of its case, and this case is open read-only.")
STILLS = tr("Every exported still is noted in the log of its case, and this case is open read-only.")
SHEETS = tr("Every contact sheet is noted in the log of its case, and this case is open read-only.")
WRITING = {  # commands that change the case, with what to say where it may not be changed
    **dict.fromkeys(
        ("undo", "footage.add", "footage.folder", "footage.moved", "footage.ingest", "footage.all"), REFUSED
    ),
    **dict.fromkeys(
        ("none", "mark.add", "mark.edit", "mark.remove", "confirm", "reject", "inconclusive", "change"), REFUSED
    ),
    **dict.fromkeys(("plan.choose", "subject.rename", "subject.merge", "subject.split", "subject.remove"), REFUSED),
    **dict.fromkeys(("search", "query.add", "people.search", "search.run", "again", "subject.search"), SEARCHES),
    "report.write": REPORTS,
    "still.export": STILLS,
    "subject.sheet": SHEETS,
}
HOW_TO_WRITE = tr("Choose ‘Open for writing’ to work on it, once nobody else does.")
READABLE = (QLineEdit, QPlainTextEdit, QAbstractSpinBox)  # can be read and copied from while nothing can be typed


class ReadOnly(QObject):
    """Whether the open case is read-only."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.on = False

    def set(self, on: bool) -> None:
        """Tell everything that would change the case."""
        if on != self.on:
            self.on = on
            self.changed.emit()


read_only = ReadOnly()


class Held:
    """Mixed into a widget that its page enables and disables as it likes: while held, it is disabled all the same."""

    _wanted, _held = True, False

    def setEnabled(self, on: bool) -> None:  # noqa: N802
        self._wanted = on
        super().setEnabled(on and not self._held)  # type: ignore[misc]

    def hold(self, on: bool) -> None:
        """Out of reach, or as the page has it."""
        self._held = on
        super().setEnabled(self._wanted and not on)  # type: ignore[misc]


class _Reach(QObject):
    """Lives with a widget that changes the case: takes it out of reach, saying why, and gives it back as it was."""

    def __init__(self, widget: QWidget, why: str) -> None:
        super().__init__(widget)
        self._widget, self._why = widget, f"{why} {HOW_TO_WRITE}"
        self._tip = self._said = ""  # the widget's own
        self._held = False
        widget.installEventFilter(self)
        read_only.changed.connect(self._apply)
        self._apply()

    def _apply(self) -> None:
        widget, held = self._widget, read_only.on
        if held == self._held:
            return
        if held:
            self._tip, self._said = widget.toolTip(), widget.accessibleDescription()
        self._held = held
        if isinstance(widget, Held):
            widget.hold(held)
        elif isinstance(widget, READABLE):
            widget.setReadOnly(held)
            widget.style().unpolish(widget)  # it looks like it, too
            widget.style().polish(widget)
        else:
            widget.setEnabled(not held)
        widget.setToolTip(plain(self._why) if held else self._tip)
        widget.setAccessibleDescription(self._why if held else self._said)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """A tooltip that the page gives meanwhile is its own for later."""
        if event.type() == QEvent.Type.ToolTipChange and self._held and self._widget.toolTip() != plain(self._why):
            self._tip = self._widget.toolTip()
            self._widget.setToolTip(plain(self._why))
        return False


def writes(*widgets: QWidget, why: str = REFUSED) -> None:
    """These change the case: they are out of reach while it is open read-only."""
    for widget in widgets:
        _Reach(widget, why)
