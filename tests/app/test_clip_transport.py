"""Clips of the comparison: paused, stepped, scrubbed and looped, each on its own or both together."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import clips
from app.widgets.basic import Button
from app.widgets.clip_transport import ClipTransport
from tests.app.conftest import Wait

TIMES = (0.0, 0.1, 0.35, 0.4)  # a recorder that stumbled


@pytest.fixture
def transport(qtbot: Any) -> ClipTransport:
    """A clip of four frames, and what it shows in `frames`."""
    made = ClipTransport("Query", 0.5)
    qtbot.addWidget(made)
    made.resize(600, made.height())
    made.show()
    made.show_clip(TIMES)
    return made


@pytest.fixture
def frames(transport: ClipTransport) -> list[int]:
    shown: list[int] = []
    transport.shown.connect(shown.append)
    return shown


def test_a_frame_stands_as_long_as_its_own_time_says(transport: ClipTransport, frames: list[int]) -> None:
    for _ in range(5):
        transport.tick(0.1)
    assert frames == [1, 1, 1, 3, 3]
    assert transport._time.text() == "0.40 / 0.40 s"
    for _ in range(5):
        transport.tick(0.1)
    assert frames[-1] == 0, "after a short rest it begins again"


def test_stepping_pauses_and_shows_every_frame_once(transport: ClipTransport, frames: list[int]) -> None:
    for by in (1, 1, 1, 1, -1):
        transport.step(by)
    assert frames == [1, 2, 3, 3, 2]
    assert not transport.playing
    assert transport._time.text() == "0.35 / 0.40 s"
    transport.tick(1.0)
    assert frames[-1] == 2, "paused is paused"


def test_without_a_loop_it_stops_at_its_end_and_plays_again_from_the_start(
    transport: ClipTransport, frames: list[int]
) -> None:
    transport.set_looping(False)
    for _ in range(9):
        transport.tick(0.1)
    assert frames[-1] == 3
    assert not transport.playing
    transport.play.click()
    transport.tick(0.05)
    assert frames[-1] == 0
    for _ in range(9):
        transport.tick(0.1)
    transport.show_clip(TIMES)
    assert transport.playing, "the next one is not paused because the last one was over"


def test_the_scrubber_is_worked_by_mouse_and_by_keys(transport: ClipTransport, frames: list[int]) -> None:
    bar = transport.scrubber
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 3, bar.height() // 2))
    assert frames[-1] == 3
    for key, frame in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 3), (Qt.Key.Key_Left, 2)):
        QTest.keyClick(bar, key)
        assert frames[-1] == frame
    assert bar.value() == 350


def test_where_there_is_no_clip_there_is_nothing_to_play(transport: ClipTransport, frames: list[int]) -> None:
    transport.show_clip(())
    transport.step(1)
    transport.tick(1.0)
    assert not frames
    assert not transport.isEnabled()


@pytest.fixture
def compare(candidates: Any, until: Wait) -> Any:
    """The comparison with both clips."""
    QTest.keyClick(candidates.view, Qt.Key.Key_C)
    until(candidates.compare.ready)
    return candidates.compare


def test_keys_pause_and_step_either_clip(compare: Any, until: Wait) -> None:
    left, right = compare._left, compare._right
    until(lambda: "frame 1 of" not in right.film.caption)
    QTest.keyClick(compare, Qt.Key.Key_K)
    assert not left.transport.playing
    assert not right.transport.playing
    assert compare._play.text() == "Play"
    left.transport.seek(0.0)
    right.transport.seek(0.0)
    QTest.keyClick(compare, Qt.Key.Key_Period)
    QTest.keyClick(compare, Qt.Key.Key_Period)
    assert right.film.caption.startswith("Clip, frame 3 of")
    QTest.keyClick(compare, Qt.Key.Key_Comma)
    assert right.film.caption.startswith("Clip, frame 2 of")
    assert left.film.caption.startswith("Clip, frame 1 of"), "the other one stands still"
    QTest.keyClick(compare, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert left.film.caption.startswith("Clip, frame 2 of")
    QTest.keyClick(compare, Qt.Key.Key_K)
    assert left.transport.playing
    assert right.transport.playing


def test_one_key_loops_both_and_each_may_differ(compare: Any) -> None:
    left, right = compare._left.transport, compare._right.transport
    QTest.keyClick(compare, Qt.Key.Key_L)
    assert not left.looping
    assert not right.looping
    left.loop.click()
    assert not compare._loop.isChecked(), "not both"
    right.loop.click()
    assert compare._loop.isChecked()


def test_no_frame_of_a_usual_clip_is_left_out(compare: Any) -> None:
    for side in (compare._left, compare._right):
        assert side.clip.frames == len(side.clip.images) + side.clip.missing
        assert side.clip.numbers == sorted(set(side.clip.numbers))


def test_many_large_frames_are_thinned_out_and_keep_their_numbers(
    compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "FRAMES", 3)
    monkeypatch.setattr(clips, "ROOM_BYTES", 0)
    clip = clips.load(compare._session.case, compare._right.clip.tracklet, clips.ROOM)
    assert len(clip.images) + clip.missing == 3
    assert clip.numbers[-1] == clip.frames > 3


def test_who_stands_about_for_long_is_shown_around_the_best_crop(
    compare: Any, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compare._right.clip
    monkeypatch.setattr(clips, "LONGEST", whole.seconds[-1] / 2)
    clip = clips.load(compare._session.case, whole.tracklet, clips.ROOM)
    assert clip.part
    assert not whole.part
    assert clip.seconds[0] == 0
    assert clip.seconds[-1] <= whole.seconds[-1] / 2
    assert clip.numbers == list(range(clip.numbers[0], clip.numbers[-1] + 1)), "without a gap"
    assert clip.frames == whole.frames
    best = compare._session.case.tracklets.crops(whole.tracklet)[0].timestamp.pts
    shown = [p.timestamp.pts for p in compare._session.case.tracklets.points(whole.tracklet)]
    assert clip.numbers[0] - 1 <= shown.index(best) <= clip.numbers[-1] - 1
    compare._right.show_clip(clip, full=False)
    assert "around the best crop" in compare._right.film.caption


def test_the_full_frame_is_a_still(compare: Any) -> None:
    QTest.keyClick(compare, Qt.Key.Key_F)
    assert not compare._right.transport.isEnabled()
    caption = compare._right.film.caption
    QTest.keyClick(compare, Qt.Key.Key_Period)
    assert compare._right.film.caption == caption
    QTest.keyClick(compare, Qt.Key.Key_F)
    assert compare._right.transport.isEnabled()


def test_arrows_at_the_ends_of_the_strip_go_on_and_back(compare: Any) -> None:
    named = {button.accessibleName(): button for button in compare.findChildren(Button)}
    back, on = named["Previous candidate"], named["Next candidate"]
    row = compare._row
    on.click()
    assert compare._row == row + 1
    back.click()
    assert compare._row == row
