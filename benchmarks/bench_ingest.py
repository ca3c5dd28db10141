"""Ingest end to end beside its own stages: they overlap, so the whole should run at the slowest stage's pace.

Each stage is run alone on the output of the one before it, then all together as the ingest child runs them. Uses the
footage and the YOLOX-Nano model that lie beside the project where they are there, else a clip made on the spot.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from benchmarks.common import Table, interleaved_medians, save
from engine.media.source import open_source
from engine.models.library import ModelLibrary
from engine.perception.detector import make_detector
from engine.perception.embedder import Embedder
from engine.pipeline.analyse import Analysis
from engine.pipeline.messages import Job
from engine.settings import Settings, resources_dir
from engine.types import Modality, ModalitySegment, Timestamp
from tests.helpers.walkers import write_walkers

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CLIP, YOLOX = SHARED / "footage" / "vtest-480x360.avi", SHARED / "models" / "yolox_nano.onnx"
TARGET = 0.85


def main() -> None:
    """Print frames per second of each stage alone, of all one after the other, and of the whole."""
    with tempfile.TemporaryDirectory() as folder:
        clip = CLIP if CLIP.exists() else write_walkers(Path(folder) / "clip.mp4", seconds=60)
        library = ModelLibrary(Path(folder) / "models")
        names = [library.default("detector")]
        if YOLOX.exists():
            library.import_file(YOLOX, resources_dir() / "models" / "sidecars" / "yolox_nano.json")
            names.append("yolox-nano")
        table = Table(
            f"Ingest of {clip.name}, frames per second",
            *("detector", "decode", "detect", "follow", "embed", "one after the other", "end to end", "of the slowest"),
        )
        for name in dict.fromkeys((*names, "motion")):
            table.add(name, *_measure(clip, library, name))
        table.print()
        print(f"\nto reach: end to end at least {TARGET} of the slowest stage's own rate ('of the slowest')")
        save("ingest", table, target=TARGET)


def _measure(clip: Path, library: ModelLibrary, detector: str) -> list[float]:
    """Frames/s of the four stages, of their sum, of the whole; and the whole as a share of the slowest."""
    job = Job(clip, detector, library.default("student"), "cpu", library.user_dir, Settings())
    frames = list(_analysis(job, library).frames())
    seen = list(_analysis(job, library).detected(iter(frames)))
    steps = list(_analysis(job, library).followed(iter(seen)))
    medians = interleaved_medians(
        {
            "decode": lambda: _drain(_analysis(job, library).frames()),
            "detect": lambda: _drain(_analysis(job, library).detected(iter(frames))),
            "follow": lambda: _drain(_analysis(job, library).followed(iter(seen))),
            "embed": lambda: _drain(_analysis(job, library).embedded(iter(steps))),
            "whole": lambda: _drain(_analysis(job, library).batches()),
            "set up": lambda: _analysis(job, library),
        },
        rounds=3,
        warm_up=0,
    )
    set_up = medians.pop("set up")
    seconds = {stage: max(value - set_up, 1e-9) for stage, value in medians.items()}
    whole = seconds.pop("whole")
    rates = [len(frames) / each for each in (*seconds.values(), sum(seconds.values()), whole)]
    return [*rates, max(seconds.values()) / whole]


def _analysis(job: Job, library: ModelLibrary) -> Analysis:
    """A fresh set of stages over the clip; its modality is given, so that only the stages are measured."""
    source = open_source(job.path)
    start = Timestamp(source.probe.start_pts, source.probe.time_base)
    everything = ModalitySegment(start, Timestamp(2**62, start.time_base), Modality.VISIBLE, 0.0)
    detector = make_detector(job.detector, library, job.settings.detection, job.device)
    embedder = Embedder(library.get(job.student), job.device, job.settings.embedding)
    return Analysis(job, source, (everything,), detector, embedder)


def _drain(items: Iterable[object]) -> None:
    with closing(items) if hasattr(items, "close") else items:  # type: ignore[type-var, attr-defined]
        deque(items, maxlen=0)


if __name__ == "__main__":
    main()
