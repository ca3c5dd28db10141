"""Playing 1080p25 H.264 on two cores: frames on time, late and dropped; CPU per frame; the exact frame after a seek.

Every picture carries its number, so that a wrong frame is counted. Processor time per frame, beside the 40 ms that a
frame lasts (80 ms on two cores), is the figure that other work on the machine does not change.

python -m benchmarks.bench_player [--seconds 12] [--seeks 25]
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Table, save
from benchmarks.window import STALLS, Bench
from engine.case import Case
from engine.ingest import register
from engine.pipeline.messages import Batch, Finished
from engine.progress import finish
from engine.store.records import NewRun
from engine.types import Box, CropQuality, Modality, NewCrop, NewTracklet, Timestamp, TrackPoint
from tests.helpers import clips

HEIGHT, RATE = 1080, 25
CORES = 2
OPTIONS = {"preset": "veryfast", "b": "6000000", "x264-params": "keyint=50:bframes=2:log=-1"}
WALKERS = 6  # people in the picture at any time


def scene(count: int, height: int) -> Iterator[np.ndarray]:
    """`(height, 16/9 height, 3) uint8` pictures with their numbers: texture that moves, and noise as a sensor makes
    it."""
    width = height * 16 // 9
    rng = np.random.default_rng(1)
    texture = rng.integers(-24, 24, (height, width, 1), dtype=np.int16)
    noise = rng.integers(-6, 7, (4, height, width, 1), dtype=np.int16)
    for number in range(count):
        image = clips.numbered(number, width, height).astype(np.int16)
        moving = np.roll(texture, 3 * number, axis=1) + noise[number % 4]
        image[: height * 3 // 4] += moving[: height * 3 // 4]
        yield image.clip(0, 255).astype(np.uint8)


def make_case(folder: Path, seconds: int, height: int = HEIGHT) -> Path:
    """A case over one clip with people walking through it; gives the clip."""
    film = clips.write_clip(folder / "street.mp4", scene(seconds * RATE, height), rate=RATE, options=OPTIONS)
    with Case.create(folder / "case", "Bench", "bench") as case:
        item = finish(register(case, film, "Street", modality=Modality.VISIBLE))
        run = case.ingest.begin(item.id, NewRun("none", "0" * 64, "none", "5" * 64, 4, "none", {}, {}))
        step = round(1 / (RATE * item.time_base))
        scale = height / HEIGHT
        found = tuple(_walker(n, seconds, step, item.time_base, scale) for n in range(WALKERS))
        last = Timestamp(seconds * RATE * step, item.time_base)
        case.ingest.commit(run, Batch(seconds * RATE, seconds * RATE, last, (), found, None))
        case.ingest.finish(run, Finished(seconds * RATE, 0, (), {}))
    return film


def _walker(n: int, seconds: int, step: int, base: Any, scale: float) -> NewTracklet:
    def box(k: int) -> Box:
        return Box(scale * (40 + 300 * n + k % 250), scale * 300, scale * 90, scale * 260)

    points = tuple(TrackPoint(Timestamp(k * step, base), box(k), 0.9) for k in range(seconds * RATE))
    quality = CropQuality(90, 260, 0.7, 0.7, 1.0, 0.7)
    crop = NewCrop(points[0].timestamp, points[0].box, quality, b"none", np.eye(4, dtype=np.float32)[n % 4])
    return NewTracklet(n + 1, Modality.VISIBLE, points, (crop,))


@dataclass
class Showing:
    """When each frame came on the screen, and when it was due."""

    late: list[float] = field(default_factory=list)  # seconds after it was due
    indices: list[int] = field(default_factory=list)


def play(bench: Bench, page: Any, figures: Table) -> None:
    """From the first frame to the last at normal speed."""
    feed, seen = page.feed, Showing()
    feed.show(int(feed.item.pts[0]))
    bench.until(lambda: feed.current is not None and feed.current.index == 0)
    bench.rest(0.5)
    began = time.perf_counter()

    def note(shown: Any) -> None:
        seen.late.append(time.perf_counter() - began - shown.seconds)
        seen.indices.append(shown.index)

    feed.shown.connect(note)
    all_threads, gui = time.process_time(), time.thread_time()
    feed.play()
    bench.until(lambda: not feed.playing)
    all_threads, gui = time.process_time() - all_threads, time.thread_time() - gui
    took = time.perf_counter() - began
    feed.shown.disconnect(note)
    shown, film = len(seen.indices), feed.item.duration
    frame = 1 / RATE
    start = seen.late[0]  # the film begins when its first picture is there, and is held to that
    late = [each - start for each in seen.late]
    figures.add("play to the first frame", round(1000 * start), "ms", "")
    figures.add("frames to show", len(feed.item.pts) - 1, "", "")
    figures.add("shown on time (within one frame)", sum(each <= frame for each in late), "", "all")
    figures.add("shown late", sum(each > frame for each in late), "", "0")
    figures.add("dropped", len(feed.item.pts) - 1 - shown, "", "0")
    figures.add("latest", round(1000 * max(late)), "ms", str(round(1000 * frame)))
    figures.add("film's length to time it took", round(film / took, 3), "", "1")
    figures.add("decode and convert: CPU per frame", round(1000 * (all_threads - gui) / shown, 1), "ms", "< 80")
    figures.add("paint and the rest of the GUI thread: CPU per frame", round(1000 * gui / shown, 1), "ms", "< 40")


def seek(bench: Bench, page: Any, wanted: list[int], figures: Table) -> None:
    """Jump to frames anywhere; the picture that is shown must carry the number of the frame asked for."""
    times, spent, wrong = [], [], 0
    feed = page.feed
    for number in wanted:
        began, cpu = time.perf_counter(), time.process_time()
        feed.show(int(feed.item.pts[number]))
        bench.until(lambda n=number: feed.current.index == n)
        times.append(time.perf_counter() - began)
        spent.append(time.process_time() - cpu)
        wrong += clips.number_in(_pixels(feed.current.image)) != number
    figures.add("seek: click to picture, median", round(1000 * float(np.median(times))), "ms", "")
    figures.add("seek: CPU of all threads, median", round(1000 * float(np.median(spent))), "ms", "")
    figures.add("seek: wrong frames", wrong, f"of {len(wanted)}", "0")


def _pixels(image: Any) -> np.ndarray:
    """`(H, W, 3) uint8` of a QImage in RGB32."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, : image.width(), 2::-1]


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--seeks", type=int, default=25)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    figures = Table("playing 1080p25", "what", "measured", "unit", "wanted")
    stalls = Table("GUI thread not answering", *STALLS)
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place))
        film = make_case(Path(place), options.seconds)
        figures.add("clip", round(8e-6 * film.stat().st_size / options.seconds, 1), "Mbit/s H.264", "")
        bench.open(Path(place) / "case")
        page: Any = bench.window.show_page("review")
        bench.until(lambda: page.feed.current is not None)
        with bench.stalls(stalls, "nothing (what the machine itself adds)"):
            bench.rest(3.0)
        with bench.stalls(stalls, "playing"):
            play(bench, page, figures)
        chance = random.Random(5)
        numbers = [chance.randrange(options.seconds * RATE) for _ in range(options.seeks)]
        with bench.stalls(stalls, "seeking"):
            seek(bench, page, numbers, figures)
        bench.close()
    figures.print()
    stalls.print()
    save("bench_player", figures, stalls)


if __name__ == "__main__":
    main()
