"""What every page has: a header, a scope for its keys, and a way to be told of changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.session import CaseInfo, Changes, Session
from app.widgets.basic import Button, box, label, styled

if TYPE_CHECKING:
    from app.shell import Window

HEADER = 48
NARROW = 1360
KEEP_MS = 2000  # how often what is typed is kept


class Drafter(Protocol):
    """A part of a page where things are typed and decided on later."""

    def drafts(self) -> Mapping[str, Any]:
        """What is typed and not decided on, as values of JSON, by what it is about."""

    def take_drafts(self, kept: Mapping[str, Any]) -> None:
        """What was so when the case was left: it comes back beside what it is about."""


class Header(QWidget):
    """Page title, a quiet subtitle, and actions at the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        styled(self, "header")
        self.setFixedHeight(HEADER)
        self.row = box(QHBoxLayout(self), 12, (16, 0, 16, 0))
        self.row.addWidget(label(title, "title"))
        self.subtitle = label("", "second", wrap=True)
        self.row.addWidget(self.subtitle, 1)

    def add(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self.row.addWidget(widget)


class Page(QWidget):
    """A page of the window. Subclasses set `name`, `title`, `icon`, fill `self.body`, and override the hooks."""

    name = ""
    title = ""
    icon = ""
    needs_case = True
    drafter: Drafter | None = None

    def __init__(self, session: Session, window: Window) -> None:
        super().__init__()
        styled(self, "page")
        self.session = session
        self.shell = window
        self._commands: dict[str, Callable[[], None]] = {}
        self._stale = True
        column = box(QVBoxLayout(self))
        self.header = Header(self.title)
        column.addWidget(self.header)
        self.body = box(QVBoxLayout())
        column.addLayout(self.body, 1)
        session.changed.connect(self._on_changed)
        session.leaving.connect(self._save)
        self._begun: CaseInfo | None = None  # the case that is worked on here
        self._keeping = QTimer(self, interval=KEEP_MS)  # so that a power cut takes little of what is typed
        self._keeping.timeout.connect(self._keep)

    def command(self, name: str, act: Callable[[], None]) -> None:
        """Bind a command of the page's scope to a function."""
        self._commands[name] = act

    def button(self, text: str, icon: str, command: str, act: Callable[[], None], **options: object) -> Button:
        """A button and its command in one: a click and the key do the same."""
        made = Button(text, icon, command, **options)  # type: ignore[arg-type]
        made.clicked.connect(lambda: act())  # noqa: PLW0108 - the signal's own argument stays out
        if command:
            self.command(command, lambda: act() if made.isEnabled() else None)
        return made

    def trigger(self, command: str) -> bool:
        """Do a command; False where the page does not know it."""
        act = self._commands.get(command)
        if act is None:
            return False
        act()
        return True

    def concerned(self, changes: Changes) -> bool:
        """Whether these changes make the page's content stale."""
        return changes.case

    def reset(self) -> None:
        """Another case was opened, or none: forget at once what belongs to the one before. Reading is `refresh`'s."""

    def begin(self) -> None:
        """The page is made, or another case was opened: what was typed before is taken up again."""
        self._begun = self.session.info
        if self.drafter is not None and self.session.is_open:
            self.drafter.take_drafts(self.session.kept.get(self.name, {}))
            self._keeping.start()
        else:
            self._keeping.stop()

    def refresh(self) -> None:
        """Read the page's content again (on reader threads) and show it."""

    def enter(self) -> None:
        """The page has been brought to the front."""
        if self._stale:
            self._stale = False
            self.refresh()
        self.take_keyboard()

    def leave(self) -> None:
        """Another page comes to the front."""
        self.put_away()

    def put_away(self) -> None:
        """The page or its case is being left: record what is typed and not recorded yet."""

    def _keep(self) -> None:
        if self.drafter is not None and self.session.info is self._begun:  # not what was typed in the case before
            self.session.keep(self.name, self.drafter.drafts())

    def _save(self) -> None:
        self.put_away()
        self._keep()

    def give_up(self) -> None:
        """What is typed and could not be recorded is not wanted any more: show what is recorded again."""

    def shut(self) -> None:
        """The window closes: end threads of the page's own."""

    def content_shown(self) -> None:
        """The page's main view has just come into sight: it gets the keyboard, unless somebody is typing."""
        typing = isinstance(QApplication.focusWidget(), (QLineEdit, QPlainTextEdit))
        if self.isVisible() and not typing:
            self.take_keyboard()

    def focus_main(self) -> None:
        """Give the keyboard to the page's main view."""
        self.setFocus()

    @property
    def has_main_view(self) -> bool:
        """Whether some part of the page is what its keys are about."""
        return type(self).focus_main is not Page.focus_main

    def take_keyboard(self) -> None:
        """Give the keyboard to the main view where it is in sight (an empty page hides it), else to the page."""
        self.focus_main()
        found = self.window().focusWidget()
        if found is not None and self.isAncestorOf(found) and not found.isVisibleTo(self):
            self.setFocus()

    def set_narrow(self, narrow: bool) -> None:
        """The window is narrower than the side panels like."""

    def mark_stale(self) -> None:
        self._stale = True
        if self.isVisible():
            self._stale = False
            self.refresh()

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            self.reset()
            self.begin()
        if self.concerned(changes):
            self.mark_stale()
