"""The sections of `make accuracy` beyond the students': what their tables count."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy_demo, accuracy_finding, accuracy_variants
from benchmarks.accuracy_record import Notebook
from benchmarks.accuracy_sets import described
from engine.errors import UsageError
from engine.models.card import Model
from engine.models.library import ModelLibrary
from engine.progress import finish
from engine.types import Box, Detection, Frame, Timestamp
from training.detector.scoring import Report, Row

TINY = Path(__file__).parents[1] / "data" / "crops-tiny"


class Counting:
    """A detector that finds one box and counts its calls."""

    name, model_sha256, provider, stateful = "counting", "ab" * 32, "", False

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, frames: list[Frame]) -> list[list[Detection]]:
        self.calls += len(frames)
        return [[Detection(Box(1, 2, 3, 4), 0.9)] for _ in frames]


def test_a_set_is_detected_once_for_both_tables() -> None:
    from fractions import Fraction

    detector = Counting()
    kept = accuracy_finding.Remembered(detector)  # type: ignore[arg-type]
    frame = Frame(np.zeros((4, 4, 3), np.uint8), Timestamp(0, Fraction(1)), 0)
    first = kept.detect([frame])
    assert kept.detect([frame]) == first == detector.detect([frame])
    assert detector.calls == 2


def test_precision_counts_people_over_sixty_pixels_and_false_boxes() -> None:
    rows = (
        Row("all", 60, math.inf, 40, 0.9, 0.2),
        Row("all", 20, 40, 0, float("nan"), 0.2),
        Row("IR", 60, math.inf, 10, 0.5, 0.1),
    )
    found = accuracy_finding.table_rows(Report(0.5, 45, rows))
    assert [row["height"] for row in found] == ["over 60", "20 to 40", "over 60"]
    assert found[0]["precision"] == pytest.approx(36 / (36 + 9))
    assert found[1]["recall"] is None  # nobody of that height: not zero
    assert found[2]["precision"] is None


def test_without_a_detector_that_sees_single_frames_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accuracy_finding, "yolox_nano", lambda *_: None)
    with pytest.raises(UsageError, match="background motion"):
        finish(accuracy_finding.detector_section(["motion"], [], Notebook(tmp_path), 1))
    with pytest.raises(UsageError, match="YOLOX-nano"):
        finish(accuracy_finding.footage_section(["motion"], Notebook(tmp_path), tmp_path, 1))


def test_all_clips_are_summed_and_their_scores_averaged() -> None:
    counts = dict.fromkeys(accuracy_demo.COUNTED, 3)
    clips = [
        {**counts, "purity": 1.0, "HOTA": 0.2, "IDF1": 0.4},
        {**counts, "purity": 0.5, "HOTA": 0.4, "IDF1": 0.8},
        {
            **counts,
            "purity": None,
            "HOTA": 0.0,
            "IDF1": 0.0,
        },  # nobody was tracked: the scores suffer, purity is unknown
    ]
    whole = accuracy_demo._all_clips(clips)
    assert whole["fragments"] == whole["of nobody"] == 9
    assert (whole["purity"], whole["HOTA"], whole["IDF1"]) == pytest.approx((0.75, 0.2, 0.4))
    assert set(whole) == set(accuracy_demo.FOUND[1:])


def test_variants_stand_beside_the_original(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    library = ModelLibrary()
    model = library.get(library.default("student"))
    made = accuracy_variants.variant_of(model, "float16", [described(TINY)], tmp_path)
    assert isinstance(made, Model)
    assert made.card.derived_from[model.name] == model.card.sha256
    again = accuracy_variants.variant_of(model, "float16", [described(TINY)], tmp_path)
    assert again.card.sha256 == made.card.sha256
