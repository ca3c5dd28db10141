"""Cards are read strictly: whatever does not fit is named in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.card import ModelCard
from engine.settings import resources_dir


def card(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": "a-model",
        "task": "student",
        "sha256": "ab" * 32,
        "licence": "Apache-2.0",
        "input": {"name": "crops", "size": [128, 64]},
        "outputs": {"embedding": "embedding"},
    }
    return {key: value for key, value in (data | changes).items() if value is not ...}


DETECTOR = {"task": "detector", "outputs": {"predictions": "out"}, "detector": {"decoder": "yolox", "nms": 0.45}}


def test_a_saved_card_reads_back_the_same(tmp_path: Path) -> None:
    first = ModelCard.from_dict(card(metrics=[{"name": "rank-1", "value": 5, "unit": "%", "protocol": "made up"}]))
    first.save(tmp_path / "card.json")
    assert ModelCard.load(tmp_path / "card.json") == first


def test_a_card_says_how_the_model_was_made(tmp_path: Path) -> None:
    rendered = {"kind": "rendered people", "seed": 20, "styles": "training", "picture_version": 2, "people": 4000}
    made = {"command": "python -m training train", "hardware": "2 cores", "commit": "c0ffee", "data": [rendered]}
    credit = ["ImageNet start: MobileNetV2 of google-coral/test_data, Apache-2.0"]
    first = ModelCard.from_dict(card(made=made, not_tested_on=["real infrared footage"], credits=credit))
    first.save(tmp_path / "card.json")
    again = ModelCard.load(tmp_path / "card.json")
    assert again == first
    assert again.made is not None
    assert again.made.data[0].words == "rendered people, 4,000 people, seed 20, styles 'training', picture version 2"


def test_figures_of_one_set_and_protocol_stand_together() -> None:
    names = [("R1", "p", "a"), ("R1", "p", "b"), ("mAP", "p", "a"), ("R1", "q", "a")]
    metrics = [{"name": n, "value": 1, "unit": "%", "protocol": p, "data": d} for n, p, d in names]
    found = ModelCard.from_dict(card(metrics=metrics)).measured()
    together = {key: [metric.name for metric in group] for key, group in found.items()}
    assert together == {("a", "p"): ["R1", "mAP"], ("b", "p"): ["R1"], ("a", "q"): ["R1"]}


@pytest.mark.parametrize("path", sorted((resources_dir() / "models").rglob("*.json")), ids=lambda p: p.parent.name)
def test_cards_that_ship_are_valid(path: Path) -> None:
    if path.name != "defaults.json":
        assert ModelCard.load(path).licence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": ...}, "lacks 'sha256'"),
        ({"colour": "red"}, "unknown entry 'colour'"),
        ({"task": "oracle"}, "'task' must be one of detector, student"),
        ({"sha256": "12"}, "64 small hexadecimal digits"),
        ({"licence": " "}, "names no licence"),
        ({"name": "../etc"}, "not usable"),
        ({"outputs": {}}, "'embedding' output"),
        ({"outputs": {"embedding": 3}}, "map names to names"),
        ({"input": {"name": "x"}}, "'input' lacks 'size'"),
        ({"input": {"name": "x", "size": [128]}}, "list of 2"),
        ({"input": {"name": "x", "size": [0, 4]}}, "not a sensible"),
        ({"input": {"name": "x", "size": [8, 8], "std": [1, 0, 1]}}, "std must be positive"),
        ({"input": {"name": "x", "size": [8, 8], "pad": 300}}, "0 to 255"),
        ({"input": {"name": "x", "size": [8, True]}}, "whole number"),
        ({"input": {"name": "x", "size": [8, 8], "scale": "1"}}, "must be a number"),
        ({"dimension": "many"}, "whole number"),
        ({"made": {"engineer": "x"}}, "'made' has an unknown entry 'engineer'"),
        ({"made": {"data": [{"seed": 1}]}}, "'data' lacks 'kind'"),
        ({"made": {"data": [{"kind": "x", "seed": "1"}]}}, "'seed' must be a whole number"),
        ({"metrics": [{"name": "rank-1", "value": 5, "unit": "%", "protocol": ""}]}, "protocol"),
        ({"task": "detector"}, "how its outputs are decoded"),
        (DETECTOR | {"detector": {"decoder": "magic"}}, "no decoder 'magic'"),
        (DETECTOR | {"detector": {"decoder": "yolox", "nms": 2}}, "nms must lie"),
        (DETECTOR | {"outputs": {"boxes": "b"}}, "needs the output 'predictions'"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        ModelCard.from_dict(card(**changes))


@pytest.mark.parametrize(("content", "said"), [(b"{", "not valid JSON"), (b"\xff\xfe", "not text"), (b"[]", "object")])
def test_a_damaged_card_file_is_told_plainly(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        ModelCard.load(path)


def test_a_missing_card_file_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        ModelCard.load(tmp_path / "none.json")


def test_json_of_a_card_is_plain(tmp_path: Path) -> None:
    assert json.loads(json.dumps(ModelCard.from_dict(card()).to_dict()))["input"]["size"] == [128, 64]
