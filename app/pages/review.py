"""Review: the original footage, exact to the frame, with the people found in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QVBoxLayout, QWidget

from app import people, thumbnails
from app.frames import FrameFeed, Opened, Shown
from app.operations import footage
from app.operations.footage import FootageRow
from app.overlay import Overlay
from app.pages.base import Page
from app.people import Person
from app.querying import Querying
from app.read_only import SEARCHES
from app.session import Changes, Session
from app.tiles import LazyTileModel, Tile
from app.times import seconds_of
from app.widgets.basic import Badge, ComboBox, box, label
from app.widgets.marks_panel import MarksPanel
from app.widgets.person_panel import PersonPanel
from app.widgets.pictures import Strip
from app.widgets.player import PlayerCanvas
from app.widgets.timeline_panel import TimelinePanel
from app.widgets.transport import TimeBar, Transport
from app.words import tr
from engine.errors import UsageError


class ReviewPage(Page):
    """One item at a time."""

    name, title = "review", tr("Review", "page")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self._rows: list[FootageRow] = []
        self.row: FootageRow | None = None
        self._wanted: tuple[int, int | None, int | None] | None = None  # item, PTS, tracklet
        self.overlay = Overlay(session)
        self.overlay.loaded.connect(self._show_paths)
        self.person: Person | None = None
        self._pick_at_next: int | None = None
        self.feed = FrameFeed(self)
        self.thumbnails = thumbnails.shared(session)
        self._build_header()
        self.canvas = PlayerCanvas()
        self.timeline = TimelinePanel(session)
        self.model = LazyTileModel(self._fetch)
        self.strip = Strip(self.thumbnails, self.model, tr("People of this item in order of time"))
        self.panel = PersonPanel(self.thumbnails)
        self.marks = MarksPanel(session)
        self.panel.foot.addWidget(self.marks)
        self.querying = Querying(self)
        row = box(QHBoxLayout())
        column = box(QVBoxLayout())
        self.times, self.transport = TimeBar(), Transport(self.feed)
        column.addWidget(self.times)
        column.addWidget(self.canvas, 1)
        column.addWidget(self._controls())
        column.addWidget(self.timeline)
        holder = box(QHBoxLayout(), 0, (16, 6, 16, 8))
        holder.addWidget(self.strip)
        column.addLayout(holder)
        row.addLayout(column, 1)
        row.addWidget(self.panel)
        self.body.addLayout(row, 1)
        self._connect()

    def _build_header(self) -> None:
        self.items = ComboBox()
        self.items.setAccessibleName(tr("Evidence item"))
        self.items.setMinimumWidth(380)
        self.items.activated.connect(lambda n: self.open_item(self._rows[n].item.id))
        self._badges = (Badge(), Badge())
        self._lost = label("", "warning")
        row = self.header.row
        row.insertWidget(1, self.items)
        for badge in self._badges:
            row.insertWidget(2, badge)
        self.header.add(self._lost, self.button(tr("Go to time…"), "clock-outline", "time.go", self._go_to))

    def _controls(self) -> QWidget:
        for text, icon, command, backwards in (
            (tr("Previous person"), "account-arrow-left-outline", "person.previous", True),
            (tr("Next person"), "account-arrow-right-outline", "person.next", False),
        ):
            jump = lambda back=backwards: self._jump(back)  # noqa: E731
            self.transport.row.addWidget(self.button(text, icon, command, jump))
        return self.transport

    def _connect(self) -> None:
        self.feed.opened.connect(self._opened)
        self.feed.shown.connect(self._shown)
        self.feed.failed.connect(self._failed)
        self.feed.playing_changed.connect(lambda playing: None if playing else self._show_present())
        self.canvas.picked.connect(self.pick)
        self.canvas.searched.connect(lambda tracklet: self.pick(tracklet, search=True))
        self.canvas.resized.connect(self._resized)
        self.timeline.sought.connect(self._seek)
        self.marks.asked.connect(self._show_pts)
        self.marks.changed.connect(lambda: self.timeline.show_marks(self.marks.marks))
        self.strip.picked.connect(self._pick_row)
        self.panel.searched.connect(self.querying.search)
        self.panel.queried.connect(self.querying.add)
        self.panel.picked.connect(self.pick)
        self.panel.boxes.toggled.connect(self.canvas.set_boxes)
        self.panel.paths.toggled.connect(self.canvas.set_trails)
        for name, act in {
            "search": self.querying.search,
            "query.add": self.querying.add,
            "play": self.transport.toggle,
            "step.back": lambda: self.feed.step(-1),
            "step.forward": lambda: self.feed.step(1),
            "skip.back": lambda: self.feed.skip(-10),
            "skip.forward": lambda: self.feed.skip(10),
            "frame.person": self._next_in_frame,
            "boxes": self.panel.boxes.toggle,
            "paths": self.panel.paths.toggle,
            "mark.add": self._mark,
            "mark.next": lambda: self.marks.step(1),
            "mark.previous": lambda: self.marks.step(-1),
            "mark.edit": self.marks.ask_edit,
            "mark.remove": self.marks.remove_chosen,
            "undo": self.marks.undo,
            "panel": lambda: self.panel.setVisible(not self.panel.isVisible()),
        }.items():
            self.command(name, act)

    # which item

    def concerned(self, changes: Changes) -> bool:
        if changes.marks:
            self.marks.reload()
        return changes.any_of("case", "footage", "tracklets")

    def reset(self) -> None:
        self._rows, self.row, self._wanted = [], None, None
        self.items.clear()
        self._close()
        self.model.show_ids(())
        self.marks.forget()
        self.querying.forget()
        self._lost.clear()
        for badge in self._badges:
            badge.set_modality(None)

    def refresh(self) -> None:
        self.session.read(footage.rows, self._show_rows, key="review rows")

    def enter(self) -> None:
        super().enter()
        self.querying.show()

    def focus_main(self) -> None:
        self.canvas.setFocus()

    def open_item(self, item_id: int, pts: int | None = None, tracklet: int | None = None) -> None:
        """Show an item, at a PTS, with a person chosen."""
        self._wanted = (item_id, pts, tracklet)
        if any(row.item.id == item_id for row in self._rows):
            self._open_wanted()

    def _show_rows(self, rows: list[FootageRow]) -> None:
        self._rows = rows
        self.items.clear()
        self.items.addItems([f"{r.item.exhibit}   {r.item.path.name} · {r.item.camera.name}" for r in rows])
        if not rows:
            self.reset()
            self.canvas.set_message(tr("No footage yet. Add some on the Footage page (Ctrl+2)."))
            return
        if self._wanted is None and self.row is None:
            self._wanted = (rows[0].item.id, None, None)
        if self._wanted is not None:
            self._open_wanted()
        elif self.row is not None:
            self._use_row(next((r for r in rows if r.item.id == self.row.item.id), rows[0]))

    def _open_wanted(self) -> None:
        assert self._wanted is not None
        item_id = self._wanted[0]
        row = next((r for r in self._rows if r.item.id == item_id), None)
        if row is None:
            return
        if self.row is not None and self.row.item.id == item_id and self.feed.item is not None:
            self._goto_wanted()
            return
        self._close()
        self.canvas.set_message(tr("Opening {name}…").format(name=row.item.path.name))
        self._use_row(row)
        self.feed.set_room(self.canvas.room())
        index = self.session.case.cache / "index" / f"{row.item.sha256}.npz" if self.session.case else None
        self.feed.open(row.item.path, row.item.size, index)

    def _close(self) -> None:
        """Nothing of the footage on show until now may stand beside other footage."""
        self.feed.clear()
        self.overlay.forget()
        self.canvas.set_frame(None)
        self.canvas.set_paths((), 1)
        self.times.clear()
        self.timeline.forget()
        self._pick_at_next = None
        self.pick(None)
        self._show_present()

    def _use_row(self, row: FootageRow) -> None:
        self.row = row
        self.items.setCurrentIndex(self._rows.index(row))
        for n, badge in enumerate(self._badges):
            badge.set_modality(row.modalities[n] if n < len(row.modalities) else None)
        lost = row.item.frames_failed
        self._lost.setText(tr("{n} frames not decoded", "{n} frame not decoded", lost) if lost else "")
        self._load_tiles()
        self.marks.show_item(row.item.id, row.clock)
        if self.feed.item is not None:
            self.timeline.refresh(row)
            self.overlay.forget()
            self._load_paths()

    def _opened(self, item: Opened) -> None:
        if self.row is None:
            return
        self.timeline.show_item(self.row, item)
        self.timeline.show_marks(self.marks.marks)
        self.overlay.forget()
        self._goto_wanted()

    def _goto_wanted(self) -> None:
        item = self.feed.item
        if item is None or self._wanted is None:
            return
        _, pts, tracklet = self._wanted
        self._wanted = None
        self.feed.show(int(item.pts[0]) if pts is None else item.beside(pts, 0))
        if tracklet is not None:
            self.pick(tracklet)

    # what is on show

    def _shown(self, shown: Shown) -> None:
        if self.row is None:
            return
        self.canvas.set_frame(shown)
        self.times.show_frame(self.row, shown)
        self.timeline.set_now(shown.seconds)
        self.marks.set_now(shown.pts)
        self._load_paths()
        self._show_present()

    def _failed(self, error: Exception) -> None:
        self.canvas.set_frame(None)
        self.times.clear()
        self.marks.set_now(None)
        hint = getattr(error, "hint", "")
        self.canvas.set_message(f"{error}\n{hint}")
        self.session.failed.emit(error)

    def _load_paths(self) -> None:
        if self.feed.item is not None and self.feed.current is not None and self.row is not None:
            self.overlay.around(self.row.item.id, self.feed.current.pts, self.feed.item.time_base)

    def _show_paths(self) -> None:
        self.canvas.set_paths(self.overlay.paths, self.overlay.second)
        self._show_present()

    def _show_present(self) -> None:
        if self.feed.playing:
            return
        lines = []
        for path, area in self.canvas.present():
            word = self.overlay.words.get(path.tracklet, "")
            lines.append((path.tracklet, path.label, word, f"{area.width():.0f} × {area.height():.0f} px"))
        self.panel.show_present(lines, self.person.tracklet.id if self.person else None)
        if self._pick_at_next is not None and self.feed.current and self.feed.current.pts == self._pick_at_next:
            starting = [path.tracklet for path, _ in self.canvas.present() if path.pts[0] == self._pick_at_next]
            if starting:
                self._pick_at_next = None
                self.pick(starting[0])

    # people

    def _load_tiles(self) -> None:
        assert self.row is not None
        item_id = self.row.item.id

        def ask(case: Any) -> Any:
            from engine.store.tracklets import TrackletFilter

            return case.tracklets.ids(TrackletFilter(items=(item_id,)), "item")

        self.session.read(ask, self.model.show_ids, key="strip")

    def _fetch(self, ids: Sequence[int], deliver: Any) -> None:
        self.session.read(lambda case: people.tiles(case, ids), deliver)

    def _pick_row(self, row: int) -> None:
        tile: Tile | None = self.model.tile(row)
        if tile is None:
            return
        self.pick(tile.tracklet)
        self.session.read(lambda case: case.tracklets.crops(tile.tracklet)[0].timestamp.pts, self._show_pts, key="go")

    def _show_pts(self, pts: int) -> None:
        if self.feed.item is not None:
            self.feed.show(self.feed.item.beside(pts, 0))

    def pick(self, tracklet: int | None, *, search: bool = False) -> None:
        """Choose a person, and search for them at once where `search`; None chooses nobody."""
        self.canvas.selected = tracklet
        self.canvas.update()
        self.person = None
        if tracklet is None:
            self.panel.show_person(None)
            return

        def done(person: Person) -> None:
            if self.canvas.selected != tracklet:
                return  # somebody else has been chosen since
            self.person = person
            self.panel.show_person(person)
            self._show_present()
            row = self.model.row_of(tracklet)
            if row is not None and self.strip.currentIndex().row() != row:
                self.strip.select_row(row)
            if search and self.session.may_change(SEARCHES):
                self.querying.search()

        self.session.read(lambda case: people.person(case, tracklet), done, key="person")

    def _next_in_frame(self) -> None:
        present = [path.tracklet for path, _ in self.canvas.present()]
        if present:
            now = self.canvas.selected
            place = present.index(now) + 1 if now in present else 0
            self.pick(present[place % len(present)])

    def _jump(self, backwards: bool) -> None:
        pts = self.feed.bound
        if pts is None or self.row is None:
            return
        item_id = self.row.item.id

        def done(start: int | None) -> None:
            if start is None:
                words = tr("Nobody earlier in this item.") if backwards else tr("Nobody later in this item.")
                self.session.message.emit("plain", words, "")
            elif self.feed.item is not None:
                self._pick_at_next = start
                self.feed.show(start)

        self.session.read(lambda case: case.tracklets.next_start(item_id, pts, backwards=backwards), done, key="jump")

    def _seek(self, seconds: float) -> None:
        if self.feed.item is not None:
            self.feed.show(self.feed.item.at(seconds))

    def _mark(self) -> None:
        self.feed.stop()
        self.marks.ask()

    def _resized(self) -> None:
        self.feed.set_room(self.canvas.room())
        self.feed.redraw()
        self.timeline.load()

    def _go_to(self) -> None:
        if self.feed.item is None or self.row is None:
            return
        start = self.row.clock.start.recorder
        question = tr("Recorder time (HH:MM:SS)") if start else tr("Position (H:MM:SS)")
        text, ok = QInputDialog.getText(self, tr("Go to time"), question)
        if ok:
            try:
                self._seek(seconds_of(text, start, self.feed.item.duration))
            except UsageError as error:
                self.session.failed.emit(error)

    def set_narrow(self, narrow: bool) -> None:
        self.panel.setVisible(not narrow)

    def leave(self) -> None:
        self.feed.stop()

    def shut(self) -> None:
        self.feed.close()


PAGE = ReviewPage
