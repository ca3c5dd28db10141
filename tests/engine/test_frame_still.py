"""A still: exactly the frame, with hashes and both times beside it, known to the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.case import Case
from engine.errors import CaseError, EvidenceChangedError, EvidenceError, StorageError, UsageError
from engine.media.source import open_source
from engine.progress import finish
from engine.report import frame_still
from engine.report.frame_still import FrameStill, write_frame_still
from engine.store.records import ClockRecord
from tests.helpers.films import people_case

BEGAN = datetime(2026, 5, 11, 22, 0)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with people_case(tmp_path) as made:
        night = made.evidence.list()[0]
        made.evidence.set_start_time(night.id, BEGAN)
        record = ClockRecord(BEGAN, BEGAN.replace(tzinfo=UTC) - timedelta(minutes=11), 1.5, "radio clock")
        made.evidence.set_clock(night.id, record)
        yield made


def _write(case: Case, path: Path, frame: int = 17) -> FrameStill:
    item = case.evidence.list()[0]
    with open_source(item.path) as source:
        pts = int(source.index.pts[frame])
    return finish(write_frame_still(case, item.id, pts, path))


def test_the_picture_is_the_frame_and_its_facts_say_which(case: Case, tmp_path: Path) -> None:
    item = case.evidence.list()[0]
    still = _write(case, tmp_path / "still.png")
    with open_source(item.path) as source:
        own = next(frame for n, frame in enumerate(source.frames()) if n == 17)
    found = np.asarray(Image.open(still.picture))
    assert (found == own.image).all()
    about = json.loads(still.facts.read_text(encoding="utf-8"))
    assert still.facts == tmp_path / "still.json"
    assert about["picture"] == "still.png"
    assert about["sha256"] == still.sha256 == hashlib.sha256(still.picture.read_bytes()).hexdigest()
    assert about["pixels_sha256"] == hashlib.sha256(own.image.tobytes()).hexdigest()
    assert (about["exhibit"], about["original_sha256"]) == (item.exhibit, item.sha256)
    assert about["derived_from"] == {"sha256": item.sha256, "pts": own.timestamp.pts}
    assert (about["pts"], about["frame"], about["frames"]) == (own.timestamp.pts, 17, 60)
    assert about["recorder"] == "2026-05-11T22:00:01.700000"
    assert about["adjusted_utc"] == "2026-05-11T21:49:01.700000+00:00"
    assert about["uncertainty_seconds"] == pytest.approx(1.5, abs=0.01)
    assert about["written"]["examiner"] == case.examiner


def test_the_log_names_it_by_hash(case: Case, tmp_path: Path) -> None:
    item = case.evidence.list()[0]
    still = _write(case, tmp_path / "still.png")
    entry = case.audit.entries(action="report.still")[0]
    assert entry.target == item.target
    assert entry.details["sha256"] == still.sha256
    assert entry.details["facts_sha256"] == hashlib.sha256(still.facts.read_bytes()).hexdigest()
    assert case.audit.verify().intact


def test_the_same_frame_gives_the_same_picture(case: Case, tmp_path: Path) -> None:
    assert _write(case, tmp_path / "a.png").sha256 == _write(case, tmp_path / "b.png").sha256


@pytest.mark.parametrize("taken", ["still.png", "still.json"])
def test_nothing_is_overwritten(case: Case, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        _write(case, tmp_path / "still.png")
    assert (tmp_path / taken).read_text() == "mine"
    assert not case.audit.entries(action="report.still")


def test_only_png_and_only_outside_the_case(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not end in '\.png'"):
        _write(case, tmp_path / "still.jpg")
    with pytest.raises(UsageError, match="the case folder"):
        _write(case, case.folder / "still.png")


def test_a_changed_original_gives_no_still(case: Case, tmp_path: Path) -> None:
    item = case.evidence.list()[0]
    data = bytearray(item.path.read_bytes())
    data[-1] ^= 1
    item.path.write_bytes(bytes(data))
    with pytest.raises(EvidenceChangedError, match="no longer the registered one"):
        _write(case, tmp_path / "still.png")
    assert not (tmp_path / "still.png").exists()


def test_a_time_without_a_frame_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no frame at time stamp"):
        finish(write_frame_still(case, case.evidence.list()[0].id, 10**9, tmp_path / "still.png"))


def test_a_damaged_stretch_is_named(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = case.evidence.list()[0]
    with open_source(item.path) as source:
        pts = int(source.index.pts[17])
    damaged = replace(item, failed_ranges=((pts - 1, pts + 1),))
    monkeypatch.setattr(case.evidence, "get", lambda _id: damaged)
    still = _write(case, tmp_path / "still.png")
    assert frame_still.DAMAGED in json.loads(still.facts.read_text())["warnings"]


def test_where_the_files_cannot_get_their_names_the_log_says_so(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    real = os.replace

    def refuse(source: str, target: Path) -> None:
        if Path(target).name == "still.json":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr("engine.report.targets.os.replace", refuse)
    with pytest.raises(StorageError, match="No space left"):
        _write(case, tmp_path / "still.png")
    assert not list(tmp_path.glob("*still*"))
    assert [entry.action for entry in case.audit.entries(limit=2)] == ["report.withdrawn", "report.still"]


def test_a_case_that_is_only_read_exports_nothing(case: Case, tmp_path: Path) -> None:
    folder = case.folder
    with Case.open(folder, writable=False) as read, pytest.raises(CaseError, match="read-only"):
        _write(read, tmp_path / "still.png")
    assert not (tmp_path / "still.png").exists()
