"""A mistake of ours, wherever it happens, leaves one bundle without evidence, and the window lives on."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import crash, tasks
from app.jobs import Job
from app.operations import footage
from app.shell import Window
from engine import ingest
from engine.pipeline.messages import Job as IngestJob
from engine.pipeline.messages import Message, Preparing
from engine.progress import Progress, Work
from engine.types import ItemState
from tests.app.conftest import Wait
from tests.helpers.children import in_a_thread


def _traces(home: Path) -> list[str]:
    found = []
    for bundle in sorted((home / "crashes").glob("*.zip"), key=lambda path: path.stat().st_mtime_ns):
        with zipfile.ZipFile(bundle) as stored:
            assert all(name.endswith((".txt", ".json")) for name in stored.namelist())
            found.append(stored.read("traceback.txt").decode())
    return found


def test_mistakes_in_slots_threads_and_painting_save_one_bundle_each(tmp_path: Path) -> None:
    environment = {**os.environ, "NIGHTJAR_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "tests.helpers.mistakes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Nightjar made a mistake")
    last_lines = sorted(trace.strip().splitlines()[-1] for trace in _traces(tmp_path))
    assert last_lines == ["IndexError: in a thread", "KeyError: 'in a slot'", "ValueError: while painting"]


@pytest.mark.logs_errors
def test_a_mistake_in_a_job(opened: Window, until: Wait, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    logging.getLogger("app").error("about to break")

    def broken() -> Work[None]:
        yield Progress("breaking", 0, 1)
        raise ZeroDivisionError("a mistake of ours")

    tasks.set_reporter(opened.tell)
    opened.session.runner.start(Job("broken", broken))
    until(lambda: "crash report" in opened.messages.fault._text.text())
    assert "a mistake of ours" in _traces(Path(os.environ["NIGHTJAR_HOME"]))[-1]
    assert opened.isVisible()


def test_a_mistake_in_the_ingest_child(
    opened: Window, until: Wait, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def analyse(_job: IngestJob) -> Iterator[Message]:
        yield Preparing("looking", 0, 1, "frames")
        raise AssertionError("two tracklets of one number")

    monkeypatch.setattr(ingest, "_child", in_a_thread(analyse))
    case = opened.session.case
    assert case is not None
    item = case.evidence.list()[0]
    footage.ingest(opened.session, item)
    until(lambda: errors)
    assert "crash report" in opened.messages.fault._text.text()
    trace = _traces(Path(os.environ["NIGHTJAR_HOME"]))[-1]
    assert "two tracklets of one number" in trace, "the child's own traceback"
    assert case.evidence.get(item.id).state is ItemState.DONE, "what was found before stands"
    assert case.tracklets.count() == 15


def test_a_bundle_names_versions(tmp_path: Path) -> None:
    path = crash.save_bundle(ValueError("x"), tmp_path)
    with zipfile.ZipFile(path) as stored:
        assert "numpy" in stored.read("versions.json").decode()


def test_a_bundle_that_cannot_be_saved_is_no_second_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "could not be saved" in crash.record(ValueError("another"), tmp_path / "file" / "crashes")
