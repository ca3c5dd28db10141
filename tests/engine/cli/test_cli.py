"""The command line as an analyst meets it: one sentence and an exit code for every fault, JSON for every answer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from engine.case import Case
from engine.cli import main
from engine.ingest import ingest_item, register
from engine.media.hashing import hash_file
from engine.progress import finish
from engine.report.tables import CaseFacts, evidence_rows
from tests.helpers.cases import EXAMINER, new_case
from tests.helpers.films import people_case
from tests.helpers.ingest_once import often
from tests.helpers.shared import shared_path
from tests.helpers.walkers import PASSES, write_walkers

REPOSITORY = Path(__file__).parents[3]


def nightjar(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def answer(*arguments: object) -> Any:
    result = nightjar(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def fault(code: int, *arguments: object) -> str:
    """The one sentence (and hint) that a failing command says."""
    result = nightjar(*arguments)
    assert result.exit_code == code, (result.exit_code, result.output)
    assert "Traceback" not in result.output
    return result.stderr


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    new_case(folder).close()
    return folder


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with one night and one day clip ingested."""
    root = tmp_path_factory.mktemp("cli")
    with new_case(root / "case") as case:
        for name, grey in (("night", True), ("day", False)):
            clip = write_walkers(root / f"{name}.mp4", PASSES[:2], seconds=18, grey=grey, seed=len(name))
            item = finish(register(case, clip, name))
            finish(ingest_item(case, item.id, often()))
    return root / "case"


def test_a_case_is_made_and_described(tmp_path: Path) -> None:
    made = answer("case", "create", tmp_path / "new", "--title", "Harbour")
    assert made["title"] == "Harbour"
    described = answer("case", "info", tmp_path / "new")
    assert described["evidence"] == 0
    assert described["audit_head"] == made["audit_head"]
    assert "already a case" in fault(2, "case", "create", tmp_path / "new")
    assert "no case" in fault(4, "case", "info", tmp_path / "elsewhere")


def bad_footage(folder: Path) -> dict[str, Path]:
    """Files that are not footage, and what a person would call them."""
    whole = write_walkers(folder / "whole.mp4", (), seconds=2)
    data = whole.read_bytes()
    files = {
        "empty": b"",
        "not a video": b"%PDF-1.7 an invoice, not a video" * 100,
        "cut off": data[: len(data) // 2],
    }
    made = {}
    for name, content in files.items():
        made[name] = folder / f"{name}.mp4"
        made[name].write_bytes(content)
    made["without frames"] = folder / "sound.mp4"
    with av.open(str(made["without frames"]), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    made["a folder without pictures"] = folder / "folder"
    made["a folder without pictures"].mkdir()
    made["missing"] = folder / "missing.mp4"
    return made


def test_bad_footage_is_refused_and_nothing_is_half_written(empty: Path, tmp_path: Path) -> None:
    before = answer("case", "info", empty)
    for name, path in bad_footage(tmp_path).items():
        said = fault(3, "evidence", "add", empty, path, "--camera", "Gate")
        assert path.name in said, name
        assert 1 <= len([line for line in said.splitlines() if line and ":" not in line[:12]]) <= 3, said
    assert answer("case", "info", empty) == before


def test_the_whole_path(searched: Path, tmp_path: Path) -> None:
    items = answer("evidence", "list", searched)
    assert [item["state"] for item in items] == ["done", "done"]
    tracklets = answer("tracklets", searched, "--modality", "ir", "--sheet", tmp_path / "people.png")
    assert len(tracklets) == 2
    found = answer("search", searched, "--tracklet", "E-001/1", "--sheet", tmp_path / "ranked.png")
    assert [c["rank"] for c in found["candidates"]] == [1, 2]
    assert "not an identification" in found["notice"]
    assert "never tested" in found["provisional"]
    for sheet in ("people.png", "ranked.png"):
        assert (tmp_path / sheet).read_bytes().startswith(b"\x89PNG")
    answer("subject", "create", searched, "Person A")
    label = found["search"]
    confirmed = answer("decide", searched, label, 1, "confirmed", "--reason", "same coat", "--subject", "S-001")
    assert confirmed["verdict"] == "confirmed"
    assert len(answer("subject", "show", searched, "S-001")["members"]) == 1
    sheet = answer("subject", "sheet", searched, "S-001", tmp_path / "person-a.png")
    assert sheet["sha256"] == hashlib.sha256((tmp_path / "person-a.png").read_bytes()).hexdigest()
    noted = answer("audit", searched, "--last", 1)
    assert sheet["sha256"] in json.dumps(noted)
    answer("decide", searched, label, 2, "rejected")
    answer("decide", searched, label, 2, "undo")
    listed = answer("searches", searched)[0]
    assert (listed["confirmed"], listed["rejected"]) == (1, 0)
    written = answer("report", searched, tmp_path / "out")
    assert {"S-001.png", "decisions.csv"} <= set(written["files"])
    assert written["found"] == []
    assert answer("verify", searched)["passed"]
    actions = [entry["action"] for entry in answer("audit", searched)["entries"]]
    assert {"search.record", "decision.take", "decision.undo", "subject.add"} <= set(actions)


def test_a_request_that_makes_no_sense_is_told(searched: Path, empty: Path) -> None:
    assert "nobody to search for" in fault(2, "search", searched)
    assert "no tracklet" in fault(2, "search", searched, "--tracklet", "E-001/99")
    assert "does not name a tracklet" in fault(2, "search", searched, "--tracklet", "somebody")
    assert "no re-ranking called" in fault(2, "search", searched, "--tracklet", "1", "--reranking", "magic")
    assert "no model called" in fault(5, "search", searched, "--tracklet", "1", "--student", "magic")
    assert "no footage yet" in fault(2, "ingest", empty)
    document = nightjar("search", searched, "--json")
    assert json.loads(document.stdout)["kind"] == "UsageError"


def test_a_sheet_never_takes_the_place_of_an_original_or_of_the_case(searched: Path, tmp_path: Path) -> None:
    original, database = searched.parent / "night.mp4", searched / "case.db"
    link, other = tmp_path / "link.png", tmp_path / "other.png"
    link.symlink_to(original)
    hard = tmp_path / "hard.png"
    hard.hardlink_to(original)
    other.write_bytes(b"\x89PNG of somebody else")
    listed = len(answer("searches", searched))
    before = {path: path.read_bytes() for path in (original, database, other)}
    for target, said in (
        (original, "the original E-001"),
        (link, "the original E-001"),
        (hard, "the original E-001"),
        (database, "the case"),
        (searched / "sheet.png", "the case folder"),
        (tmp_path, "is a folder"),
        (other, "is there already"),
    ):
        assert said in fault(2, "tracklets", searched, "--sheet", target)
        assert said in fault(2, "search", searched, "--tracklet", "E-001/1", "--sheet", target)
    assert {path: path.read_bytes() for path in before} == before
    assert len(answer("searches", searched)) == listed, "no search is recorded for a sheet that cannot be written"
    answer("tracklets", searched, "--sheet", tmp_path / "sheet.png")
    answer("tracklets", searched, "--sheet", tmp_path / "sheet.png")  # its own may be drawn again
    assert not list(tmp_path.glob(".*")), "no draft is left"
    assert "could not be written" in fault(6, "tracklets", searched, "--sheet", tmp_path / "no such" / "sheet.png")


def test_a_report_on_a_changed_original_or_case_is_written_and_does_not_exit_0(searched: Path, tmp_path: Path) -> None:
    shutil.copytree(searched.parent, tmp_path / "copy")
    folder = tmp_path / "copy" / "case"
    with Case.open(folder, examiner=EXAMINER) as case:
        for item in case.evidence.list():
            path = tmp_path / "copy" / item.path.name
            case.evidence.relocate(item.id, path, finish(hash_file(path)))
    night = tmp_path / "copy" / "night.mp4"
    night.write_bytes(night.read_bytes()[:-1] + b"x")
    result = nightjar("report", folder, tmp_path / "first")
    assert result.exit_code == 3
    assert "E-001 (night.mp4) has changed" in result.output
    assert len(list((tmp_path / "first").iterdir())) == 1
    with closing(sqlite3.connect(folder / "case.db")) as connection, connection:
        connection.execute("UPDATE cameras SET name = 'Elsewhere' WHERE id = 1")
    assert nightjar("report", folder, tmp_path / "second").exit_code == 4


def test_a_second_writer_is_told_who_writes(empty: Path) -> None:
    with Case.open(empty, examiner=EXAMINER):
        said = fault(4, "subject", "create", empty, "Person A")
        assert EXAMINER in said
        assert answer("case", "info", empty)["evidence"] == 0


def test_ctrl_c_keeps_what_was_found_and_the_next_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    with new_case(folder) as case:
        clip = write_walkers(tmp_path / "day.mp4", seconds=100)  # read in several commits: it is not done at the first
        finish(register(case, clip, "Gate"))
    command = [sys.executable, "-m", "engine.cli", "ingest", str(folder), "--detector", "motion", "--json"]
    running = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("finding people"):
            break
    readers = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(2)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert json.loads(out)["kind"] == "Cancelled"
    assert not psutil.wait_procs(readers, timeout=20)[1]
    assert answer("evidence", "list", folder)[0]["state"] == "interrupted"
    assert answer("verify", folder)["passed"]
    assert answer("ingest", folder, "--detector", "motion")["done"][0]["tracklets"] == len(PASSES)


@pytest.mark.shared
def test_footage_that_kills_other_readers_is_ingested(tmp_path: Path) -> None:
    odd = shared_path("footage/odd/rawvideo-48x48.avi")
    folder = tmp_path / "case"
    new_case(folder).close()
    answer("evidence", "add", folder, odd, "--camera", "Odd")
    report = answer("ingest", folder)["done"][0]
    assert (report["frames_decoded"], report["frames_failed"]) == (51, 0)


def test_help_names_every_verb_and_answers_without_heavy_modules() -> None:
    script = (
        "import sys; from engine.cli import main; main(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True, env={**os.environ}
    )
    for verb in ("case", "evidence", "ingest", "search", "subject", "models", "verify", "audit"):
        assert verb in done.stdout
    for heavy in ("'cv2'", "'av'", "'onnxruntime'", "'torch'", "'scipy'"):
        assert heavy not in done.stdout


def test_pictures_without_times_are_told_wherever_the_item_is(empty: Path, tmp_path: Path) -> None:
    footage = tmp_path / "stills"
    footage.mkdir()
    for n in range(3):
        Image.new("RGB", (64, 48), (n, n, n)).save(footage / f"{n}.png")
    added = nightjar("evidence", "add", empty, footage, "--camera", "A", "--start", "2024-01-01 22:00:00")
    assert "E-001: The pictures state no times; they are counted" in added.output
    assert "they are counted" in nightjar("evidence", "list", empty).output
    assert "counted" in answer("evidence", "list", empty)[0]["warnings"][0]
    assert "E-001: The pictures state no times" in nightjar("ingest", empty, "--detector", "motion").output
    clock = ("--recorder", "2024-01-01 22:00:00", "--reference", "2024-01-01 21:00:00", "--source", "radio clock")
    noted = nightjar("evidence", "clock", empty, "E-001", *clock, "--uncertainty", "1").output
    assert "First frame: recorder 2024-01-01 22:00:00, adjusted 2024-01-01 21:00:00+00:00, give or take 1.0 s." in noted
    assert "error not known" in noted
    with Case.open(empty, writable=False) as case:
        facts = CaseFacts(case)
        moment = facts.times(1, facts.items[1].timestamp(2))
        (row,) = evidence_rows(facts)
    assert moment["adjusted_utc"]
    assert moment["uncertainty_seconds"] is None
    assert "counted" in moment["time_basis"]
    assert "counted" in row["warnings"][0]
    for bad in ("nan", "inf"):
        assert "number of seconds" in fault(2, "evidence", "clock", empty, "E-001", *clock, "--uncertainty", bad)


def test_a_search_by_time_names_the_exhibits_that_it_leaves_out(searched: Path) -> None:
    asked = ("search", searched, "--tracklet", "E-001/1", "--since", "2020-01-01")
    assert "Left out, since their time is not known: E-001, E-002." in fault(2, *asked)
    assert nightjar("evidence", "set", searched, "E-002", "--start", "2024-01-01 22:00:00").exit_code == 0
    result = nightjar(*asked)
    assert "Left out, since their time is not known: E-001." in result.stderr
    assert "recorder's own time, since its clock was never compared with a reference: E-002." in result.stderr
    assert len(answer(*asked)["time_notices"]) == 2


def test_files_behind_one_that_fails_are_still_added(empty: Path, tmp_path: Path) -> None:
    for n in range(3):
        Image.new("RGB", (64, 48), (n, n, n)).save(tmp_path / f"{n}.png")
    first, second, third = (tmp_path / f"{n}.png" for n in range(3))
    answer("evidence", "add", empty, first, "--camera", "A")
    result = nightjar("evidence", "add", empty, first, tmp_path / "gone.png", second, third, "--camera", "A", "--json")
    assert result.exit_code == 2
    assert [item["exhibit"] for item in json.loads(result.stdout)] == ["E-002", "E-003"]
    assert "0.png: This content is already in the case as E-001." in result.stderr
    assert f"'{tmp_path / 'gone.png'}' does not exist" in result.stderr
    assert "already in the case" in fault(2, "evidence", "add", empty, first, "--camera", "A")


def test_footage_that_was_moved_is_found_again(empty: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (64, 48), (ord(name), 0, 0)).save(tmp_path / f"{name}.png")
        answer("evidence", "add", empty, tmp_path / f"{name}.png", "--camera", "A")
    usb = tmp_path / "usb"
    usb.mkdir()
    (tmp_path / "a.png").rename(usb / "a.png")
    (tmp_path / "b.png").unlink()
    assert "evidence find" in fault(3, "ingest", empty, "--item", "E-001", "--detector", "motion")
    result = nightjar("evidence", "find", empty, usb)
    assert result.exit_code == 3, "one is missing still"
    assert f"E-001 is now {usb / 'a.png'}" in result.stdout
    assert "1 found, 1 still missing: E-002." in result.stdout
    assert answer("evidence", "show", empty, "E-001")["path"] == str(usb / "a.png")


def test_ingesting_items_of_which_one_fails_answers_with_one_document(empty: Path, tmp_path: Path) -> None:
    for n in range(2):
        Image.new("RGB", (64, 48), (n, n, n)).save(tmp_path / f"{n}.png")
        answer("evidence", "add", empty, tmp_path / f"{n}.png", "--camera", "A")
    (tmp_path / "0.png").unlink()
    result = nightjar("ingest", empty, "--detector", "motion", "--json")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert [item["exhibit"] for item in document["done"]] == ["E-002"]
    assert "does not exist" in document["failed"][0]


def test_a_confirmation_needs_a_reason_and_only_it_fills_a_subject(searched: Path) -> None:
    label = answer("search", searched, "--tracklet", "E-001/1")["search"]
    assert "needs a reason" in fault(2, "decide", searched, label, 1, "confirmed")
    assert "needs a reason" in fault(2, "decide", searched, label, 1, "confirmed", "--reason", "  ")
    gathered = ("--reason", "other coat", "--subject", "S-001")
    assert "Only a confirmed candidate" in fault(2, "decide", searched, label, 1, "rejected", *gathered)
    assert "Only a confirmed candidate" in fault(2, "decide", searched, label, 1, "undo", *gathered)
    with Case.open(searched, writable=False) as case:
        assert case.decisions.current(case.searches.find(label).id) == {}


@pytest.mark.parametrize("group", [(), ("evidence",), ("subject",), ("cameras",), ("models",), ("case",)])
def test_help_tells_all_of_what_each_command_does(group: tuple[str, ...]) -> None:
    shown = nightjar(*group, "--help").output
    assert "Commands:" in shown
    assert "..." not in shown.split("Commands:")[1]


def test_a_frame_as_a_still_with_its_facts(tmp_path: Path) -> None:
    people_case(tmp_path).close()
    case, picture = tmp_path / "case", tmp_path / "still.png"
    found = answer("evidence", "still", case, "E-001", picture, "--frame", 17, "--examiner", EXAMINER)
    about = json.loads((tmp_path / "still.json").read_text(encoding="utf-8"))
    assert found["sha256"] == about["sha256"]
    assert about["frame"] == 17
    other = tmp_path / "other.png"
    by_pts = answer("evidence", "still", case, "E-001", other, "--pts", about["pts"], "--examiner", EXAMINER)
    assert by_pts["sha256"] == about["sha256"]
    said = fault(2, "evidence", "still", case, "E-001", tmp_path / "x.png", "--frame", 60, "--examiner", EXAMINER)
    assert "E-001 has 60 frames" in said
    assert "Which frame?" in fault(2, "evidence", "still", case, "E-001", picture, "--examiner", EXAMINER)
    assert "is there already" in fault(
        2, "evidence", "still", case, "E-001", picture, "--frame", 17, "--examiner", EXAMINER
    )
