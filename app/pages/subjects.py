"""Subjects: what the analyst confirmed about one person, by night and by day, over cameras and time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QStackedWidget, QVBoxLayout, QWidget

from app import people, subjects, thumbnails
from app.dialogs import ask_text, show_cameras
from app.operations import searching
from app.operations import subjects as change
from app.pages.base import Page
from app.session import Changes, Session
from app.subjects import Appearance, SubjectRow, SubjectView
from app.tiles import Tile
from app.widgets.appearance_panel import AppearancePanel
from app.widgets.basic import ElidedLabel, box, label, rule
from app.widgets.notices import EmptyState, Statement
from app.widgets.subject_gallery import SubjectGallery
from app.widgets.subject_list import SubjectPanel
from app.widgets.way_panel import WayPanel
from app.words import tr


class SubjectsPage(Page):
    """A subject is what the analyst confirmed; the software never forms one by itself."""

    name, title = "subjects", tr("Subjects")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self._rows: list[SubjectRow] = []
        self.view: SubjectView | None = None
        self._current: int | None = None  # tracklet
        self._panel: bool | None = None  # what F9 last asked for; None: as the window's width allows
        self.thumbnails = thumbnails.shared(session)
        merge = self.button(tr("Merge…"), "call-merge", "subject.merge", self._merge)
        split = self.button(tr("Split…"), "call-split", "subject.split", self._split)
        for button in (merge, split):
            button.show_hint(False)
        self.header.add(merge, split)
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
        self.panel = AppearancePanel(self.thumbnails)
        self.left = SubjectPanel(self.thumbnails)
        row.addWidget(self.left)
        row.addWidget(self._middle(), 1)
        row.addWidget(self.panel)
        self._stack.addWidget(whole)
        self.body.addWidget(self._stack, 1)
        self._connect()

    def _connect(self) -> None:
        self.left.changed.connect(self._choose)
        self.panel.stepped.connect(self._step)
        self.panel.notes.leaving.connect(self._save_notes)
        self.panel.notes.reverted.connect(lambda key: self.session.unrecorded.give_up(("notes", key[1])))
        self.panel.footage_asked.connect(self._footage)
        self.panel.removal_asked.connect(self._remove)
        self.panel.nearby_asked.connect(self.shell.show_in_footage)
        acts: dict[str, Callable[[], None]] = {
            "subject.find": self.left.find.setFocus,
            "appearance.next": lambda: self._step(1),
            "appearance.previous": lambda: self._step(-1),
            "subject.remove": self._remove,
            "subject.footage": self._footage,
            "map": self.way.toggle,
            "lanes.in": lambda: self.way.zoom_by(1),
            "lanes.out": lambda: self.way.zoom_by(-1),
            "lanes.all": lambda: self.way.zoom_by(0),
            "plan.choose": self._choose_plan,
            "panel": self._toggle_panel,
        }
        for name, act in acts.items():
            self.command(name, act)

    def _middle(self) -> QWidget:
        area = QWidget()
        column = box(QVBoxLayout(area), 8, (16, 8, 16, 8))
        head = box(QHBoxLayout(), 8)
        self._name, self._span = label("", "item"), ElidedLabel("", "second")
        rename = self.button("", "pencil-outline", "subject.rename", self._rename, size="small")
        rename.setAccessibleName(tr("Rename…"))
        rename.setToolTip(tr("Rename…"))
        rename.setProperty("flat", "true")
        again = self.button(tr("Search again"), "magnify", "subject.search", self._search_again, size="small")
        again.setToolTip(tr("From the appearance chosen"))
        sheet = self.button(
            tr("Contact sheet…"), "file-image-outline", "subject.sheet", self._write_sheet, size="small"
        )
        sheet.setToolTip(tr("A picture of all appearances; the report folder has one of every subject."))
        for button in (rename, again, sheet):
            button.show_hint(False)  # the subject's name needs the room
        head.addWidget(self._name)
        head.addWidget(rename)
        head.addWidget(self._span, 1)
        head.addWidget(again)
        head.addWidget(sheet)
        column.addLayout(head)
        self.gallery = SubjectGallery(self.thumbnails)
        self.gallery.chosen.connect(self._select)
        self.gallery.opened.connect(self._footage)
        column.addWidget(self.gallery, 3)
        column.addWidget(rule())
        self.way = WayPanel(self.session)
        self.way.picked.connect(self._select)
        self.way.place_asked.connect(lambda: show_cameras(self.shell, self.session))
        column.addWidget(self.way, 2)
        return area

    @property
    def list(self) -> QWidget:
        """The page's main view."""
        return self.left.list

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "subjects", "footage", "tracklets", "models")

    def reset(self) -> None:
        self.view = self._current = None
        self._rows = []
        self.left.forget()
        self.panel.notes.forget()
        self.panel.notes.turn_to(None, "")
        self._stack.setCurrentIndex(0)

    def put_away(self) -> None:
        self.panel.notes.put_away()

    def give_up(self) -> None:
        self.panel.notes.forget()

    def focus_main(self) -> None:
        self.left.list.setFocus()

    def refresh(self) -> None:
        self.session.read(subjects.rows, self._show_rows, key="subjects")
        self.session.read(subjects.statement, self.statement.say, key="statement")

    def _show_rows(self, rows: list[SubjectRow]) -> None:
        self._rows = rows
        self.header.subtitle.setText(tr("{n} subjects in this case", "{n} subject in this case", len(rows)))
        self.left.show_rows(rows)
        if rows and self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)
            self.content_shown()
        elif not rows:
            self._stack.setCurrentIndex(0)
        self._choose()

    def _choose(self) -> None:
        """Read the subject chosen in the list, which is on show as soon as it has been read."""
        number = self.left.chosen
        if number is not None:
            self.session.read(lambda case: subjects.view(case, number), self._show_view, key="subject")

    def shown(self) -> SubjectView | None:
        """What may be acted on: None while the list is ahead of what is on show."""
        return self.view if self.view is not None and self.view.subject.id == self.left.chosen else None

    def _show_view(self, view: SubjectView) -> None:
        if view.subject.id != self.left.chosen or self.session.info is None:
            return
        self.view = view
        self._name.setText(
            f"{view.subject.label}  {view.subject.name if view.subject.name != view.subject.label else ''}"
        )
        self._span.set_text(subjects.span_words(view))
        self.panel.notes.turn_to((self.session.info.folder, view.subject.id), view.subject.notes)
        self.panel.show_noted(view.noted)
        self.gallery.show_subject(view)
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

    def _select(self, tracklet: int) -> None:
        self._current = tracklet
        shown = self.appearance()
        if shown is None or self.view is None:
            return
        self.gallery.select(tracklet)
        self.way.select(tracklet)
        self.panel.show_appearance(shown, self.view.appearances.index(shown) + 1, len(self.view.appearances))

        def show(found: list[Tile]) -> None:
            if self._current == tracklet:
                self.panel.show_nearby(found)

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

    def _write_sheet(self) -> None:
        view = self.shown()
        if view is not None:
            start = f"{view.subject.label}.png"
            name, _ = QFileDialog.getSaveFileName(self, tr("Contact sheet"), start, tr("Pictures") + " (*.png)")
            if name:
                change.write_sheet(self.session, view.subject, Path(name).with_suffix(".png"))

    def _choose_plan(self) -> None:
        if self.view is not None:
            self.way.choose_plan()

    def _split(self) -> None:
        view, chosen = self.shown(), self.gallery.selected()
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
        view, chosen = self.shown(), self.gallery.selected()
        if view is None or not chosen:
            return
        question = tr("{n} selected will leave the subject. Why?", "", len(chosen))
        reason = ask_text(self, tr("Remove"), question, tr("Remove"), needed=True)
        if reason is not None:
            change.remove(self.session, view.subject.id, chosen, reason)

    _narrow = False

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self._place_panel()

    def _toggle_panel(self) -> None:
        self._panel = not self.panel.isVisible()
        self._place_panel()

    def _place_panel(self) -> None:
        self.panel.setVisible(not self._narrow if self._panel is None else self._panel)


PAGE = SubjectsPage
