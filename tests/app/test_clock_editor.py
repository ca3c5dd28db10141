"""The recorder's clock: one reading gives an offset, a second the drift; both times are shown, and nothing is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.operations import cases
from app.shell import Window
from app.times import drift
from engine.store.records import ClockRecord
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.zones import computer_in

BEGAN = datetime(2026, 5, 11, 23, 0)


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    """The footage page with its first item chosen, whose recording began at 23:00 by its recorder."""
    shown: Any = opened.show_page("footage")
    until(lambda: shown.current() is not None)
    editor = shown.details.clock
    editor.knows_start.setChecked(True)
    editor.start.show_reading(BEGAN)
    QTest.mouseClick(editor.save_start, Qt.MouseButton.LeftButton)
    until(lambda: shown.current().item.start_time == BEGAN)
    return shown


def _sum(editor: Any, name: str) -> str:
    return str(editor.sums[name].text().replace("\N{NO-BREAK SPACE}", " "))


def _read(edits: Any, recorder: datetime, reference: datetime) -> None:
    edits[0].show_reading(recorder)
    edits[1].show_moment(reference.astimezone())


def test_two_readings_show_the_drift_and_are_kept(page: Any, until: Wait) -> None:
    editor = page.details.clock
    editor.uncertainty.setValue(1.0)
    _read(editor.first, BEGAN, datetime(2026, 5, 11, 22, 48, 52))
    assert _sum(editor, "Offset") == "−00:11:08 ±1 s"
    assert _sum(editor, "Drift") == "not measured"
    assert _sum(editor, "Starts, adjusted") == "11 May 22:48:52 ±1 s"
    QTest.mouseClick(editor.has_second, Qt.MouseButton.LeftButton)
    assert editor.second[0].isVisible()
    # Two days later the recorder is 20 s further ahead.
    _read(editor.second, datetime(2026, 5, 13, 23, 0, 20), datetime(2026, 5, 13, 22, 48, 52))
    assert _sum(editor, "Drift") == "recorder gains 10 s a day"
    assert _sum(editor, "Ends, recorder") == "11 May 23:00:06"
    assert _sum(editor, "Ends, adjusted") == "11 May 22:48:57 ±1 s"  # 5.9993 s later
    QTest.mouseClick(editor.save, Qt.MouseButton.LeftButton)
    until(lambda: page.current().clock.record is not None)
    record = page.current().clock.record
    assert record.second_recorder_reading == datetime(2026, 5, 13, 23, 0, 20)
    assert page.session.case.audit.entries(limit=1)[0].action == "evidence.set_clock"
    clock = page.session.case.evidence.clock(page.current().item.id)
    assert clock.rate == Fraction(172_800, 172_820)


def test_readings_that_contradict_each_other_are_told_and_cannot_be_saved(page: Any) -> None:
    editor = page.details.clock
    editor.uncertainty.setValue(1.0)
    _read(editor.first, BEGAN, BEGAN)
    editor.has_second.setChecked(True)
    _read(editor.second, datetime(2026, 5, 12, 23, 0), datetime(2026, 5, 10, 23, 0))
    assert "backwards" in editor.problem.text()
    assert not editor.save.isEnabled()
    assert _sum(editor, "Drift") == "–"
    _read(editor.second, datetime(2026, 5, 12, 23, 0), datetime(2026, 5, 12, 23, 0))
    assert editor.save.isEnabled()
    assert _sum(editor, "Drift") == "under 0.1 s a day"


def test_an_item_without_a_reading_does_not_show_the_last_ones(page: Any, until: Wait) -> None:
    editor = page.details.clock
    _read(editor.first, BEGAN, datetime(2026, 5, 11, 22, 0))
    page.view.setCurrentIndex(page.model.index(1))
    until(lambda: editor._row.item.id == page.model.rows[1].item.id)
    assert _sum(editor, "Offset") == "no reading yet"
    assert _sum(editor, "Starts, adjusted") == "unknown"


def test_a_reading_that_cannot_be_read_is_told_and_cannot_be_recorded(page: Any) -> None:
    editor = page.details.clock
    editor.uncertainty.setValue(1.0)
    _read(editor.first, BEGAN, BEGAN)
    assert editor.save.isEnabled()
    editor.first[0].setText("11 May 23:00")
    assert "“11 May 23:00” cannot be read as a time" in editor.problem.text()
    assert not editor.save.isEnabled()
    editor.start.setText("")
    assert not editor.save_start.isEnabled()
    editor.knows_start.setChecked(False)
    assert editor.save_start.isEnabled(), "that the start is not known can be said"


def test_a_margin_of_many_minutes_is_seen_whole(page: Any, until: Wait) -> None:
    editor = page.details.clock
    editor.uncertainty.setValue(1.0)
    _read(editor.first, datetime(2026, 11, 21, 14, 46), datetime(2026, 11, 21, 14, 46))
    shown = editor.sums["Starts, adjusted"]
    assert _sum(editor, "Starts, adjusted").endswith(" s")
    editor.updateGeometry()
    until(lambda: shown.height() >= shown.heightForWidth(shown.width()))


def test_a_long_source_is_seen_from_its_beginning_and_whole_in_the_tooltip(page: Any) -> None:
    editor = page.details.clock
    editor.source.setCurrentText("stated by the demo")
    line = editor.source.lineEdit()
    assert line.fontMetrics().horizontalAdvance(line.text()) < line.width()
    assert editor.source.toolTip() == ""
    long = "the operator on the telephone, who read it off the wall clock of the control room"
    editor.source.setCurrentText(long)
    assert editor.source.toolTip() == long
    assert line.cursorPosition() == 0


def test_what_is_typed_stays_with_its_item(page: Any, until: Wait) -> None:
    editor, view, model = page.details.clock, page.view, page.model
    read = datetime(2026, 5, 11, 22, 48, 52)
    _read(editor.first, BEGAN, read)
    editor.has_second.setChecked(True)
    _read(editor.second, datetime(2026, 5, 13, 23, 0, 20), datetime(2026, 5, 13, 22, 48, 52))
    editor.source.setCurrentText("GPS or radio clock")
    view.setCurrentIndex(model.index(1))
    assert not editor.has_second.isChecked()
    assert editor.draft() is None
    view.setCurrentIndex(model.index(0))
    assert editor.draft().reference_reading == read.astimezone()
    assert editor.draft().second_recorder_reading == datetime(2026, 5, 13, 23, 0, 20)
    assert editor.source.currentText() == "GPS or radio clock"
    assert not editor.uncertainty.stated
    editor.uncertainty.setValue(7.5)
    later = datetime(2026, 5, 11, 23, 0, 1)
    editor.start.show_reading(later)
    QTest.mouseClick(editor.save, Qt.MouseButton.LeftButton)
    until(lambda: page.current().clock.record is not None)
    assert editor.start.reading() == later, "the start is another thing, not set yet"
    view.setCurrentIndex(model.index(1))
    assert not editor.uncertainty.stated
    view.setCurrentIndex(model.index(0))
    assert editor.start.reading() == later


def test_readings_of_one_case_do_not_stand_in_another(
    page: Any, case_template: Path, tmp_path: Path, until: Wait
) -> None:
    editor = page.details.clock
    editor.uncertainty.setValue(7.5)
    page.view.setCurrentIndex(page.model.index(1))
    other = Path(shutil.copytree(case_template / "case", tmp_path / "other"))
    cases.open_case(page.session, other, EXAMINER)
    until(lambda: page.session.info.folder == other and page.current() is not None)
    assert not editor.uncertainty.stated


def test_a_recorder_that_runs_slow_loses() -> None:
    assert drift(Fraction(86_400, 86_395)) == "recorder loses 5 s a day"


def test_nothing_of_the_last_item_is_proposed_for_the_next(page: Any, until: Wait) -> None:
    editor = page.details.clock
    record = ClockRecord(BEGAN, datetime(2026, 5, 11, 21, 0, tzinfo=UTC), 7.5, "GPS or radio clock")
    record = replace(record, second_recorder_reading=BEGAN.replace(day=13), second_reference_reading=BEGAN.astimezone())
    page.session.case.evidence.set_clock(page.current().item.id, record)
    page.refresh()
    until(lambda: editor.uncertainty.value() == 7.5 and editor.source.currentText() == "GPS or radio clock")
    page.view.setCurrentIndex(page.model.index(1))
    until(lambda: editor._row.item.id == page.model.rows[1].item.id)
    assert editor.uncertainty.text() == "not stated"
    assert not editor.source.currentText()
    assert editor.second[0].reading() is None
    assert not editor.save.isEnabled()
    assert "Type what the recorder’s clock showed" in editor._missing.text()
    _read(editor.first, BEGAN, BEGAN)
    assert not editor.save.isEnabled()
    assert "uncertainty" in editor._missing.text()
    assert _sum(editor, "Offset") == "+00:00:00"
    QTest.mouseClick(editor.uncertainty.lineEdit(), Qt.MouseButton.LeftButton)
    QTest.qWait(20)
    QTest.keyClicks(editor.uncertainty, "0.5")
    assert editor.save.isEnabled()
    assert _sum(editor, "Offset") == "+00:00:00 ±0.5 s"
    assert not editor._missing.isVisible()


def test_a_saved_reading_is_saved_again_as_it_is(page: Any, until: Wait) -> None:
    editor, case = page.details.clock, page.session.case
    with computer_in("Europe/Berlin"):
        # In the second of the two hours from 02:00 to 03:00, by a recorder that stays on UTC.
        first = datetime(2026, 10, 25, 1, 30, 0, 250_000)
        case.evidence.set_clock(page.current().item.id, ClockRecord(first, first.replace(tzinfo=UTC), 1.0, "stated"))
        page.refresh()
        until(lambda: editor.uncertainty.value() == 1.0)
        assert editor.first[1].text() == "25 Oct 2026 02:30:00"
        assert editor.first[1].which.currentText() == "the second 02:30 (UTC+1)"
        assert _sum(editor, "Adjusted times in") == "UTC+2", "the recording itself was in May"
        QTest.mouseClick(editor.save, Qt.MouseButton.LeftButton)
        until(lambda: len(case.evidence.clock_records(page.current().item.id)) == 2)
        again = case.evidence.clock_records(page.current().item.id)[-1]
        assert (again.recorder_reading, again.reference_reading) == (first, first.replace(tzinfo=UTC))
