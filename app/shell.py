"""The main window: menus, rail, pages, status bar, and the road a key press takes to its command."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMenuBar,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import crash, tasks, theme
from app.dialogs import ask_case, choose_case, key_sheet, pick_folder
from app.keyboard import KeyboardReturn
from app.keys import COMMANDS
from app.operations import cases, machine
from app.operations.decisions import undo_last
from app.pages import PAGES
from app.pages.base import NARROW, Page
from app.preferences import RecentCase
from app.session import Changes, Session
from app.widgets.basic import Button, Glyph, box, label, styled
from app.widgets.focus_ring import Ringed
from app.widgets.notices import Notice
from app.widgets.rail import Rail
from app.widgets.status import JobTray, StatusBar
from app.words import counted, tr
from engine.errors import Cancelled, DeviceLostError, NightjarError, WorkerBugError

MESSAGE_SECONDS = 12
DEMO_FOLDER = "nightjar-demo"


class Window(Ringed, QMainWindow):
    """One case at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        Button.keymap = session.keymap
        self.pages: dict[str, Page] = {}
        self._actions: dict[str, QAction] = {}
        self.current = ""
        self.setMinimumSize(1100, 700)
        self.resize(1440, 900)
        self.rail = Rail()
        self.rail.asked.connect(self.show_page)
        self.stack = QStackedWidget()
        self.status = StatusBar(session.runner)
        self._notice = Notice()
        self._notice.hide()
        self._notice.acted.connect(self._notice.hide)
        self._build()
        self.tray = JobTray(self, session.runner)
        self._connect()
        tasks.set_reporter(self.tell)
        KeyboardReturn(self)
        geometry = session.preferences.get("geometry", QByteArray())
        if isinstance(geometry, QByteArray) and not geometry.isEmpty():
            self.restoreGeometry(geometry)
        self._show_case()
        self.show_page("start")

    def _build(self) -> None:
        root = QWidget()
        column = box(QVBoxLayout(root))
        middle = box(QHBoxLayout())
        middle.addWidget(self.rail)
        right = box(QVBoxLayout())
        right.addWidget(self._notice)
        right.addWidget(self.stack, 1)
        middle.addLayout(right, 1)
        column.addWidget(self._menu_row())
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        self.setCentralWidget(root)

    def _menu_row(self) -> QWidget:
        row_widget = QWidget()
        styled(row_widget, "menurow")
        row_widget.setFixedHeight(28)
        row = box(QHBoxLayout(row_widget), 8, (12, 0, 12, 0))
        bar = QMenuBar()
        bar.setNativeMenuBar(False)
        self._fill_menus(bar)
        self._case_label = QLabel()
        self._case_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._case_label.setProperty("role", "second")
        self._examiner = label("", "second")
        row.addWidget(Glyph("weather-night", 16, "accent"))
        row.addWidget(label("Nightjar", "strong"))
        row.addWidget(bar)
        row.addWidget(self._case_label, 1)
        row.addWidget(Glyph("account-outline", 14))
        row.addWidget(self._examiner)
        return row_widget

    def _action(self, menu: QMenu, command: str, act: object, *, needs_case: bool = False) -> None:
        text = next(c.text for c in COMMANDS if c.name == command)
        action = QAction(text, self)
        action.setShortcut(QKeySequence(self.session.keymap.key(command)))
        action.setProperty("needs_case", needs_case)
        action.triggered.connect(lambda _=False: act())  # type: ignore[operator]
        self._actions[command] = action
        menu.addAction(action)
        self.addAction(action)

    def _fill_menus(self, bar: QMenuBar) -> None:
        file = bar.addMenu(tr("File"))
        self._action(file, "case.new", self.new_case)
        self._action(file, "case.open", self.open_case)
        self._action(file, "case.demo", self.open_demo)
        file.addSeparator()
        self._action(file, "case.close", lambda: cases.close_case(self.session), needs_case=True)
        file.addAction(tr("Quit"), self.close)
        edit = bar.addMenu(tr("Edit"))
        self._action(edit, "undo", self._undo, needs_case=True)
        view = bar.addMenu(tr("View"))
        for entry in PAGES:
            if not entry.at_bottom:
                show = lambda name=entry.name: self.show_page(name)  # noqa: E731
                self._action(view, f"page.{entry.name}", show, needs_case=entry.needs_case)
        view.addSeparator()
        self._action(view, "panel", lambda: self._page_command("panel"))
        self._action(view, "fullscreen", self._toggle_full_screen)
        view.addAction(tr("Dark or light theme"), self.toggle_theme)
        case = bar.addMenu(tr("Case"))
        self._action(case, "footage.add", self._add_footage, needs_case=True)
        tools = bar.addMenu(tr("Tools"))
        self._action(tools, "jobs", lambda: self.tray.toggle())  # noqa: PLW0108 - the tray is made later
        for entry in PAGES:
            if entry.at_bottom:
                tools.addAction(entry.title, lambda name=entry.name: self.show_page(name))
        help_menu = bar.addMenu(tr("Help"))
        self._action(help_menu, "keys", self.show_keys)

    def _connect(self) -> None:
        self.status.jobs_asked.connect(self.tray.toggle)
        self.status.keys_asked.connect(self.show_keys)
        self.status.page_asked.connect(self.show_page)
        self.session.changed.connect(self._on_changed)
        self.session.failed.connect(self.tell)
        self.session.message.connect(self.say)
        self.session.keymap.changed.connect(self._rebind)
        self.session.runner.progressed.connect(self._taskbar)
        self.session.runner.jobs_changed.connect(self._taskbar)
        theme.themer.changed.connect(self.update)

    # pages

    def page(self, name: str) -> Page:
        """The page, built when it is first needed."""
        if name not in self.pages:
            entry = next(e for e in PAGES if e.name == name)
            made: Page = import_module(entry.module).PAGE(self.session, self)
            self.pages[name] = made
            self.stack.addWidget(made)
            made.set_narrow(self.width() < NARROW)
        return self.pages[name]

    def show_page(self, name: str) -> Page | None:
        """Bring a page to the front; None where it needs a case and none is open."""
        entry = next((e for e in PAGES if e.name == name), None)
        if entry is None or (entry.needs_case and not self.session.is_open):
            return None
        made = self.page(name)
        if self.current != name:
            if self.current in self.pages:
                self.pages[self.current].leave()
            self.current = name
            self.rail.show_current(name)
            self.stack.setCurrentWidget(made)
        made.enter()
        return made

    def show_in_footage(self, tracklet: int) -> None:
        """The review page at a tracklet's best crop, with the person chosen."""

        def show(found: tuple[int, int]) -> None:
            page = self.show_page("review")
            if page is not None:
                page.open_item(found[0], found[1], tracklet)  # type: ignore[attr-defined]

        self.session.read(
            lambda case: (case.tracklets.get(tracklet).item_id, case.tracklets.crops(tracklet)[0].timestamp.pts), show
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keys that the focused widget declined."""
        command = self.session.keymap.match(event, self.current)
        if command is None or not self._page_command(command):
            super().keyPressEvent(event)

    def _page_command(self, command: str) -> bool:
        page = self.pages.get(self.current)
        return page is not None and page.trigger(command)

    def _undo(self) -> None:
        """What the page itself takes back, else the last decision."""
        if not self._page_command("undo"):
            undo_last(self.session)

    # cases

    def new_case(self) -> None:
        found = ask_case(self, self.session)
        if found is not None:
            cases.open_case(self.session, found.folder, found.examiner, title=found.title)

    def open_case(self, folder: str = "") -> None:
        found = choose_case(self, self.session, folder)
        if found is not None:
            cases.open_case(self.session, found.folder, found.examiner)

    def open_demo(self) -> None:
        """Copy the demo to a place the user chooses and open it."""
        folder = self.session.preferences.get("demo_place", "")
        if not (folder and (Path(folder) / DEMO_FOLDER).exists()):
            folder = pick_folder(self, tr("Where may the demo case be copied?"))
        if folder:
            self.session.preferences.set("demo_place", folder)
            self.open_demo_in(Path(folder) / DEMO_FOLDER)

    def open_demo_in(self, place: Path) -> None:
        """Open the demo in this folder, which is made where it is not there yet."""
        cases.open_demo(self.session, place, self.session.preferences.examiner or tr("Examiner"))

    def _add_footage(self) -> None:
        page = self.show_page("footage")
        if page is not None:
            page.trigger("footage.add")

    # what happened

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            self._show_case()
            self.show_page("footage" if self.session.is_open else "start")
        if changes.any_of("models", "preferences"):
            device = self.session.device
            self.session.pool.submit(lambda: machine.facts(device), self.show_machine, key="machine")
        if self.session.is_open:
            self.session.read(cases.summary, self._show_summary, key="summary")

    def _show_summary(self, found: cases.Summary) -> None:
        self.status.set_audit_head(found.head)
        info = self.session.info
        if info is not None:
            items = counted(found.items, tr("item"), tr("items"))
            subjects = counted(found.subjects, tr("subject"), tr("subjects"))
            now = datetime.now(UTC).isoformat(timespec="minutes")
            self.session.preferences.remember(RecentCase(str(info.folder), info.title, now, f"{items} · {subjects}"))

    def _show_case(self) -> None:
        info = self.session.info
        self.rail.set_case_open(info is not None)
        for action in self._actions.values():
            if action.property("needs_case"):
                action.setEnabled(info is not None)
        self._case_label.setText(info.title if info else tr("No case open"))
        self._examiner.setText(info.examiner if info else self.session.preferences.examiner)
        self.setWindowTitle(f"{info.title} – Nightjar" if info else "Nightjar")
        if info is None:
            self.status.set_audit_head("")

    def show_machine(self, found: machine.Facts) -> None:
        """Device and model badges of the status bar."""
        lost = self.session.lost_device
        if lost:
            self.status.device.set(tr("CPU, GPU failed"), "warning_text", tooltip=lost)
        else:
            self.status.device.set(found.device, tooltip=found.provider)
        provisional = tr(" · provisional") if found.provisional else ""
        colour = "warning_text" if found.provisional else "text2"
        self.status.model.set(found.model + provisional, colour, tooltip=found.provisional)

    def say(self, kind: str, sentence: str, hint: str = "") -> None:
        """A message in the strip over the page; 'plain' ones go by themselves."""
        from PySide6.QtCore import QTimer

        self._notice.show_message(kind, f"{sentence} {hint}".strip(), tr("Dismiss"))
        self._notice.show()
        if kind == "plain":
            QTimer.singleShot(MESSAGE_SECONDS * 1000, self._notice, self._notice.hide)

    def tell(self, error: Exception) -> None:
        """Faults of the world in a sentence; faults of ours with a crash bundle."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, DeviceLostError):
            self.session.lose_device(error)
            self.say("error", str(error), tr("From here on the CPU computes; start the program again to use it again."))
        elif isinstance(error, NightjarError) and not isinstance(error, WorkerBugError):
            self.say("error", str(error), error.hint)
        else:
            self.say("error", tr("Nightjar made a mistake; your work up to here is saved."), crash.record(error))

    # small things

    def show_keys(self) -> None:
        key_sheet(self, self.session.keymap, self.current)

    def toggle_theme(self) -> None:
        name = "light" if theme.themer.name == "dark" else "dark"
        self.session.preferences.set("theme", name)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, name)
        self.session.changed.emit(Changes(preferences=True))

    def _toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _rebind(self) -> None:
        for name, action in self._actions.items():
            action.setShortcut(QKeySequence(self.session.keymap.key(name)))
        for button in self.findChildren(Button):
            button.updateGeometry()
            button.update()

    def _taskbar(self) -> None:
        share = self.status.overall()
        title = self.session.info.title if self.session.info else ""
        lead = f"{round(100 * share)} % – " if share is not None else ""
        self.setWindowTitle(f"{lead}{title} – Nightjar" if title else "Nightjar")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        Button.hints_visible = not narrow
        self.rail.set_narrow(narrow)
        for page in self.pages.values():
            page.set_narrow(narrow)
        self.tray.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ask before running work is stopped; then leave everything consistent."""
        active = self.session.runner.active()
        if active and not self._may_stop(len(active)):
            event.ignore()
            return
        self.session.preferences.set("geometry", self.saveGeometry())
        for page in self.pages.values():
            page.leave()
            page.shut()
        self.session.stop()
        super().closeEvent(event)

    def _may_stop(self, count: int) -> bool:
        question = tr("{jobs} will stop. What is done is kept and can be resumed.").format(
            jobs=counted(count, tr("running job"), tr("running jobs"))
        )
        answer = QMessageBox.question(
            self, "Nightjar", question, QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel
        )
        return answer == QMessageBox.StandardButton.Ok
