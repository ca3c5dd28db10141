"""The main window: menus, rail, pages, status bar, and the road a key press takes to its command."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import crash, tasks, theme
from app.dialogs import ask_case, choose_case, key_sheet, pick_place
from app.keyboard import KeyboardReturn
from app.keys import belongs_to, press_enter
from app.menus import Menus
from app.opening import offer_reading
from app.operations import cases, footage, machine
from app.operations.decisions import undo_last
from app.pages import PAGES
from app.pages.base import NARROW, Page
from app.places import CASES, FOOTAGE
from app.preferences import RecentCase
from app.read_only import WRITING
from app.session import CaseInfo, Changes, Session
from app.standing import ReadOnlyStrip, UnsavedStrip
from app.tasks import Pool
from app.unsaved_dialog import ask_unsaved
from app.widgets.basic import Button, Glyph, box, label, set_role, styled
from app.widgets.focus_ring import Ringed
from app.widgets.notices import Messages
from app.widgets.rail import Rail
from app.widgets.status import JobTray, StatusBar
from app.words import tr
from engine.errors import Cancelled, DeviceLostError, NightjarError, WorkerBugError

DEMO_FOLDER = "nightjar-demo"


class Window(Ringed, QMainWindow):
    """One case at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        Button.keymap = session.keymap
        self.pages: dict[str, Page] = {}
        self.current = ""
        self.setMinimumSize(1100, 700)
        self.resize(1440, 900)
        self.rail = Rail()
        self.rail.asked.connect(self.show_page)
        self.stack = QStackedWidget()
        self.status = StatusBar(session.runner)
        self.messages = Messages()
        self.read_only, self.unsaved = ReadOnlyStrip(), UnsavedStrip(session, self._give_up)
        self.menus = Menus(self)
        self._finishing = self._finished = False
        self._shown: Path | None = None  # folder of the case on show
        session.may_stop = self._may_stop
        session.ask_unrecorded = lambda left: ask_unsaved(self, session, left, tr("Close without it"))
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
        right.addWidget(self.read_only)
        right.addWidget(self.unsaved)
        right.addWidget(self.messages)
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
        self._case_label = label("", "second")
        self._case_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._examiner = label("", "second")
        row.addWidget(Glyph("weather-night", 16, "accent"))
        row.addWidget(label("Nightjar", "strong"))
        row.addWidget(self.menus.bar)
        row.addWidget(self._case_label, 1)
        row.addWidget(Glyph("account-outline", 14))
        row.addWidget(self._examiner)
        return row_widget

    def _connect(self) -> None:
        self.status.jobs_asked.connect(self.tray.toggle)
        self.status.keys_asked.connect(self.show_keys)
        self.status.page_asked.connect(self.show_page)
        self.read_only.acted.connect(self.write_case)
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
            made.begin()
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
        focused = QApplication.focusWidget()
        if belongs_to(focused, event):
            press_enter(focused, event)
            return
        command = self.session.keymap.match(event, self.current)
        if command is None or not self.page_command(command):
            super().keyPressEvent(event)

    def page_command(self, command: str) -> bool:
        """Let the page on show do a command; False where it does not know it."""
        page = self.pages.get(self.current)
        if command in WRITING and not self.session.may_change(WRITING[command]):
            return True
        return page is not None and page.trigger(command)

    def undo(self) -> None:
        """What the page itself takes back, else the last decision."""
        if not self.page_command("undo"):
            undo_last(self.session)

    # cases

    def new_case(self) -> None:
        found = ask_case(self, self.session)
        if found is not None:
            cases.open_case(self.session, found.folder, found.examiner, title=found.title)

    def open_case(self, folder: str = "") -> None:
        found = choose_case(self, self.session, folder)
        if found is not None:
            refused = lambda error: offer_reading(self, self.session, found, error)  # noqa: E731
            cases.open_case(self.session, found.folder, found.examiner, failed=refused)

    def read_case(self) -> None:
        """Open a case without the right to change it; reading works beside another window that writes."""
        found = choose_case(self, self.session)
        if found is not None:
            cases.open_case(self.session, found.folder, found.examiner, writable=False)

    def write_case(self) -> None:
        """Open for writing what is open read-only."""
        info = self.session.info
        if info is not None and not info.writable:
            cases.open_case(self.session, info.folder, info.examiner)

    def close_case(self) -> None:
        cases.close_case(self.session)

    def open_demo(self) -> None:
        """Copy the demo to a place the user chooses and open it."""
        folder = self.session.preferences.get("demo_place", "")
        if not (folder and (Path(folder) / DEMO_FOLDER).exists()):
            folder = pick_place(self, self.session, tr("Where may the demo case be copied?"), CASES)
        if folder:
            self.session.preferences.set("demo_place", folder)
            self.open_demo_in(Path(folder) / DEMO_FOLDER)

    def open_demo_in(self, place: Path) -> None:
        """Open the demo in this folder, which is made where it is not there yet."""
        cases.open_demo(self.session, place, self.session.preferences.examiner or cases.NOBODY_NAMED)

    def add_footage(self) -> None:
        page = self.show_page("footage")
        if page is not None:
            page.trigger("footage.add")

    def find_moved(self) -> None:
        """Say where footage of the case lies now."""
        words = tr("In which folder, or on which drive, is the footage now?")
        place = pick_place(self, self.session, words, FOOTAGE)
        if place:
            footage.find_moved(self.session, Path(place))

    # what happened

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            stays = self._show_case() and self.current != "start"  # the case on show, opened again
            self.show_page(self.current if stays else "footage" if self.session.is_open else "start")
        if changes.any_of("models", "preferences"):
            device = self.session.device
            self.session.pool.submit(lambda: machine.facts(device), self.show_machine, key="machine")
        if self.session.is_open:
            self.session.read(cases.summary, self._show_summary, key="summary")

    def _show_summary(self, found: cases.Summary) -> None:
        self.status.set_audit_head(found.head)
        info = self.session.info
        if info is not None:
            items = tr("{n} items", "{n} item", found.items)
            subjects = tr("{n} subjects", "{n} subject", found.subjects)
            now = datetime.now(UTC).isoformat(timespec="minutes")
            self.session.preferences.remember(RecentCase(str(info.folder), info.title, now, f"{items} · {subjects}"))

    def _show_case(self) -> bool:
        """True where it is the case that was on show until now."""
        info, before = self.session.info, self._shown
        self._shown = info.folder if info is not None else None
        self.read_only.show_case(info)
        self.rail.set_case_open(info is not None)
        self.menus.show_case(info)
        self._case_label.setText(_title(info) if info else tr("No case open"))
        set_role(self._case_label, "second" if info is None or info.writable else "warning")
        self._examiner.setText(info.examiner if info else self.session.preferences.examiner)
        self.setWindowTitle(f"{_title(info)} – Nightjar" if info else "Nightjar")
        if info is None:
            self.status.set_audit_head("")
        return info is not None and info.folder == before

    def show_machine(self, found: machine.Facts) -> None:
        """Device and model badges of the status bar."""
        lost = self.session.lost_device
        if lost:
            self.status.device.set(tr("CPU, GPU failed"), "warning_text", tooltip=lost)
        else:
            self.status.device.set(found.device, tooltip=found.provider)
        model = tr("{model} · provisional").format(model=found.model) if found.provisional else found.model
        colour = "warning_text" if found.provisional else "text2"
        self.status.model.set(model, colour, tooltip=found.provisional)

    def say(self, kind: str, sentence: str, hint: str = "") -> None:
        """A message in the strip over the page."""
        self.messages.say(kind, f"{sentence} {hint}".strip())

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

    def _give_up(self) -> None:
        for page in self.pages.values():
            page.give_up()

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

    def toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _rebind(self) -> None:
        for button in self.findChildren(Button):
            button.updateGeometry()
            button.update()

    def _taskbar(self) -> None:
        share = self.status.overall()
        title = _title(self.session.info) if self.session.info else ""
        lead = f"{round(100 * share)} % – " if share is not None else ""
        self.setWindowTitle(f"{lead}{title} – Nightjar" if title else "Nightjar")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        if Button.hints_visible == narrow:
            Button.hints_visible = not narrow
            self._rebind()  # buttons without their keys are narrower
        self.rail.set_narrow(narrow)
        for page in self.pages.values():
            page.set_narrow(narrow)
        self.tray.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ask before running work is stopped; the window stays, and says why, until everything is consistent."""
        if self._finished:
            super().closeEvent(event)
            return
        event.ignore()
        active = len(self.session.runner.active())
        if not self._finishing and (not active or self.session.may_stop(active)):
            self._finish()

    def _finish(self) -> None:
        self._finishing = True
        self.setEnabled(False)
        self.session.settle(self._end, self._stay)

    def _stay(self) -> None:
        """Something typed could not be recorded, and the user does not want to leave without it."""
        self._finishing = False
        self.setEnabled(True)

    def _end(self) -> None:
        self.session.preferences.set("geometry", self.saveGeometry())
        self.say("plain", tr("Finishing: the running work goes on to a place where it can stop. What is done is kept."))
        for page in self.pages.values():
            page.leave()
            page.shut()
        self.session.finish(self.findChildren(Pool), self._leave)

    def _leave(self) -> None:
        self._finished = True
        self.close()

    def _may_stop(self, count: int) -> bool:
        question = tr(
            "{n} running jobs will stop. What is done is kept and can be resumed.",
            "{n} running job will stop. What is done is kept and can be resumed.",
            count,
        )
        answer = QMessageBox.question(
            self, "Nightjar", question, QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel
        )
        return answer == QMessageBox.StandardButton.Ok


def _title(info: CaseInfo) -> str:
    return info.title if info.writable else tr("{case} (read-only)").format(case=info.title)
