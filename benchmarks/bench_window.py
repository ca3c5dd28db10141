"""The window under load: start, GUI stalls, click to ranked grid, 100,000 tiles, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import Table, save
from benchmarks.window import STALLS, Bench, build

if TYPE_CHECKING:
    from app.operations.searching import QueryDraft

PEOPLE = int(os.environ.get("NIGHTJAR_BENCH_PEOPLE", "100000"))
STARTS = 5
CLIP = "yard-night.mp4"
INGEST_SECONDS = 30.0
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


def main() -> None:
    """Measure, print, save."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = Table("window", "what", "measured", "unit", "wanted")
    stalls = Table("GUI thread not answering", *STALLS)
    seconds, heavy = starts()
    figures.add("start to first paint, warm", round(seconds, 2), "s", "1.5")
    figures.add("heavy modules loaded at start", ", ".join(heavy) or "none", "", "no torch")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bench = Bench(folder)
        began = time.perf_counter()
        build(folder / "case", PEOPLE)
        print(f"built a case of {PEOPLE} in {time.perf_counter() - began:.0f} s")
        bench.open(folder / "case")
        with bench.stalls(stalls, "nothing (what the machine itself adds)"):
            bench.rest(3.0)
        queries = drafts(bench)
        with bench.stalls(stalls, "search"):
            first, again = (search(bench, draft) for draft in queries)
        figures.add(f"search among {PEOPLE}, first (builds the matrix)", round(first, 2), "s", "")
        figures.add(f"click to ranked grid among {PEOPLE}", round(again, 2), "s", "1")
        grid(bench, figures, stalls)
        with bench.stalls(stalls, "ingest of a demo clip"):
            ingest(bench, figures)
        with bench.stalls(stalls, "nothing, again"):
            bench.rest(3.0)
        bench.close()
    figures.print()
    stalls.print()
    save("bench_window", figures, stalls)


def drafts(bench: Bench) -> list[QueryDraft]:
    """Two people of the night."""
    from app import people
    from app.operations import searching

    case = bench.window.session.case
    assert case is not None
    return [searching.query_of(people.person(case, tracklet)) for tracklet in (1, 2)]


def search(bench: Bench, draft: QueryDraft) -> float:
    """Seconds from a click on a person to the ranked grid."""
    page: Any = bench.window.show_page("search")
    page.data = None
    began = time.perf_counter()
    page.start_query(draft)
    bench.until(lambda: page.data is not None and page.view.isVisible())
    return time.perf_counter() - began


def grid(bench: Bench, figures: Table, stalls: Table) -> None:
    """All tiles: until they are there, until they are painted, and while they are scrolled."""
    page: Any = bench.window.page("people")
    began = time.perf_counter()
    bench.window.show_page("people")
    bench.until(lambda: page.model.rowCount() >= PEOPLE)
    there = time.perf_counter()
    bench.app.processEvents()
    painted = time.perf_counter()
    figures.add(f"{PEOPLE} tiles: page asked for to ids there", round(there - began, 3), "s", "")
    figures.add(f"{PEOPLE} tiles: ids there to first paint", round(1000 * (painted - there)), "ms", "100")
    bench.rest(1.0)
    with bench.stalls(stalls, "scrolling, thumbnails arriving"):
        spent = time.process_time()
        rate, frames = bench.scroll(page.view)
        spent = time.process_time() - spent
    figures.add("scrolling with thumbnails", round(rate, 1), "frames/s", "60")
    figures.add("scrolling: CPU of all threads per frame", round(1000 * spent / frames, 1), "ms", "16.7")


def ingest(bench: Bench, figures: Table) -> None:
    """The window beside an ingest, on the footage page."""
    from app.operations import footage
    from engine.settings import resources_dir

    session = bench.window.session
    bench.window.show_page("footage")
    footage.add(session, [resources_dir() / "demo" / CLIP])
    bench.until(lambda: any(job.lane == footage.INGEST for job in session.runner.jobs))
    job = next(job for job in session.runner.jobs if job.lane == footage.INGEST)
    end, spent = time.monotonic() + INGEST_SECONDS, time.thread_time()
    bench.until(lambda: job.state.ended or time.monotonic() > end)
    share = round(100 * (time.thread_time() - spent) / INGEST_SECONDS)
    figures.add("the GUI thread's share of a core during ingest", share, "%", "")
    for running in session.runner.active():
        session.runner.cancel(running)
    bench.until(lambda: not session.runner.active())


if __name__ == "__main__":
    main()
