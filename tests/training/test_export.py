"""What is exported computes what was trained, and a file that does not is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import ModelError, UsageError
from engine.models.card import Model, ModelCard
from engine.models.interface import check_interface
from engine.models.runtime import open_session
from training import evaluate, export
from training.__main__ import main
from training.config import TrainConfig
from training.data.formats import open_set
from training.data.images import ImageStore
from training.data.records import Splits, fingerprint
from training.export_generator import export_generator
from training.loop import Progress, train
from training.provenance import training_set


@pytest.fixture(scope="module")
def exported(
    baseline_run: tuple[Path, Progress], splits: Splits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[export.Parity]]:
    """A folder with `student.onnx` and its float16 variant."""
    folder = tmp_path_factory.mktemp("exported")
    checkpoint = baseline_run[0] / "best.pt"
    parities = export.export_student(
        checkpoint, splits, folder, name="toy", variants=["fp16"], command="train it", hardware="a machine"
    )
    return folder, parities


def test_torch_and_onnx_runtime_agree_on_real_crops(exported: tuple[Path, list[export.Parity]]) -> None:
    parities = {parity.variant: parity for parity in exported[1]}
    assert parities["fp32"].largest_difference < 1e-4
    assert parities["float16"].smallest_cosine > 0.999
    assert parities["fp32"].crops == 128


def test_what_is_exported_names_no_place_of_this_machine(exported: tuple[Path, list[export.Parity]]) -> None:
    folder = exported[0]
    assert {file.suffix for file in folder.iterdir()} == {".json", ".onnx", ".pt"}
    here = [str(Path(module.__file__ or "").parent).encode() for module in (torch, export)]
    for file in (*folder.glob("*.onnx"), *folder.glob("*.json")):
        assert not [place for place in (*here, str(folder.parent).encode()) if place in file.read_bytes()], file.name


def test_the_file_does_what_its_card_says(exported: tuple[Path, list[export.Parity]], splits: Splits) -> None:
    folder = exported[0]
    card = ModelCard.load(folder / "student.json")
    session = open_session(Model(card, folder / "student.onnx"), "cpu")
    check_interface(session, card)
    assert session.inputs[0].shape == (None, 64, 32, 3)
    assert card.derived_from["training_images"] == f"sha256:{fingerprint(splits.root, splits.train)}"
    assert "baseline" in card.training
    assert card.extra["parity"]["crops"] == 128
    assert card.made is not None
    assert (card.made.seed, card.made.command, card.made.hardware) == (0, "train it", "a machine")
    assert card.made.data[0].sha256 == fingerprint(splits.root, splits.train)
    assert card.made.data[0].people == 12
    crops = ImageStore(splits.test[:3], (64, 32)).take(range(3))
    result = session.run({"crops": crops})
    mean = result["feature_map"].mean((2, 3))
    assert np.allclose(result["embedding"], mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-5)
    one = session.run({"crops": crops[:1]})["embedding"]
    assert np.allclose(one, result["embedding"][:1], atol=1e-5)  # a crop does not depend on its batch


def test_a_checkpoint_and_its_export_are_measured_alike(
    exported: tuple[Path, list[export.Parity]], baseline_run: tuple[Path, Progress], people: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    results = []
    for number, model in enumerate((baseline_run[0] / "best.pt", exported[0] / "student.onnx")):
        target = tmp_path / f"{number}.json"
        options = ["--data", str(people), "--mode", "all", "--shots", "1", "--trials", "2", "--json", str(target)]
        options += ["--rerank", "none", "k-reciprocal", "k-reciprocal-single", "affinity"]
        assert main(["evaluate", "--model", str(model), *options]) == 0
        results.append(json.loads(target.read_text(encoding="utf-8"))["results"])
    torch_rows, onnx_rows = results
    assert [row["metrics"] for row in torch_rows] == [pytest.approx(row["metrics"], abs=1e-3) for row in onnx_rows]
    first = torch_rows[0]
    assert first["protocol"] == "sysu-mm01 all-search single-shot (1), seeded draw, 2 trials"
    assert first["metrics"]["R1"] > 0.25  # chance is 1 in 8
    assert {"camera 3", "camera 6", "blurred third", "sharp third"} <= set(first["breakdown"])
    assert "k-reciprocal-single" in capsys.readouterr().out


def test_an_export_that_computes_something_else_is_refused(
    baseline_run: tuple[Path, Progress], splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = export.torch_embeddings

    def other(*arguments: Any) -> np.ndarray:
        return np.roll(true(*arguments), 1, axis=1)

    monkeypatch.setattr(export, "torch_embeddings", other)
    with pytest.raises(ModelError, match="does not compute what the trained network does"):
        export.export_student(baseline_run[0] / "best.pt", splits, tmp_path, name="toy", variants=[])
    assert not (tmp_path / "student.onnx").exists()


def test_int8_is_small_and_refused_where_it_loses_too_much(
    baseline_run: tuple[Path, Progress], splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(export.SMALLEST_COSINE, "int8", -1.0)
    checkpoint, small = baseline_run[0] / "best.pt", tmp_path / "toy-int8.onnx"
    parity = export.export_student(checkpoint, splits, tmp_path, name="toy", variants=["int8"])[-1]
    assert small.stat().st_size < (tmp_path / "student.onnx").stat().st_size / 2
    monkeypatch.setitem(export.SMALLEST_COSINE, "int8", parity.smallest_cosine + 0.001)
    with pytest.raises(ModelError, match="exported int8 model does not compute"):
        parity.require(small)
    assert not small.exists()
    assert not small.with_suffix(".json").exists()
    assert (tmp_path / "student.onnx").exists()  # what passed is kept


def test_a_mirrored_export_is_blind_to_left_and_right(
    baseline_run: tuple[Path, Progress], splits: Splits, tmp_path: Path
) -> None:
    parity = export.export_student(baseline_run[0] / "best.pt", splits, tmp_path, name="toy", variants=[], mirror=True)
    assert parity[0].largest_difference < 1e-4
    card = ModelCard.load(tmp_path / "student.json")
    assert "mirror image" in card.architecture
    crops = np.random.default_rng(0).integers(0, 256, (3, *card.input.size, 3), np.uint8)
    session = open_session(Model(card, tmp_path / "student.onnx"), "cpu")
    wanted = ["embedding", "feature_map"]
    plain, turned = (session.run({"crops": np.ascontiguousarray(x)}, wanted) for x in (crops, crops[:, :, ::-1]))
    np.testing.assert_allclose(plain["embedding"], turned["embedding"], atol=1e-5)
    pooled = plain["feature_map"].mean((2, 3))
    np.testing.assert_allclose(plain["embedding"], pooled / np.linalg.norm(pooled, axis=1, keepdims=True), atol=1e-5)


def test_figures_of_an_evaluation_stand_on_the_card_with_their_protocol(tmp_path: Path) -> None:
    row = {"protocol": "p", "rerank": "none", "metrics": {"R1": 0.5}}
    measured = {"results": [row], "data": "somewhere/people", "split": "test"}
    (tmp_path / "m.json").write_text(json.dumps(measured), encoding="utf-8")
    metric = export.card_metrics(tmp_path / "m.json")[0]
    assert (metric.name, metric.value, metric.unit) == ("R1", 50.0, "%")
    assert "re-ranking: none" in metric.protocol
    assert metric.data == "test people of people"


def test_a_rendered_set_says_on_the_card_what_it_was_rendered_with() -> None:
    tiny = open_set(Path(__file__).parents[1] / "data" / "crops-tiny")
    found = training_set(tiny, 10)
    manifest = json.loads((tiny.root / "manifest.json").read_text(encoding="utf-8"))
    assert (found.seed, found.styles, found.picture_version) == (7, "all", manifest["version"])
    assert found.sha256 == manifest["files_sha256"]
    assert found.pictures == len(tiny.train)


def test_unknown_models_and_rerankings_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        evaluate.open_model(tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="no re-ranking 'magic'"):
        evaluate.ranker("magic")


def test_an_onnx_student_without_a_card_is_understood(
    exported: tuple[Path, list[export.Parity]], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.onnx"
    bare.write_bytes((exported[0] / "student.onnx").read_bytes())
    assert evaluate.open_model(bare).size == (64, 32)


def test_the_generator_paints_the_same_picture(
    config: TrainConfig, teacher: Path, splits: Splits, tmp_path: Path
) -> None:
    short = replace(config, method="ts_gan", teacher=str(teacher), epochs=0.2)
    train(short, splits, tmp_path / "run")
    file = export_generator(tmp_path / "run" / "best.pt", splits, tmp_path)
    assert json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["training"].startswith("ts_gan")


def test_a_run_without_a_generator_has_none_to_export(
    baseline_run: tuple[Path, Progress], splits: Splits, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="has no generator"):
        export_generator(baseline_run[0] / "best.pt", splits, tmp_path)
