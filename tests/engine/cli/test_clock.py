"""`nightjar evidence clock`: one reading gives the offset of a recorder's clock, a second its drift."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from engine.case import Case
from engine.media.clock import daily_gain
from tests.engine.cli.test_cli import answer, fault, nightjar
from tests.helpers.cases import EXAMINER, new_case, register

BEGAN = "2026-05-11 23:00:00"
FIRST = ("--recorder", BEGAN, "--reference", "2026-05-11 20:48:52", "--uncertainty", 1, "--source", "radio clock")
SECOND = ("--second-recorder", "2026-05-13 23:00:20", "--second-reference", "2026-05-13 20:48:52")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One item whose recording began at 23:00 by its recorder."""
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path, start_time=datetime.fromisoformat(BEGAN))
    return tmp_path / "case"


def clock(folder: Path, *options: object) -> str:
    result = nightjar("evidence", "clock", folder, "E-001", *options)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_one_reading_gives_the_offset(folder: Path) -> None:
    said = clock(folder, *FIRST)
    assert (
        "Offset: -2:11:08 to UTC; the recorder showed 2026-05-11 23:00:00 when it was 2026-05-11 20:48:52 UTC." in said
    )
    assert "Drift: not measured; it takes a second reading." in said
    assert "First frame: recorder 2026-05-11 23:00:00, adjusted 2026-05-11 20:48:52+00:00, give or take 1.0 s." in said


def test_a_second_reading_gives_the_drift_and_is_kept(folder: Path) -> None:
    # Two days later the recorder is 20 s further ahead.
    assert "Drift: the recorder gains 10.0 s a day." in clock(folder, *FIRST, *SECOND)
    with Case.open(folder, examiner=EXAMINER) as case:
        (record,) = case.evidence.clock_records(1)
        assert record.second_recorder_reading == datetime(2026, 5, 13, 23, 0, 20)
        assert record.second_reference_reading == datetime(2026, 5, 13, 20, 48, 52, tzinfo=UTC)
        assert case.evidence.clock(1).rate == Fraction(172_800, 172_820)
        assert case.audit.entries(limit=1)[0].action == "evidence.set_clock"


def test_a_reference_may_carry_its_zone(folder: Path) -> None:
    said = answer("evidence", "clock", folder, "E-001", *FIRST, "--reference", "2026-05-11 22:48:52+02:00")
    assert said["record"]["reference_reading"] == "2026-05-11T20:48:52+00:00"
    assert said["first_frame"]["adjusted"] == "2026-05-11T20:48:52+00:00"


def test_a_dry_run_computes_and_records_nothing(folder: Path) -> None:
    said = answer("evidence", "clock", folder, "E-001", *FIRST, *SECOND, "--dry-run")
    assert said["recorded"] is False
    assert said["recorder_gains_seconds_a_day"] == pytest.approx(10.0)
    with Case.open(folder, writable=False) as case:
        assert case.evidence.clock_records(1) == []


def test_readings_that_make_no_sense_are_refused_and_nothing_is_recorded(folder: Path) -> None:
    half = ("evidence", "clock", folder, "E-001", *FIRST, *SECOND[:2])
    assert "needs both the recorder's and the reference time" in fault(2, *half)
    backwards = ("--second-recorder", "2026-05-12 23:00:00", "--second-reference", "2026-05-10 20:00:00")
    assert "run backwards" in fault(2, "evidence", "clock", folder, "E-001", *FIRST, *backwards)
    with Case.open(folder, writable=False) as case:
        assert case.evidence.clock_records(1) == []


def test_without_a_start_time_the_next_step_is_said(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path)
    assert "evidence set --start" in clock(tmp_path / "case", *FIRST)


def test_a_recorder_that_runs_slow_loses() -> None:
    assert daily_gain(Fraction(86_400, 86_395)) == -5
