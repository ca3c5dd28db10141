"""A full disk during ingest, deciding, making and exporting: told in a sentence, nothing half-written, then it goes on.

Once on a real small file system (where the tests may mount one), once with SQLite believing that there is no room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.jobs import Job, JobState
from app.operations import cases, decisions, footage
from app.operations.decisions import Verdicts
from app.shell import Window
from app.widgets.observations import ReasonEdit
from engine import ingest
from engine.case import Case
from engine.errors import StorageError
from engine.pipeline.messages import Job as IngestJob
from engine.pipeline.messages import Message, Opened
from engine.progress import Progress, Work, finish
from engine.report.sheets import tracklet_sheet
from engine.store.records import EvidenceItem
from engine.store.searches import Search
from engine.types import ItemState, Timestamp, Verdict
from engine.verify import verify_case
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import TIME_BASE, batch, finished, new_case, new_run, register, searched, tracklet
from tests.helpers.children import in_a_thread
from tests.helpers.disks import SmallDisk, room, small_disk

BATCHES = 12


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def _analyse(_job: IngestJob) -> Iterator[Message]:
    """What an ingest child would tell, without looking at any picture."""
    run = new_run()
    yield Opened(
        frames_expected=400,
        start=Timestamp(0, TIME_BASE),
        duration=None,
        segments=(),
        detector=run.detector,
        detector_sha256=run.detector_sha256,
        student=run.student,
        student_sha256=run.student_sha256,
        embedding_dimension=run.embedding_dimension,
        provider=run.provider,
        versions=dict(run.versions),
    )
    for n in range(BATCHES):
        found = tuple(tracklet(10 * n + k, start=100 * n, crops=5) for k in range(1, 11))
        yield batch(100 * n, 100 * n + 99, found)
    yield finished(100 * BATCHES)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], EvidenceItem]:
    """Makes a case in a folder, with one item that `_analyse` will ingest."""
    monkeypatch.setattr(ingest, "_child", in_a_thread(_analyse))

    def make(folder: Path) -> EvidenceItem:
        with new_case(folder / "case") as case:
            return register(case, folder)

    return make


def _open(window: Window, folder: Path, until: Wait) -> Case:
    cases.open_case(window.session, folder, EXAMINER)
    until(lambda: window.session.is_open)
    assert window.session.case is not None
    return window.session.case


def _search(case: Case) -> tuple[Search, list[int]]:
    """A recorded search for the first person by night, and everybody by day."""
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality.value == "ir"]
    day = [t.id for t in everybody if t.modality.value == "rgb"]
    return searched(case, night[0], day), day


def _sound(case: Case) -> bool:
    return finish(verify_case(case)).findings == ()


def _said(window: Window, errors: list[Exception]) -> None:
    """The failure was told, in the strip, as one of the disk's."""
    assert isinstance(errors[0], StorageError), errors
    assert "full" in window.messages.fault._text.text() or "No space left" in window.messages.fault._text.text()
    assert not window.messages.fault.isHidden()
    errors.clear()


def test_a_disk_that_fills_up_during_ingest(
    disk: SmallDisk,
    registered: Callable[[Path], EvidenceItem],
    window: Window,
    until: Wait,
    errors: list[Exception],
) -> None:
    item = registered(disk.folder)
    case = _open(window, disk.folder / "case", until)
    disk.fill(leave=600_000)
    footage.ingest(window.session, item)
    until(lambda: errors)
    _said(window, errors)
    assert case.evidence.get(item.id).state is not ItemState.DONE
    assert case.audit.verify().intact
    assert 0 < case.tracklets.count() < 10 * BATCHES, "whole batches are kept"
    assert case.tracklets.count() % 10 == 0
    disk.free()
    footage.ingest(window.session, case.evidence.get(item.id))
    until(lambda: errors or case.evidence.get(item.id).state is ItemState.DONE)
    assert not errors
    assert case.tracklets.count() == 10 * BATCHES
    assert _sound(case)


def test_a_full_disk_when_a_case_is_made_and_when_a_sheet_is_exported(
    disk: SmallDisk, opened: Window, until: Wait, errors: list[Exception]
) -> None:
    disk.fill()
    session = opened.session
    before = session.case
    cases.open_case(session, disk.folder / "new", EXAMINER, title="Quay")
    until(lambda: errors)
    _said(opened, errors)
    assert session.case is before, "the open case stays open"
    assert before is not None
    sheet = disk.folder / "people.png"

    def export() -> Work[None]:
        yield Progress("drawing", 0, 1)
        tracklet_sheet(before, before.tracklets.list(), sheet)

    job = session.runner.start(Job("sheet", export, failed=session.failed.emit))
    until(lambda: job.state is JobState.FAILED)
    until(lambda: errors)
    _said(opened, errors)
    assert not sheet.exists(), "half a sheet is no sheet"
    disk.free()
    session.runner.start(Job("sheet", export, failed=session.failed.emit))
    until(sheet.exists)
    cases.open_case(session, disk.folder / "new", EXAMINER, title="Quay")
    until(lambda: session.info is not None and session.info.title == "Quay")
    assert not errors


def test_no_room_for_a_decision(opened: Window, until: Wait, errors: list[Exception]) -> None:
    session = opened.session
    case = session.case
    assert case is not None
    search, day = _search(case)
    wanted = Verdicts(search.id, (day[0],), Verdict.CONFIRMED, "the same coat, " * 1000 + "the same gait")
    room(case, pages=0)
    decisions.decide(session, wanted)
    until(lambda: errors)
    _said(opened, errors)
    assert not case.decisions.all()
    assert not case.subjects.list()
    room(case, pages=10_000)
    decisions.decide(session, wanted)
    until(case.subjects.list)
    assert [d.reason for d in case.decisions.all()] == [wanted.reason]
    assert _sound_but_for_films(case)


def test_what_was_written_is_kept_where_there_is_no_room_for_it(
    opened: Window, until: Wait, errors: list[Exception]
) -> None:
    session = opened.session
    case = session.case
    assert case is not None
    _search(case)
    page: Any = opened.show_page("search")
    until(lambda: page.data is not None and page.model.tiles)
    page.view.select_row(0)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    reason = page.compare.observations.findChild(ReasonEdit)
    long = "the same coat and gait, " * 2000
    reason.setPlainText(long)
    QTest.mouseClick(page.compare.observations._rows["footwear"].buttons[0], Qt.MouseButton.LeftButton)
    room(case, pages=0)
    QTest.keyClick(reason, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: errors)
    _said(opened, errors)
    assert not case.decisions.all()
    assert page.view.row == 0, "back at the candidate that could not be decided on"
    assert reason.toPlainText() == long.strip()
    room(case, pages=10_000)
    QTest.keyClick(reason, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.model.tiles[0].verdict is Verdict.CONFIRMED)
    (decision,) = case.decisions.all()
    assert (decision.reason, decision.observations) == (long.strip(), {"footwear": "similar"})


def test_a_disk_that_fills_up_between_a_decision_and_its_subject(
    opened: Window, until: Wait, errors: list[Exception]
) -> None:
    session = opened.session
    case = session.case
    assert case is not None
    search, day = _search(case)
    outcomes = []
    for pages in range(1, 40):
        room(case, pages)
        decided: list[None] = []
        errors.clear()
        wanted = Verdicts(search.id, (day[0],), Verdict.CONFIRMED, "the same coat, " * 3000)
        decisions.decide(session, wanted, decided.append)
        until(lambda told=decided: errors or told)
        outcomes.append(bool(decided))
        assert len(case.decisions.all()) == len(case.subjects.list()) == len(decided)
        if decided:
            break
    assert len(outcomes) > 3, "the room must have run out at several places"
    assert outcomes[-1]
    assert case.audit.verify().intact


def test_no_room_for_what_an_ingest_finds(
    registered: Callable[[Path], EvidenceItem], tmp_path: Path, window: Window, until: Wait, errors: list[Exception]
) -> None:
    item = registered(tmp_path)
    case = _open(window, tmp_path / "case", until)
    room(case, pages=10)
    footage.ingest(window.session, item)
    until(lambda: errors)
    _said(window, errors)
    failed = case.evidence.get(item.id)
    assert failed.state is ItemState.FAILED
    assert "full" in (failed.failure or "")
    room(case, pages=10_000)
    footage.ingest(window.session, failed)
    until(lambda: errors or case.evidence.get(item.id).state is ItemState.DONE)
    assert not errors
    assert case.tracklets.count() == 10 * BATCHES
    assert _sound(case)


def _sound_but_for_films(case: Case) -> bool:
    """Nothing wrong but embeddings whose model is not installed."""
    return all("model" in finding.message.lower() for finding in finish(verify_case(case)).findings)
