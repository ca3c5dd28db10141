"""A window in another language, gone through from page to page. Run as a program, since a language is for a whole run:

    python -m tests.helpers.foreign FOLDER TRANSLATIONS [right-to-left]

FOLDER holds a case (`films.people_case`), TRANSLATIONS its language; pictures of the pages are left in FOLDER. Prints
as JSON which texts were read, which of them had no room, each with the place where it was, and the case's own texts.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QInputDialog, QMessageBox, QWidget

SIZES = ((1440, 900), (1100, 700))
PATIENCE = 280.0
LEFT_OUT = ("quit", "case.close", "fullscreen")  # the walk goes on after every command


class Walk:
    """One window and what was read in it: texts by the place where they were first met."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        from app.garbage import GarbageKeeper
        from app.preferences import Preferences
        from app.session import Session
        from app.shell import Window
        from tests.helpers.reading import Painted

        self.app, self.folder = app, folder
        self.place = ""
        self.read: dict[str, str] = {}
        self.cut: dict[str, str] = {}
        self.sentences: set[str] = set()  # of the engine
        self.painted = Painted()
        self.painted.listen()
        self._answer_dialogs()
        session = Session(Preferences(folder / "window.ini"))
        GarbageKeeper(session)
        self.window = Window(session)
        self.window.session.failed.connect(self._failed)
        self.window.show()

    def _failed(self, error: Exception) -> None:
        self.sentences |= {str(error), getattr(error, "hint", "")}

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{self.place} never came to rest")
            self.app.processEvents()
            time.sleep(0.002)

    def rest(self) -> None:
        """Answers have come and are laid out."""
        pool = self.window.session.pool
        for _ in range(3):
            self.until(lambda: not pool.busy())
            end = time.monotonic() + 0.05
            self.until(lambda end=end: time.monotonic() > end)

    def look(self, place: str, root: QWidget | None = None) -> None:
        """Read everything there is, and note what has no room."""
        from tests.helpers.reading import cut, spoken

        self.place, root = place, root or self.window
        self.rest()
        for _ in range(3):  # a text that has just changed is laid out first: a panel, what is in it, in that
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self.painted.clear()
        root.grab()
        for text in (*spoken(root), *self.painted.texts):
            self.read.setdefault(text, place)
        for text in (*cut(root), *self.painted.cut, *self.painted.elided):
            self.cut.setdefault(text, place)

    def _answer_dialogs(self) -> None:
        """Dialogs are read and left; what only the system shows has its title read."""

        def run(dialog: QDialog) -> int:
            dialog.show()
            self.look(f"{self.place} → {type(dialog).__name__}", dialog)
            dialog.hide()
            return 0

        def asked(*given: Any, **_named: Any) -> Any:
            for text in given:
                if isinstance(text, str):
                    self.read.setdefault(text, f"{self.place} → a question")
            return "", False

        QDialog.exec = run  # type: ignore[method-assign,assignment]
        for name in ("getText", "getItem"):
            setattr(QInputDialog, name, staticmethod(asked))
        for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName"):
            setattr(QFileDialog, name, staticmethod(asked))
        QFileDialog.getExistingDirectory = staticmethod(lambda *given: asked(*given)[0])  # type: ignore[method-assign]
        QMessageBox.question = staticmethod(  # type: ignore[method-assign,assignment]
            lambda *given: (asked(*given), QMessageBox.StandardButton.Cancel)[1]
        )

    def pages(self, where: str) -> None:
        from app.pages import PAGES

        for entry in PAGES:
            page = self.window.show_page(entry.name)
            if page is not None:
                self.look(f"{where}, {entry.name}")
                self.window.grab().save(str(self.folder / f"{where.split(maxsplit=1)[0]}-{entry.name}.png"))

    def set_clock(self) -> None:
        """Record a clock reading whose source is one of those offered."""
        page: Any = self.window.show_page("footage")
        self.rest()
        clock = page.details.clock
        clock.source.setCurrentIndex(0)
        clock.uncertainty.setValue(2.0)
        clock._set_clock()
        self.rest()

    def commands(self, where: str) -> None:
        """Do everything that a key does on every page, and read what comes of it."""
        from app.keys import COMMANDS

        for command in COMMANDS:
            if command.name in LEFT_OUT or not (command.scope or command.name in self.window.menus.actions):
                continue
            if command.scope:
                self.window.show_page(command.scope)
                self.rest()
            self.place = f"{where}, {command.name}"
            if command.scope:
                self.window.page_command(command.name)
            else:
                self.window.menus.actions[command.name].trigger()
            self.look(self.place)


def prepare(case: Any) -> None:
    """Something of everything: clocks that are set and that are not, a search with decisions, a subject, a mark."""
    from app.operations.decisions import Verdicts, _decide
    from engine.store.records import ClockRecord, Position
    from engine.types import Modality, Verdict
    from tests.helpers.cases import searched

    night, gate, _ = case.evidence.list()
    began = datetime(2026, 5, 11, 22, 0)
    for item in (night, gate):
        case.evidence.set_start_time(item.id, began)
        case.evidence.set_clock(item.id, ClockRecord(began, began.replace(tzinfo=UTC), 2.0, "Talking clock"))
        began += timedelta(hours=10)
    case.marks.add(night.id, int(night.start_pts), "a bag")
    case.cameras.place({case.cameras.list()[0].id: Position(1.0, 2.0, None, None)})
    everybody = case.tracklets.list()
    by_night = [t.id for t in everybody if t.modality is Modality.INFRARED]
    by_day = [t.id for t in everybody if t.modality is Modality.VISIBLE]
    search = searched(case, by_night[0], by_day)
    for tracklet, verdict in zip(by_day[:3], (Verdict.CONFIRMED, Verdict.REJECTED, Verdict.INCONCLUSIVE), strict=True):
        _decide(case, Verdicts(search.id, (tracklet,), verdict, "same coat"))
    case.subjects.add(case.subjects.create("Walker").id, [by_night[1]])


def data_of(case: Any) -> Iterator[str]:
    """Every text that the case and the models bring along."""
    from dataclasses import asdict

    from app.log_words import in_words, whole
    from app.pages.activity import CELL
    from engine.models.library import ModelLibrary
    from engine.retrieval.rerank import RERANKERS
    from engine.settings import user_data_dir

    yield from (case.info.title, str(case.folder), case.folder.name, str(user_data_dir()), str(Path.home()))
    for listed in (case.evidence, case.cameras, case.searches, case.subjects, case.tracklets):
        for record in listed.list():
            yield from _strings(asdict(record))
            yield getattr(record, "label", "")
    for item in case.evidence.list():
        yield item.path.name
        yield from _strings(dict(item.probe))
        yield from item.warnings
        for mark in case.marks.list(item.id):
            yield from _strings(asdict(mark))
    for entry in case.audit.entries(limit=1000):
        yield from _strings(asdict(entry))
        yield from (in_words(entry.details), in_words(entry.details)[:CELL], *whole(entry).splitlines())
    for model in ModelLibrary().list():
        yield from _strings(asdict(model.card))
        yield from (part.words for part in model.card.made.data) if model.card.made else ()
    for name, reranker in RERANKERS.items():
        yield from (name, reranker.meaning)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, held in value.items():
            yield str(name)
            yield from _strings(held)
    elif isinstance(value, list | tuple | set | frozenset):
        for held in value:
            yield from _strings(held)
    else:
        yield str(value)


def main() -> int:
    folder, translations = Path(sys.argv[1]), Path(sys.argv[2])
    app = QApplication(sys.argv[:1])
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    from app import words

    assert words.install_translation(app, "de", translations) == "de"
    if "right-to-left" in sys.argv:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    from app import tasks, theme
    from app.operations import cases
    from engine.case import Case

    theme.load_fonts()
    theme.apply(app, "dark")
    with Case.open(folder / "case", examiner="A. Examiner") as case:
        prepare(case)
    walk = Walk(app, folder)
    tasks.set_reporter(walk._failed)
    walk.window.resize(*SIZES[0])
    walk.pages("no case")
    cases.open_case(walk.window.session, folder / "case", "A. Examiner")
    walk.until(lambda: walk.window.session.is_open)
    for width, height in SIZES:
        walk.window.resize(width, height)
        walk.pages(f"{width} × {height}")
        if (width, height) == SIZES[0] and "right-to-left" not in sys.argv:
            walk.commands(f"{width} × {height}")
    walk.set_clock()
    case = walk.window.session.case
    log = [json.dumps(entry.details, ensure_ascii=False) for entry in case.audit.entries(limit=1000)]
    data = sorted({*data_of(case), *walk.sentences, str(folder)}, key=len, reverse=True)
    print(
        json.dumps(
            {"read": walk.read, "cut": walk.cut, "data": data, "log": log, "shortened": sorted(walk.painted.shortened)}
        )
    )
    walk.window.session.may_stop = lambda _jobs: True
    walk.window.close()
    walk.until(lambda: not walk.window.isVisible())
    return 0


if __name__ == "__main__":
    sys.exit(main())
