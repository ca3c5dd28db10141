"""Review: the original footage, exact to the frame, with the people found in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import people, thumbnails
from app.frames import FrameFeed, Opened, Shown
from app.operations import footage, stills
from app.operations.footage import FootageRow
from app.overlay import Overlay
from app.pages.base import Page
from app.people import Person
from app.querying import Querying
from app.read_only import SEARCHES
from app.seeking import Seeking, lost_sentence
from app.session import Changes, Session
from app.tiles import LazyTileModel, Tile
from app.widgets.basic import box
from app.widgets.marks_panel import MarksPanel
from app.widgets.person_panel import PersonPanel
from app.widgets.pictures import Strip
from app.widgets.player import PlayerCanvas
from app.widgets.review_header import FullScreenButton, ItemChoice
from app.widgets.timeline_panel import TimelinePanel
from app.widgets.transport import TimeBar, Transport
from app.words import tr

if TYPE_CHECKING:
    from engine.report.frame_still import FrameStill


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
        self.seeking = Seeking(self)
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
        holder = box(QHBoxLayout(), 0, (16, 6, 10, 8))  # each tile has a gap at its right
        holder.addWidget(self.strip)
        column.addLayout(holder)
        row.addLayout(column, 1)
        row.addWidget(self.panel)
        self.body.addLayout(row, 1)
        self._connect()

    def _build_header(self) -> None:
        self.choice = ItemChoice()
        self.choice.chosen.connect(lambda n: self.open_item(self._rows[n].item.id))
        self.header.row.insertWidget(1, self.choice, 100)
        self.lost = self.button("", "alert-outline", "lost.next", self.seeking.to_lost)
        self.lost.setProperty("warning", "true")
        self.lost.hide()
        still = self.button(tr("Export still…"), "image-outline", "still.export", self._export)
        full = FullScreenButton(self.shell)
        full.clicked.connect(self.shell.toggle_full_screen)
        self.header.add(self.lost, still, full)

    def _controls(self) -> QWidget:
        for text, icon, command, act in (
            (tr("Previous person"), "account-arrow-left-outline", "person.previous", self._previous_person),
            (tr("Next person"), "account-arrow-right-outline", "person.next", self._next_person),
            (tr("Go to time…"), "clock-outline", "time.go", self.seeking.ask_time),
        ):
            self.transport.row.addWidget(self.button(text, icon, command, act, size="small"))
        return self.transport

    def _previous_person(self) -> None:
        self.seeking.to_person(backwards=True)

    def _next_person(self) -> None:
        self.seeking.to_person(backwards=False)

    def _connect(self) -> None:
        self.feed.opened.connect(self._opened)
        self.feed.shown.connect(self._shown)
        self.feed.failed.connect(self._failed)
        self.feed.playing_changed.connect(lambda playing: None if playing else self._show_present())
        self.canvas.picked.connect(self.pick)
        self.canvas.searched.connect(lambda tracklet: self.pick(tracklet, search=True))
        self.canvas.resized.connect(self._resized)
        self.timeline.sought.connect(self.seeking.to_seconds)
        self.marks.asked.connect(self.seeking.to_pts)
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
            "step.first": lambda: self.transport.to_end(first=True),
            "step.last": lambda: self.transport.to_end(first=False),
            "timeline.in": lambda: self.timeline.timeline.zoom(0.5),
            "timeline.out": lambda: self.timeline.timeline.zoom(2.0),
            "timeline.all": lambda: self.timeline.timeline.zoom(0.0),
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
        self.choice.clear()
        self._close()
        self.model.show_ids(())
        self.marks.forget()
        self.querying.forget()
        self.lost.hide()

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
        self.choice.show_items(rows)
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
        index = stills.index_file(self.session.case.cache, row.item) if self.session.case else None
        self.feed.open(row.item.path, row.item.size, index)

    def _close(self) -> None:
        """Nothing of the footage on show until now may stand beside other footage."""
        self.feed.clear()
        self.overlay.forget()
        self.canvas.set_frame(None)
        self.canvas.set_paths((), 1)
        self.times.clear()
        self.timeline.forget()
        self.seeking.pick_at = None
        self.pick(None)
        self._show_present()

    def _use_row(self, row: FootageRow) -> None:
        self.row = row
        self.choice.show_row(self._rows.index(row), row)
        lost = row.item.frames_failed
        self.lost.setVisible(lost > 0)
        self.lost.set_text(tr("{n} frames not decoded", "{n} frame not decoded", lost))
        self.lost.setToolTip(lost_sentence(lost, self.session.keymap.key("lost.next")))
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
        wanted = self.seeking.pick_at
        if wanted is not None and self.feed.current and self.feed.current.pts == wanted:
            starting = [path.tracklet for path, _ in self.canvas.present() if path.pts[0] == wanted]
            if starting:
                self.seeking.pick_at = None
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
        best = lambda case: case.tracklets.crops(tile.tracklet)[0].timestamp.pts  # noqa: E731
        self.session.read(best, self.seeking.to_pts, key="go")

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

    def _mark(self) -> None:
        self.feed.stop()
        self.marks.ask()

    def _resized(self) -> None:
        self.feed.set_room(self.canvas.room())
        self.feed.redraw()
        self.timeline.load()

    def _export(self) -> None:
        """Ask where the still of the frame on show may be written."""
        self.feed.stop()
        row, frame = self.row, self.feed.current
        if row is None or frame is None:
            self.session.message.emit("plain", tr("No frame is on show that could be exported."), "")
            return
        place = Path(str(self.session.preferences.get("still_folder", Path.home())))
        proposed = str(place / stills.still_name(row.item, frame.index))
        name, _ = QFileDialog.getSaveFileName(self, tr("Export still"), proposed, tr("PNG pictures (*.png)"))
        if name:
            self.session.preferences.set("still_folder", str(Path(name).parent))
            stills.export(self.session, row.item, frame.pts, Path(name), self._exported)

    def _exported(self, still: FrameStill) -> None:
        words = tr("The still is at {path}; its hashes and times are beside it, in {facts}.")
        self.session.message.emit("plain", words.format(path=still.picture, facts=still.facts.name), "")

    def set_narrow(self, narrow: bool) -> None:
        self.panel.setVisible(not narrow)

    def leave(self) -> None:
        self.feed.stop()

    def shut(self) -> None:
        self.feed.close()


PAGE = ReviewPage
