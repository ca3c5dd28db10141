"""The status bar: running work at the left; audit head, device, model and keys at the right."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from app import icons, theme, vocabulary
from app.jobs import Job, JobState
from app.operations.footage import INGEST
from app.tasks import Runner
from app.widgets.basic import Button, ElidedLabel, box, label, paint_hint, set_role, styled
from app.words import short_hash, time_left, tr

HEIGHT = 28
ROWS, HIGHEST = 60, 420  # of the list of jobs: rows at most, and pixels before it scrolls


class Chip(QWidget):
    """An icon and a word that can be clicked."""

    clicked = Signal()

    def __init__(self, icon: str, text: str = "", *, colour: str = "text2", mono: bool = False, key: str = "") -> None:
        super().__init__()
        self._icon, self._text, self._colour, self._mono, self._key = icon, text, colour, mono, key
        self.setFixedHeight(HEIGHT - 1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._tail = ""
        self._fit()
        if not text:  # else it is shown with its parent; shown now, it would be a window of its own
            self.hide()

    def set(self, text: str, colour: str = "text2", tail: str = "", tooltip: str = "") -> None:
        """`tail` is set in the exact face (hashes)."""
        self._text, self._colour, self._tail = text, colour, tail
        self.setToolTip(tooltip)
        self.setAccessibleName(f"{text} {tail}".strip())
        self._fit()
        self.setVisible(bool(text))
        self.update()

    def _fit(self) -> None:
        from PySide6.QtGui import QFontMetrics

        width = QFontMetrics(theme.font(12)).horizontalAdvance(self._text)
        if self._tail:
            width += 6 + QFontMetrics(theme.font(11, mono=True)).horizontalAdvance(self._tail)
        self.setFixedWidth(width + 22 + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self._key:
            paint_hint(painter, QRect(0, (self.height() - 18) // 2, 18, 18), self._key)
        else:
            icons.paint(painter, QRect(0, (self.height() - 14) // 2, 14, 14), self._icon, self._colour)
        painter.setPen(theme.color(self._colour))
        painter.setFont(theme.font(12))
        painter.drawText(self.rect().adjusted(21, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
        if self._tail:
            painter.setFont(theme.font(11, mono=True))
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(self.rect(), side, self._tail)

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.clicked.emit()


class StatusBar(QWidget):
    """28 pixels that tell what the program is doing and with what."""

    jobs_asked = Signal()
    keys_asked = Signal()
    page_asked = Signal(str)

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        styled(self, "statusbar")
        self.setFixedHeight(HEIGHT)
        self._runner = runner
        row = box(QHBoxLayout(self), 8, (12, 0, 12, 0))
        self._jobs = Chip("check", tr("No jobs running"))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._bar.setRange(0, 1000)
        self._detail = ElidedLabel("", "small")
        self.audit = Chip("shield-lock-outline")
        self.device = Chip("expansion-card-variant")
        self.model = Chip("cube-outline")
        self._keys = Chip("keyboard-outline", tr("Keys"), key="?")
        for widget in (self._jobs, self._bar):
            row.addWidget(widget)
        row.addWidget(self._detail, 1)
        row.addStretch()
        for widget in (self.audit, self.device, self.model, self._keys):
            row.addWidget(widget)
            row.addSpacing(4)
        self._jobs.clicked.connect(self.jobs_asked)
        self._keys.clicked.connect(self.keys_asked)
        self.audit.clicked.connect(lambda: self.page_asked.emit("activity"))
        self.device.clicked.connect(lambda: self.page_asked.emit("settings"))
        self.model.clicked.connect(lambda: self.page_asked.emit("models"))
        self._since = 0  # number of the first job since there was none
        runner.jobs_changed.connect(self.update_jobs)
        runner.progressed.connect(self.update_jobs)
        self.update_jobs()

    def set_audit_head(self, head: str) -> None:
        self.audit.set(tr("Audit head") if head else "", tail=short_hash(head), tooltip=head)

    def overall(self) -> float | None:
        """Share done of all work since there was none, for the taskbar; None while nothing runs.

        Where footage is ingested, that alone counts, each item alike: the rest takes a moment.
        """
        if not any(job.state is JobState.RUNNING for job in self._runner.jobs):
            return None
        jobs = [job for job in self._runner.jobs if job.number >= self._since]
        jobs = [job for job in jobs if job.lane == INGEST] or jobs
        return sum(map(_share, jobs)) / len(jobs) if jobs else None

    def update_jobs(self) -> None:
        active = self._runner.active()
        if not active:
            self._since = max((job.number for job in self._runner.jobs), default=0) + 1
        running = [job for job in active if job.state is JobState.RUNNING]
        paused = sum(job.state is JobState.PAUSED for job in active)
        waiting = sum(job.state is JobState.WAITING for job in active)
        self._bar.setVisible(bool(running))
        self._detail.setVisible(bool(running))
        if not active:
            failed = sum(job.state is JobState.FAILED for job in self._runner.jobs)
            self._jobs.set(tr("{n} failed", "", failed) if failed else tr("No jobs running"))
            return
        words = [tr("{n} running", "", len(running))] if running else []
        words += [tr("{n} paused", "", paused)] if paused else []
        words += [tr("{n} waiting", "", waiting)] if waiting else []
        self._jobs.set(", ".join(words))
        if running:
            fraction = running[0].progress.fraction if running[0].progress else None
            self._bar.setValue(round(1000 * (fraction or 0)))
            self._detail.set_text(f"{running[0].title}: {describe(running[0])}")


def describe(job: Job) -> str:
    """Stage, rate and time left of a job in a few words."""
    if job.state is not JobState.RUNNING or job.progress is None:
        words = {JobState.WAITING: tr("waiting"), JobState.PAUSED: tr("paused"), JobState.DONE: tr("done")}
        words |= {JobState.FAILED: str(job.error or tr("failed")), JobState.CANCELLED: tr("cancelled")}
        return words.get(job.state, tr("starting"))
    parts = [vocabulary.stage(job.progress.stage)]
    if job.meter.rate and job.progress.unit:
        parts.append(vocabulary.rate(job.meter.rate, job.progress.unit))
    left = time_left(job.meter.seconds_left)
    return ", ".join(parts + ([left] if left else []))


class JobTray(QFrame):
    """The list of jobs over the status bar, each with progress, pause and cancel."""

    def __init__(self, parent: QWidget, runner: Runner) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFixedWidth(440)
        self._runner = runner
        self._rows: dict[int, JobRow] = {}
        self._before: QWidget | None = None  # had the keyboard before this was opened
        column = box(QVBoxLayout(self), 8, (12, 10, 12, 12))
        head = box(QHBoxLayout(), 8)
        head.addWidget(label(tr("Work"), "strong"))
        head.addStretch(1)
        self._clear = Button(tr("Clear ended"), size="small")
        self._clear.clicked.connect(runner.clear_ended)
        head.addWidget(self._clear)
        column.addLayout(head)
        inside = styled(QWidget(), "panel")
        self._list = box(QVBoxLayout(inside), 8)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        column.addWidget(self._scroll)
        self._more = label("", "quiet")
        column.addWidget(self._more)
        self._empty = label(tr("Nothing is running. Adding footage starts work here."), "quiet", wrap=True)
        column.addWidget(self._empty)
        runner.jobs_changed.connect(self._sync)
        runner.progressed.connect(self._tick)
        self.hide()
        self._sync()

    def toggle(self) -> None:
        """Show it, with the keyboard in it, or hide it; then the keyboard is where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None and shiboken6.isValid(self._before):
                self._before.setFocus()
            return
        self._before = QApplication.focusWidget()
        self.show()
        self._sync()
        self.raise_()
        self._clear.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.toggle()
        else:
            super().keyPressEvent(event)

    def place(self) -> None:
        """Sit above the status bar's left end."""
        self._scroll.setFixedHeight(min(self._list.sizeHint().height() + 2, HIGHEST))
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            self.move(12, parent.height() - HEIGHT - self.height() - 8)

    def _sync(self) -> None:
        jobs = sorted(self._runner.jobs, key=_order)
        shown = {job.number: job for job in jobs[:ROWS]}
        self._more.setText(tr("and {n} more", "", max(len(jobs) - ROWS, 0)))
        self._more.setVisible(len(jobs) > ROWS)
        for number in [n for n in self._rows if n not in shown]:
            row = self._rows.pop(number)
            self._list.removeWidget(row)
            row.deleteLater()
        for place, (number, job) in enumerate(shown.items()):
            if number not in self._rows:
                self._rows[number] = JobRow(job, self._runner)
            if self._list.indexOf(self._rows[number]) != place:
                self._list.insertWidget(place, self._rows[number])
        self._scroll.setVisible(bool(shown))
        self._empty.setVisible(not shown)
        self._tick()
        self.place()

    def _tick(self) -> None:
        if self.isVisible():
            for row in self._rows.values():
                row.refresh()


def _share(job: Job) -> float:
    """What is done of a job; hashing an item and telling IR from RGB come before most of its ingest."""
    if job.state.ended:
        return 1.0
    if job.progress is None or (job.lane == INGEST and job.progress.stage != vocabulary.INGEST_STAGE):
        return 0.0
    return job.progress.fraction or 0.0


def _order(job: Job) -> int:
    """What runs first, then what waits, in the order in which it will run; what has ended below it."""
    if job.state.ended:
        return 3
    return 0 if job.state is JobState.RUNNING else 1 if job.started else 2


class JobRow(QWidget):
    """One piece of work: progress, rate, time left, pause and cancel."""

    def __init__(self, job: Job, runner: Runner) -> None:
        super().__init__()
        self._job, self._runner = job, runner
        row = box(QHBoxLayout(self), 6)
        column = box(QVBoxLayout(), 4)
        column.addWidget(label(job.title))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        column.addWidget(self._bar)
        self._detail = label("", "small", wrap=True)
        column.addWidget(self._detail)
        row.addLayout(column, 1)
        self._pause = Button("", "pause", size="small")
        self._pause.setAccessibleName(tr("Pause or resume"))
        self._first = Button("", "arrow-collapse-up", size="small")
        self._cancel = Button("", "close", size="small")
        self._first.setAccessibleName(tr("Before all others that wait"))
        self._cancel.setAccessibleName(tr("Cancel"))
        for button in (self._pause, self._first, self._cancel):
            button.setToolTip(button.accessibleName())
        self._pause.clicked.connect(self._toggle)
        self._first.clicked.connect(lambda: runner.raise_priority(job))
        self._cancel.clicked.connect(lambda: runner.cancel(job))
        row.addWidget(self._pause)
        row.addWidget(self._first)
        row.addWidget(self._cancel)
        self.refresh()

    def _toggle(self) -> None:
        if self._job.state is JobState.PAUSED:
            self._runner.resume(self._job)
        else:
            self._runner.pause(self._job)

    def refresh(self) -> None:
        job = self._job
        fraction = job.progress.fraction if job.progress else 0
        self._bar.setValue(1000 if job.state is JobState.DONE else round(1000 * (fraction or 0)))
        self._detail.setText(describe(job))
        set_role(self._detail, "error" if job.state is JobState.FAILED else "small")
        self._pause.setVisible(not job.state.ended)
        self._first.setVisible(job.state is JobState.WAITING)
        self._cancel.setVisible(not job.state.ended)
        self._pause.set_icon("play" if job.state is JobState.PAUSED else "pause")
