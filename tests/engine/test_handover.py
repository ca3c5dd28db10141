"""The folder that is handed over: complete, checkable without the program, honest about its origin."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import pytest

from engine.case import Case
from engine.errors import CaseCorruptError, StorageError, UsageError
from engine.models.library import ModelLibrary
from engine.progress import finish
from engine.report import handover
from engine.report.handover import Handover, write_handover
from engine.report.tables import TABLES, CaseFacts
from engine.site_plan import use_plan
from engine.store.records import ClockRecord, Position
from engine.store.site_plans import PlanPlace
from engine.types import Verdict
from tests.helpers.cases import ingest, new_case, register, searched, tracklet, unit_vector
from tests.helpers.films import people_case
from tests.helpers.plans import draw_plan

BEGAN = datetime(2026, 5, 11, 22, 0)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """One search with a confirmation, a rejection and an undone one; a subject, and a mark."""
    with people_case(tmp_path) as made:
        night, gate, _dock = made.evidence.list()
        for item in (night, gate):
            made.evidence.set_start_time(item.id, BEGAN)
            made.evidence.set_clock(
                item.id, ClockRecord(BEGAN, BEGAN.replace(tzinfo=UTC) - timedelta(minutes=11), 1.5, "radio clock")
            )
        everybody = made.tracklets.list()
        own = everybody[0].id
        day = [t.id for t in everybody if t.modality.value == "rgb"]
        search = searched(made, own, day)
        made.decisions.decide(search.id, [day[1]], Verdict.REJECTED, reason="taller")
        made.decisions.undo_last(search.id)
        made.decisions.decide(search.id, [day[2]], Verdict.REJECTED)
        (sure,) = made.decisions.decide(
            search.id, [day[0]], Verdict.CONFIRMED, reason="same coat, „blue“", observations={"footwear": "similar"}
        )
        subject = made.subjects.create("Walker")
        made.subjects.add(subject.id, [own])
        made.subjects.add(subject.id, [day[0]], "same coat", sure.id)
        made.marks.add(night.id, everybody[0].start.pts, "puts down a bag")
        card = ModelLibrary().get("nightjar-student").card
        made.embeddings.add(card.sha256, card.name, [(everybody[0].best_crop, unit_vector(0, 8))])
        yield made


def _table(written: Handover, name: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """As JSON and as CSV."""
    with (written.folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return json.loads((written.folder / f"{name}.json").read_text(encoding="utf-8")), rows


def test_every_file_is_listed_with_its_hash_and_the_list_is_in_the_log(case: Case, tmp_path: Path) -> None:
    head = case.audit.head
    written = finish(write_handover(case, tmp_path / "out"))
    listed = dict(
        reversed(line.split("  ")) for line in (written.folder / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    there = {path.name for path in written.folder.iterdir()} - {"SHA256SUMS"}
    assert set(listed) == there
    assert there >= {"about.json", "S-001.png", "decisions.csv", "decisions.json", "marks.csv", "evidence.json"}
    for name, digest in listed.items():
        assert hashlib.sha256((written.folder / name).read_bytes()).hexdigest() == digest
    (entry,) = case.audit.entries(action="report.handover")
    assert entry.details["sums_sha256"] == hashlib.sha256((written.folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert written.head == entry.details["head"] == head
    assert written.found == ()


def test_decisions_are_all_there_with_original_and_both_times(case: Case, tmp_path: Path) -> None:
    written = finish(write_handover(case, tmp_path / "out"))
    rows, lines = _table(written, "decisions")
    assert [row["verdict"] for row in rows] == ["rejected", "undo of 1", "rejected", "confirmed"]
    assert [row["stands"] for row in rows] == [False, False, True, True]
    sure = rows[-1]
    assert (sure["search"], sure["rank"], sure["observations"]) == ("Q-001", 1, {"footwear": "similar"})
    assert sure["original_sha256"] == case.evidence.find(sure["exhibit"]).sha256
    assert sure["first_recorder"] == "2026-05-11T22:00:00"
    assert sure["first_adjusted_utc"] == "2026-05-11T21:49:00+00:00"
    assert sure["first_uncertainty_seconds"] >= 1.5
    assert lines[-1]["reason"] == sure["reason"] == "same coat, „blue“"
    assert lines[-1]["stands"] == "yes"
    (mark,), _ = _table(written, "marks")
    assert mark["note"] == "puts down a bag"


def test_it_says_what_the_software_claims_and_what_its_models_are(case: Case, tmp_path: Path) -> None:
    written = finish(write_handover(case, tmp_path / "out", check_originals=False))
    about = json.loads((written.folder / "about.json").read_text(encoding="utf-8"))
    assert "not an identification" in about["notice"]
    assert about["originals_checked"] is False
    models = {model["name"]: model for model in about["models"]}
    assert "never tested on real" in models["nightjar-student"]["provisional"]
    assert "computer-rendered" in models["nightjar-student"]["training_data"]
    assert models["trial"]["card"] == "not on this machine"


def test_an_empty_table_says_so_and_a_camera_that_lost_its_footage_is_left_out(case: Case, tmp_path: Path) -> None:
    item = case.evidence.list()[0]
    before = item.camera.name
    for each in case.evidence.list():
        if each.camera.name == before:
            case.evidence.set_camera(each.id, "Yard, by the gate")
    written = finish(write_handover(case, tmp_path / "out", check_originals=False))
    assert (written.folder / "custody.csv").read_text(encoding="utf-8-sig").startswith("nothing of this kind")
    cameras, in_csv = _table(written, "cameras")
    assert {row["camera"]: row["exhibits"] for row in cameras}["Yard, by the gate"][0] == item.exhibit
    assert before not in {row["camera"] for row in cameras}
    assert len(cameras) == len(in_csv)
    evidence, _ = _table(written, "evidence")
    assert evidence[0]["modality"] == ["IR"]
    assert evidence[0]["modality_set_by_hand"] is False


def test_the_contact_sheet_shows_every_appearance(case: Case, tmp_path: Path) -> None:
    written = finish(write_handover(case, tmp_path / "out", check_originals=False))
    one = cv2.imread(str(written.folder / "S-001.png"))
    case.subjects.remove(1, [case.subjects.members(1)[1].tracklet_id])
    fewer = finish(write_handover(case, tmp_path / "later", check_originals=False))
    assert one.shape[0] > cv2.imread(str(fewer.folder / "S-001.png")).shape[0]


def test_an_original_that_changed_is_told_and_the_folder_says_so(case: Case, tmp_path: Path) -> None:
    path = case.evidence.find("E-002").path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    written = finish(write_handover(case, tmp_path / "out"))
    assert [finding.sentence for finding in written.found or ()] == [
        "E-002 (gate_day.mp4) has changed: its SHA-256 is no longer the registered one."
    ]
    about = json.loads((written.folder / "about.json").read_text(encoding="utf-8"))
    assert about["originals_amiss"][0].startswith("E-002")


def test_the_plan_under_the_cameras_is_named_and_comes_along(case: Case, tmp_path: Path) -> None:
    bare = finish(write_handover(case, tmp_path / "bare", check_originals=False))
    assert json.loads((bare.folder / "about.json").read_text(encoding="utf-8"))["site_plan"] is None
    plan = finish(use_plan(case, draw_plan(tmp_path / "ground.png")))
    gate = next(camera for camera in case.cameras.list() if "Gate" in camera.name)
    case.cameras.place({gate.id: Position(x=120.5, y=80)})
    written = finish(write_handover(case, tmp_path / "out"))
    rows = {row["camera"]: row for row in _table(written, "cameras")[0]}
    assert (rows[gate.name]["plan_pixel_x"], rows[gate.name]["plan_pixel_y"]) == (120.5, 80)
    assert rows[gate.name]["plan_sha256"] == plan.picture.sha256 == written.files["site-plan.png"]
    assert rows["CAM-02 Dock"]["plan_sha256"] == ""
    about = json.loads((written.folder / "about.json").read_text(encoding="utf-8"))
    assert about["site_plan"]["sha256"] == plan.picture.sha256
    assert "approximate" in about["site_plan"]["notice"]
    assert (about["site_plan"]["unit"], about["site_plan"]["moved_by"]) == (1, "")
    moved = case.site_plans.move(PlanPlace(20.5, 80, 2, 90))
    turned = finish(write_handover(case, tmp_path / "turned"))
    row = next(row for row in _table(turned, "cameras")[0] if row["camera"] == gate.name)
    assert (row["x"], row["plan_pixel_x"], row["plan_pixel_y"]) == (120.5, 0, -50)
    about = json.loads((turned.folder / "about.json").read_text(encoding="utf-8"))
    assert (about["site_plan"]["turn"], about["site_plan"]["moved_by"]) == (90, moved.moved_by)
    case.site_plans.path(plan.picture).write_bytes(b"another")
    later = finish(write_handover(case, tmp_path / "later"))
    assert "site-plan.png" not in later.files
    assert ["has changed" in finding.sentence for finding in later.found or ()] == [True]
    about = json.loads((later.folder / "about.json").read_text(encoding="utf-8"))
    assert (about["site_plan"]["file"], "has changed" in about["site_plan"]["amiss"]) == ("", True)


def test_a_case_that_was_changed_is_told_in_the_folder_and_on_its_sheets(case: Case, tmp_path: Path) -> None:
    sound = finish(write_handover(case, tmp_path / "sound"))
    assert sound.amiss == ()
    best = case.tracklets.get(case.subjects.members(1)[0].tracklet_id).best_crop
    with closing(sqlite3.connect(case.database)) as connection, connection:
        connection.execute("UPDATE crop_images SET jpeg = (SELECT jpeg FROM crop_images ORDER BY crop_id DESC LIMIT 1)")
        connection.execute("UPDATE evidence SET start_time = NULL WHERE id = 2")
    written = finish(write_handover(case, tmp_path / "out"))
    told = [finding.sentence for finding in written.case]
    assert "Rows of the table 'evidence' are not as the audit log accounts for them." in told
    assert f"The picture of crop {best} is not the one that was stored." in told
    about = json.loads((written.folder / "about.json").read_text(encoding="utf-8"))
    assert about["case_amiss"] == told
    before, after = (cv2.imread(str(each.folder / "S-001.png")) for each in (sound, written))
    assert after.shape[0] > before.shape[0], "a notice more on the sheet"
    with pytest.raises(CaseCorruptError, match="not the one that was stored"):
        case.tracklets.crop_jpeg(best)


def test_text_that_a_spreadsheet_would_run_is_quoted_in_csv_alone(case: Case, tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://example.org","gate")'
    case.cameras.update(1, name=formula, notes="-1+1")
    written = finish(write_handover(case, tmp_path / "out", check_originals=False))
    exact, lines = _table(written, "cameras")
    assert formula in {row["camera"] for row in exact}
    assert "'" + formula in {line["camera"] for line in lines}
    assert "'-1+1" in {line["notes"] for line in lines}
    texts = [path.read_text("utf-8-sig").splitlines() for path in written.folder.glob("*.csv")]
    cells = [cell for lines in texts for row in csv.reader(lines) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r")]


def test_a_full_disk_is_named_as_the_reports_own(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(handover, "_write_csv", full)
    with pytest.raises(StorageError, match="No space left") as raised:
        finish(write_handover(case, tmp_path / "out", check_originals=False))
    assert str(tmp_path / "out") in str(raised.value)
    assert "case.db" not in str(raised.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_there_is_no_folder_that_the_log_does_not_know_of(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk that holds case.db is full.")

    with monkeypatch.context() as patch:
        patch.setattr(case.audit, "note", full)
        with pytest.raises(StorageError, match="is full"):
            finish(write_handover(case, tmp_path / "out", check_originals=False))
    assert list((tmp_path / "out").iterdir()) == []
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *_: os.stat(tmp_path / "gone"))
        with pytest.raises(StorageError, match="could not be written"):
            finish(write_handover(case, tmp_path / "out", check_originals=False))
    assert list((tmp_path / "out").iterdir()) == []
    assert [entry.action for entry in case.audit.entries(limit=2)] == ["report.withdrawn", "report.handover"]
    synced: list[int] = []
    really = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), really(fd))[1])
    written = finish(write_handover(case, tmp_path / "out", check_originals=False))
    assert len(synced) >= len(written.files) + 2, "every file and the folders are on the disk before it has its name"


def test_nothing_is_handed_over_into_the_case_or_an_original(case: Case, tmp_path: Path) -> None:
    for place in (case.folder, case.folder / "cache" / "deep", case.evidence.get(1).path):
        with pytest.raises(UsageError, match="nothing was written"):
            finish(write_handover(case, place, check_originals=False))
    assert not list(case.folder.glob("**/nightjar-2*"))


def test_a_place_that_cannot_be_written_leaves_nothing(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="could not be written"):
        finish(write_handover(case, tmp_path / "file", check_originals=False))
    work = write_handover(case, tmp_path / "out", check_originals=False)
    next(work)
    work.close()
    assert list((tmp_path / "out").iterdir()) == []
    assert not case.audit.entries(action="report.handover")


def test_members_without_times_stand_in_the_order_of_the_footage(tmp_path: Path) -> None:
    with new_case(tmp_path / "case") as case:
        ingest(case, register(case, tmp_path), tuple(tracklet(n, start=200 - 15 * n) for n in range(1, 13)))
        subject = case.subjects.create("X")
        case.subjects.add(subject.id, case.tracklets.ids().tolist())
        rows = list(TABLES["subjects"](CaseFacts(case)))
    assert [row["first_pts"] for row in rows] == sorted(row["first_pts"] for row in rows)
    assert len(rows) == 12
