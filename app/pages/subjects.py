"""Subjects: what the analyst confirmed about one person, by night and by day, over cameras and time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import people, subjects, thumbnails
from app.dialogs import ask_text
from app.operations import cameras, searching
from app.operations import subjects as change
from app.pages.base import Page
from app.read_only import SEARCHES, writes
from app.session import Changes, Session
from app.subjects import Appearance, SubjectRow, SubjectView
from app.tiles import Tile, TileModel
from app.widgets.appearance_panel import AppearancePanel
from app.widgets.basic import Badge, Button, ElidedLabel, box, label, rule, styled
from app.widgets.grid import TileView
from app.widgets.lists import ShortList
from app.widgets.notices import EmptyState, Statement
from app.widgets.pictures import CropPicture
from app.widgets.place_cameras import PlaceCameras
from app.widgets.way_panel import WayPanel
from app.words import tr
from engine.types import Modality

LIST, TILE = 232, 130
WIDEST = 4  # times as wide as the other side, at most, where one has more appearances


class SubjectsPage(Page):
    """A subject is what the analyst confirmed; the software never forms one by itself."""

    name, title = "subjects", tr("Subjects")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self._rows: list[SubjectRow] = []
        self.view: SubjectView | None = None
        self._current: int | None = None  # tracklet
        self.thumbnails = thumbnails.shared(session)
        merge = Button(tr("Merge…"), "call-merge")
        merge.clicked.connect(self._merge)
        split = Button(tr("Split…"), "call-split")
        split.clicked.connect(self._split)
        self.header.add(merge, split)
        writes(merge, split)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "folder-account-outline",
                tr(
                    "No subject yet. Confirm a candidate on the Search page: the person searched for and the candidate "
                    "form a subject."
                ),
                tr("Go to Search"),
                lambda: self.shell.show_page("search"),
            )
        )
        whole = QWidget()
        self.statement = Statement()
        column = box(QVBoxLayout(whole))
        column.addWidget(self.statement)
        row = box(QHBoxLayout())
        column.addLayout(row, 1)
        row.addWidget(self._list())
        row.addWidget(self._middle(), 1)
        self.panel = AppearancePanel(self.thumbnails)
        row.addWidget(self.panel)
        self._stack.addWidget(whole)
        self.body.addWidget(self._stack, 1)
        self.panel.stepped.connect(self._step)
        self.panel.notes.leaving.connect(self._save_notes)
        self.panel.footage_asked.connect(self._footage)
        self.panel.removal_asked.connect(self._remove)
        self.panel.nearby_asked.connect(self.shell.show_in_footage)
        for name, act in {
            "appearance.next": lambda: self._step(1),
            "appearance.previous": lambda: self._step(-1),
            "subject.rename": self._rename,
            "subject.footage": self._footage,
            "map": self.way.toggle,
            "cameras.place": self._place_cameras,
            "plan.choose": self._choose_plan,
        }.items():
            self.command(name, act)

    def _list(self) -> QWidget:
        side = styled(QWidget(), "leftpanel")
        side.setFixedWidth(LIST)
        column = box(QVBoxLayout(side))
        self.list = ShortList()
        self.list.setAccessibleName(tr("Subjects"))
        self.list.currentRowChanged.connect(self._choose)
        column.addWidget(self.list, 1)
        note = label(
            tr("A subject is what the analyst confirmed. The software never forms one by itself."), "quiet", wrap=True
        )
        note.setContentsMargins(16, 8, 16, 16)
        column.addWidget(note)
        return side

    def _middle(self) -> QWidget:
        area = QWidget()
        column = box(QVBoxLayout(area), 8, (16, 12, 16, 12))
        head = box(QHBoxLayout(), 12)
        self._name, self._span = label("", "item"), label("", "second")
        head.addWidget(self._name)
        head.addWidget(self._span)
        head.addStretch(1)
        rename = Button(tr("Rename…"), "pencil-outline", "subject.rename", size="small")
        rename.clicked.connect(self._rename)
        again = Button(tr("Search again"), "magnify", size="small")
        again.clicked.connect(self._search_again)
        writes(again, why=SEARCHES)
        head.addWidget(rename)
        head.addWidget(again)
        column.addLayout(head)
        self.models = {Modality.INFRARED: TileModel(), Modality.VISIBLE: TileModel()}
        self.views: dict[Modality, TileView] = {}
        self._counts = {}
        self._sides = box(QHBoxLayout(), 12)  # night and day beside one another: both in sight in a low window too
        for modality, title in ((Modality.INFRARED, tr("Night")), (Modality.VISIBLE, tr("Day"))):
            side = box(QVBoxLayout(), 8)
            line = box(QHBoxLayout(), 8)
            line.addWidget(Badge(modality))
            line.addWidget(label(title, "strong"))
            self._counts[modality] = label("", "quiet")
            line.addWidget(self._counts[modality])
            line.addStretch(1)
            side.addLayout(line)
            view = TileView(self.thumbnails, self.models[modality], title, strip=False)
            view.set_tile_width(TILE)
            view.setMinimumHeight(TILE + TILE // 2)  # in a low window with the map, a row is scrolled
            view.current_changed.connect(lambda row, m=modality: self._tile_chosen(m, row))
            view.opened.connect(lambda _row: self._footage())
            self.views[modality] = view
            side.addWidget(view, 1)
            self._sides.addLayout(side)
        column.addLayout(self._sides, 3)
        column.addWidget(rule())
        self.way = WayPanel(self.session)
        self.way.picked.connect(self._select)
        self.way.place_asked.connect(self._place_cameras)
        column.addWidget(self.way, 2)
        return area

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "subjects", "footage", "tracklets", "models")

    def reset(self) -> None:
        self.view = self._current = None
        self._rows = []
        self.list.clear()
        self.panel.notes.turn_to(None, "")
        self._stack.setCurrentIndex(0)

    def put_away(self) -> None:
        self.panel.notes.put_away()

    def focus_main(self) -> None:
        self.list.setFocus()

    def refresh(self) -> None:
        self.session.read(subjects.rows, self._show_rows, key="subjects")
        self.session.read(subjects.statement, self.statement.say, key="statement")

    def _show_rows(self, rows: list[SubjectRow]) -> None:
        now = self._listed()
        self._rows = rows
        self.header.subtitle.setText(tr("{n} subjects in this case", "{n} subject in this case", len(rows)))
        if rows and self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)
            self.content_shown()
        elif not rows:
            self._stack.setCurrentIndex(0)
        self.list.blockSignals(True)
        self.list.clear()
        for row in rows:
            item = QListWidgetItem()
            item.setSizeHint(QSize(LIST - 20, 72))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.subject.label} {row.subject.name}")
            self.list.addItem(item)
            self.list.setItemWidget(item, self._line(row))
        self.list.blockSignals(False)
        place = next((n for n, row in enumerate(rows) if row.subject.id == now), 0)
        self.list.setCurrentRow(place)
        self._choose(place)

    def _line(self, row: SubjectRow) -> QWidget:
        line = QWidget()
        inside = box(QHBoxLayout(line), 8, (16, 6, 8, 6))
        picture = CropPicture(self.thumbnails, QSize(40, 60))
        picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        picture.show_crop(row.crop)
        inside.addWidget(picture)
        words = box(QVBoxLayout(), 2)
        words.addStretch(1)
        head = box(QHBoxLayout(), 4)
        head.addWidget(label(row.subject.label, "strong"))
        head.addStretch(1)
        head.addWidget(label(f"{row.night} IR · {row.day} RGB", "small"))
        words.addLayout(head)
        words.addWidget(ElidedLabel(row.subject.name if row.subject.name != row.subject.label else tr("no name yet")))
        words.addStretch(1)
        inside.addLayout(words, 1)
        return line

    def _listed(self) -> int | None:
        """The subject chosen in the list, which is on show as soon as it has been read."""
        row = self.list.currentRow()
        return self._rows[row].subject.id if 0 <= row < len(self._rows) else None

    def _choose(self, _row: int) -> None:
        number = self._listed()
        if number is not None:
            self.session.read(lambda case: subjects.view(case, number), self._show_view, key="subject")

    def shown(self) -> SubjectView | None:
        """What may be acted on: None while the list is ahead of what is on show."""
        return self.view if self.view is not None and self.view.subject.id == self._listed() else None

    def _show_view(self, view: SubjectView) -> None:
        if view.subject.id != self._listed() or self.session.info is None:
            return
        self.view = view
        self._name.setText(
            f"{view.subject.label}  {view.subject.name if view.subject.name != view.subject.label else ''}"
        )
        self._span.setText(subjects.span_words(view))
        self.panel.notes.turn_to((self.session.info.folder, view.subject.id), view.subject.notes)
        for side, (modality, model) in enumerate(self.models.items()):
            shown = view.of(modality)
            self._sides.setStretch(side, min(max(len(shown), 1), WIDEST))
            tiles = [a.tile for a in shown]
            if tiles != model.tiles:  # else what is selected stays selected
                model.show(tiles)
            self._counts[modality].setText(tr("{n} appearances", "{n} appearance", len(shown)))
        self.way.show_appearances(view.appearances, view.cameras, view.plan)
        known = [a.tracklet.id for a in view.appearances]
        if known:
            self._select(self._current if self._current in known else known[0])
        else:
            self._current = None
            self.panel.show_nobody()

    def appearance(self) -> Appearance | None:
        """The chosen one."""
        view = self.shown()
        return next((a for a in view.appearances if a.tracklet.id == self._current), None) if view else None

    def _tile_chosen(self, modality: Modality, row: int) -> None:
        tile: Tile | None = self.models[modality].tile(row)
        if tile is not None and tile.tracklet != self._current:
            self._select(tile.tracklet)

    def _select(self, tracklet: int) -> None:
        self._current = tracklet
        shown = self.appearance()
        if shown is None or self.view is None:
            return
        for modality, view in self.views.items():
            row = self.models[modality].row_of(tracklet)
            if row is None:
                view.clearSelection()
            elif view.row != row:
                view.select_row(row)
        self.way.select(tracklet)
        self.panel.show_appearance(shown, self.view.appearances.index(shown) + 1, len(self.view.appearances))

        def show(found: list[Tile]) -> None:
            if self._current == tracklet:
                self.panel.nearby.show(found)

        self.session.read(lambda case: subjects.nearby(case, tracklet), show, key="nearby")

    def _step(self, by: int) -> None:
        shown = self.appearance()
        if shown is not None and self.view is not None:
            everyone = self.view.appearances
            self._select(everyone[(everyone.index(shown) + by) % len(everyone)].tracklet.id)

    def _footage(self) -> None:
        shown = self.appearance()
        if shown is not None:
            self.shell.show_in_footage(shown.tracklet.id)

    def _search_again(self) -> None:
        """With the appearance chosen."""
        shown = self.appearance()
        if shown is not None:
            self.session.read(lambda case: people.person(case, shown.tracklet.id), self._start, key="person")

    def _start(self, person: people.Person) -> None:
        page = self.shell.show_page("search")
        if page is not None:
            page.start_query(searching.query_of(person))  # type: ignore[attr-defined]

    def _save_notes(self, key: tuple[Path, int], text: str) -> None:
        folder, subject = key
        notes = self.panel.notes
        if self.session.info is None or self.session.info.folder != folder:
            notes.refused(key)  # another case is open: kept until its own is open again
            return
        done, failed = lambda: notes.recorded(key, text), lambda: notes.refused(key)
        change.set_notes(self.session, subject, text, done, failed)

    def _rename(self) -> None:
        view = self.shown()
        if view is not None:
            subject = view.subject
            name, ok = QInputDialog.getText(self, tr("Rename"), tr("Name of the subject"), text=subject.name)
            if ok and name.strip():
                change.rename(self.session, subject.id, name.strip())

    def _merge(self) -> None:
        view = self.shown()
        if view is None:
            return
        subject = view.subject
        others = [row.subject for row in self._rows if row.subject.id != subject.id]
        if not others:
            self.session.message.emit("plain", tr("There is no other subject to merge with."), "")
            return
        names = [f"{other.label} {other.name}" for other in others]
        question = tr("{label} is the same person as:").format(label=subject.label)
        name, ok = QInputDialog.getItem(self, tr("Merge"), question, names, 0, False)
        reason = ask_text(self, tr("Merge"), tr("Why are both one person?"), tr("Merge"), needed=True) if ok else None
        if reason is not None:
            change.merge(self.session, subject.id, others[names.index(name)].id, reason)

    def _place_cameras(self) -> None:
        if self.view is not None:
            dialog = PlaceCameras(self, self.view.cameras, self.way.map.ground)
            if dialog.exec() and dialog.positions():
                cameras.place(self.session, dialog.positions())

    def _choose_plan(self) -> None:
        if self.view is not None:
            self.way.choose_plan()

    def _chosen(self) -> list[int]:
        found = [
            t.tracklet for m, view in self.views.items() for r in view.selected_rows() if (t := self.models[m].tile(r))
        ]
        return found or ([self._current] if self._current is not None else [])

    def _split(self) -> None:
        view, chosen = self.shown(), self._chosen()
        if view is None or not chosen:
            return
        question = tr(
            "{n} selected will form a subject of their own. Why?",
            "{n} selected will form a subject of its own. Why?",
            len(chosen),
        )
        reason = ask_text(self, tr("Split"), question, tr("Split"), needed=True)
        if reason is not None:
            change.split(self.session, view.subject.id, chosen, reason)

    def _remove(self) -> None:
        view, chosen = self.shown(), self._chosen()
        if view is None or not chosen:
            return
        question = tr("{n} selected will leave the subject. Why?", "", len(chosen))
        reason = ask_text(self, tr("Remove"), question, tr("Remove"), needed=True)
        if reason is not None:
            change.remove(self.session, view.subject.id, chosen, reason)

    def set_narrow(self, narrow: bool) -> None:
        self.panel.setVisible(not narrow)


PAGE = SubjectsPage
