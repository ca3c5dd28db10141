"""Footage in which the boxes hop: the analysis makes a tracklet of each person, and goes on so after a stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.models.library import ModelLibrary
from engine.pipeline import analyse
from engine.pipeline.messages import Batch, Job, Resume
from engine.settings import IngestSettings, Settings
from engine.types import Box, Detection, Frame, Modality, NewTracklet
from tests.helpers.walkers import RATE, WIDTH, Pass, write_walkers

RED, BLUE = Pass(2.0, 6.0, (200, 60, 50)), Pass(2.0, 6.0, (40, 80, 190), leftwards=True)
LATER = Pass(10.0, 6.0, (230, 200, 60))
HOP = 5.0  # seconds: where red and blue are one before the other


class Hopping:
    """A detector that sees red until the two meet, from then on blue, and later somebody else."""

    name, model_sha256, provider, stateful = "hopping", "", "", False

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        return [self._seen(frame.index / RATE) for frame in frames]

    def state(self) -> dict[str, np.ndarray]:
        return {}

    @staticmethod
    def _seen(now: float) -> list[Detection]:
        walker = LATER if now > RED.start + RED.seconds else RED if now < HOP else BLUE
        progress = (now - walker.start) / walker.seconds
        if not 0.1 <= progress <= 0.9:
            return []
        x = -30 + (1 - progress if walker.leftwards else progress) * (WIDTH + 60)
        return [Detection(Box(x - 20, walker.feet - 112, 40, 114), 0.9)]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("footage")
    clip = write_walkers(folder / "day.mp4", (RED, BLUE, LATER), seconds=18)
    library = ModelLibrary(folder / "models")
    settings = Settings(ingest=IngestSettings(checkpoint_seconds=1.0))
    return Job(clip, "hopping", library.default("student"), "cpu", library.user_dir, settings, Modality.VISIBLE)


@pytest.fixture(autouse=True)
def _hopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyse, "make_detector", lambda *_: Hopping())


def batches(job: Job) -> list[Batch]:
    return [said for said in analyse.analyse(job) if isinstance(said, Batch)]


def tracklets(job: Job) -> list[NewTracklet]:
    return [tracklet for batch in batches(job) for tracklet in batch.tracklets]


def test_each_person_gets_a_tracklet_with_crops_of_their_own(job: Job) -> None:
    red, blue, later = tracklets(job)
    assert [red.ordinal, blue.ordinal, later.ordinal] == [1, 2, 3]
    apart = 1.0  # seconds until the two no longer share a box
    assert float(red.points[-1].timestamp.seconds) == pytest.approx(HOP, abs=apart)
    assert red.points[-1].timestamp < blue.points[0].timestamp
    for tracklet in (red, blue, later):
        first, last = tracklet.points[0].timestamp, tracklet.points[-1].timestamp
        assert tracklet.crops
        assert all(first <= crop.timestamp <= last for crop in tracklet.crops)


def test_without_parting_they_would_be_one(job: Job) -> None:
    never = replace(job.settings.tracking, part_below=-100.0)
    mixed, later = tracklets(replace(job, settings=replace(job.settings, tracking=never)))
    assert mixed.points[0].timestamp.seconds < HOP < mixed.points[-1].timestamp.seconds
    assert later.ordinal == 2


def test_a_run_that_goes_on_numbers_and_finds_the_same(job: Job) -> None:
    whole = batches(job)
    known = [tracklet for batch in whole for tracklet in batch.tracklets]
    places = [batch.checkpoint for batch in whole if batch.checkpoint is not None]
    assert {place.next_ordinal for place in places} >= {1, 3}
    for place in places:
        rest = tracklets(replace(job, resume=Resume(place)))
        expected = known[place.next_ordinal - 1 :]
        assert [t.ordinal for t in rest] == [t.ordinal for t in expected]
        for found, before in zip(rest, expected, strict=True):
            assert found.points == before.points
            assert [crop.jpeg for crop in found.crops] == [crop.jpeg for crop in before.crops]
            assert all(np.array_equal(a.embedding, b.embedding) for a, b in zip(found.crops, before.crops, strict=True))
