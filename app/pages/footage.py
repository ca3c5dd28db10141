"""Footage: what is in the case, what is being worked on, what needs the analyst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, QTimeZone
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.dialogs import show_cameras
from app.jobs import Job, JobState
from app.operations import footage
from app.operations.footage import FootageRow
from app.operations.verifying import checks, verify_items
from app.pages.base import Page
from app.places import FOOTAGE, last_place, remember_place
from app.read_only import writes
from app.session import Changes, Session
from app.stills import Stills
from app.widgets.arrivals import Arrivals
from app.widgets.basic import Button, Glyph, Segment, Whole, box, label
from app.widgets.footage_details import FootageDetails
from app.widgets.footage_list import FootageModel, FootageView
from app.widgets.footage_row import STILL, FootageDelegate, FootageHeader
from app.widgets.notices import EmptyState
from app.words import tr
from engine.types import ItemState, Modality

VIDEO = "*.mp4 *.mkv *.avi *.mov *.ts *.m4v *.webm *.mpg *.mpeg *.wmv *.dav *.h264 *.h265"
COUNTS_MS = 2000  # how often counts of a running ingest are read again


class FootagePage(Page):
    """One row per evidence item."""

    name, title = "footage", tr("Footage")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.setAcceptDrops(True)
        self._rows: list[FootageRow] = []
        self._last_state: object = None
        self._panel: bool | None = None  # what F9 last asked for; None: as the window's width allows
        self._pause = self.button(tr("Pause all"), "pause", "footage.pause_all", self._pause_all)
        self._all = self.button(tr("Ingest all"), "account-search-outline", "footage.all", self._ingest_all)
        self._verify = self.button(tr("Verify all"), "shield-check-outline", "footage.verify_all", self._verify_all)
        folder = self.button(tr("Add image folder…"), "folder-plus-outline", "footage.folder", self._add_folder)
        add = self.button(tr("Add footage…"), "plus", "footage.add", self._add_files, primary=True)
        for button in (self._pause, self._all, self._verify):
            button.hide()
        where = Button(tr("Cameras…"), "cctv", "cameras")
        where.clicked.connect(lambda: show_cameras(self.shell, session))
        for button in (self._pause, self._all, self._verify, where, folder, add):
            button.show_hint(False)  # the header has no room for them; the tooltip has
        self.header.subtitle.setMinimumWidth(60)  # gives way to the buttons
        self.header.add(self._pause, self._all, self._verify, where, folder, add)
        self._stills = Stills(session, STILL * 2)
        self.model = FootageModel()
        self._delegate = FootageDelegate(self._stills)
        self.view = FootageView(self.model, self._delegate)
        self._stills.arrived.connect(self.view.viewport().update)
        self.details = FootageDetails(session)
        self.drafter = self.details.clock
        self._stack = QStackedWidget()
        empty = EmptyState(
            "filmstrip",
            tr("No footage yet. Drop video files or image folders here: each is hashed and opened read-only."),
            tr("Add footage…"),
            self._add_files,
        )
        writes(empty.button)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._list())
        self.arrivals = Arrivals(session.runner)
        self.arrivals.again.connect(lambda path: self.add([path]))
        column = box(QVBoxLayout())
        column.addWidget(self._stack, 1)
        column.addWidget(self.arrivals)
        row = box(QHBoxLayout())
        row.addLayout(column, 1)
        row.addWidget(self.details)
        self.body.addLayout(row, 1)
        self._connect()

    def _list(self) -> QWidget:
        area = QWidget()
        column = box(QVBoxLayout(area))
        bar = box(QHBoxLayout(), 8, (16, 8, 16, 8))
        self._find = QLineEdit()
        self._find.setPlaceholderText(tr("Exhibit, file or camera"))
        self._find.setAccessibleName(tr("Find exhibit, file or camera"))
        self._find.setMaximumWidth(232)
        self._kind = Segment(tr("Modality"), [("", "all"), ("", Modality.INFRARED), ("", Modality.VISIBLE)])
        self._state = Segment(tr("State"), [("", "ready"), ("", "working"), ("", "attention")])
        self._kind.select("all")
        self._zone = Whole("quiet")
        bar.addWidget(self._find, 2)
        bar.addWidget(self._kind)
        bar.addWidget(self._state)
        bar.addWidget(self._zone, 1)
        column.addLayout(bar)
        column.addWidget(FootageHeader(self.view.viewport()))
        column.addWidget(self.view, 1)
        foot = box(QHBoxLayout(), 8, (16, 10, 16, 10))
        foot.addWidget(Glyph("tray-arrow-down"))
        words = tr(
            "Drop files or image folders here. They are hashed and registered first; nothing is written to them."
        )
        foot.addWidget(label(words, "second", wrap=True), 1)
        column.addLayout(foot)
        return area

    def _connect(self) -> None:
        self._find.textChanged.connect(lambda _text: self._filter(asked=True))
        self._kind.chosen.connect(lambda _value: self._filter(asked=True))
        self._state.chosen.connect(self._toggle_state)
        self.view.current_changed.connect(lambda _row: self._show_details())
        self.view.opened.connect(lambda _row: self._review())
        self.view.acted.connect(self._act)
        self.details.reviewed.connect(self._review)
        self.details.ingested.connect(self._ingest)
        self.details.verified.connect(self._verify_one)
        for name, act in {
            "footage.review": self._review,
            "footage.ingest": self._ingest,
            "footage.pause": lambda: self._act(self.view.currentIndex().row(), "pause"),
            "footage.first": lambda: self._act(self.view.currentIndex().row(), "first"),
            "footage.cancel": lambda: self._act(self.view.currentIndex().row(), "cancel"),
            "footage.verify": self._verify_one,
            "footage.copy": self.details.copy_hash,
            "footage.find": self._find.setFocus,
        }.items():
            self.command(name, act)
        self.command("panel", self._toggle_panel)
        self.session.runner.progressed.connect(self.view.viewport().update)
        self.session.runner.jobs_changed.connect(self._jobs_changed)
        self._counts = QTimer(self)
        self._counts.setInterval(COUNTS_MS)
        self._counts.timeout.connect(self.refresh)

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "footage", "tracklets")

    def refresh(self) -> None:
        self.session.read(footage.rows, self._show, key="footage rows")

    def focus_main(self) -> None:
        self.view.setFocus()

    def put_away(self) -> None:
        self.details.put_away()

    def give_up(self) -> None:
        self.details.give_up()

    def reset(self) -> None:
        self._rows = []
        self._find.clear()
        self._kind.select("all")
        self._state.select(None)
        self._last_state = None
        self.details.forget()
        self.arrivals.forget()
        self.model.show([])

    def _show(self, rows: list[FootageRow]) -> None:
        self._rows = rows
        cameras = {row.item.camera.id for row in rows}
        found = (tr("{n} items", "{n} item", len(rows)), tr("{n} cameras", "{n} camera", len(cameras)))
        self._counted = found if rows else ("", "")
        self._show_subtitle()
        self._zone.set_text(_zones(rows))
        self._verify.setVisible(bool(rows))
        if rows and self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)
            self.content_shown()
        elif not rows:
            self._stack.setCurrentIndex(0)
        self._place_panel()
        counts = (
            len(rows),
            sum(Modality.INFRARED in row.modalities for row in rows),
            sum(Modality.VISIBLE in row.modalities for row in rows),
        )
        for n, (word, count) in enumerate(zip((tr("All"), "IR", "RGB"), counts, strict=True)):
            self._kind.set_text(n, f"{word} {count}")
        self._filter()

    def _filter(self, *, asked: bool = False) -> None:
        """Show the rows that fit. The selected one leaves the list only where the user `asked` for another choice."""
        needle = self._find.text().strip().lower()
        kind, state = self._kind.value(), self._state.value()
        working = footage.jobs(self.session)
        kept = None if asked else self.current()
        groups = {
            "ready": [r for r in self._rows if r.item.state is ItemState.DONE],
            "working": [r for r in self._rows if r.item.id in working],
            "attention": [r for r in self._rows if r.needs_attention],
        }
        words = (tr("Ready"), tr("Working"), tr("Needs attention"))
        for n, (word, rows) in enumerate(zip(words, groups.values(), strict=True)):
            self._state.set_text(n, f"{word} {len(rows)}")
        self._all.setVisible(bool(self._waiting(working)))
        chosen = self._rows if state is None else groups[str(state)]
        if isinstance(kind, Modality):
            chosen = [r for r in chosen if kind in r.modalities]
        if needle:
            chosen = [
                r for r in chosen if needle in f"{r.item.exhibit} {r.item.path.name} {r.item.camera.name}".lower()
            ]
        if kept is not None:
            fitting = {r.item.id for r in chosen} | {kept.item.id}
            chosen = [r for r in self._rows if r.item.id in fitting]
        self.model.jobs, self.model.checks = working, checks(self.session)
        self.model.show(chosen)
        if not self.view.currentIndex().isValid() and chosen:
            self.view.setCurrentIndex(self.model.index(0))
        self._show_details()

    def _toggle_state(self, value: object) -> None:
        if self._last_state == value:
            self._state.select(None)
            value = None
        self._last_state = value
        self._filter(asked=True)

    def current(self) -> FootageRow | None:
        row = self.view.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    def _show_details(self) -> None:
        row = self.current()
        self.details.show_row(row)
        if row is not None:
            self.details.show_work(self.model.job(row.item.id), self.model.check(row.item.id))

    def _jobs_changed(self) -> None:
        active = self.session.runner.active()
        paused = [job for job in active if job.state is JobState.PAUSED]
        self._pause.setVisible(bool(active))
        everything = len(paused) == len(active)
        self._pause.set_text(tr("Resume all") if everything else tr("Pause all"))
        self._pause.set_icon("play" if everything else "pause")
        if any(job.lane == footage.INGEST for job in active):
            self._counts.start()
        else:
            self._counts.stop()
        self._filter()
        self.view.viewport().update()

    def _pause_all(self) -> None:
        active = self.session.runner.active()
        resume = all(job.state is JobState.PAUSED for job in active)
        for job in active:
            (self.session.runner.resume if resume else self.session.runner.pause)(job)

    def _act(self, row: int, name: str) -> None:
        """An action of a row, by mouse or by key: 'pause' also goes on."""
        job = self.model.job(self.model.rows[row].item.id) if 0 <= row < len(self.model.rows) else None
        if job is None:
            self.session.message.emit("plain", tr("This item is not being ingested just now."), "")
            return
        runner = self.session.runner
        if name == "cancel":
            runner.cancel(job)
        elif name == "first":
            runner.raise_priority(job)
        elif job.state is JobState.PAUSED:
            runner.resume(job)
        else:
            runner.pause(job)

    def _add_files(self) -> None:
        filters = (tr("Video") + f" ({VIDEO} {VIDEO.upper()})", tr("All files") + " (*)")
        start = last_place(self.session.preferences, FOOTAGE)
        names, _ = QFileDialog.getOpenFileNames(self, tr("Add footage"), start, ";;".join(filters))
        if names:
            remember_place(self.session.preferences, FOOTAGE, Path(names[0]).parent)
        self.add([Path(name) for name in names])

    def _add_folder(self) -> None:
        start = last_place(self.session.preferences, FOOTAGE)
        name = QFileDialog.getExistingDirectory(self, tr("Add a folder of images as one item"), start)
        if name:
            remember_place(self.session.preferences, FOOTAGE, Path(name).parent)
            self.add([Path(name)])

    def add(self, paths: list[Path]) -> None:
        """Register and ingest."""
        footage.add(self.session, paths)

    def _ingest(self) -> None:
        row = self.current()
        if row is not None:
            footage.ingest(self.session, row.item)
            self.view.setFocus()

    def _waiting(self, working: Mapping[object, Job]) -> list[FootageRow]:
        """Items that are neither done nor being worked on."""
        idle = (ItemState.REGISTERED, ItemState.INTERRUPTED)
        return [r for r in self._rows if r.item.state in idle and r.item.id not in working]

    def _ingest_all(self) -> None:
        for row in self._waiting(footage.jobs(self.session)):
            footage.ingest(self.session, row.item)

    def _verify_one(self) -> None:
        row = self.current()
        if row is not None:
            verify_items(self.session, [row.item])
            self.view.setFocus()

    def _verify_all(self) -> None:
        verify_items(self.session, [row.item for row in self._rows])

    def _review(self) -> None:
        row = self.current()
        page = self.shell.show_page("review") if row is not None else None
        if page is not None and row is not None:
            page.open_item(row.item.id)  # type: ignore[attr-defined]

    _narrow, _counted = False, ("", "")  # items and cameras in words

    def _show_subtitle(self) -> None:
        items, cameras = self._counted
        whole = tr("{items}, {cameras} · originals are opened read-only").format(items=items, cameras=cameras)
        self.header.subtitle.setText(items if self._narrow or not items else whole)
        self.header.subtitle.setToolTip(whole if items else "")

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self._show_subtitle()
        self._place_panel()

    def _toggle_panel(self) -> None:
        self._panel = not self.details.isVisible()
        self._place_panel()

    def _place_panel(self) -> None:
        wanted = not self._narrow if self._panel is None else self._panel
        self.details.setVisible(bool(self._rows) and wanted)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls() and self.session.may_change():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.add([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])


def _zones(rows: Sequence[FootageRow]) -> str:
    """What the adjusted times on the page are given in: this computer's zone, and its distance from UTC back then."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    starts = sorted(row.clock.start.zone for row in rows)
    parts = dict.fromkeys(part for part in (name.removeprefix("Etc/"), *starts) if part)
    return tr("Adjusted times: {zone}").format(zone=", ".join(parts))


PAGE = FootagePage
