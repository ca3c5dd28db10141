"""The whole story in a real window, by mouse or by keyboard alone. Run as a program under an X server:

    python -m tests.helpers.story mouse|keyboard FOLDER

Start → demo case → ingest → a person in an infrared frame → candidates → compare → confirm two, reject three, one
inconclusive → subject → undo → close and reopen → all there. Pictures of every step are left in FOLDER.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QPlainTextEdit, QWidget

from app import tasks, theme
from app.garbage import GarbageKeeper
from app.preferences import Preferences
from app.session import Session
from app.shell import Window
from engine.types import ItemState, Verdict

NIGHT, DAY = "yard-night.mp4", "arcade-day.mp4"
PATIENCE = 280.0
Key = Qt.Key


class Story:
    """One window and its driver; `keyboard` True uses no mouse at all."""

    def __init__(self, app: QApplication, folder: Path, *, keyboard: bool) -> None:
        self.app, self.folder, self.keyboard = app, folder, keyboard
        self.problems: list[str] = []
        self.window = self._open_window()
        self._pictures = 0

    def _open_window(self) -> Window:
        session = Session(Preferences(self.folder / "window.ini"))
        session.preferences.set("examiner", "A. Examiner")
        GarbageKeeper(session)
        window = Window(session)
        session.failed.connect(lambda error: self.problems.append(repr(error)))
        tasks.set_reporter(lambda error: self.problems.append(repr(error)))
        window.resize(1440, 900)
        window.show()
        window.activateWindow()
        QTest.qWaitForWindowExposed(window)
        return window

    def until(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> None:
        """Let events and threads go on until something is so."""
        end = time.monotonic() + patience
        while not condition():
            if self.problems:
                raise AssertionError(f"while waiting for {what}: {self.problems}")
            if time.monotonic() > end:
                self.picture("stuck")
                raise AssertionError(f"{what} never came")
            self.app.processEvents()
            time.sleep(0.005)

    def rest(self, seconds: float = 0.15) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "the end of a rest")

    def picture(self, name: str) -> None:
        self._pictures += 1
        self.window.grab().save(str(self.folder / f"{self._pictures:02d}-{name}.png"))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key into whatever has the focus, as a keyboard would."""
        target = self.app.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers)
        self.rest(0.05)

    def click(self, widget: QWidget, pos: QPoint | None = None, *, double: bool = False) -> None:
        self.until(widget.isVisible, f"{widget.accessibleName() or widget} in sight")
        self.until(widget.isEnabled, f"{widget.accessibleName() or widget} enabled")
        where = pos or widget.rect().center()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where)
        if double:
            QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=where)
        self.rest(0.05)

    def answer(self, fill: Callable[[QDialog], None]) -> None:
        """Fill in the next dialog once it is there."""

        def look() -> None:
            dialog = self.app.activeModalWidget()
            if isinstance(dialog, QDialog):
                fill(dialog)
            else:
                QTimer.singleShot(50, look)

        QTimer.singleShot(50, look)

    # the chapters

    def demo(self) -> None:
        """Open the demo case."""
        self.until(lambda: self.window.current == "start", "the start page")
        self.rest(1.0)
        self.picture("start")

        def choose(dialog: QDialog) -> None:
            assert isinstance(dialog, QFileDialog)
            line = dialog.findChild(QLineEdit)
            assert line is not None
            line.setFocus()
            line.setText(str(self.folder / "place"))  # typing would fight with the completer
            QTest.keyClick(line, Key.Key_Return)
            if dialog.isVisible():
                QTest.keyClick(line, Key.Key_Return)

        (self.folder / "place").mkdir()
        self.answer(choose)
        if self.keyboard:
            self.press(Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        else:
            from app.widgets.cards import ActionCard

            cards = self.window.page("start").findChildren(ActionCard)
            self.click(next(c for c in cards if "Demo" in c.accessibleName()))
        self.until(lambda: self.window.session.is_open, "the demo case")

    def ingest(self) -> None:
        """Two of the clips, one by night and one by day."""
        page: Any = self.window.page("footage")
        self.until(lambda: len(page.model.rows) >= 2, "the demo's footage")
        for name in (NIGHT, DAY):
            row = next(n for n, r in enumerate(page.model.rows) if r.item.path.name == name)
            if self.keyboard:
                self.go_down_to(page.view, row)
                self.press(Key.Key_I)
            else:
                self.click(page.view.viewport(), page.view.visualRect(page.model.index(row)).center())
                self.click(page.details.ingest)
        self.rest(3.0)
        self.picture("footage")

        def done() -> bool:
            states = {r.item.path.name: r.item.state for r in page.model.rows}
            return states[NIGHT] is ItemState.DONE and states[DAY] is ItemState.DONE

        self.until(done, "the end of the ingest")
        self.rest(0.5)
        self.picture("ingested")

    def go_down_to(self, view: Any, row: int) -> None:
        """Arrow keys until the row is current: after a dialog the window may not be active again at once, and keys
        pressed before that reach nobody."""
        self.window.activateWindow()
        view.setFocus()
        end = time.monotonic() + 60
        while view.currentIndex().row() != row and time.monotonic() < end:
            if not view.hasFocus():
                self.window.activateWindow()
                view.setFocus()
            self.press(Key.Key_Up if view.currentIndex().row() > row else Key.Key_Down)
        assert view.currentIndex().row() == row, "the arrow keys never moved the selection"

    def choose_person(self) -> None:
        """Find somebody in the night footage and search."""
        footage: Any = self.window.page("footage")
        row = next(n for n, r in enumerate(footage.model.rows) if r.item.path.name == NIGHT)
        if self.keyboard:
            footage.view.setFocus()
            self.press(Key.Key_Home)
            for _ in range(row):
                self.press(Key.Key_Down)
            self.press(Key.Key_Return)
        else:
            area = footage.view.visualRect(footage.model.index(row))
            self.click(footage.view.viewport(), area.center(), double=True)
        page: Any = self.window.page("review")
        self.until(lambda: self.window.current == "review" and page.feed.current is not None, "the player")
        self.rest(0.5)
        if self.keyboard:
            self.press(Key.Key_J)
            self.until(lambda: page.person is not None, "a person by the key J")
        else:
            page.trigger("person.next")
            self.until(lambda: page.canvas.present() and page.person is not None, "a person in the frame")
            path, area = page.canvas.present()[0]
            self.click(page.canvas, page.canvas.on_screen(area).center().toPoint())
            self.until(lambda: page.person and page.person.tracklet.id == path.tracklet, "the person clicked")
        self.rest(0.5)
        self.picture("review")
        if self.keyboard:
            self.press(Key.Key_Return)
        else:
            self.click(page.panel.search)
        self.until(lambda: self.window.page("search").data is not None, "the candidates")  # type: ignore[attr-defined]
        self.rest(1.0)
        self.picture("candidates")

    def decide(self) -> dict[int, Verdict]:
        """Compare, then confirm two, reject three, one inconclusive."""
        page: Any = self.window.page("search")
        case = self.window.session.case
        assert case is not None
        tiles = list(page.model.tiles)
        first = tiles[0].tracklet
        apart = case.subjects.cannot_be(first)
        second = next(t.tracklet for t in tiles[1:] if t.tracklet not in apart)
        others = [t.tracklet for t in tiles[1:] if t.tracklet != second][:4]
        wanted = {first: Verdict.CONFIRMED, second: Verdict.CONFIRMED}
        wanted |= dict(zip(others, [Verdict.REJECTED] * 3 + [Verdict.INCONCLUSIVE], strict=True))
        self._compare(page)
        for n, (tracklet, verdict) in enumerate(wanted.items()):
            self._go_to(page, tracklet)
            if n == 1:
                self.rest(1.5)
                self.picture("compare")
            self._say(page, verdict)
            said = lambda t=tracklet, v=verdict: self._verdict(page, t) is v  # noqa: E731
            self.until(said, f"the decision on {tracklet}")
        if self.keyboard:
            self.press(Key.Key_G)
        else:
            self.click(page._views.buttons[0])
        self.rest(0.8)
        self.picture("decided")
        return wanted

    def _compare(self, page: Any) -> None:
        if self.keyboard:
            self.press(Key.Key_C)
        else:
            self.click(page._views.buttons[1])
        self.until(page.compare.isVisible, "the comparison")

    def _go_to(self, page: Any, tracklet: int) -> None:
        row = page.model.row_of(tracklet)
        if self.keyboard:
            for _ in range(abs(row - page.view.row)):
                self.press(Key.Key_Right if row > page.view.row else Key.Key_Left)
        else:
            strip = page.compare._strip
            self.click(strip.viewport(), strip.visualRect(page.model.index(row)).center())
        self.until(lambda: page.view.row == row, "the candidate")
        self.rest(0.2)

    def _say(self, page: Any, verdict: Verdict) -> None:
        if verdict is Verdict.CONFIRMED:
            if self.keyboard:
                self.press(Key.Key_P)
                QTest.keyClicks(self.app.focusWidget(), "Same coat and gait")
                self.press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            else:
                self.click(page.compare.observations._rows["upper clothing"].buttons[0])
                edit = page.compare.observations.findChild(QPlainTextEdit)
                self.click(edit)
                QTest.keyClicks(edit, "Same coat and gait")
                self.click(page.bar.confirm)
        elif self.keyboard:
            self.press(Key.Key_X if verdict is Verdict.REJECTED else Key.Key_U)
        else:
            self.click(page.bar.reject if verdict is Verdict.REJECTED else page.bar.inconclusive)

    @staticmethod
    def _verdict(page: Any, tracklet: int) -> Verdict | None:
        return next((t.verdict for t in page.model.tiles if t.tracklet == tracklet), None)

    def subject(self) -> None:
        """The two confirmed and the person searched for are one subject."""
        if self.keyboard:
            self.press(Key.Key_6, Qt.KeyboardModifier.ControlModifier)
        else:
            self.click(self.window.rail._buttons["subjects"])
        page: Any = self.window.page("subjects")
        self.until(lambda: page.view is not None and len(page.view.appearances) == 3, "the subject's appearances")
        self.rest(1.0)
        self.picture("subject")

    def undo(self, wanted: dict[int, Verdict]) -> None:
        """The last decision is taken back."""
        page: Any = self.window.page("search")
        last = next(t for t, v in wanted.items() if v is Verdict.INCONCLUSIVE)
        if self.keyboard:
            self.press(Key.Key_5, Qt.KeyboardModifier.ControlModifier)
            self.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        else:
            self.click(self.window.rail._buttons["search"])
            action: QAction = self.window.menus.actions["undo"]
            action.trigger()
        self.until(lambda: self._verdict(page, last) is None, "the undo")
        del wanted[last]

    def reopen(self, wanted: dict[int, Verdict]) -> None:
        """Close, start again, continue the last case: everything is there."""
        head = self.window.session.case.audit.head  # type: ignore[union-attr]
        self.window.close()
        self.until(lambda: not self.window.isVisible(), "the end of the window's threads")
        self.window = self._open_window()
        start: Any = self.window.page("start")
        self.until(lambda: self.app.focusWidget() is not None and start._recent.count(), "the recent cases")
        from app.widgets.cards import RecentRow

        self.until(lambda: start.findChild(RecentRow) is not None, "the recent case")
        row = start.findChild(RecentRow)
        if self.keyboard:
            self.until(row.hasFocus, "the focus on the recent case")
            self.press(Key.Key_Return)
        else:
            self.click(row.button)
        self.until(lambda: self.window.session.is_open, "the case")
        assert self.window.session.case.audit.head == head  # type: ignore[union-attr]
        page: Any = self.window.show_page("search")
        self.until(lambda: page.data is not None, "the latest search")
        found = {t.tracklet: t.verdict for t in page.model.tiles if t.verdict is not None}
        assert found == wanted, f"{found} instead of {wanted}"
        self.rest(1.0)
        self.picture("reopened")
        self.window.close()
        self.until(lambda: not self.window.isVisible(), "the end of the window's threads")

    def tell(self) -> None:
        """From the first page to the last."""
        self.demo()
        self.ingest()
        self.choose_person()
        wanted = self.decide()
        self.subject()
        self.undo(wanted)
        self.reopen(wanted)
        assert not self.problems, self.problems


def main() -> int:
    how, folder = sys.argv[1], Path(sys.argv[2])
    app = QApplication(sys.argv[:1])
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    theme.load_fonts()
    theme.apply(app, "dark")
    Story(app, folder, keyboard=how == "keyboard").tell()
    print("told")
    return 0


if __name__ == "__main__":
    sys.exit(main())
