"""Cameras: in a case without a subject too; each placed, and the plan moved under them, by mouse, keys or numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.shell import Window
from app.widgets.cameras_dialog import CamerasDialog
from engine.case import Case
from engine.progress import finish
from engine.site_plan import use_plan
from engine.store.records import Camera, ClockRecord, Position
from engine.store.site_plans import PlanPlace
from engine.verify import verify_case
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.plans import draw_plan


@pytest.fixture
def case(opened: Window) -> Case:
    assert opened.session.case is not None
    return opened.session.case


@pytest.fixture
def dialog(opened: Window, case: Case, until: Wait) -> Iterator[Any]:
    shown: Any = CamerasDialog(opened, opened.session)
    shown.show()
    until(lambda: shown.overview.rows)
    yield shown
    shown.close()
    shown.deleteLater()


@pytest.fixture
def planned(case: Case, dialog: Any, until: Wait, tmp_path: Path) -> Any:
    """The dialog with a plan of 640 × 400 and a camera in the middle of it."""
    finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    gate = next(camera for camera in case.cameras.list() if "Gate" in camera.name)
    case.cameras.place({gate.id: Position(x=320, y=200)})
    dialog._read()
    until(lambda: dialog.map.ground is not None and gate.id in dialog.map.plan.points)
    dialog._set_mode("plan")
    return dialog


def _cameras(case: Case) -> dict[str, Camera]:
    return {camera.name: camera for camera in case.cameras.list()}


def _fill(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Tab)


def _drag(
    widget: Any, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(widget, left, keys, start.toPoint())
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(widget, (start + (end - start) * part).toPoint())
        QTest.qWait(5)
    QTest.mouseRelease(widget, left, pos=end.toPoint())


@pytest.mark.parametrize("name", ["footage", "review", "subjects"])
def test_the_map_opens_without_a_subject_and_says_what_is_known_of_each_camera(
    opened: Window, case: Case, until: Wait, name: str
) -> None:
    items = case.evidence.list()
    began = datetime(2026, 5, 11, 22, 0)
    case.evidence.set_clock(items[0].id, ClockRecord(began, began.replace(minute=2, tzinfo=UTC), 2.0, "stated"))
    opened.show_page(name)
    seen: list[list[str]] = []

    def look() -> None:
        shown = QApplication.activeModalWidget()
        if not isinstance(shown, CamerasDialog) or not shown.overview.rows:
            QTimer.singleShot(50, look)
            return
        model = shown.model
        seen.extend([str(model.data(model.index(r, c))) for c in range(4)] for r in range(model.rowCount()))
        shown.reject()

    QTimer.singleShot(50, look)
    opened.menus.actions["cameras"].trigger()
    until(lambda: seen)
    expected = sum(1 for item in items if item.camera.name == "CAM-01 Gate")
    gate = next(row for row in seen if row[0] == "CAM-01 Gate")
    assert gate[1] == str(expected)
    assert "+00:02:00 ±2 s" in gate[2]
    assert gate[3] == "no place"
    assert next(row for row in seen if row[0] == "CAM-02 Dock")[2] == "not set"


def test_the_footage_page_has_a_button_for_it(opened: Window, until: Wait) -> None:
    page = opened.show_page("footage")
    assert page is not None
    button = next(b for b in page.header.findChildren(QPushButton) if b.text() == "Cameras…")
    came: list[bool] = []

    def close() -> None:
        shown = QApplication.activeModalWidget()
        if isinstance(shown, CamerasDialog):
            came.append(True)
            shown.reject()
        else:
            QTimer.singleShot(50, close)

    QTimer.singleShot(50, close)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    until(lambda: came)


def test_cameras_are_placed_by_keyboard_alone_and_it_is_logged(opened: Window, case: Case, until: Wait) -> None:
    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, CamerasDialog) or not dialog.overview.rows:
            QTimer.singleShot(50, fill)
            return
        for name, text in (("x", "10"), ("y", "20")):
            dialog.fields[name].setFocus()
            QTest.keyClicks(dialog.fields[name], text)
        QTest.keyClick(dialog.fields["y"], Qt.Key.Key_Tab)
        dialog.table.setFocus()
        QTest.keyClick(dialog.table, Qt.Key.Key_Down)
        dialog.map.setFocus()
        QTest.keyClick(dialog.map, Qt.Key.Key_Right)
        dialog.accept()

    opened.show_page("footage")
    QTimer.singleShot(50, fill)
    opened.activateWindow()
    until(opened.isActiveWindow)  # else no window's keys are looked at
    QTest.keyClick(opened, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    until(lambda: _cameras(case)["CAM-01 Gate"].x == 10)
    assert _cameras(case)["CAM-01 Gate"].y == 20
    assert _cameras(case)["CAM-02 Dock"].x is not None
    assert case.audit.entries(limit=1)[0].action == "camera.place"


def test_half_a_position_is_told_and_not_saved(dialog: Any, case: Case, until: Wait) -> None:
    dialog.fields["x"].setText("3")
    dialog.accept()
    assert "both of its numbers" in dialog._hint.text()
    assert dialog.isVisible()
    dialog.fields["y"].setText("4")
    dialog.accept()
    assert not dialog.isVisible()
    until(lambda: _cameras(case)["CAM-01 Gate"].y == 4)


def test_positions_that_nobody_touched_stay_to_the_last_digit(dialog: Any, case: Case, until: Wait) -> None:
    projected = Position(3_456_789.123456, 5_812_345.654321, 52.520006599999996, 13.404954000000001)
    case.cameras.place({camera.id: projected for camera in case.cameras.list()})
    dialog._read()
    until(lambda: dialog.now.cameras[0].x is not None)
    dialog.table.selectRow(1)
    dialog.fields["longitude"].setText(dialog.fields["longitude"].text() + " ")
    head = case.audit.head
    dialog.accept()
    assert not dialog.isVisible()
    assert dialog.positions() == {}
    assert case.audit.head == head


def test_a_camera_is_placed_by_a_click_and_taken_back_step_by_step(planned: Any) -> None:
    planned._set_mode("cameras")
    planned.table.selectRow(1)
    at = planned.map.on_screen((160, 320))
    QTest.mouseClick(planned.map, Qt.MouseButton.LeftButton, pos=at.toPoint())
    _drag(planned.map, planned.map.on_screen((160, 320)), planned.map.on_screen((400, 100)))
    (place,) = planned.positions().values()
    assert (place.x, place.y) == pytest.approx((400, 100), abs=3)
    QTest.keyClick(planned.map, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    (place,) = planned.positions().values()
    assert (place.x, place.y) == pytest.approx((160, 320), abs=3), "a drag is one step"
    QTest.keyClick(planned.map, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert planned.positions() == {}
    assert not planned.undo.isEnabled()


def test_the_plan_is_dragged_scaled_and_turned_by_mouse_while_cameras_stay(planned: Any) -> None:
    shown = planned.map
    start = shown.on_screen((100, 300))
    _drag(shown, start, start + QPointF(30, -20))
    moved, scale = planned.now.plan, shown._view()[2]
    assert (moved.x, moved.y) == pytest.approx((30 * scale, -20 * scale), abs=2 * scale)
    planned.step_back()
    assert planned.now.plan == PlanPlace(0, 0, 1)
    corner, middle = shown.on_screen((640, 400)), shown.on_screen((320, 200))
    _drag(shown, corner, middle + (corner - middle) / 2)
    half = planned.now.plan
    assert half.unit == pytest.approx(0.5, rel=0.03)
    assert half.position(320, 200) == pytest.approx((320, 200))
    planned.step_back()
    _, knob = shown._stalk()
    out = knob - shown.on_screen((320, 200))
    quarter = shown.on_screen((320, 200)) + QPointF(-out.y(), out.x())
    _drag(shown, knob, quarter)
    assert planned.now.plan.turn == pytest.approx(90, abs=1)
    assert planned.now.plan.position(320, 200) == pytest.approx((320, 200))
    assert planned.positions() == {}, "cameras stay"
    room = shown.rect()
    assert all(room.contains(shown.on_screen(corner).toPoint()) for corner in shown.ground.corners())


def test_the_wheel_scales_the_plan_about_the_pointer(planned: Any) -> None:
    at = planned.map.on_screen((100, 100))
    wheel = QWheelEvent(
        at,
        planned.map.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(planned.map, wheel)
    assert planned.now.plan.unit == pytest.approx(1.02)
    assert planned.now.plan.position(100, 100) == pytest.approx((100, 100), abs=1)


def test_the_plan_is_moved_by_keys_and_numbers_saved_at_once_and_put_back(
    planned: Any, opened: Window, case: Case, until: Wait
) -> None:
    planned.map.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_PageDown):
        QTest.keyClick(planned.map, key)
    place = planned.now.plan
    assert (place.unit, place.turn) == (pytest.approx(1.01), pytest.approx(1))
    assert place.position(320, 200)[0] > 320
    QTest.keyClick(planned.map, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ShiftModifier)
    assert planned.now.plan.turn == pytest.approx(0.9)
    for name, text in (("turn", "30"), ("width", "1280"), ("middle x", "300"), ("middle y", "210")):
        _fill(planned.plan_fields[name], text)
    wanted = planned.now.plan
    assert (wanted.turn, wanted.unit) == (30, 2)
    assert wanted.position(320, 200) == pytest.approx((300, 210), abs=1e-5)
    planned.mode.buttons[0].click()
    planned.map.setFocus()
    QTest.keyClick(planned.map, Qt.Key.Key_Down)
    planned.accept()
    until(lambda: case.site_plans.current().place == wanted)  # type: ignore[union-attr]
    placed, moved = case.audit.entries(limit=2)[::-1]
    assert (placed.action, moved.action, moved.actor) == ("camera.place", "plan.move", EXAMINER)
    again: Any = CamerasDialog(opened, opened.session)
    again.show()
    until(lambda: again.map.ground is not None and again.back.isVisible())
    assert "Put where it lies by A. Examiner" in again.site.words.text()
    QTest.mouseClick(again.back, Qt.MouseButton.LeftButton)
    until(lambda: again.now.plan == PlanPlace(0, 0, 1) and not again.back.isVisible())
    assert case.audit.entries(limit=1)[0].action == "plan.undo"
    again.close()
    assert [f.sentence for f in finish(verify_case(case)).findings] == []


def test_numbers_that_put_the_plan_nowhere_are_told(planned: Any) -> None:
    for name, text, told in (("width", "0", "a width of more than 0"), ("turn", "round", "‘round’ is not a number")):
        before = planned.plan_fields[name].text()
        _fill(planned.plan_fields[name], text)
        assert told in planned._hint.text()
        planned.accept()
        assert planned.isVisible()
        _fill(planned.plan_fields[name], before)
    assert planned.now.plan == PlanPlace(0, 0, 1)
    planned._set_mode("plan")
    assert "Cameras stay where they are" in planned._hint.text()


def test_what_was_changed_here_stays_when_something_else_changes(planned: Any, case: Case, until: Wait) -> None:
    planned.map.setFocus()
    QTest.keyClick(planned.map, Qt.Key.Key_PageDown)
    mine = planned.now.plan
    dock = _cameras(case)["CAM-02 Dock"]
    case.cameras.place({dock.id: Position(x=5, y=6)})
    planned._read()
    until(lambda: any(camera.x == 5 for camera in planned.now.cameras))
    assert planned.now.plan == mine
    assert planned.positions() == {}


def test_a_read_only_case_shows_the_map_and_changes_nothing(opened: Window, case_folder: Path, until: Wait) -> None:
    from app.operations import cases

    cases.open_case(opened.session, case_folder, EXAMINER, writable=False)
    until(lambda: opened.session.info is not None and not opened.session.info.writable)
    shown: Any = CamerasDialog(opened, opened.session)
    shown.show()
    until(lambda: shown.overview.rows)
    assert not shown.save.isEnabled()
    assert shown.fields["x"].isReadOnly()
    assert not shown.map.isEnabled()
    shown.close()
    shown.deleteLater()
