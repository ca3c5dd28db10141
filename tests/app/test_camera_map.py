"""The map of cameras: where they stand, and the way of a subject past them as far as the clocks allow to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMessageBox

from app import theme
from app.plans import numbers, plan_of, route
from app.shell import Window
from engine.progress import finish
from engine.site_plan import use_plan
from engine.store.records import Camera, ClockRecord, Position
from engine.store.site_plans import PlanPlace
from tests.app.conftest import Wait
from tests.helpers.contrast import PARTS, TEXT, contrast, of_hex
from tests.helpers.plans import draw_plan

NIGHT = datetime(2026, 5, 11, 22, 0)


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """A subject seen at the gate by night, and by day at the dock and at the gate; the clocks know when."""
    case = opened.session.case
    assert case is not None
    for item, start in zip(case.evidence.list(), (0, 36_000, 35_999), strict=True):
        began = NIGHT + timedelta(seconds=start)
        case.evidence.set_start_time(item.id, began)
        case.evidence.set_clock(item.id, ClockRecord(began, began.replace(tzinfo=UTC), 2.0, "stated"))
    night, gate, dock = (
        next(t.id for t in case.tracklets.list() if t.item_id == item.id and t.ordinal == 1)
        for item in case.evidence.list()
    )
    case.subjects.add(case.subjects.create("Walker").id, [night, gate, dock])
    shown: Any = opened.show_page("subjects")
    until(lambda: shown.view is not None)
    return shown


def _cameras(page: Any) -> dict[str, Camera]:
    return {camera.name: camera for camera in page.session.case.cameras.list()}


def test_degrees_become_metres_and_a_plan_comes_first() -> None:
    # One minute of latitude is 1853 m on a sphere of the mean radius; at 60° north a minute of longitude is half that.
    north, east = (
        Camera(2, "N", latitude=60 + 1 / 60, longitude=5.0),
        Camera(3, "E", latitude=60.0, longitude=5 + 1 / 60),
    )
    plan = plan_of([Camera(1, "O", latitude=60.0, longitude=5.0), north, east, Camera(4, "nowhere")])
    (x0, y0), (x1, y1), (x2, y2) = (plan.points[n] for n in (1, 2, 3))
    assert (x1 - x0, y0 - y1) == pytest.approx((0, 1853.25), abs=0.1)
    assert hypot(x2 - x0, y2 - y0) == pytest.approx(1853.25 / 2, rel=1e-3)
    assert [camera.name for camera in plan.without] == ["nowhere"]
    mixed = plan_of([Camera(1, "O", x=1.0, y=2.0), north])
    assert mixed.points == {1: (1.0, 2.0)}
    assert mixed.without == (north,)


def test_the_way_is_numbered_in_time_and_says_where_the_order_is_not_certain(page: Any) -> None:
    stops = route(page.view.appearances)
    assert [stop.number for stop in stops] == [1, 2, 3]
    assert [stop.certain for stop in stops] == [True, True, False], "dock and gate lie one second apart, ±2 s each"
    gate = _cameras(page)["CAM-01 Gate"].id
    assert numbers([*stops, replace(stops[0], number=5)], gate) == "1–2, 5"
    assert numbers(stops, gate) == "1–2"


def test_many_cameras_without_a_place_are_counted(page: Any) -> None:
    crowd = [Camera(n, f"CAM-{n:02d}") for n in range(1, 41)]
    page.way.show_appearances(page.view.appearances, crowd, None)
    assert "CAM-03 and 37 more" in page.way._beside.text()
    assert "CAM-40" in page.way._beside.toolTip()


def test_a_click_on_a_camera_walks_through_its_appearances(page: Any, until: Wait) -> None:
    cameras = _cameras(page)
    gate = cameras["CAM-01 Gate"].id
    page.session.case.cameras.place({gate: Position(x=0, y=0), cameras["CAM-02 Dock"].id: Position(x=50, y=10)})
    page.refresh()
    QTest.keyClick(page.list, Qt.Key.Key_M)
    until(lambda: gate in page.way.map.plan.points)
    at: QPoint = page.way.map.on_screen((0, 0)).toPoint()
    seen = []
    for _ in range(2):
        QTest.mouseClick(page.way.map, Qt.MouseButton.LeftButton, pos=at)
        seen.append(page.appearance().camera)
        seen.append(page._current)
    assert seen[0] == seen[2] == "CAM-01 Gate"
    assert seen[1] != seen[3]


def _answer(*answers: Any) -> None:
    """Each dialog that comes is answered by the next function."""
    waiting = list(answers)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            waiting.pop(0)(dialog)
        if waiting:
            QTimer.singleShot(50, look)

    QTimer.singleShot(50, look)


def _file(path: Path) -> Any:
    def choose(dialog: QDialog) -> None:
        assert isinstance(dialog, QFileDialog)
        line = dialog.findChild(QLineEdit)
        assert line is not None
        line.setText(str(path))
        QTest.keyClick(line, Qt.Key.Key_Return)

    return choose


def _press(button: QMessageBox.StandardButton) -> Any:
    def press(dialog: QDialog) -> None:
        assert isinstance(dialog, QMessageBox)
        dialog.button(button).click()

    return press


@pytest.fixture
def own_dialogs(qapp: QApplication) -> Any:
    """File dialogs of Qt's own, which a test can fill in."""
    native = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
    QApplication.setAttribute(native, True)
    yield
    QApplication.setAttribute(native, False)


def _ground(page: Any) -> str:
    return page.way.map.ground.name if page.way.map.ground else ""


@pytest.mark.usefixtures("own_dialogs")
def test_a_site_plan_is_chosen_replaced_and_removed_in_the_window(
    page: Any, until: Wait, tmp_path: Path, errors: list[Exception]
) -> None:
    small, large = draw_plan(tmp_path / "ground floor.png"), draw_plan(tmp_path / "better.jpg", (1280, 800))
    _answer(_file(small))
    QTest.keyClick(page.list, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    until(lambda: _ground(page) == "ground floor.png")
    assert page.way.map.isVisible()
    words = page.way.site.words.text()
    assert "ground floor.png, chosen by A. Examiner" in words
    assert "the analyst’s own; positions on it are approximate" in words
    assert "site plan ground floor.png" in page.way.map.accessibleDescription()
    assert not page.way.map.plan.points
    names = [camera.name for camera in page.way.map.plan.without]
    assert names == ["CAM-01 Gate", "CAM-02 Dock"]
    _answer(_file(large), _press(QMessageBox.StandardButton.Cancel))
    QTest.mouseClick(page.way.site.choose, Qt.MouseButton.LeftButton)
    assert _ground(page) == "ground floor.png"
    _answer(_file(large), _press(QMessageBox.StandardButton.Ok))
    QTest.mouseClick(page.way.site.choose, Qt.MouseButton.LeftButton)
    until(lambda: _ground(page) == "better.jpg")
    ground = page.way.map.ground
    assert (ground.corners()[2], ground.size) == ((640, 400), (1280, 800)), "as wide: cameras keep their places"
    _answer(_press(QMessageBox.StandardButton.Ok))
    QTest.mouseClick(page.way.site.remove, Qt.MouseButton.LeftButton)
    until(lambda: page.view.plan is None)
    assert page.way.map.ground is None
    assert not page.way.site.remove.isVisible()
    assert [e.action for e in page.session.case.audit.entries(limit=3)] == ["plan.remove", "plan.use", "plan.use"]
    assert not errors


@pytest.mark.usefixtures("own_dialogs")
def test_a_picture_that_cannot_be_read_is_told_and_the_plan_stays(
    page: Any, until: Wait, tmp_path: Path, errors: list[Exception]
) -> None:
    finish(use_plan(page.session.case, draw_plan(tmp_path / "plan.png")))
    page.refresh()
    until(lambda: _ground(page) == "plan.png")
    broken = tmp_path / "broken.png"
    broken.write_bytes((tmp_path / "plan.png").read_bytes()[:-500])
    _answer(_file(broken), _press(QMessageBox.StandardButton.Ok))
    QTest.keyClick(page.list, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    until(lambda: errors)
    assert str(errors[0]) == "'broken.png' is damaged or cut short."
    assert _ground(page) == "plan.png"


def test_a_plan_changed_in_the_case_folder_is_told_and_not_drawn(page: Any, until: Wait, tmp_path: Path) -> None:
    plan = finish(use_plan(page.session.case, draw_plan(tmp_path / "plan.png")))
    path = page.session.case.site_plans.path(plan.picture)
    content = path.read_bytes()
    draw_plan(path, (320, 200))
    page.refresh()
    until(lambda: "has changed" in page.way.site.words.text())
    assert page.way.map.ground is None
    path.unlink()
    page.refresh()
    until(lambda: "is missing" in page.way.site.words.text())
    path.write_bytes(content)
    page.refresh()
    until(lambda: _ground(page) == "plan.png")
    assert "approximate" in page.way.site.words.text()


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_plan_lies_dimmed_under_the_cameras_in_its_own_aspect(
    page: Any, until: Wait, tmp_path: Path, qapp: QApplication, look: str
) -> None:
    theme.apply(qapp, look)
    case = page.session.case
    finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    gate = _cameras(page)["CAM-01 Gate"].id
    case.cameras.place({gate: Position(x=320, y=200)})
    page.refresh()
    QTest.keyClick(page.list, Qt.Key.Key_M)
    shown = page.way.map
    until(lambda: shown.ground is not None and gate in shown.plan.points)
    first, last = shown.on_screen((0, 0)), shown.on_screen((640, 400))
    assert (last.x() - first.x()) / (last.y() - first.y()) == pytest.approx(1.6, rel=0.01)
    assert shown.on_screen((320, 200)) == QPointF((first.x() + last.x()) / 2, (first.y() + last.y()) / 2)
    picture = shown.grab().toImage()

    def at(x: float, y: float) -> np.ndarray:
        pixel = (shown.on_screen((x, y)) * picture.devicePixelRatio()).toPoint()
        return of_hex(picture.pixelColor(pixel).name())

    wall, floor = at(32, 300), at(120, 300)
    assert 1.5 < contrast(wall, floor) < 5, "walls can be seen, dimmed"
    assert contrast(at(320, 200), floor) >= PARTS, "the camera stands out"
    assert contrast(of_hex(theme.tokens().text1), floor) >= TEXT


def test_a_plan_that_was_turned_is_drawn_where_it_lies(page: Any, until: Wait, tmp_path: Path) -> None:
    case = page.session.case
    finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    page.refresh()
    QTest.keyClick(page.list, Qt.Key.Key_M)
    shown = page.way.map
    until(lambda: shown.ground is not None)
    image = shown.ground.image
    turned = case.site_plans.move(PlanPlace(700, -40, 1.5, 120))
    page.refresh()
    until(lambda: shown.ground.place == turned.place)
    assert shown.ground.image is image, "read from the disk once"
    picture = shown.grab().toImage()

    def at(column: float, row: float) -> np.ndarray:
        pixel = (shown.on_screen(turned.place.position(column, row)) * picture.devicePixelRatio()).toPoint()
        return of_hex(picture.pixelColor(pixel).name())

    assert contrast(at(32, 300), at(120, 300)) > 1.5, "a wall and the floor beside it"
    assert contrast(at(32, 100), at(32, 300)) < 1.2, "the same wall"
    assert contrast(at(-20, 300), at(120, 300)) > 1.2, "beside the picture"
