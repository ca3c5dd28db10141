"""The picture of the site under the map: copied untouched, checked, replaced, removed; whatever the file is like."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Migrations

from engine.case import Case
from engine.errors import CaseError, EvidenceChangedError, EvidenceError, NightjarError, StorageError, UsageError
from engine.media import still
from engine.progress import finish
from engine.settings import SitePlanSettings
from engine.site_plan import plan_pixels, use_plan
from engine.store import audit, row_sums, schema
from engine.store.records import Position
from engine.store.site_plans import PlanPlace
from tests.helpers.cases import EXAMINER, findings, new_case, register
from tests.helpers.plans import draw_plan

KINDS = ("plan.png", "plan.jpg", "plan.bmp", "plan.tif", "plan.webp")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path / "case") as made:
        register(made, tmp_path / "files")
        yield made


def _in_case_folder(case: Case) -> list[str]:
    return sorted(path.name for path in case.site_plans.folder.iterdir()) if case.site_plans.folder.exists() else []


@pytest.mark.parametrize("name", KINDS)
def test_a_plan_is_copied_byte_by_byte_and_logged(case: Case, tmp_path: Path, name: str) -> None:
    chosen = draw_plan(tmp_path / name)
    content, digest = chosen.read_bytes(), hashlib.sha256(chosen.read_bytes()).hexdigest()
    plan = finish(use_plan(case, chosen))
    assert case.site_plans.current() == plan
    assert case.site_plans.path(plan.picture).read_bytes() == content == chosen.read_bytes()
    assert _in_case_folder(case) == [digest + chosen.suffix]
    picture = plan.picture
    assert (picture.name, picture.sha256, picture.size) == (name, digest, len(content))
    assert (picture.width, picture.height, plan.place) == (640, 400, PlanPlace(0, 0, 1))
    (entry,) = case.audit.entries(action="plan.use")
    assert (entry.actor, entry.target, entry.details["sha256"]) == (EXAMINER, plan.target, digest)
    assert (plan.added_by, plan.added_at) == (EXAMINER, entry.at)
    assert findings(case) == []


def test_cameras_keep_their_place_on_a_better_copy_of_the_plan(case: Case, tmp_path: Path) -> None:
    (gate,) = case.cameras.list()
    first = finish(use_plan(case, draw_plan(tmp_path / "small.png")))
    case.cameras.place({gate.id: Position(x=320, y=100)})
    second = finish(use_plan(case, draw_plan(tmp_path / "large.png", (1600, 1000))))
    assert second.place.pixel(320, 100) == (800, 250)
    assert [plan.removed_at is None for plan in case.site_plans.list()] == [False, True]
    assert case.audit.entries(action="plan.use", limit=1)[0].details["replaces"] == first.id
    assert len(_in_case_folder(case)) == 2, "earlier work was done on the earlier plan"
    assert findings(case) == []


def test_a_first_plan_lies_around_the_cameras_that_stand_already(case: Case, tmp_path: Path) -> None:
    register(case, tmp_path / "files", "dock.mkv", "Dock")
    dock, gate = case.cameras.list()
    case.cameras.place({gate.id: Position(x=-30, y=5), dock.id: Position(x=50, y=25)})
    plan = finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    where = [plan.place.pixel(x, y) for x, y in ((-30, 5), (50, 25))]
    assert where == [pytest.approx((64, 136)), pytest.approx((576, 264))], "80 % of 640 pixels, in the middle"


def test_a_removed_plan_stays_in_the_folder_and_can_come_back(case: Case, tmp_path: Path) -> None:
    chosen = draw_plan(tmp_path / "plan.png")
    first = finish(use_plan(case, chosen))
    case.site_plans.remove()
    assert case.site_plans.current() is None
    assert case.audit.entries(limit=1)[0].action == "plan.remove"
    assert findings(case) == []
    with pytest.raises(UsageError, match="no site plan"):
        case.site_plans.remove()
    again = finish(use_plan(case, chosen))
    assert (again.id, again.picture) == (first.id + 1, first.picture)
    with pytest.raises(UsageError, match="is the site plan already"):
        finish(use_plan(case, chosen))
    assert _in_case_folder(case) == [first.picture.sha256 + ".png"]


def test_transparent_turned_grey_and_large_plans_are_shown_upright_on_white(case: Case, tmp_path: Path) -> None:
    for name, options in (("clear.png", {}), ("clear.webp", {"lossless": True})):
        clear = finish(use_plan(case, draw_plan(tmp_path / name, mode="RGBA", **options)))
        shown = plan_pixels(case, clear)
        assert shown.shape == (400, 640, 3)
        assert shown[4, 4].tolist() == [255, 255, 255]
        assert shown.min() == 0
    from PIL import Image

    exif = Image.Exif()
    exif[still.ORIENTATION] = 6  # to be turned a quarter clockwise
    for name in ("phone.jpg", "phone.webp", "phone.png"):
        turned = finish(use_plan(case, draw_plan(tmp_path / name, exif=exif)))
        assert (turned.picture.width, turned.picture.height) == (400, 640)
        shown = plan_pixels(case, turned)
        assert shown.shape == (640, 400, 3)
        assert shown[300, 368].max() < 100, "the upper wall is at the right"
    deep = tmp_path / "deep.tif"
    Image.fromarray(np.full((20, 30), 0x8000, np.uint16)).save(deep)
    assert plan_pixels(case, finish(use_plan(case, deep))).max() == 0x80
    lines = finish(use_plan(case, draw_plan(tmp_path / "lines.tif", (3000, 1000), mode="1")))
    assert plan_pixels(case, lines).shape == (683, 2048, 3)
    assert (lines.picture.width, lines.picture.height) == (3000, 1000)


THREE_SAMPLES = b"\x15\1\3\0\1\0\0\0\3\0"  # TIFF 6.0: tag 277, SamplesPerPixel, one 16-bit number


def _bad(tmp_path: Path, what: str) -> Path:
    path = tmp_path / f"{what}.png"
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_bytes(b"%PDF-1.7 a plan in another kind of file")
    elif what == "gif":
        draw_plan(tmp_path / "plan.gif").rename(path)
    elif what == "short":
        path.write_bytes(draw_plan(tmp_path / "whole.png").read_bytes()[:-600])
    elif what == "short-webp":
        path.write_bytes(draw_plan(tmp_path / "whole.webp").read_bytes()[:-300])
    elif what == "short-jpeg":
        path.write_bytes(draw_plan(tmp_path / "whole.jpg").read_bytes()[:-900])
    elif what == "samples":
        content = draw_plan(tmp_path / "whole.tif").read_bytes()
        assert content.count(THREE_SAMPLES) == 1
        path.write_bytes(content.replace(THREE_SAMPLES, THREE_SAMPLES[:-2] + b"\x64\0"))
    elif what == "large":
        draw_plan(path, (1200, 1000))
    elif what == "long":
        draw_plan(path, (900, 900), compress_level=0)
    return path


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("absent", "no file that can be read"),
        ("folder", "no file that can be read"),
        ("empty", "is empty"),
        ("text", "not a PNG, JPEG, BMP, TIFF or WebP picture"),
        ("gif", "not a PNG, JPEG, BMP, TIFF or WebP picture"),
        ("short", "damaged or cut short"),
        ("short-jpeg", "damaged or cut short"),
        ("short-webp", "damaged"),
        ("samples", "damaged"),  # Pillow also logs an error about this one
        ("large", "1200 × 1000 pixels, more than a plan needs"),
        ("long", "larger than 1 MiB"),
    ],
)
def test_what_cannot_be_a_plan_is_refused_in_a_sentence(case: Case, tmp_path: Path, what: str, told: str) -> None:
    kept = finish(use_plan(case, draw_plan(tmp_path / "kept.png")))
    before, head = _in_case_folder(case), case.audit.head
    with pytest.raises(NightjarError, match=told) as refusal:
        finish(use_plan(case, _bad(tmp_path, what), SitePlanSettings(max_bytes=2**20, max_pixels=10**6)))
    assert f"'{what}.png'" in str(refusal.value)
    assert refusal.value.hint
    assert (_in_case_folder(case), case.audit.head, case.site_plans.current()) == (before, head, kept)


def test_a_header_that_claims_a_giant_is_refused_before_it_is_decoded(case: Case, tmp_path: Path) -> None:
    for side, told in ((12_000, "144 million|12000 × 12000 pixels"), (60_000, "claims more pixels")):
        header = b"BM" + np.array([54, 0, 54, 40, side, side], "<u4").tobytes() + b"\1\0\30\0" + bytes(24)
        (tmp_path / "giant.bmp").write_bytes(header)
        with pytest.raises(NightjarError, match=told):
            finish(use_plan(case, tmp_path / "giant.bmp"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_pictures_are_told_never_crash(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(draw_plan(tmp_path / data.draw(st.sampled_from(KINDS)), (60, 40)).read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for _ in range(data.draw(st.integers(0, 6))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with suppress(EvidenceError):
        found = still.look(path)
        if found.width * found.height < 10**6:
            assert still.pixels(path, 50).shape[2] == 3


def test_a_file_changed_or_gone_is_told_by_verify_and_not_shown(case: Case, tmp_path: Path) -> None:
    plan = finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    path = case.site_plans.path(plan.picture)
    draw_plan(path, (640, 401))
    assert findings(case) == [
        "The site plan 'plan.png' has changed: the SHA-256 of its file is no longer the one it was added with."
    ]
    with pytest.raises(EvidenceChangedError, match="has changed"):
        plan_pixels(case, plan)
    path.unlink()
    (sentence,) = findings(case)
    assert sentence.startswith("The site plan 'plan.png' is missing")
    with pytest.raises(EvidenceError, match="is missing"):
        plan_pixels(case, plan)
    case.site_plans.remove()
    assert findings(case) == [sentence], "an earlier plan is checked too"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE site_plans SET unit = 2",
        "UPDATE site_plans SET sha256 = '0'",
        "UPDATE site_plans SET removed_at = '2026-01-01'",
        "DELETE FROM site_plans",
        "INSERT INTO site_plans SELECT 7, name, suffix, sha256, size, width, height, x, y, unit, added_by, added_at, "
        "added_at, turn FROM site_plans",
        "UPDATE site_plans SET turn = 5",
        "INSERT INTO plan_moves (plan_id, x, y, unit, turn, examiner, at) VALUES (1, 1, 1, 1, 0, 'E', '2026-01-01')",
    ],
)
def test_a_record_changed_behind_the_programs_back_is_told(case: Case, tmp_path: Path, statement: str) -> None:
    finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    case.close()
    connection = sqlite3.connect(case.folder / "case.db", isolation_level=None)
    assert connection.execute(statement).rowcount == 1
    connection.close()
    with Case.open(case.folder, writable=False) as opened:
        table = "plan_moves" if "plan_moves" in statement else "site_plans"
        assert any(f"'{table}'" in sentence for sentence in findings(opened))


def test_a_case_without_room_or_open_for_reading_stays_as_it_was(case: Case, tmp_path: Path) -> None:
    chosen = draw_plan(tmp_path / "plan.png")
    case.site_plans.folder.write_text("in the way")
    with pytest.raises(StorageError, match="could not be copied"):
        finish(use_plan(case, chosen))
    case.site_plans.folder.unlink()
    work = use_plan(case, chosen)
    next(work)
    work.close()
    assert _in_case_folder(case) == []
    case.close()
    with Case.open(case.folder, writable=False) as reading, pytest.raises(CaseError, match="read-only"):
        finish(use_plan(reading, chosen))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from engine.case import Case
from engine.progress import finish
from engine.site_plan import use_plan
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Case.open(Path(sys.argv[1]), examiner="A. Examiner") as case:
    work = use_plan(case, Path(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
    try:
        finish(work)
    except Exception as error:
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes as POSIX does")
def test_a_full_disk_is_told_and_leaves_no_half_picture(case: Case, tmp_path: Path) -> None:
    case.close()
    chosen = draw_plan(tmp_path / "plan.bmp")
    command = [sys.executable, "-c", FULL_DISK, str(case.folder), str(chosen)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.startswith("StorageError 'plan.bmp' could not be copied into the case folder")
    assert list((case.folder / "site").iterdir()) == []
    with Case.open(case.folder, writable=False) as opened:
        assert opened.site_plans.list() == []
        assert findings(opened) == []


def test_a_case_of_the_first_schema_opens_and_takes_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Migrations("nightjar")
    first()(schema.m001_case)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", first)
        patch.setattr(row_sums, "write", lambda *_: None)  # rows were not accounted for yet
        patch.setattr(audit, "ROWS", "nothing")
        # By that program's own columns: its other tables are not today's.
        with new_case(tmp_path / "older") as old, old._db.transaction("camera.add") as tx:
            tx.insert("cameras", name="Gate", x=1.0, y=2.0)
    with pytest.raises(CaseError, match="older Nightjar"):
        Case.open(tmp_path / "older", writable=False)
    with Case.open(tmp_path / "older", examiner=EXAMINER) as opened:
        assert opened.site_plans.current() is None
        assert findings(opened) == []
        assert [(camera.name, camera.x) for camera in opened.cameras.list()] == [("Gate", 1)]
        finish(use_plan(opened, draw_plan(tmp_path / "plan.png")))
        assert findings(opened) == []
