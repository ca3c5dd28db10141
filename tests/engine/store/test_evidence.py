"""Evidence items: registered once, described by hand, with clocks that are never overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from engine.case import Case
from engine.errors import EvidenceError, UsageError
from engine.store.records import ClockRecord, Position
from engine.store.tracklets import TrackletFilter
from engine.types import Modality, ModalitySegment, Timestamp
from tests.helpers.cases import (
    TIME_BASE,
    FakeDigest,
    FakeProbe,
    finished,
    ingest,
    new_case,
    new_run,
    register,
    tracklet,
)

CET = timezone(timedelta(hours=1))
SHOWN = datetime(2026, 1, 10, 23, 0)


def reading(recorder: datetime, reference: datetime, **more: datetime) -> ClockRecord:
    return ClockRecord(recorder, reference, 0.5, "speaking clock", **more)


def test_exhibit_numbers_count_on_and_are_unique(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path, "a")
        register(case, tmp_path, "b", exhibit="E-003")
        assert register(case, tmp_path, "c").exhibit == "E-004"
        with pytest.raises(UsageError, match="already taken"):
            register(case, tmp_path, "d", exhibit="E-001")
        with pytest.raises(UsageError, match="already in the case as E-001"):
            register(case, tmp_path / "elsewhere", "a")
        assert case.evidence.find("E-003").path == tmp_path / "b"
        with pytest.raises(UsageError, match="no evidence item"):
            case.evidence.find("E-009")


def test_a_file_that_is_gone_is_not_registered(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        with pytest.raises(EvidenceError, match="could not be read"):
            case.evidence.register(tmp_path / "gone.mp4", FakeDigest("0" * 64, 1), FakeProbe(), "Gate")
        assert case.evidence.list() == []
        assert case.cameras.list() == []


def test_cameras_are_shared_by_name_and_can_be_placed(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        first, second = register(case, tmp_path, "a"), register(case, tmp_path, "b", camera=" Gate ")
        assert first.camera == second.camera
        case.cameras.update(first.camera.id, name="Main gate", latitude=52.1, longitude=4.3)
        assert case.evidence.get(second.id).camera.latitude == 52.1
        case.evidence.set_camera(second.id, "Door")
        with pytest.raises(UsageError, match="already called Door"):
            case.cameras.update(first.camera.id, name="Door")


def test_cameras_are_placed_all_or_none_and_it_is_logged(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        gate = register(case, tmp_path, "a").camera
        door = register(case, tmp_path, "b", camera="Door").camera
        case.cameras.place({gate.id: Position(x=1.5, y=-2), door.id: Position(latitude=52.1, longitude=4.3)})
        assert (case.cameras.get(gate.id).x, case.cameras.get(gate.id).name) == (1.5, "Gate")
        assert case.cameras.get(door.id).longitude == 4.3
        (entry,) = case.audit.entries(action="camera.place")
        assert entry.details["positions"][str(gate.id)]["y"] == -2
        with pytest.raises(UsageError, match="no camera 99"):
            case.cameras.place({gate.id: Position(), 99: Position()})
        assert case.cameras.get(gate.id).x == 1.5
        case.cameras.place({gate.id: Position()})
        assert case.cameras.get(gate.id).x is None


@pytest.mark.parametrize("half", [{"x": 1.0}, {"latitude": 1.0}, {"latitude": 91.0, "longitude": 0.0}])
def test_half_a_position_is_none(half: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Position(**half)


def test_every_clock_reading_is_kept_and_the_newest_counts(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path, start_time=SHOWN)
        case.evidence.set_clock(item.id, reading(SHOWN, SHOWN.replace(tzinfo=CET)))
        case.evidence.set_clock(item.id, reading(SHOWN, SHOWN.replace(tzinfo=CET) + timedelta(minutes=3)))
        assert len(case.evidence.clock_records(item.id)) == 2
        read = case.evidence.clock(item.id).read(Timestamp(250, TIME_BASE))
        assert read.recorder == SHOWN + timedelta(seconds=10)
        assert read.adjusted == datetime(2026, 1, 10, 22, 3, 10, tzinfo=UTC)


def test_a_clock_reading_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path, start_time=SHOWN)
        with pytest.raises(UsageError, match="time zone"):
            case.evidence.set_clock(item.id, reading(SHOWN, SHOWN))
        with pytest.raises(UsageError, match="both"):
            case.evidence.set_clock(item.id, reading(SHOWN, SHOWN.replace(tzinfo=UTC), second_recorder_reading=SHOWN))
        assert case.evidence.clock_records(item.id) == []


def test_tracklets_are_ordered_and_chosen_by_true_time_across_items(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        late = register(case, tmp_path, "late", start_time=SHOWN + timedelta(hours=1))
        early = register(case, tmp_path, "early", start_time=SHOWN)
        unknown = register(case, tmp_path, "unknown")
        for item in (late, early, unknown):
            ingest(case, item, (tracklet(1), tracklet(2, start=50)))
        case.evidence.set_clock(late.id, reading(SHOWN, SHOWN.replace(tzinfo=UTC)))
        assert case.tracklets.ids(order="time").tolist() == [3, 4, 1, 2, 5, 6]
        # Without a reference the recorder's own clock counts; here it was two hours ahead.
        case.evidence.set_clock(late.id, reading(SHOWN, SHOWN.replace(tzinfo=UTC) - timedelta(hours=2)))
        assert case.tracklets.ids(order="time").tolist() == [1, 2, 3, 4, 5, 6]
        begin = SHOWN.replace(tzinfo=UTC)
        window = TrackletFilter(from_time=begin + timedelta(seconds=1), to_time=begin + timedelta(minutes=5))
        assert case.tracklets.ids(window).tolist() == [4]
        times = case.tracklets.times([3, 4, 5])
        assert times[:2].tolist() == [
            [begin.timestamp(), pytest.approx(begin.timestamp() + 9 / 25)],
            [pytest.approx(begin.timestamp() + 2), pytest.approx(begin.timestamp() + 59 / 25)],
        ]
        assert np.isnan(times[2]).all()


def test_the_analysts_word_on_modality_holds_until_taken_back(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        day = ModalitySegment(Timestamp(0, TIME_BASE), Timestamp(40, TIME_BASE), Modality.VISIBLE, 30.0)
        night = ModalitySegment(Timestamp(40, TIME_BASE), Timestamp(99, TIME_BASE), Modality.INFRARED, 0.5, False)
        case.evidence.set_segments(item.id, [day, night])
        assert case.evidence.segments(item.id) == [day, night]
        ingest(case, item, (tracklet(1, modality=Modality.VISIBLE), tracklet(2, start=50)))
        case.evidence.override_modality(item.id, Modality.INFRARED)
        assert case.tracklets.count(TrackletFilter(modality=Modality.INFRARED)) == 2
        case.evidence.override_modality(item.id, None)
        assert case.tracklets.ids(TrackletFilter(modality=Modality.VISIBLE)).tolist() == [1]


def test_a_moved_file_is_taken_only_if_it_is_the_same(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        with pytest.raises(EvidenceError, match="SHA-256 differs"):
            case.evidence.relocate(item.id, tmp_path / "other", FakeDigest("0" * 64, 1))
        case.evidence.relocate(item.id, tmp_path / "new", FakeDigest(item.sha256, item.size))
        assert case.evidence.get(item.id).path == tmp_path / "new"


def test_a_year_that_no_recorder_shows_is_refused(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        with pytest.raises(UsageError, match="year 9999"):
            case.evidence.set_start_time(item.id, datetime(9999, 12, 31))
        with pytest.raises(UsageError, match="year 9999"):
            register(case, tmp_path, "b", start_time=datetime(9999, 12, 31))
        with pytest.raises(UsageError, match="year 1"):
            case.evidence.set_clock(item.id, reading(datetime(1, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_an_uncertainty_that_is_no_number_of_seconds_is_refused(tmp_path: Path, seconds: float) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path)
        with pytest.raises(UsageError, match="number of seconds"):
            case.evidence.set_clock(item.id, ClockRecord(SHOWN, SHOWN.replace(tzinfo=UTC), seconds, "a guess"))


def test_a_start_that_an_earlier_program_let_in_stops_no_query(tmp_path: Path) -> None:
    import sqlite3

    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), (tracklet(1),))
    connection = sqlite3.connect(tmp_path / "case" / "case.db")
    connection.execute("UPDATE evidence SET start_time = '9999-12-31T23:00:00'")
    connection.commit()
    connection.close()
    with Case.open(tmp_path / "case", writable=False) as case:
        assert case.tracklets.count() == 1
        assert np.isnan(case.tracklets.times(case.tracklets.ids())).all()
        assert case.tracklets.count(TrackletFilter(from_time=datetime(2020, 1, 1, tzinfo=UTC))) == 0


def test_a_window_of_time_is_widened_by_the_clocks_uncertainty(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path, start_time=SHOWN)
        ingest(case, item, (tracklet(1),))
        case.evidence.set_clock(item.id, ClockRecord(SHOWN, SHOWN.replace(tzinfo=UTC), 120.0, "the owner's guess"))
        start = SHOWN.replace(tzinfo=UTC)

        def found(**window: datetime) -> int:
            return case.tracklets.count(TrackletFilter(**window))  # type: ignore[arg-type]

        assert found(to_time=start - timedelta(seconds=119)) == 1
        assert found(to_time=start - timedelta(seconds=121)) == 0
        assert found(from_time=start + timedelta(seconds=119)) == 1
        assert found(from_time=start + timedelta(seconds=122)) == 0


def test_frames_with_made_up_times_are_told_and_their_times_are_not_certain(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        item = register(case, tmp_path, start_time=SHOWN)
        case.evidence.set_clock(item.id, reading(SHOWN, SHOWN.replace(tzinfo=UTC)))
        run = case.ingest.begin(item.id, new_run())
        done = replace(finished(), frames_retimed=3, retimed_ranges=((40, 42),), frames_rescaled=2)
        case.ingest.finish(run, done)
        item = case.evidence.get(item.id)
        assert (item.frames_retimed, item.retimed_ranges, item.frames_rescaled) == (3, ((40, 42),), 2)
        assert [warning.partition(" have ")[0] for warning in item.warnings] == ["3 frames", "2 frames"]
        clock = case.evidence.clock(item.id)
        assert clock.read(item.timestamp(41)).uncertainty_seconds is None
        assert clock.read(item.timestamp(43)).uncertainty_seconds is not None
        entry = case.audit.entries(action="ingest.finish")[0]
        assert (entry.details["frames_retimed"], entry.details["frames_rescaled"]) == (3, 2)


def test_an_exhibit_number_never_names_another_item(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        first = register(case, tmp_path, "a", exhibit="7/2")
        assert case.evidence.find("1") == first  # its id, as long as no exhibit number could be meant
        second = register(case, tmp_path, "b", exhibit="1")
        assert case.evidence.find("1") == second
        for name in ("2", "3"):  # an id, or the exhibit number of footage that is not in the case
            with pytest.raises(UsageError, match=f"no evidence item {name}"):
                case.evidence.find(name)
