"""The map of cameras: where they stand, and the way of a subject past them as far as the clocks allow to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import hypot
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.plans import numbers, plan_of, route
from app.shell import Window
from app.widgets.place_cameras import PlaceCameras
from engine.store.records import Camera, ClockRecord, Position
from tests.app.conftest import Wait

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


def test_cameras_are_placed_by_keyboard_alone_and_it_is_logged(page: Any, until: Wait) -> None:
    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, PlaceCameras)
        for name, text in (("x", "10"), ("y", "20")):
            dialog.fields[name].setFocus()
            QTest.keyClicks(dialog.fields[name], text)
        QTest.keyClick(dialog.fields["y"], Qt.Key.Key_Tab)
        dialog.list.setFocus()
        QTest.keyClick(dialog.list, Qt.Key.Key_Down)
        dialog.map.setFocus()
        QTest.keyClick(dialog.map, Qt.Key.Key_Right)
        dialog.accept()

    QTimer.singleShot(200, fill)
    QTest.keyClick(page.list, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    until(lambda: _cameras(page)["CAM-01 Gate"].x == 10)
    assert _cameras(page)["CAM-01 Gate"].y == 20
    assert _cameras(page)["CAM-02 Dock"].x is not None
    assert page.session.case.audit.entries(limit=1)[0].action == "camera.place"
    QTest.keyClick(page.list, Qt.Key.Key_M)
    assert page.way.map.isVisible()
    until(lambda: len(page.way.map.plan.points) == 2)
    assert "CAM-01 Gate (1)" in page.way.map.accessibleDescription()


def test_half_a_position_is_told_and_not_saved(page: Any) -> None:
    dialog = PlaceCameras(page, page.view.cameras)
    dialog.fields["x"].setText("3")
    dialog.accept()
    assert "both of its numbers" in dialog._hint.text()
    assert not dialog.result()
    dialog.fields["y"].setText("4")
    dialog.accept()
    assert dialog.result()
    assert dialog.positions() == {page.view.cameras[0].id: Position(x=3.0, y=4.0)}


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
