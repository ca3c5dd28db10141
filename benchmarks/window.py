"""What the benches of the window share: a made-up archive, a window over it, and the watch on its stalls.

Off screen, so that no display's refresh rate is in the figures. `NIGHTJAR_BENCH_PEOPLE` sets how many tracklets the
made-up archive has; building it takes most of a bench's time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.watchdog import STALL_SECONDS
from benchmarks.common import Table
from benchmarks.made_up import Content
from engine.case import Case
from engine.models.library import ModelLibrary
from engine.pipeline.messages import Batch, Finished
from engine.store.records import NewRun
from engine.types import Box, CropQuality, Modality, NewCrop, NewTracklet, Timestamp, TrackPoint

PER_COMMIT = 1000
PATIENCE = 600.0
TIME_BASE = Fraction(1, 10)
STALLS = ("during", "worst ms", "over 50 ms", "GUI thread's own CPU, worst ms", "in the middle of")


def build(folder: Path, people: int) -> None:
    """A case in `folder` with `people` daytime tracklets and ten by night, with made-up embeddings of the default
    student."""
    with Case.create(folder, "Bench", "bench") as case:
        add_people(case, folder.parent, 10, Modality.INFRARED)
        add_people(case, folder.parent, people)


def add_people(case: Case, folder: Path, people: int, modality: Modality = Modality.VISIBLE) -> None:
    """An item without footage, and so many tracklets in it."""
    library = ModelLibrary()
    card = library.get(library.default("student")).card
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (200, 128, 64, 3), np.uint8)
    pictures = [cv2.imencode(".jpg", cv2.GaussianBlur(each, (9, 9), 4))[1].tobytes() for each in noise]
    number = len(case.evidence.list())
    footage = folder / f"footage{number}"
    footage.write_bytes(b"made up")
    content = Content(f"{number:064x}", TIME_BASE)
    item = case.evidence.register(footage, content, content, f"Camera {number}", modality=modality)
    inputs = NewRun("none", "0" * 64, card.name, card.sha256, card.dimension or 0, "none", {}, {})
    _ingest(case, case.ingest.begin(item.id, inputs), rng, pictures, (modality, people))


def _ingest(case: Case, run: int, rng: np.random.Generator, pictures: list[bytes], what: tuple[Modality, int]) -> None:
    modality, count = what
    dimension = case.ingest.run(run).inputs.embedding_dimension
    for first in range(0, count, PER_COMMIT):
        found = []
        vectors = rng.standard_normal((min(PER_COMMIT, count - first), dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for n, vector in enumerate(vectors, start=first):
            at = Timestamp(20 * n, TIME_BASE)
            box = Box(10.0, 20.0, 64.0, 128.0)
            quality = CropQuality(64, 128, 0.7, 0.7, 1.0, 0.7)
            crop = NewCrop(at, box, quality, pictures[n % len(pictures)], vector)
            found.append(NewTracklet(n + 1, modality, (TrackPoint(at, box, 0.9),), (crop,)))
        case.ingest.commit(run, Batch(first, first, Timestamp(20 * first, TIME_BASE), (), tuple(found), None))
    case.ingest.finish(run, Finished(count, 0, (), {}))


class Bench:
    """One window of its own home, and waiting that lets its threads run."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ["NIGHTJAR_HOME"] = str(folder / "home")
        from PySide6.QtWidgets import QApplication

        from app import tasks, theme
        from app.garbage import GarbageKeeper
        from app.preferences import Preferences
        from app.readahead import read_ahead
        from app.session import Session
        from app.shell import Window
        from app.watchdog import StallWatch

        self.app = QApplication.instance() or QApplication([])
        theme.load_fonts()
        theme.apply(self.app, "dark")  # type: ignore[arg-type]
        self.window = Window(Session(Preferences(folder / "window.ini")))
        GarbageKeeper(self.window.session)
        tasks.set_reporter(_stop)
        self.window.session.failed.connect(_stop)
        self.window.resize(1440, 900)
        self.window.show()
        read_ahead(self.window.session.pool)
        self.watch = StallWatch()

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("what the bench waits for never came")
            self.app.processEvents()
            time.sleep(0.001)

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    @contextmanager
    def stalls(self, table: Table, name: str) -> Iterator[None]:
        """Measure the worst time the GUI thread did not answer, and what it was doing then; a row under `STALLS`."""
        self.watch.start()
        yield
        self.rest(0.1)
        self.watch.stop()
        watch = self.watch
        where = watch.where if watch.worst > STALL_SECONDS else ""
        table.add(name, round(1000 * watch.worst, 1), watch.stalls, round(1000 * watch.busiest, 1), where)

    def open(self, case: Path) -> None:
        """Open a case folder and let the window settle."""
        from app.operations import cases

        cases.open_case(self.window.session, case, "bench")
        self.until(lambda: self.window.session.is_open)
        self.rest(1.0)

    def close(self) -> None:
        """Stop the work, close the case and the window."""
        self.window.session.may_stop = lambda _jobs: True
        self.window.close()
        self.until(lambda: not self.window.isVisible())

    def scroll(self, view: Any, seconds: float = 5.0) -> tuple[float, int]:
        """Painted frames per second, and frames, while the grid scrolls a quarter of a row per step."""
        from PySide6.QtCore import QEvent, QObject

        class Paints(QObject):
            count = 0

            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
                self.count += event.type() == QEvent.Type.Paint
                return False

        paints, bar = Paints(), view.verticalScrollBar()
        view.viewport().installEventFilter(paints)
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            bar.setValue((bar.value() + 60) % max(bar.maximum(), 1))
            self.app.processEvents()
        view.viewport().removeEventFilter(paints)
        return paints.count / (time.perf_counter() - began), paints.count


def _stop(error: Exception) -> None:
    raise SystemExit(f"the bench met a failure: {error}")


def resident() -> float:
    """Resident memory of this process in MiB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20
