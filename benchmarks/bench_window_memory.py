"""Memory over an hour of scrolling and playing, pressed into two minutes.

An hour of looking is taken as one page of tiles a second, half an hour of film, and a clip compared every ten
seconds. The bench goes through as many of these as fit into its time, samples resident memory on the way, and gives
the slope after the caches are full, both per minute of the bench and for the hour it stands for.

python -m benchmarks.bench_window_memory [--seconds 120]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Table, save
from benchmarks.window import STALLS, Bench, resident
from tests.helpers.films import people_case

PEOPLE = 20_000
CACHE_MEGABYTES = 32  # of the thumbnails: full early, so that what still grows is seen
PAGES_PER_HOUR, FRAMES_PER_HOUR = 3600, 1800 * 25
SETTLING = 0.4  # of the time, before the slope is taken
TURN_SECONDS = 6.0


class Hour:
    """Turns of scrolling and of playing, and what they counted."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pages = self.frames = 0
        self.samples: list[tuple[float, float, float]] = []  # seconds, MiB, share of an hour's work done

    def scroll(self, seconds: float) -> None:
        """Page by page through the people."""
        page: Any = self.bench.window.show_page("people")
        bar = page.view.verticalScrollBar()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            bar.setValue((bar.value() + bar.pageStep()) % max(bar.maximum(), 1))
            self.pages += 1
            self.bench.rest(0.02)

    def play(self, seconds: float) -> None:
        """The film again and again, eight times as fast as it was taken."""
        page: Any = self.bench.window.show_page("review")
        feed = page.feed
        self.bench.until(lambda: feed.item is not None and feed.current is not None)
        count = lambda _shown: setattr(self, "frames", self.frames + 1)  # noqa: E731
        feed.shown.connect(count)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not feed.playing:
                feed.show(int(feed.item.pts[0]))
                self.bench.until(lambda: feed.current is not None and feed.current.index == 0)
                feed.play(4.0)
            self.bench.rest(0.05)
        feed.stop()
        feed.shown.disconnect(count)

    def sample(self, began: float) -> None:
        share = min(self.pages / PAGES_PER_HOUR, 1.0) / 2 + min(self.frames / FRAMES_PER_HOUR, 1.0) / 2
        self.samples.append((time.monotonic() - began, resident(), share))

    def slopes(self) -> tuple[float, float]:
        """MiB per minute of the bench, and per hour of work, once the caches are full."""
        settled = np.array([s for s in self.samples if s[0] >= SETTLING * self.samples[-1][0]])
        per_second = float(np.polyfit(settled[:, 0], settled[:, 1], 1)[0])
        done = settled[-1, 2] - settled[0, 2]
        grown = per_second * (settled[-1, 0] - settled[0, 0])
        return 60 * per_second, grown / max(done, 1e-9)


def make_case(folder: Path) -> None:
    """A case with three short films, and many more tiles than are ever kept."""
    from benchmarks.window import add_people

    with people_case(folder) as case:
        add_people(case, folder, PEOPLE)


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    figures = Table("memory of an hour", "what", "measured", "unit", "wanted")
    stalls = Table("GUI thread not answering", *STALLS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bench = Bench(folder)
        bench.window.session.preferences.set("cache_megabytes", CACHE_MEGABYTES)
        make_case(folder)
        bench.open(folder / "case")
        hour, began = Hour(bench), time.monotonic()
        with bench.stalls(stalls, "scrolling and playing by turns"):
            while time.monotonic() - began < options.seconds:
                hour.scroll(TURN_SECONDS / 2)
                hour.sample(began)
                hour.play(TURN_SECONDS / 2)
                hour.sample(began)
        bench.close()
    per_minute, per_hour = hour.slopes()
    figures.add("pages of tiles", hour.pages, f"{PAGES_PER_HOUR} are an hour", "")
    figures.add("frames played", hour.frames, f"{FRAMES_PER_HOUR} are an hour", "")
    figures.add("resident at first", round(hour.samples[0][1]), "MiB", "")
    figures.add("resident at the end", round(hour.samples[-1][1]), "MiB", "")
    figures.add("growth once settled", round(per_minute, 2), "MiB per minute of the bench", "flat")
    figures.add("growth for an hour's work", round(per_hour, 1), "MiB", "flat")
    figures.print()
    stalls.print()
    save("bench_window_memory", figures, stalls, samples=hour.samples)


if __name__ == "__main__":
    main()
