"""How fast the defaults are beside known networks, in one run. Part of `benchmarks.accuracy`."""

from __future__ import annotations

from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.accuracy_record import Section
from benchmarks.common import Table, interleaved_medians
from benchmarks.footage import YOLOX_NANO
from engine.demo import demo_source
from engine.media.source import open_source
from engine.models.card import Model, ModelCard
from engine.models.library import MOTION, ModelLibrary
from engine.perception.detector import Detector, OnnxDetector, make_detector
from engine.perception.preprocess import resize_crops
from engine.progress import Progress, Work
from engine.settings import Settings, resources_dir
from engine.types import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = (360, 640)  # height, width of the frames
FRAMES, BATCH, ROUNDS = 40, 32, 5
LEAST_FRAMES, LEAST_CROPS = 15.0, 60.0  # per second, on two CPU cores


def speed_section(detectors: Sequence[str], student: Model, threads: int) -> Work[Section]:
    """Detectors on frames of the demo, and the student on batches of crops, each beside a peer."""
    yield Progress("speed", 0, 2, "comparisons", "detectors")
    frames = demo_frames()
    found = detection(detectors, frames, threads)
    yield Progress("speed", 1, 2, "comparisons", "students")
    crops = embedding(student, frames, threads)
    yield Progress("speed", 2, 2, "comparisons")
    text = (
        f"{threads} CPU threads, everything in turns in one run: compare the ratios, the rates depend on what else the "
        f"machine does. To reach on two cores: {LEAST_FRAMES:.0f} frames/s, {LEAST_CROPS:.0f} crops/s in batches."
    )
    inputs = [{"name": student.name, "sha256": student.card.sha256}]
    inputs += [{"name": d.name, "sha256": d.model_sha256} for d in _detectors(detectors, threads) if d.model_sha256]
    return Section("Speed", [found, crops], text, inputs)


def demo_frames(count: int = FRAMES) -> list[Frame]:
    """Frames of the demo's square by day, as pictures of SIZE."""
    with open_source(demo_source() / "square-day.mp4") as source:
        frames = list(islice(source.frames(), count))
    size = SIZE[::-1]
    return [Frame(cv2.resize(f.image, size, interpolation=cv2.INTER_AREA), f.timestamp, f.index) for f in frames]


def _detectors(names: Sequence[str], threads: int) -> list[Detector]:
    library, settings = ModelLibrary(), Settings().detection
    found = [make_detector(name, library, settings, "cpu", threads) for name in dict.fromkeys((*names, MOTION))]
    if YOLOX_NANO.exists():
        card = ModelCard.load(resources_dir() / "models" / "sidecars" / "yolox_nano.json")
        found.append(OnnxDetector(Model(card, YOLOX_NANO), settings, "cpu", threads))
    return found


def detection(names: Sequence[str], frames: Sequence[Frame], threads: int) -> Table:
    """Frames per second of each detector, from a decoded frame to its boxes."""
    detectors = _detectors(names, threads)
    seconds = interleaved_medians({d.name: partial(d.detect, frames) for d in detectors}, rounds=ROUNDS, warm_up=1)
    peer = seconds.get("yolox-nano")
    table = Table(f"Detection, frames of {SIZE[1]} × {SIZE[0]}", "detector", "frames/s", "times YOLOX-nano")
    for name, value in seconds.items():
        table.add(name, len(frames) / value, peer / value if peer else None)
    return table


def embedding(student: Model, frames: Sequence[Frame], threads: int) -> Table:
    """Crops per second of the student and of an untrained ResNet-50 of the usual shape, preprocessing left out."""
    from benchmarks.accuracy_variants import runner
    from benchmarks.bench_embed import exported, resnet50

    corners = np.random.default_rng(0).integers((0, 0), (SIZE[0] - 128, SIZE[1] - 64), (BATCH, 2))
    pictures = [frame.image[y : y + 128, x : x + 64] for frame, (y, x) in zip(frames, corners, strict=False)]
    with TemporaryDirectory() as scratch:
        network = exported(resnet50(), "resnet50-untrained", (256, 128), Path(scratch))
        models = (student, network)
        runs = {m.name: runner(m, threads, resize_crops(pictures, m.card.input.size)) for m in models}
        seconds = interleaved_medians(runs, rounds=ROUNDS)
    table = Table(f"Embedding, batches of {BATCH} crops", "network", "input", "crops/s", "times ResNet-50")
    for model in models:
        height, width = model.card.input.size
        value = seconds[model.name]
        table.add(model.name, f"{height} × {width}", BATCH / value, seconds[network.name] / value)
    return table
