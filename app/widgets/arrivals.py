"""Footage on its way into the case: hashed and registered, or turned away with the reason. Items have rows of their own
only once they are registered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.jobs import Job, JobState
from app.operations.footage import REGISTER
from app.tasks import Runner
from app.widgets.basic import Button, Glyph, box, label, rule
from app.widgets.status import JobRow
from app.words import tr

MOST = 4  # lines; the rest is counted


class Arrivals(QWidget):
    """Emits `again` with the path of a file that the analyst wants to try once more."""

    again = Signal(object)

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._lines: dict[int, QWidget] = {}
        self._dismissed: set[int] = set()
        column = box(QVBoxLayout(self))
        column.addWidget(rule())
        self._list = box(QVBoxLayout(), 8, (16, 10, 16, 8))
        column.addLayout(self._list)
        foot = box(QHBoxLayout(), 8, (16, 0, 16, 8))
        self._more = label("", "quiet")
        foot.addWidget(self._more, 1)
        self._clear = Button(tr("Dismiss all"), size="small")
        self._clear.clicked.connect(self._dismiss_all)
        foot.addWidget(self._clear)
        column.addLayout(foot)
        runner.jobs_changed.connect(self.sync)
        runner.progressed.connect(self._tick)
        self.sync()

    def forget(self) -> None:
        """Another case: what was turned away from the last one is its own."""
        self._dismiss_all()

    def sync(self) -> None:
        """Show what there is now: first what is worked on, then what was turned away, then what waits."""
        jobs = sorted((job for job in self._runner.jobs if self._concerns(job)), key=_order)
        shown = jobs[:MOST]
        numbers = {job.number: job for job in shown}
        for number in [n for n, line in self._lines.items() if n not in numbers or _stale(line, numbers[n])]:
            line = self._lines.pop(number)
            self._list.removeWidget(line)
            line.deleteLater()
        for place, job in enumerate(shown):
            if job.number not in self._lines:
                self._lines[job.number] = self._line(job)
            if self._list.indexOf(self._lines[job.number]) != place:
                self._list.insertWidget(place, self._lines[job.number])
        self._more.setText(tr("and {n} more", "", len(jobs) - MOST) if len(jobs) > MOST else "")
        failed = sum(job.state is JobState.FAILED for job in jobs)
        self._clear.setVisible(failed > 1)
        self._more.setVisible(len(jobs) > MOST or failed > 1)
        self.setVisible(bool(jobs))
        self._tick()

    def _concerns(self, job: Job) -> bool:
        if job.lane != REGISTER or job.number in self._dismissed:
            return False
        return not job.state.ended or job.state is JobState.FAILED

    def _line(self, job: Job) -> QWidget:
        if job.state is not JobState.FAILED:
            return JobRow(job, self._runner)
        return TurnedAway(job, lambda: self._try_again(job), lambda: self._dismiss(job))

    def _try_again(self, job: Job) -> None:
        self._dismiss(job)
        self.again.emit(job.subject)

    def _dismiss(self, job: Job) -> None:
        self._dismissed.add(job.number)
        self.sync()

    def _dismiss_all(self) -> None:
        self._dismissed.update(job.number for job in self._runner.jobs if job.state is JobState.FAILED)
        self.sync()

    def _tick(self) -> None:
        if self.isVisible():
            for line in self._lines.values():
                if isinstance(line, JobRow):
                    line.refresh()


def _order(job: Job) -> int:
    return 2 if job.state is JobState.WAITING else 1 if job.state.ended else 0


def _stale(line: QWidget, job: Job) -> bool:
    """Whether the work that a line shows has failed since."""
    return isinstance(line, JobRow) and job.state.ended


class TurnedAway(QWidget):
    """A file that was not taken into the case, why, and what to do."""

    def __init__(self, job: Job, again: Callable[[], None], dismiss: Callable[[], None]) -> None:
        super().__init__()
        path, hint = Path(str(job.subject)), str(getattr(job.error, "hint", ""))
        row = box(QHBoxLayout(self), 8)
        row.addWidget(Glyph("alert-circle-outline", 16, "error_text"))
        column = box(QVBoxLayout(), 2)
        column.addWidget(label(tr("{name} was not added").format(name=path.name), "error", wrap=True))
        column.addWidget(label(f"{job.error} {hint}".strip(), "second", wrap=True))
        row.addLayout(column, 1)
        for text, act in ((tr("Try again"), again), (tr("Dismiss"), dismiss)):
            button = Button(text, size="small")
            button.setAccessibleName(f"{text}: {path.name}")
            button.clicked.connect(lambda _on=False, act=act: act())
            row.addWidget(button)
