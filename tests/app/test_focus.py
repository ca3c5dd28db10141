"""Who works by keyboard always sees where the keyboard is, and is told its name; nothing holds it fast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app import theme
from app.dialogs import CaseDialog, TextDialog
from app.pages import PAGES
from app.shell import Window
from app.widgets.cameras_dialog import CamerasDialog
from app.widgets.status import StatusBar
from engine.types import Modality
from tests.app.conftest import Wait
from tests.helpers.cases import searched
from tests.helpers.contrast import PARTS, contrast

STOPS = 150  # more than any page has


def picture(widget: QWidget) -> np.ndarray:
    """What the user sees of a widget: `(H, W, 3) uint8`; empty where it was scrolled out of the window."""
    window = widget.window()
    image = window.grab(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())).toImage()
    if image.isNull():
        return np.empty((0, 0, 3), np.uint8)
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def dress(name: str) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, name)


def spoken(widget: QWidget) -> str:
    """What a screen reader calls it."""
    found = QAccessible.queryAccessibleInterface(widget)
    return str(found.text(QAccessible.Text.Name)) if found else ""


def stops(window: QWidget) -> Iterator[tuple[QWidget, np.ndarray, np.ndarray]]:
    """Press Tab until it comes round: each widget reached, how it looked then, and after the keyboard had left it."""
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
    first = last = QApplication.focusWidget()
    assert last is not None
    for _ in range(STOPS):
        reached = last
        before = picture(reached)
        while last is reached:  # the parts of a date are stops of one field
            QTest.keyClick(last, Qt.Key.Key_Tab)
            now = QApplication.focusWidget()
            assert now is not None
            if now is last and not hasattr(last, "currentSectionIndex"):
                raise AssertionError(f"{spoken(last)} holds the keyboard fast")
            last = now
        if shiboken6.isValid(reached) and reached.isVisible():
            yield reached, before, picture(reached)
        if last is first:
            return
    raise AssertionError(f"Tab does not come round, it is at {spoken(last)}")


def faults(window: QWidget, where: str) -> list[str]:
    """Widgets whose focus cannot be seen, or that have no name."""
    found = []
    for widget, focused, left in stops(window):
        if not spoken(widget):
            found.append(f"{where}: {type(widget).__name__} has no accessible name")
        if focused.shape != left.shape:
            continue  # a field may grow as it is left, or leave the picture where a long page scrolls
        seen = int((contrast(focused, left) >= PARTS).sum())
        if seen < 2 * min(widget.width(), widget.height()):
            found.append(f"{where}: {spoken(widget)} ({type(widget).__name__}) shows its focus in {seen} pixels only")
    return found


@pytest.mark.parametrize("name", theme.THEMES)
def test_tab_shows_where_it_is_on_every_page(opened: Window, until: Wait, name: str) -> None:
    dress(name)
    opened.activateWindow()
    found = []
    for entry in PAGES:
        page = opened.show_page(entry.name)
        assert page is not None
        until(lambda: not opened.session.pool.busy())
        QTest.qWait(50)  # answers on their way still change what is shown
        found += faults(opened, f"{entry.name}, {name}")
    assert found == []


@pytest.mark.parametrize("name", theme.THEMES)
def test_tab_shows_where_it_is_among_candidates(opened: Window, until: Wait, name: str) -> None:
    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality is Modality.INFRARED]
    searched(case, night[0], [t.id for t in everybody if t.modality is Modality.VISIBLE])
    case.subjects.add(case.subjects.create().id, night[:1])
    dress(name)
    opened.activateWindow()
    page: Any = opened.show_page("search")
    until(lambda: page.data is not None and page.model.tiles and not opened.session.pool.busy())
    page.view.select_row(0)
    found = faults(opened, f"grid, {name}")
    page.trigger("compare")
    until(page.compare.ready)
    page.compare.setFocus()
    found += faults(opened, f"comparison, {name}")
    subjects: Any = opened.show_page("subjects")
    until(lambda: subjects.view is not None and not opened.session.pool.busy())
    found += faults(opened, f"subjects, {name}")
    assert found == []


@pytest.mark.parametrize("name", theme.THEMES)
def test_tab_shows_where_it_is_in_dialogs(opened: Window, until: Wait, name: str) -> None:
    dress(name)
    case = opened.session.case
    assert case is not None
    found = []
    for dialog in (
        CaseDialog(opened, opened.session, "", new=True),
        TextDialog(opened, "Split", "Why?", "", "Split", needed=True),
        CamerasDialog(opened, opened.session),
    ):
        dialog.show()
        dialog.activateWindow()
        until(lambda dialog=dialog: QApplication.activeWindow() is dialog)
        found += faults(dialog, f"{type(dialog).__name__}, {name}")
        dialog.close()
    assert found == []


def test_the_tray_takes_the_keyboard_and_gives_it_back(opened: Window, until: Wait) -> None:
    opened.activateWindow()
    page: Any = opened.show_page("people")
    until(lambda: QApplication.focusWidget() is page.view)
    QTest.keyClick(page.view, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    reached = QApplication.focusWidget()
    assert reached is not None
    assert opened.tray.isAncestorOf(reached)
    QTest.keyClick(reached, Qt.Key.Key_Escape)
    assert not opened.tray.isVisible()
    assert QApplication.focusWidget() is page.view


def test_nothing_is_a_window_of_its_own_for_a_moment(opened: Window, until: Wait) -> None:
    """A part shown before it has a parent flashes up as a window, and takes the keyboard with it."""

    class Windows(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.shown: list[str] = []

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                self.shown.append(type(watched).__name__)
            return False

    windows = Windows()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(windows)
    status = StatusBar(opened.session.runner)
    for entry in PAGES:
        opened.show_page(entry.name)
        until(lambda: not opened.session.pool.busy())
    app.removeEventFilter(windows)
    status.deleteLater()
    assert windows.shown == []
