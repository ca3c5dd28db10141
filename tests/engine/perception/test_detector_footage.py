"""The detector adapter and the whole chain on real footage (skips where the footage is absent)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import pytest

from engine.models.card import Model, ModelCard
from engine.perception.detector import OnnxDetector
from engine.settings import DetectionSettings, resources_dir
from engine.types import Frame, Timestamp
from tests.helpers.shared import shared_path

pytestmark = pytest.mark.shared


def frames(path: Path, start: int, stop: int, step: int = 1) -> Iterator[Frame]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        for index, picture in islice(enumerate(container.decode(stream)), start, stop, step):
            assert picture.pts is not None
            yield Frame(picture.to_ndarray(format="rgb24"), Timestamp(picture.pts, stream.time_base), index)


def yolox(settings: DetectionSettings) -> OnnxDetector:
    card = ModelCard.load(resources_dir() / "models" / "sidecars" / "yolox_nano.json")
    return OnnxDetector(Model(card, shared_path("models/yolox_nano.onnx")), settings, threads=1)


def test_yolox_finds_the_people_its_readme_states() -> None:
    detector = yolox(DetectionSettings(min_score=0.25, min_height=1))
    wanted = list(frames(shared_path("footage/vtest-480x360.avi"), 100, 701, 200))
    assert [len(found) for found in detector.detect(wanted)] == [7, 8, 5, 10]
