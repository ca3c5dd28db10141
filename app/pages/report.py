"""Report: what stands in the case, written to a folder that can be handed over and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme
from app.dialogs import pick_place
from app.operations import reporting
from app.operations.reporting import Contents
from app.pages.base import Page
from app.places import REPORTS
from app.session import Changes, Session
from app.widgets.basic import box, label
from app.widgets.checks import CheckBox
from app.widgets.notices import Notice
from app.words import grouped, tr

if TYPE_CHECKING:
    from engine.report.handover import Handover

WIDTH = 720
LINES = (
    ("items", tr("Evidence"), tr("every original with its SHA-256, clock record and chain of custody")),
    ("cameras", tr("Cameras"), tr("where they stand, by the analyst’s word, with the site plan by its SHA-256")),
    ("searches", tr("Searches"), tr("query, model by hash, filters and settings: what repeats them")),
    ("decisions", tr("Decisions"), tr("all of them with reasons and observations, undone ones included")),
    ("subjects", tr("Subjects"), tr("appearances with both times, and one contact sheet each")),
    ("marks", tr("Marks"), tr("frames marked in the footage, with notes")),
)
FORMS = tr(
    "Each table is written as CSV and as JSON, contact sheets as PNG; SHA256SUMS lists the hash of every file. "
    "about.json says what the models’ cards say of them, provisional and synthetic training included. A printable "
    "report with signatures is not part of this version."
)


class ReportPage(Page):
    """Exports; it composes nothing and concludes nothing."""

    name, title = "report", tr("Report")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.header.add(
            self.button(tr("Write report folder…"), "file-export-outline", "report.write", self._write, primary=True)
        )
        self._notice = Notice()
        self._notice.acted.connect(self._open)
        self._notice.hide()
        self.body.addWidget(self._notice)
        row = box(QHBoxLayout(), 0, (16, 16, 16, 16))
        column = box(QVBoxLayout(), 12)
        column.addWidget(self._contents())
        self.check = CheckBox(tr("First check that every original still has its SHA-256 (reads every file)"))
        self.check.setChecked(True)
        column.addWidget(self.check)
        self.files = QPlainTextEdit()
        self.files.setReadOnly(True)
        self.files.setFont(theme.font(12, mono=True))
        self.files.setTabChangesFocus(True)
        self.files.setAccessibleName(tr("Files written, with their SHA-256"))
        self.files.hide()
        column.addWidget(self.files, 1)
        column.addStretch()
        holder = QWidget()
        holder.setMaximumWidth(WIDTH)
        holder.setLayout(column)
        row.addWidget(holder, 1)
        row.addStretch()
        self.body.addLayout(row, 1)
        self.written: Handover | None = None

    def _contents(self) -> QWidget:
        frame = QFrame()
        frame.setObjectName("card")
        column = box(QVBoxLayout(frame), 10, (16, 12, 16, 12))
        column.addWidget(label(tr("What is written"), "item"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        self.counts: dict[str, QLabel] = {}
        for n, (name, title, words) in enumerate(LINES):
            grid.addWidget(label(title, "strong"), n, 0)
            self.counts[name] = label("")
            grid.addWidget(self.counts[name], n, 1)
            grid.addWidget(label(words, "second", wrap=True), n, 2)
        grid.setColumnStretch(2, 1)
        column.addLayout(grid)
        column.addWidget(label(FORMS, "quiet", wrap=True))
        return frame

    def concerned(self, changes: Changes) -> bool:
        if changes.case:
            self.written = None
            self.files.hide()
            self._notice.hide()
        return not changes.preferences

    def focus_main(self) -> None:
        self.check.setFocus()

    def refresh(self) -> None:
        self.session.read(reporting.contents, self._show, key="report")

    def _show(self, found: Contents) -> None:
        for name, shown in self.counts.items():
            shown.setText(grouped(getattr(found, name)))

    def _write(self) -> None:
        place = pick_place(self, self.session, tr("Where is the report folder written?"), REPORTS)
        if place:
            self._notice.hide()
            reporting.write(self.session, Path(place), check_originals=self.check.isChecked(), done=self._done)

    def _done(self, written: Handover) -> None:
        self.written = written
        if written.amiss:
            words = tr("Written to {folder}, but: {what}").format(
                folder=written.folder, what=" ".join(finding.sentence for finding in written.amiss[:3])
            )
            self._notice.show_message("error", words, tr("Open folder"))
        else:
            words = tr("Written to {folder}.") if written.found is not None else tr("Written to {folder}, unchecked.")
            self._notice.show_message("plain", words.format(folder=written.folder), tr("Open folder"))
        self._notice.show()
        lines = [tr("Audit head {head}").format(head=written.head)]
        lines += [tr("SHA256SUMS {sha}").format(sha=written.sums_sha256), ""]
        lines += [f"{digest}  {name}" for name, digest in written.files.items()]
        self.files.setPlainText("\n".join(lines))
        self.files.show()

    def _open(self) -> None:
        if self.written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.written.folder)))


PAGE = ReportPage
