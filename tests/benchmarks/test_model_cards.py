"""The page of model cards says what the cards say, and measured figures reach a card without being typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import model_cards
from benchmarks.accuracy_card import write_card
from benchmarks.accuracy_record import Section, figure, save_section
from engine.errors import ModelError
from engine.models.card import Making, ModelCard, TrainingSet
from engine.settings import resources_dir


def test_the_page_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert model_cards.main(["--check"]) == 0, capsys.readouterr().err


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of built-in models with one student whose card says everything a card can."""
    cards = sorted((resources_dir() / "models").glob("*/card.json"))
    source = next(path for path in cards if ModelCard.load(path).task == "student")
    card = ModelCard.load(source).to_dict() | {
        "name": "a-student", "provisional": "", "metrics": [], "not_tested_on": ["real infrared footage"],
        "credits": ["a start by somebody, Apache-2.0"],
    }  # fmt: skip
    made = Making("python -m training train", "two cores", "1 h", "2026-01-01", "c0ffee", 3, (TrainingSet("rendered"),))
    folder = tmp_path / "models"
    (folder / "a-student").mkdir(parents=True)
    (folder / "sidecars").mkdir()
    (folder / "defaults.json").write_text(json.dumps({"student": "a-student"}))
    shutil.copy(source.parent / "model.onnx", folder / "a-student")
    (folder / "a-student" / "card.json").write_text(json.dumps({**card, "made": {**_plain(made)}}))
    return folder


def _plain(made: Making) -> dict[str, object]:
    return {
        "command": made.command, "hardware": made.hardware, "duration": made.duration, "date": made.date,
        "commit": made.commit, "seed": made.seed, "data": [{"kind": data.kind} for data in made.data],
    }  # fmt: skip


def test_measured_figures_go_onto_the_card_and_the_page(models: Path, tmp_path: Path) -> None:
    path = models / "a-student" / "card.json"
    digest = ModelCard.load(path).sha256
    figures = [
        figure(digest, "unseen people (100 people)", "all-search", {"R1": 61.5, "mAP": 60.0}),
        figure(digest, "unseen people (100 people)", "tracklets", {"R1": 80.0}),
        figure("0" * 64, "unseen people (100 people)", "all-search", {"R1": 99.9}),
    ]
    section = Section("One", [], figures=figures)
    result = save_section(tmp_path / "accuracy.json", "one", section, ("one",), [])
    card = write_card(path, result)
    assert [(m.data, m.protocol, m.name, m.value) for m in card.metrics] == [
        ("unseen people (100 people)", "all-search", "R1", 61.5),
        ("unseen people (100 people)", "all-search", "mAP", 60.0),
        ("unseen people (100 people)", "tracklets", "R1", 80.0),
    ]
    text = model_cards.page(models)
    assert "## a-student (used by default)" in text
    assert "| unseen people (100 people) | all-search | 61.5 | 60 |" in text
    for words in ("python -m training train", "two cores", "1 h", "commit `c0ffee`", "* rendered", "| seed | 3 |"):
        assert words in text
    for words in ("* real infrared footage", "* a start by somebody, Apache-2.0"):
        assert words in text
    assert "99.9" not in text


def test_a_model_that_was_not_measured_is_told(models: Path, tmp_path: Path) -> None:
    result = save_section(tmp_path / "accuracy.json", "one", Section("One", []), ("one",), [])
    with pytest.raises(ModelError, match="no figure"):
        write_card(models / "a-student" / "card.json", result)
