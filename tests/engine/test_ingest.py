"""Footage in, people out; and nothing lost, whatever happens on the way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from engine.case import Case
from engine.errors import EvidenceChangedError, EvidenceError, UsageError, WorkerError
from engine.ingest import IngestOptions, IngestReport, ingest_item, pending, register
from engine.progress import Progress, Work, finish
from engine.report.tables import CaseFacts, evidence_rows
from engine.store.records import EvidenceItem
from engine.store.tracklets import TrackletFilter
from engine.types import ItemState, Modality
from tests.helpers import clips
from tests.helpers.case_content import logical_content
from tests.helpers.cases import EXAMINER, new_case
from tests.helpers.ingest_once import often
from tests.helpers.walkers import PASSES, write_walkers

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("NIGHTJAR_KILLS", "6"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walkers(tmp_path_factory.mktemp("footage") / "day.mp4")


def with_item(folder: Path, path: Path) -> Case:
    case = new_case(folder)
    finish(register(case, path, "Gate"))
    return case


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> dict[str, object]:
    with with_item(tmp_path_factory.mktemp("whole") / "case", clip) as case:
        finish(ingest_item(case, 1, often()))
        return logical_content(case)


def test_each_pass_becomes_one_tracklet(tmp_path: Path, clip: Path) -> None:
    reports: list[Progress] = []
    with with_item(tmp_path / "case", clip) as case:
        report = finish(ingest_item(case, 1, often()), reports.append)
        tracklets = case.tracklets.list()
        assert len(tracklets) == report.tracklets == len(PASSES)
        for tracklet, known in zip(tracklets, PASSES, strict=True):
            assert tracklet.modality is Modality.VISIBLE
            assert known.start - 0.5 <= tracklet.start.seconds <= known.start + 1.5
            assert tracklet.end.seconds <= known.start + known.seconds + 0.5
            assert 1 <= len(case.tracklets.crops(tracklet.id)) <= 5
        assert report.item.state is ItemState.DONE
        assert (report.frames_decoded, report.frames_failed) == (260, 0)
        assert pending(case) == []
        assert not readers()
    assert {"finding people", "hashing"} <= {each.stage for each in reports}


def test_a_grey_recording_is_infrared_unless_the_analyst_says_otherwise(tmp_path: Path) -> None:
    path = write_walkers(tmp_path / "night.mp4", PASSES[:1], seconds=11, grey=True)
    with with_item(tmp_path / "case", path) as case:
        finish(ingest_item(case, 1, often()))
        assert case.tracklets.count(TrackletFilter(modality=Modality.INFRARED)) == 1
        case.evidence.override_modality(1, Modality.VISIBLE)
        finish(ingest_item(case, 1, often()))
        assert case.tracklets.count(TrackletFilter(modality=Modality.VISIBLE)) == 1


def test_killed_at_random_moments_it_ends_the_same(
    tmp_path: Path, clip: Path, uninterrupted: dict[str, object]
) -> None:
    """`NIGHTJAR_KILLS=20` kills more often. A case that got through is compared, and a new one takes its place."""
    dice = random.Random(20261121)
    folder = tmp_path / "case-0"
    with_item(folder, clip).close()
    kills = cases = 0
    while kills < KILLS:
        worker = subprocess.Popen([sys.executable, "-m", "tests.helpers.ingest_once", str(folder)], cwd=REPOSITORY)
        time.sleep(dice.uniform(0.2, 4.0))
        children = readers(worker.pid) if worker.poll() is None else []
        kills += worker.poll() is None
        worker.kill()
        worker.wait()
        assert not psutil.wait_procs(children, timeout=20)[1], "the child outlived its parent"
        with Case.open(folder, writable=False) as case:
            assert case.audit.verify().intact
            finished = not pending(case)
            if finished:
                assert logical_content(case) == uninterrupted
        if finished:
            cases += 1
            folder = tmp_path / f"case-{cases}"
            with_item(folder, clip).close()
    with Case.open(folder, examiner=EXAMINER) as case:
        finish(ingest_item(case, 1, often()))
        assert logical_content(case) == uninterrupted


def to_frame(work: Work[IngestReport], number: int) -> None:
    """Carry the ingest on until more than `number` frames are committed."""
    while (progress := next(work)).stage != "finding people" or progress.done <= number:
        pass


def readers(pid: int | None = None) -> list[psutil.Process]:
    """The ingest children of a process (of this one by default)."""
    return [
        child for child in psutil.Process(pid).children(recursive=True) if "spawn_main" in " ".join(child.cmdline())
    ]


def test_a_dead_reader_marks_the_item_failed_and_keeps_what_was_found(
    tmp_path: Path, clip: Path, uninterrupted: dict[str, object]
) -> None:
    with with_item(tmp_path / "case", clip) as case:
        work = ingest_item(case, 1, often())
        to_frame(work, 150)
        for child in readers():
            child.kill()
        with pytest.raises(WorkerError, match="ended by signal 9 after frame"):
            finish(work)
        item = case.evidence.get(1)
        assert item.state is ItemState.FAILED
        assert "signal 9" in (item.failure or "")
        kept = case.tracklets.count()
        assert kept >= 1
        finish(ingest_item(case, 1, often()))
        assert logical_content(case) == uninterrupted


def test_stopping_leaves_the_item_interrupted_and_goes_on_from_there(
    tmp_path: Path, clip: Path, uninterrupted: dict[str, object]
) -> None:
    with with_item(tmp_path / "case", clip) as case:
        work = ingest_item(case, 1, often())
        to_frame(work, 130)
        work.close()
        assert case.evidence.get(1).state is ItemState.INTERRUPTED
        assert not readers()
        finish(ingest_item(case, 1, often()))
        assert logical_content(case) == uninterrupted


def test_other_settings_start_afresh(tmp_path: Path, clip: Path) -> None:
    with with_item(tmp_path / "case", clip) as case:
        work = ingest_item(case, 1, often())
        to_frame(work, 130)
        work.close()
        report = finish(ingest_item(case, 1, IngestOptions(detector="motion", device="cpu")))
        assert report.tracklets == len(PASSES)
        assert len({t.run_id for t in case.tracklets.list()}) == 1


def test_footage_that_changed_since_registration_is_refused(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "day.mp4"
    path.write_bytes(clip.read_bytes())
    with with_item(tmp_path / "case", path) as case:
        path.write_bytes(clip.read_bytes()[:-5000])
        with pytest.raises(EvidenceChangedError, match="not the file that was registered"):
            finish(ingest_item(case, 1, often()))
        assert case.evidence.get(1).state is ItemState.FAILED
        assert case.tracklets.count() == 0
        path.unlink()
        with pytest.raises(EvidenceError):
            finish(ingest_item(case, 1, often()))


@pytest.mark.parametrize("when", ["after the hash", "between two commits", "after the last look"])
def test_footage_swapped_while_it_is_read_gives_no_result(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    from engine import ingest

    path, other = tmp_path / "day.mp4", write_walkers(tmp_path / "other.mp4", PASSES[:1], seconds=11, grey=True)
    path.write_bytes(clip.read_bytes())
    with with_item(tmp_path / "case", path) as case:
        swap = lambda: path.write_bytes(other.read_bytes())  # noqa: E731
        hashed = ingest._check_unchanged
        if when == "after the hash":

            def then_swap(item: EvidenceItem) -> Work[None]:
                yield from hashed(item)
                swap()

            monkeypatch.setattr(ingest, "_check_unchanged", then_swap)
        elif when == "after the last look":
            monkeypatch.setattr(ingest, "_require_untouched", lambda *_: None)  # as good as the same stamp
        work = ingest_item(case, 1, often())
        if when != "after the hash":
            to_frame(work, 150)
            swap()
        with pytest.raises(EvidenceChangedError):
            finish(work)
        assert case.evidence.get(1).state is ItemState.FAILED
        assert case.tracklets.count() == 0
        assert case.ingest.unfinished(1) is None, "nothing goes on from what the other file showed"
        monkeypatch.undo()
        path.write_bytes(clip.read_bytes())
        finish(ingest_item(case, 1, often()))
        assert case.tracklets.count() == len(PASSES)


def test_footage_swapped_while_it_is_registered_is_refused(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "day.mp4"
    path.write_bytes(clip.read_bytes())
    with new_case(tmp_path / "case") as case:
        work = register(case, path, "Gate")
        next(work)  # looked at, and being hashed
        path.write_bytes(clip.read_bytes()[:-7])
        with pytest.raises(EvidenceChangedError, match="changed while"):
            finish(work)
        assert case.evidence.list() == []


def test_what_is_no_picture_may_come_and_go_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", np.full((240, 320, 3), 90, np.uint8))[1].tobytes())
    with with_item(tmp_path / "case", folder) as case:
        work = ingest_item(case, 1, often())
        next(work)
        (folder / "Thumbs.db").write_bytes(b"a file manager's")
        assert finish(work).item.state is ItemState.DONE


def test_a_finished_item_whose_file_is_gone_stays_done(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "day.mp4"
    path.write_bytes(clip.read_bytes())
    with with_item(tmp_path / "case", path) as case:
        finish(ingest_item(case, 1, often()))
        path.unlink()
        with pytest.raises(EvidenceError):
            finish(ingest_item(case, 1, often()))
        assert case.evidence.get(1).state is ItemState.DONE
        assert pending(case) == []


def test_the_same_content_is_registered_once(tmp_path: Path, clip: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    with with_item(tmp_path / "case", clip) as case:
        with pytest.raises(UsageError):
            finish(register(case, copy, "Gate"))
        assert len(case.evidence.list()) == 1


def test_made_up_times_reach_the_item_and_its_report(tmp_path: Path) -> None:
    path = tmp_path / "back.ts"
    parts = ((range(60), 1000), (range(60, 120), 0))
    path.write_bytes(b"".join(clips.transport_stream(tmp_path / "part.ts", *part) for part in parts))
    with new_case(tmp_path / "case") as case:
        item = finish(register(case, path, "Gate"))
        assert item.warnings == ()
        done = finish(ingest_item(case, item.id, often())).item
        assert done.frames_retimed == 60
        assert any("60 frames have no usable time stamp" in each for each in done.warnings)
        ((first, last),) = done.retimed_ranges
        row = next(evidence_rows(CaseFacts(case)))
    assert (last - first) * done.time_base == pytest.approx(59 / 25)
    assert row["frames_without_usable_time"] == 60
