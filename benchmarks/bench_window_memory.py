"""Memory over an hour of scrolling and playing, its whole work done as fast as the window can.

An hour of looking is taken as one page of tiles a second and half an hour of film at 25 frames a second. The bench
scrolls and plays by turns until both are done, samples resident memory on the way, and gives the growth once the
caches are full.

python -m benchmarks.bench_window_memory [--hours 1]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_player import make_case
from benchmarks.common import Table, save
from benchmarks.window import STALLS, Bench, add_people, resident
from engine.case import Case

PEOPLE = 20_000
CACHE_MEGABYTES = 32  # of the thumbnails: full early, so that what still grows is seen
PAGES_PER_HOUR, FRAMES_PER_HOUR = 3600, 1800 * 25
TURNS = 60  # of scrolling and of playing in an hour
FILM_SECONDS, FILM_HEIGHT = 60, 360
SPEED = 7.5  # every frame is decoded below eight times
SETTLING = 0.4  # of the work, before the growth is taken


class Hour:
    """Turns of scrolling and of playing, and what they counted."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pages = self.frames = self.painted = 0
        self.samples: list[tuple[float, float]] = []  # hours of work done, MiB

    def scroll(self, pages: int) -> None:
        """Page by page through the people."""
        page: Any = self.bench.window.show_page("people")
        bar = page.view.verticalScrollBar()
        for _ in range(pages):
            bar.setValue((bar.value() + bar.pageStep()) % max(bar.maximum(), 1))
            self.bench.rest(0.02)
        self.pages += pages

    def play(self, frames: int) -> None:
        """The film again and again, until so many frames were decoded for the screen."""
        page: Any = self.bench.window.show_page("review")
        feed = page.feed
        self.bench.until(lambda: feed.item is not None and feed.current is not None)
        last, wanted = feed.current.index, self.frames + frames

        def count(shown: Any) -> None:
            nonlocal last
            self.frames += max(shown.index - last, 0)
            self.painted += 1
            last = shown.index

        feed.shown.connect(count)
        while self.frames < wanted:
            if not feed.playing:
                feed.show(int(feed.item.pts[0]))
                self.bench.until(lambda: feed.current.index == 0)
                feed.play(SPEED)
            self.bench.rest(0.05)
        feed.stop()
        feed.shown.disconnect(count)

    def sample(self) -> None:
        self.samples.append(((self.pages / PAGES_PER_HOUR + self.frames / FRAMES_PER_HOUR) / 2, resident()))

    def growth(self) -> float:
        """MiB per hour of work, by least squares over what came once the caches were full."""
        settled = np.array([each for each in self.samples if each[0] >= SETTLING * self.samples[-1][0]])
        return float(np.polyfit(settled[:, 0], settled[:, 1], 1)[0])


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    options = parser.parse_args()
    figures = Table("memory of an hour", "what", "measured", "unit", "wanted")
    stalls = Table("GUI thread not answering", *STALLS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bench = Bench(folder)
        bench.window.session.preferences.set("cache_megabytes", CACHE_MEGABYTES)
        make_case(folder, FILM_SECONDS, FILM_HEIGHT)
        with Case.open(folder / "case", examiner="bench") as case:
            add_people(case, folder, PEOPLE)
        bench.open(folder / "case")
        hour, began = Hour(bench), time.monotonic()
        with bench.stalls(stalls, "scrolling and playing by turns"):
            for _ in range(max(round(options.hours * TURNS), 2)):
                hour.scroll(PAGES_PER_HOUR // TURNS)
                hour.sample()
                hour.play(FRAMES_PER_HOUR // TURNS)
                hour.sample()
        took = time.monotonic() - began
        bench.close()
    figures.add("pages of tiles", hour.pages, f"{PAGES_PER_HOUR} are an hour", "")
    figures.add("frames played", hour.frames, f"{FRAMES_PER_HOUR} are half an hour", "")
    figures.add("of these painted", hour.painted, "", "")
    figures.add("time it took", round(took), "s", "")
    figures.add("resident at first", round(hour.samples[0][1]), "MiB", "")
    figures.add("resident at most", round(max(each for _, each in hour.samples)), "MiB", "")
    figures.add("resident at the end", round(hour.samples[-1][1]), "MiB", "")
    figures.add("growth once settled", round(hour.growth(), 1), "MiB per hour of work", "flat")
    figures.print()
    stalls.print()
    save("bench_window_memory", figures, stalls, samples=hour.samples)


if __name__ == "__main__":
    main()
