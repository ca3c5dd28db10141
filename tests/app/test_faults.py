"""Faults of the world are told in a sentence; the window lives on and nothing is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

from PySide6.QtCore import QSize

from app.jobs import JobState
from app.operations import cases, footage
from app.shell import Window
from app.thumbnails import Thumbnails, Unreadable
from engine.case import Case
from engine.errors import CaseLockedError, EvidenceError, WorkerError
from engine.types import ItemState
from tests.app.conftest import EXAMINER, Wait


def test_a_case_locked_by_another_window_is_told(
    window: Window, case_folder: Path, until: Wait, errors: list[Exception]
) -> None:
    with Case.open(case_folder, examiner="Somebody else"):
        cases.open_case(window.session, case_folder, EXAMINER)
        until(lambda: errors)
    assert isinstance(errors[0], CaseLockedError)
    assert not window.session.is_open
    assert window.current == "start"
    assert not window.messages.fault.isHidden()
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


def test_a_killed_worker_is_told_and_the_item_ingested_again(
    opened: Window, until: Wait, errors: list[Exception]
) -> None:
    import multiprocessing

    session = opened.session
    assert session.case is not None
    evidence = session.case.evidence
    item = evidence.list()[0]
    job = footage.ingest(session, item)
    until(multiprocessing.active_children)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    until(lambda: errors)
    assert job.state is JobState.FAILED
    assert isinstance(errors[0], WorkerError)
    assert "was ended by signal 9" in opened.messages.fault._text.text()
    assert evidence.get(item.id).state is ItemState.DONE, "what was found before stands"
    assert session.case.tracklets.count() == 15
    page = opened.show_page("footage")
    assert page is not None
    page.view.setCurrentIndex(page.model.index(0))
    page.trigger("footage.ingest")
    until(lambda: session.runner.jobs[-1] is not job and session.runner.jobs[-1].state is JobState.DONE)
    assert len(errors) == 1
