"""A case with a million crops: how fast it opens, what it costs in memory, and what the first search has to wait for.

    python -m benchmarks.bench_case [--crops 1000000 100000] [--dimension 512]

Everything after the build runs in a fresh process, so that its memory is its own. Pictures are small and
embeddings shorter than real ones: opening must not depend on them at all.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.common import Table, save
from benchmarks.made_up import Content
from engine.case import Case
from engine.pipeline.messages import Batch, Finished
from engine.progress import finish
from engine.store.records import NewRun
from engine.types import Box, CropQuality, Modality, NewCrop, NewTracklet, Timestamp, TrackPoint
from engine.verify import verify_case

TIME_BASE = Fraction(1, 25)
MODEL = "5" * 64
CROPS_PER_TRACKLET = 5
TRACKLETS_PER_COMMIT = 400
OBSERVATIONS = 20
ROWS_ON_SCREEN = 60
VERIFIED_CROPS = 100_000  # verify reads every byte: its time is the disk's


def build(folder: Path, crops: int, dimension: int) -> float:
    """Ingest `crops` made-up crops through the case's own commits; gives crops per second."""
    rng = np.random.default_rng(0)
    footage = folder / "footage"
    footage.write_bytes(b"made up")
    pictures = _pictures(rng)
    inputs = NewRun("none", "0" * 64, "made up", MODEL, dimension, "none", {}, {})
    with Case.create(folder / "case", "Bench", "bench") as case:
        content = Content("0" * 64, TIME_BASE)
        item = case.evidence.register(footage, content, content, "Gate")
        run_id = case.ingest.begin(item.id, inputs)
        started = time.perf_counter()
        for first in range(0, crops // CROPS_PER_TRACKLET, TRACKLETS_PER_COMMIT):
            found = tuple(_tracklet(rng, pictures, first + n, dimension) for n in range(TRACKLETS_PER_COMMIT))
            case.ingest.commit(run_id, Batch(first, first, Timestamp(first, TIME_BASE), (), found, None))
        rate = crops / (time.perf_counter() - started)
        case.ingest.finish(run_id, Finished(1, 0, (), {}))
    return rate


def _pictures(rng: np.random.Generator) -> list[bytes]:
    noise = rng.integers(0, 256, (64, 20, 10, 3), np.uint8)
    return [cv2.imencode(".jpg", each)[1].tobytes() for each in noise]


def _tracklet(rng: np.random.Generator, pictures: list[bytes], number: int, dimension: int) -> NewTracklet:
    points = tuple(
        TrackPoint(Timestamp(10 * number + n, TIME_BASE), Box(10.0 + n, 20.0, 30.0, 80.0), 0.5)
        for n in range(OBSERVATIONS)
    )
    vectors = rng.standard_normal((CROPS_PER_TRACKLET, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    taken = tuple(
        NewCrop(
            points[n].timestamp,
            points[n].box,
            CropQuality(30, 80, 0.5, 0.5, 1.0, float(rng.random())),
            pictures[(number * CROPS_PER_TRACKLET + n) % len(pictures)],
            vectors[n],
        )
        for n in range(CROPS_PER_TRACKLET)
    )
    return NewTracklet(number + 1, Modality.VISIBLE if number % 2 else Modality.INFRARED, points, taken)


def use(folder: Path, sender: Any) -> None:
    """Open the case in this fresh process and do what a window does first; sends `(step, seconds, grown MiB)`."""
    steps: list[tuple[str, float, float]] = []

    @contextmanager
    def step(name: str) -> Iterator[None]:
        memory, started = _resident(), time.perf_counter()
        yield
        steps.append((name, time.perf_counter() - started, (_resident() - memory) / 2**20))

    with step("open the case"):
        case = Case.open(folder / "case", examiner="bench")
    with case:
        with step("title, items, counts"):
            assert case.info.title
            assert case.evidence.list()
            total = case.tracklets.count()
        with step("ids of all tracklets, in order"):
            ids = case.tracklets.ids(order="item")
        assert len(ids) == total
        with step(f"{ROWS_ON_SCREEN} rows with pictures"):
            for row in case.tracklets.rows(ids[total // 2 :][:ROWS_ON_SCREEN]):
                case.tracklets.crop_jpeg(row.best_crop)
        with step("first search: build the matrix"):
            matrix = case.gallery.matrix(MODEL)
        with step("mask of one modality"):
            from engine.store.tracklets import TrackletFilter

            matrix.mask(case.tracklets.ids(TrackletFilter(modality=Modality.VISIBLE), "id"))
        del matrix
        with step("open the matrix again"):
            case.gallery.matrix(MODEL)
        if total * CROPS_PER_TRACKLET <= VERIFIED_CROPS:
            with step("verify everything"):
                finish(verify_case(case))
    sender.send(steps)


def _resident() -> int:
    """Resident bytes of this process that are its own, mapped files left out."""
    import psutil

    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))


def in_fresh_process(function: Callable[..., None], *args: object) -> Any:
    """What `function(*args, sender)` sends."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=function, args=(*args, sender))
    child.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        child.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--dimension", type=int, default=512)
    options = parser.parse_args()
    table = Table("Opening a case", "crops", "step", "seconds", "own memory, MiB")
    built = Table("Committing an ingest", "crops", "crops/s", "case.db, MiB")
    for crops in options.crops:
        with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as name:
            rate = build(Path(name), crops, options.dimension)
            built.add(crops, rate, (Path(name) / "case" / "case.db").stat().st_size / 2**20)
            for line in in_fresh_process(use, Path(name)):
                table.add(crops, *line)
    built.print()
    table.print()
    save("bench_case", built, table, dimension=options.dimension, crops_per_tracklet=CROPS_PER_TRACKLET)


if __name__ == "__main__":
    main()
