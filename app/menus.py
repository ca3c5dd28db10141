"""The menu bar, and the actions behind its entries: each carries the key of its command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from app.dialogs import show_cameras
from app.keys import COMMANDS
from app.pages import PAGES
from app.plain import plain
from app.read_only import HOW_TO_WRITE, WRITING
from app.words import tr

if TYPE_CHECKING:
    from app.session import CaseInfo
    from app.shell import Window


class Menus:
    """`actions` by the name of their command."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._keymap = window.session.keymap
        self.actions: dict[str, QAction] = {}
        self._of_cases: list[QAction] = []
        self.bar = QMenuBar()
        self.bar.setNativeMenuBar(False)
        self._fill()
        self._keymap.changed.connect(self._rebind)

    def show_case(self, info: CaseInfo | None) -> None:
        """Enable what needs a case, and what changes it where it may be changed; the tooltip says why it may not."""
        held = info is not None and not info.writable
        for name, action in self.actions.items():
            refused = held and name in WRITING
            if action in self._of_cases:
                action.setEnabled(info is not None and not refused)
                action.setToolTip(plain(f"{WRITING[name]} {HOW_TO_WRITE}") if refused else "")
        self.actions["case.write"].setEnabled(held)

    def _add(self, menu: QMenu, command: str, act: Callable[[], object], *, needs_case: bool = False) -> None:
        action = QAction(next(c.text for c in COMMANDS if c.name == command), self._window)
        action.setShortcut(QKeySequence(self._keymap.key(command)))
        action.triggered.connect(lambda _=False: act())
        self.actions[command] = action
        if needs_case:
            self._of_cases.append(action)
        menu.addAction(action)
        self._window.addAction(action)

    def _fill(self) -> None:
        window, bar = self._window, self.bar
        file = bar.addMenu(tr("&File"))
        self._add(file, "case.new", window.new_case)
        self._add(file, "case.open", window.open_case)
        self._add(file, "case.read", window.read_case)
        self._add(file, "case.write", window.write_case)
        self._add(file, "case.demo", window.open_demo)
        file.addSeparator()
        self._add(file, "case.close", window.close_case, needs_case=True)
        self._add(file, "quit", window.close)
        edit = bar.addMenu(tr("&Edit"))
        edit.setToolTipsVisible(True)
        self._add(edit, "undo", window.undo, needs_case=True)
        view = bar.addMenu(tr("&View"))
        for entry in PAGES:
            if not entry.at_bottom:
                show = lambda name=entry.name: window.show_page(name)  # noqa: E731
                self._add(view, f"page.{entry.name}", show, needs_case=entry.needs_case)
        view.addSeparator()
        self._add(view, "panel", lambda: window.page_command("panel"))
        self._add(view, "fullscreen", window.toggle_full_screen)
        view.addAction(tr("Dark or light theme"), window.toggle_theme)
        case = bar.addMenu(tr("&Case"))
        case.setToolTipsVisible(True)
        self._add(case, "footage.add", window.add_footage, needs_case=True)
        self._add(case, "footage.moved", window.find_moved, needs_case=True)
        self._add(case, "cameras", lambda: show_cameras(window, window.session), needs_case=True)
        tools = bar.addMenu(tr("&Tools"))
        self._add(tools, "jobs", lambda: window.tray.toggle())  # noqa: PLW0108 - the tray is made later
        for entry in PAGES:
            if entry.at_bottom:
                tools.addAction(entry.title, lambda name=entry.name: window.show_page(name))
        self._add(bar.addMenu(tr("&Help")), "keys", window.show_keys)

    def _rebind(self) -> None:
        for name, action in self.actions.items():
            action.setShortcut(QKeySequence(self._keymap.key(name)))
