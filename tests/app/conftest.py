"""A window over a small case, and waiting that lets worker threads run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import tasks, theme
from app.operations import cases
from app.preferences import Preferences
from app.session import Session
from app.shell import Window
from app.unrecorded import Answer
from engine.types import Modality
from tests.helpers.cases import searched
from tests.helpers.films import people_case

EXAMINER = "A. Examiner"
PATIENCE_MS = 180_000

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="session")
def case_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The films and the case are made once; tests open copies."""
    folder = tmp_path_factory.mktemp("people")
    people_case(folder).close()
    return folder


@pytest.fixture
def until(qtbot: QtBot) -> Wait:
    """Wait for something to become true while events and threads go on."""
    return lambda condition: qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)


@pytest.fixture
def errors() -> list[Exception]:
    """What was told as a failure."""
    return []


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, errors: list[Exception]) -> Iterator[Window]:
    """An empty window with preferences of its own."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.load_fonts()
    theme.apply(app, "dark")
    session = Session(Preferences(tmp_path / "window.ini"))
    session.preferences.set("examiner", EXAMINER)
    shown = Window(session)
    session.failed.connect(errors.append)
    tasks.set_reporter(errors.append)
    shown.resize(1440, 900)
    shown.show()
    yield shown
    shown.session.may_stop = lambda _jobs: True
    shown.session.ask_unrecorded = lambda _left: Answer.LEAVE
    shown.close()
    qtbot.waitUntil(lambda: not shown.isVisible(), timeout=PATIENCE_MS)
    shown.deleteLater()  # else every new style sheet would go through all windows there have ever been
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def case_folder(case_template: Path, tmp_path: Path) -> Path:
    """A copy of the case; its evidence stays where it was registered."""
    import shutil

    return Path(shutil.copytree(case_template / "case", tmp_path / "case"))


@pytest.fixture
def candidates(opened: Window, until: Wait) -> Any:
    """The search page with everybody by day as candidates for the first person by night."""
    case = opened.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = [t.id for t in everybody if t.modality is Modality.INFRARED]
    searched(case, night[0], [t.id for t in everybody if t.modality is Modality.VISIBLE])
    page: Any = opened.show_page("search")
    until(lambda: page.data is not None and page.model.tiles)
    return page


@pytest.fixture
def opened(window: Window, case_folder: Path, until: Wait) -> Window:
    """A window with the case open."""
    cases.open_case(window.session, case_folder, EXAMINER)
    until(lambda: window.session.is_open)
    return window
