"""Faults of the world are told in a sentence; the window lives on and nothing is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QSize

from app import crash, tasks
from app.operations import cases, decisions, footage
from app.operations.decisions import Verdicts
from app.shell import Window
from app.tasks import Job, JobState
from app.thumbnails import Thumbnails, Unreadable
from engine.case import Case
from engine.errors import CaseLockedError, EvidenceError, StorageError, WorkerError
from engine.progress import Progress, Work
from engine.types import ItemState, Verdict
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import searched


def test_a_case_locked_by_another_window_is_told(
    window: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    with Case.open(case_folder, examiner="Somebody else"):
        cases.open_case(window.session, case_folder, EXAMINER)
        until(lambda: errors)
    assert isinstance(errors[0], CaseLockedError)
    assert not window.session.is_open
    assert window.current == "start"
    assert not window._notice.isHidden()
    cases.open_case(window.session, case_folder, EXAMINER)
    until(lambda: window.session.is_open)


def test_footage_that_vanished_is_told_where_the_picture_was(
    opened: Window, until: Wait, errors: list[Exception], tmp_path: Path
) -> None:
    session = opened.session
    assert session.case is not None
    case_page = opened.show_page("review")
    until(lambda: case_page.feed.current is not None)
    gone = session.case.evidence.list()[1]
    moved = gone.path.with_suffix(".elsewhere")
    gone.path.rename(moved)
    try:
        case_page.open_item(gone.id)
        until(lambda: errors)
    finally:
        moved.rename(gone.path)
    assert isinstance(errors[0], EvidenceError)
    assert case_page.canvas._message
    errors.clear()
    case_page.open_item(session.case.evidence.list()[0].id)
    until(lambda: case_page.feed.current is not None)
    assert not errors


def test_a_corrupt_crop_is_shown_as_unreadable_and_can_be_read_again(
    opened: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    case = opened.session.case
    assert case is not None
    crop = case.tracklets.list()[0].best_crop
    good = case.tracklets.crop_jpeg(crop)
    _overwrite(case_folder, crop, b"no picture")
    thumbnails = Thumbnails(opened.session)
    room = QSize(60, 90)
    until(lambda: isinstance(thumbnails.get(crop, room), Unreadable))
    _overwrite(case_folder, crop, good)
    thumbnails.forget(crop)
    until(lambda: thumbnails.get(crop, room) is not None)
    assert not isinstance(thumbnails.get(crop, room), Unreadable)
    assert not errors


def _overwrite(folder: Path, crop: int, jpeg: bytes) -> None:
    connection = sqlite3.connect(folder / "case.db")
    with connection:
        connection.execute("UPDATE crop_images SET jpeg = ? WHERE crop_id = ?", (jpeg, crop))
    connection.close()


def test_a_killed_worker_leaves_the_item_resumable(opened: Window, until: Wait, errors: list[Exception]) -> None:
    import multiprocessing

    session = opened.session
    assert session.case is not None
    item = session.case.evidence.list()[0]
    job = footage.ingest(session, item)
    until(multiprocessing.active_children)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    until(lambda: job.state.ended)
    assert job.state is JobState.FAILED
    assert isinstance(job.error, WorkerError)
    until(lambda: errors)
    assert session.case.evidence.get(item.id).state in (ItemState.FAILED, ItemState.INTERRUPTED, ItemState.DONE)
    assert session.case.tracklets.count() == 15, "what was found before is kept"


def test_a_full_disk_stops_the_decision_and_says_so(
    opened: Window, until: Wait, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened.session
    assert session.case is not None
    everybody = session.case.tracklets.list()
    night = [t.id for t in everybody if t.modality.value == "ir"]
    day = [t.id for t in everybody if t.modality.value == "rgb"]
    search = searched(session.case, night[0], day)

    def full(*_arguments: object, **_options: object) -> None:
        raise StorageError("The disk is full.", "Free some space and try again.")

    with monkeypatch.context() as patch:
        patch.setattr(session.case.decisions, "decide", full)
        decisions.decide(session, Verdicts(search.id, (day[0],), Verdict.REJECTED))
        until(lambda: errors)
    assert "disk is full" in opened._notice._text.text()
    decisions.decide(session, Verdicts(search.id, (day[0],), Verdict.REJECTED))
    case = session.case
    until(lambda: case.decisions.current(search.id))


@pytest.mark.logs_errors
def test_our_own_mistake_saves_a_bundle_without_evidence(
    opened: Window, until: Wait, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import logging

    logging.getLogger("app").error("about to break")

    def broken() -> Work[None]:
        yield Progress("breaking", 0, 1)
        raise ZeroDivisionError("a mistake of ours")

    tasks.set_reporter(opened.tell)
    opened.session.runner.start(Job("broken", broken))
    until(lambda: "crash report" in opened._notice._text.text())
    (bundle,) = sorted((Path(os.environ["NIGHTJAR_HOME"]) / "crashes").glob("*.zip"))[-1:]
    with zipfile.ZipFile(bundle) as stored:
        assert "a mistake of ours" in stored.read("traceback.txt").decode()
        assert all(name.endswith((".txt", ".json")) for name in stored.namelist())
    assert opened.isVisible()


def test_a_bundle_names_versions(tmp_path: Path) -> None:
    path = crash.save_bundle(ValueError("x"), tmp_path)
    with zipfile.ZipFile(path) as stored:
        assert "numpy" in stored.read("versions.json").decode()
