"""The window under load: start, GUI stalls, click to ranked grid, 100,000 tiles, memory.

Off screen, so that no display's refresh rate is in the figures. `NIGHTJAR_BENCH_PEOPLE` sets how many tracklets the
made-up archive has (100,000); building it takes most of the bench's time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.common import Table, save
from engine.case import Case
from engine.models.library import ModelLibrary
from engine.pipeline.messages import Batch, Finished
from engine.store.records import NewRun
from engine.types import Box, CropQuality, Modality, NewCrop, NewTracklet, Timestamp, TrackPoint

PEOPLE = int(os.environ.get("NIGHTJAR_BENCH_PEOPLE", "100000"))
STARTS = 5
PER_COMMIT = 1000
SCROLL_SECONDS = 5.0
PATIENCE = 600.0
TIME_BASE = Fraction(1, 10)
START = """
import sys, time
began = time.perf_counter()
from app.__main__ import main
main()
print(json_line := __import__("json").dumps({
    "seconds": time.perf_counter() - began,
    "heavy": [name for name in ("torch", "cv2", "av", "onnxruntime", "scipy") if name in sys.modules],
}))
"""


@dataclass(frozen=True)
class Content:
    """What registering wants to know of a file."""

    sha256: str
    size: int = 1
    time_base: Fraction = TIME_BASE
    start_pts: int = 0


def build(folder: Path, people: int) -> None:
    """A case with `people` daytime tracklets and ten by night, embedded by the default model (made-up vectors)."""
    library = ModelLibrary()
    card = library.get(library.default("student")).card
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (200, 128, 64, 3), np.uint8)
    pictures = [cv2.imencode(".jpg", cv2.GaussianBlur(each, (9, 9), 4))[1].tobytes() for each in noise]
    with Case.create(folder / "case", "Bench", "bench") as case:
        for number, (modality, count) in enumerate(((Modality.INFRARED, 10), (Modality.VISIBLE, people))):
            footage = folder / f"footage{number}"
            footage.write_bytes(b"made up")
            content = Content(f"{number:064x}")
            item = case.evidence.register(footage, content, content, f"Camera {number}", modality=modality)
            inputs = NewRun("none", "0" * 64, card.name, card.sha256, card.dimension or 0, "none", {}, {})
            _ingest(case, case.ingest.begin(item.id, inputs), rng, pictures, (modality, count))


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


def starts() -> tuple[float, list[str]]:
    """Best of some starts: seconds from the interpreter to the first paint, and heavy modules that were loaded."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NIGHTJAR_START_AND_QUIT": "1"}
    told = []
    for _ in range(STARTS):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True
        )
        told.append((time.perf_counter() - began, json.loads(done.stdout.splitlines()[-1])["heavy"]))
    return min(seconds for seconds, _ in told), sorted({name for _, heavy in told for name in heavy})


class Bench:
    """One window over the made-up case."""

    def __init__(self, folder: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app import tasks, theme
        from app.preferences import Preferences
        from app.session import Session
        from app.shell import Window
        from app.watchdog import StallWatch

        self.app = QApplication.instance() or QApplication([])
        theme.load_fonts()
        theme.apply(self.app, "dark")  # type: ignore[arg-type]
        self.window = Window(Session(Preferences(folder / "window.ini")))
        tasks.set_reporter(_stop)
        self.window.session.failed.connect(_stop)
        self.window.resize(1440, 900)
        self.window.show()
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
        """Measure the worst time the GUI thread did not answer."""
        self.watch.start()
        yield
        self.rest(0.1)
        table.add(name, round(1000 * self.watch.stop(), 1), self.watch.stalls)

    def open(self, folder: Path) -> None:
        from app.operations import cases

        cases.open_case(self.window.session, folder / "case", "bench")
        self.until(lambda: self.window.session.is_open)
        self.rest(1.0)

    def search(self) -> tuple[float, float]:
        """Click on a person to the ranked grid: the first time (the matrix is built) and again."""
        from app import people
        from app.operations import searching

        case, page = self.window.session.case, self.window.show_page("search")
        assert case is not None
        times = []
        for tracklet in (1, 2):
            draft = searching.query_of(people.person(case, tracklet))
            page.data = None  # type: ignore[union-attr]
            began = time.perf_counter()
            page.start_query(draft)  # type: ignore[union-attr]
            self.until(lambda: page.data is not None and page.view.isVisible())  # type: ignore[union-attr]
            times.append(time.perf_counter() - began)
        return times[0], times[1]

    def scroll(self, view: Any, seconds: float = SCROLL_SECONDS) -> float:
        """Painted frames per second while the grid scrolls a quarter of a row per step."""
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
        return paints.count / (time.perf_counter() - began)


def _stop(error: Exception) -> None:
    raise SystemExit(f"the bench met a failure: {error}")


def _resident() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def main() -> None:
    """Measure, print, save."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = Table("window", "what", "measured", "unit", "wanted")
    stalls = Table("worst GUI stall", "during", "worst ms", "over 50 ms")
    seconds, heavy = starts()
    figures.add("start to first paint, warm", round(seconds, 2), "s", "1.5")
    figures.add("heavy modules loaded at start", ", ".join(heavy) or "none", "", "no torch")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["NIGHTJAR_HOME"] = str(folder / "home")
        began = time.perf_counter()
        build(folder, PEOPLE)
        print(f"built a case of {PEOPLE} in {time.perf_counter() - began:.0f} s")
        bench = Bench(folder)
        bench.open(folder)
        with bench.stalls(stalls, "nothing (what the machine itself adds)"):
            bench.rest(3.0)
        with bench.stalls(stalls, "search"):
            first, again = bench.search()
        figures.add(f"search among {PEOPLE}, first (builds the matrix)", round(first, 2), "s", "")
        figures.add(f"click to ranked grid among {PEOPLE}", round(again, 2), "s", "1")
        _grid(bench, figures, stalls)
        bench.window.close()
    figures.print()
    stalls.print()
    save("bench_window", figures, stalls)


def _grid(bench: Bench, figures: Table, stalls: Table) -> None:
    page: Any = bench.window.page("people")
    began = time.perf_counter()
    bench.window.show_page("people")
    bench.until(lambda: page.model.rowCount() >= PEOPLE)
    began_paint = time.perf_counter()
    bench.app.processEvents()
    figures.add(f"{PEOPLE} tiles: page asked for to ids there", round(began_paint - began, 3), "s", "")
    figures.add(
        f"{PEOPLE} tiles: ids there to first paint", round(1000 * (time.perf_counter() - began_paint)), "ms", "100"
    )
    bench.rest(1.0)
    with bench.stalls(stalls, "scrolling, thumbnails arriving"):
        figures.add("scrolling with thumbnails", round(bench.scroll(page.view), 1), "frames/s", "60")
    limit = bench.window.session.preferences.cache_bytes
    while page.thumbnails.held_bytes < 0.95 * limit and limit < PEOPLE * 40_000:  # full is where it stays
        bench.scroll(page.view, 2.0)
    before = _resident()
    for _ in range(6):  # a minute of steady scrolling passes as many tiles as an hour of looking
        bench.scroll(page.view, 10.0)
    figures.add("memory grown in a minute of steady scrolling", round(_resident() - before, 1), "MiB", "flat")
    figures.add("thumbnails held", round(page.thumbnails.held_bytes / 1e6, 1), "MB", "256")


if __name__ == "__main__":
    main()
