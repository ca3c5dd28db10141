"""Review: where the player can be sent, what its lines and numbers say, and a still of the frame on show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app import theme
from app.seeking import TimeDialog
from app.shell import Window
from app.times import ItemClock
from app.widgets.player import Path as Trail
from app.widgets.timeline import Timeline
from engine.store.records import ClockRecord
from tests.app.conftest import Wait

BEGAN = datetime(2026, 5, 11, 22, 0, 7)


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The review page with the first frame of the night film on show, nothing left to be read."""
    shown: Any = opened.show_page("review")
    until(lambda: shown.feed.current is not None and not opened.session.pool.busy() and shown.overlay.paths)
    return shown


def test_first_and_last_frame_by_mouse_and_by_key(page: Any, until: Wait) -> None:
    buttons = {b.accessibleName(): b for b in page.transport.findChildren(type(page.transport.play))}
    QTest.mouseClick(buttons["Last frame"], Qt.MouseButton.LeftButton)
    until(lambda: page.feed.current.pts == page.feed.item.pts[-1])
    QTest.keyClick(page.canvas, Qt.Key.Key_Home)
    until(lambda: page.feed.current.pts == page.feed.item.pts[0])
    QTest.keyClick(page.canvas, Qt.Key.Key_End)
    until(lambda: page.feed.current.pts == page.feed.item.pts[-1])
    QTest.mouseClick(buttons["First frame"], Qt.MouseButton.LeftButton)
    until(lambda: page.feed.current.pts == page.feed.item.pts[0])


def test_frames_that_were_not_decoded_are_counted_explained_and_gone_to(page: Any, until: Wait) -> None:
    assert page.lost.isHidden()
    pts = page.feed.item.pts
    lost = ((int(pts[20]), int(pts[24])), (int(pts[40]), int(pts[41])))
    item = replace(page.row.item, frames_failed=7, failed_ranges=lost)
    page._show_rows([replace(page.row, item=item), *page._rows[1:]])
    assert page.lost.text() == "7 frames not decoded"
    assert "may have been missed" in page.lost.toolTip()
    assert len(page.timeline.timeline._failed) == 2
    for place in (20, 40, 20):
        QTest.keyClick(page.canvas, Qt.Key.Key_E)
        until(lambda place=place: page.feed.current.pts == pts[place])
    assert "7 frames could not be decoded" in page.shell.messages.plain._text.text()


@pytest.fixture
def clock(page: Any) -> ItemClock:
    """The night film began at 22:00:07 by its recorder, which is 11 minutes ahead of true time (UTC)."""
    item = replace(page.row.item, start_time=BEGAN)
    return ItemClock(item, [ClockRecord(BEGAN, BEGAN.replace(tzinfo=UTC) - timedelta(minutes=11), 1.0, "stated")])


def test_a_time_is_asked_for_on_either_clock(page: Any, clock: ItemClock) -> None:
    dialog = TimeDialog(page, clock, page.feed.item.duration, int(page.feed.item.pts[0]))
    assert dialog.edit.text() == "22:00:07"
    assert dialog.edit.selectedText() == "22:00:07"
    dialog.edit.setText("22:00:09")
    dialog.accept()
    assert dialog.result() == TimeDialog.DialogCode.Accepted
    assert dialog.seconds == pytest.approx(2.0)
    dialog.which.select("adjusted")
    dialog._fill()
    start = clock.start.adjusted
    assert start is not None
    assert dialog.edit.text() == start.strftime("%H:%M:%S")
    dialog.edit.setText((start + timedelta(seconds=3)).strftime("%H:%M:%S"))
    dialog.accept()
    assert dialog.seconds == pytest.approx(3.0)


def test_a_time_that_the_item_does_not_hold_keeps_the_dialog_open(page: Any, clock: ItemClock) -> None:
    dialog = TimeDialog(page, clock, page.feed.item.duration, int(page.feed.item.pts[0]))
    dialog.show()
    for text, why in (("23:00", "not in this item"), ("soon", "cannot be read")):
        dialog.edit.setText(text)
        dialog.accept()
        assert dialog.isVisible()
        assert why in dialog.problem.text()
    dialog.reject()


def test_without_a_clock_a_position_is_asked_for(page: Any) -> None:
    item = replace(page.row.item, start_time=None)
    dialog = TimeDialog(page, ItemClock(item, []), page.feed.item.duration, int(page.feed.item.pts[0]))
    assert dialog.which.isHidden()
    dialog.edit.setText("0:02")
    dialog.accept()
    assert dialog.seconds == 2.0


def test_a_still_of_the_frame_on_show(
    page: Any, until: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]
) -> None:
    page.feed.show(int(page.feed.item.pts[17]))
    until(lambda: page.feed.current.index == 17)
    proposed: list[str] = []
    target = tmp_path / "out" / "mine"
    target.parent.mkdir()
    ask = lambda _parent, _title, name, _filter: (proposed.append(name), (str(target), ""))[1]  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    QTest.keyClick(page.canvas, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    until(lambda: (tmp_path / "out" / "mine.png").exists() and (tmp_path / "out" / "mine.json").exists())
    until(lambda: "hashes and times" in page.shell.messages.plain._text.text())
    assert [Path(name).name for name in proposed] == ["E-001-frame-17.png"]
    about = json.loads((tmp_path / "out" / "mine.json").read_text(encoding="utf-8"))
    assert about["pts"] == page.feed.item.pts[17]
    assert page.session.case.audit.entries(action="report.still")[0].details["sha256"] == about["sha256"]
    page.trigger("still.export")  # the same name again
    assert Path(proposed[1]).parent == target.parent, "where the last one was written"
    until(lambda: errors)
    assert "is there already" in str(errors[0])


def test_a_chosen_person_stays_in_place_while_frames_go_by(page: Any, until: Wait) -> None:
    pts = page.feed.item.pts
    labels = set()
    for n in (8, 12, 16):
        page.feed.show(int(pts[n]))
        until(lambda n=n: page.feed.current.pts == pts[n])
        labels.add(tuple(row.accessibleName().split(",")[0] for row in page.panel._rows if not row.isHidden()))
    assert labels == {("E-001/1", "E-001/2")}
    row = page.panel._rows[1]
    assert row.width() > page.panel.width() - 60
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Space)
    until(lambda: page.person is not None and page.person.tracklet.label == "E-001/2")
    page.feed.show(int(pts[18]))
    until(lambda: page.feed.current.pts == pts[18])
    assert row.hasFocus(), "the keyboard stays in the list"
    assert row.isChecked()


def _trail(bottoms: list[float]) -> Trail:
    pts = np.arange(len(bottoms), dtype=np.int64) * 100
    boxes = np.array([(10.0 * n, b - 50.0, 20.0, 50.0) for n, b in enumerate(bottoms)])
    return Trail(1, "E-001/1", pts, boxes, 25)


def test_a_path_shows_where_the_feet_were_and_breaks_where_they_were_out_of_the_picture() -> None:
    runs = _trail([100.0, 100, 100, 240, 240, 100, 100]).trail(600, 600, 240)
    assert [times.tolist() for times, _ in runs] == [[0, 100, 200], [500, 600]]
    ends = [(feet[0].tolist(), feet[-1].tolist()) for _, feet in runs]
    assert ends == [([10.0, 100.0], [30.0, 100.0]), ([60.0, 100.0], [70.0, 100.0])], "seen where it was seen"
    assert not _trail([240.0] * 5).trail(400, 400, 240)
    assert [t.tolist() for t, _ in _trail([100.0] * 7).trail(400, 200, 240)] == [[200, 300, 400]]


def test_a_path_is_smooth_between_its_ends() -> None:
    wobbling = [100.0 + 6 * (-1) ** n for n in range(15)]
    (_, feet), *none = _trail(wobbling).trail(1400, 1400, 240)
    assert not none
    assert np.abs(np.diff(feet[3:-3, 1])).max() < 3


def test_bars_of_a_long_item_are_round_on_the_recorders_clock(qtbot: QtBot) -> None:
    line = Timeline()
    qtbot.addWidget(line)
    line.resize(QSize(1032, 84))
    began = 22 * 3600 + 7.4  # 22:00:07.4
    line.set_item(4 * 3600.0, str, began)
    start, end, bars = line.bars()
    width = (end - start) / bars
    assert width == 120
    assert (start + began) % width == pytest.approx(0)
    assert start <= 0 < start + width
    assert end >= 4 * 3600
    line.zoom(1 / 8)
    assert line.bars()[1] - line.bars()[0] < 2000
    line.zoom(0)
    assert line.span == (0.0, 4 * 3600.0)


def test_the_timeline_says_what_a_bar_is_and_what_its_signs_mean(page: Any, until: Wait) -> None:
    until(page.timeline._step.text)
    assert page.timeline._step.text() == "People per 0.5 s, position in the item"
    said = {text.text() for text in page.timeline.findChildren(type(page.timeline._step))}
    assert {"not decoded", "mark"} <= said
    before = page.timeline.timeline.span
    QTest.keyClick(page.canvas, Qt.Key.Key_Plus)
    assert page.timeline.timeline.span[1] - page.timeline.timeline.span[0] < before[1] - before[0]
    QTest.keyClick(page.canvas, Qt.Key.Key_0)
    assert page.timeline.timeline.span == before


def test_the_timeline_says_what_is_under_the_pointer(qtbot: QtBot) -> None:
    line = Timeline()
    qtbot.addWidget(line)
    line.resize(QSize(1032, 84))
    line.set_item(100.0, lambda seconds: f"at {seconds:.0f}")
    line.set_bars(np.array([3, 1, 0, 2]), (0.0, 100.0))
    line.set_failed([(60.0, 70.0)])
    assert line.words_at(16) == "at 0\n3 people"
    assert line.words_at(16 + 300) == "at 30\n1 person"
    assert line.words_at(16 + 650) == "at 65\n0 people\nnot decoded"


def test_tiles_of_the_strip_are_never_cut(page: Any) -> None:
    strip = page.strip
    for width in (700, 871, 1033):
        strip.resize(width, strip.height())
        tile = strip.delegate.tile.width() + 6
        assert strip.viewport().width() % tile == 0
        assert width - strip.viewport().width() < tile
        assert tile >= 98


def test_keys_in_the_controls_leave_before_the_words(page: Any) -> None:
    shown = []
    page.transport.resize(1400, 48)
    whole = page.transport.row.sizeHint().width()
    for width in (whole, whole - 1, 700):
        page.transport.resize(width, 48)
        shown.append([b.command for b in page.transport.findChildren(type(page.transport.play)) if b.hint()])
    assert {"play", "time.go", "person.next"} <= set(shown[0])
    assert "time.go" not in shown[1]
    assert "play" in shown[1]
    assert shown[2] == []


@pytest.mark.parametrize("name", theme.THEMES)
def test_full_screen_says_what_it_would_do(page: Any, until: Wait, name: str) -> None:
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, name)
    button = next(b for b in page.header.findChildren(type(page.lost)) if b.text() == "Full screen")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    until(lambda: page.shell.isFullScreen() and button.text() == "Leave full screen")
    page.shell.toggle_full_screen()
    until(lambda: button.text() == "Full screen")
