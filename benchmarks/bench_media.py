"""Decoding and exact seeking at 1080p beside cv2.VideoCapture, each in a process of its own, taking turns.

Every picture carries its number, so that a wrong frame is counted and not only timed. A reader that crashes is
reported as such.

python -m benchmarks.bench_media [--frames 150] [--rounds 3] [--seeks 12]
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Table, save
from tests.helpers import clips

WIDTH, HEIGHT, RATE = 1920, 1080, 25
GOP = 50
CODECS = {
    "H.264": ("libx264", {"preset": "ultrafast", "crf": "23", "x264-params": f"keyint={GOP}:bframes=3:log=-1"}),
    "H.265": (
        "libx265",
        {"preset": "ultrafast", "x265-params": f"keyint={GOP}:open-gop=1:bframes=3:scenecut=0:log-level=none"},
    ),
}


def scene(count: int) -> Iterator[np.ndarray]:
    """Numbered pictures over a textured background that moves."""
    texture = np.random.default_rng(1).integers(-24, 24, (HEIGHT, WIDTH, 1), dtype=np.int16)
    for number in range(count):
        image = clips.numbered(number, WIDTH, HEIGHT).astype(np.int16)
        image[: HEIGHT * 3 // 4] += np.roll(texture, 3 * number, axis=1)[: HEIGHT * 3 // 4]
        yield image.clip(0, 255).astype(np.uint8)


def uneven_pts(count: int) -> list[int]:
    """A variable frame rate in units of 1/600 s: pauses and bursts, always the same."""
    chance = random.Random(3)
    steps = [chance.choice((12, 24, 24, 24, 48, 300)) for _ in range(count)]
    return [sum(steps[:place]) for place in range(count)]


def make_clips(folder: Path, count: int) -> dict[str, Path]:
    """One clip per codec at a constant rate, and one H.264 clip at a variable rate."""
    made = {}
    for label, (codec, options) in CODECS.items():
        made[label] = clips.write_clip(folder / f"{codec}.mp4", scene(count), codec=codec, rate=RATE, options=options)
    made["H.264, variable rate"] = clips.write_clip(
        folder / "variable.mp4",
        scene(count),
        pts=uneven_pts(count),
        time_base=Fraction(1, 600),
        options=CODECS["H.264"][1],
    )
    return made


def with_nightjar(path: Path, frames: int, wanted: list[int]) -> dict[str, Any]:
    """Sequential rate, exact seeks, and steps back from each of a few frames."""
    from engine.media.source import open_source

    with open_source(path) as source:
        times = source.index.pts.tolist()
        start = time.perf_counter()
        count = sum(1 for _ in islice(source.frames(), frames))
        rate = count / (time.perf_counter() - start)
        seeks, wrong = [], 0
        for number in wanted:
            start = time.perf_counter()
            frame = source.frame_at(times[number])
            seeks.append(time.perf_counter() - start)
            wrong += clips.number_in(frame.image) != number
        back = []
        for number in range(frames - 2, frames - 2 - GOP // 2, -1):
            start = time.perf_counter()
            source.frame_at(times[number])
            back.append(time.perf_counter() - start)
        start = time.perf_counter()
        covered = sum(1 for _ in source.keyframes()) * GOP / (time.perf_counter() - start)
    return {"rate": rate, "seeks": seeks, "wrong": wrong, "back": back, "covered": covered}


def with_opencv(path: Path, frames: int, wanted: list[int]) -> dict[str, Any]:
    """The same by `cv2.VideoCapture`; seeks by frame number."""
    import cv2

    capture = cv2.VideoCapture(str(path))
    start = time.perf_counter()
    count = sum(1 for _ in range(frames) if capture.read()[0])
    rate = count / (time.perf_counter() - start)

    def seek(number: int) -> tuple[float, bool]:
        begun = time.perf_counter()
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        found, image = capture.read()
        return time.perf_counter() - begun, not found or clips.number_in(image) != number

    results = [seek(number) for number in wanted]
    back = [seek(number)[0] for number in range(frames - 2, frames - 2 - GOP // 2, -1)]
    return {
        "rate": rate,
        "seeks": [seconds for seconds, _ in results],
        "wrong": sum(wrong for _, wrong in results),
        "back": back,
    }


READERS: dict[str, Callable[[Path, int, list[int]], dict[str, Any]]] = {
    "nightjar": with_nightjar,
    "cv2.VideoCapture": with_opencv,
}


def _report(sender: Any, reader: str, path: Path, frames: int, wanted: list[int]) -> None:
    sender.send(READERS[reader](path, frames, wanted))


def in_own_process(reader: str, path: Path, frames: int, wanted: list[int]) -> dict[str, Any] | None:
    """What the reader measured; None where it brought its process down."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(sender, reader, path, frames, wanted))
    child.start()
    sender.close()
    try:
        return dict(receiver.recv())
    except EOFError:
        return None
    finally:
        child.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeks", type=int, default=12)
    options = parser.parse_args()
    table = Table(
        f"{WIDTH} x {HEIGHT}, GOP {GOP}",
        "clip",
        "reader",
        "frames/s",
        "seek ms (median)",
        "seek ms (worst)",
        "wrong frames",
        "of seeks",
        "step back ms (mean)",
        "keyframe pass, footage frames/s",
    )
    with tempfile.TemporaryDirectory() as folder:
        made = make_clips(Path(folder), options.frames)
        for label, path in made.items():
            wanted = random.Random(7).sample(range(options.frames), options.seeks)
            found: dict[str, list[dict[str, Any]]] = {reader: [] for reader in READERS}
            crashed: set[str] = set()
            for _ in range(options.rounds):
                for reader, results in found.items():
                    result = in_own_process(reader, path, options.frames, wanted)
                    if result is None:
                        crashed.add(reader)
                    else:
                        results.append(result)
            for reader, results in found.items():
                if reader in crashed or not results:
                    table.add(label, reader, "crashed", "", "", "", "", "", "")
                    continue
                seeks = [1000 * seconds for each in results for seconds in each["seeks"]]
                back = [1000 * seconds for each in results for seconds in each["back"]]
                covered = [each["covered"] for each in results if "covered" in each]
                table.add(
                    label,
                    reader,
                    statistics.median(each["rate"] for each in results),
                    statistics.median(seeks),
                    max(seeks),
                    sum(each["wrong"] for each in results),
                    len(seeks),
                    statistics.mean(back),
                    statistics.median(covered) if covered else "",
                )
    table.print()
    save("bench_media", table)


if __name__ == "__main__":
    main()
