"""Models on this machine: found, chosen, and imported only when they do what their card says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import ModelError, StorageError
from engine.models.card import InputSpec, Model
from engine.models.library import ModelLibrary
from tests.helpers import tiny_models


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "models")


def saved(model: Model) -> Path:
    """Write the card beside the model's file, where an import looks for it."""
    model.card.save(model.path.with_suffix(".json"))
    return model.path


def nothing_imported(library: ModelLibrary) -> bool:
    return not list(library.user_dir.glob("*")) and all(model.builtin for model in library.list())


def test_the_built_in_student_says_what_it_is(library: ModelLibrary) -> None:
    model = library.get(library.default("student"))
    assert model.builtin
    assert "rendered people" in model.card.provisional
    assert "never tested on real infrared" in model.card.provisional


def test_the_built_in_detector_says_what_it_is_and_motion_stays_at_hand(library: ModelLibrary) -> None:
    model = library.get(library.default("detector"))
    assert model.builtin
    assert "rendered frames only" in model.card.provisional
    assert any("real infrared" in each for each in model.card.not_tested_on)
    library.set_default("detector", "motion")
    assert ModelLibrary(library.user_dir).default("detector") == "motion"


def test_without_a_detector_model_motion_needs_no_file(tmp_path: Path) -> None:
    assert ModelLibrary(tmp_path / "mine", tmp_path / "none").default("detector") == "motion"


def test_an_import_copies_and_can_become_the_default(library: ModelLibrary, tmp_path: Path) -> None:
    path = saved(tiny_models.student(tmp_path / "given" / "net.onnx"))
    model = library.import_file(path)
    path.unlink()
    assert model.path.is_file()
    assert [m.name for m in library.list("student") if not m.builtin] == ["tiny-student"]
    library.set_default("student", "tiny-student")
    assert ModelLibrary(library.user_dir).default("student") == "tiny-student"


def test_importing_twice_changes_nothing(library: ModelLibrary, tmp_path: Path) -> None:
    path = saved(tiny_models.student(tmp_path / "net.onnx"))
    assert library.import_file(path) == library.import_file(path)


def test_another_model_of_the_same_name_is_refused(library: ModelLibrary, tmp_path: Path) -> None:
    first = library.import_file(saved(tiny_models.student(tmp_path / "a.onnx")))
    with pytest.raises(ModelError, match="already on this machine"):
        library.import_file(saved(tiny_models.student(tmp_path / "b.onnx", scale=-1.0)))
    assert library.get("tiny-student").card == first.card


@pytest.mark.parametrize(
    ("graph", "card", "said"),
    [
        ({"scale": float("nan")}, {}, "not numbers"),
        ({"scale": float("inf")}, {}, "not numbers"),
        ({"normalised": False}, {}, "not of length 1"),
        ({}, {"sha256": "0" * 64}, "not the one its card describes"),
        ({}, {"outputs": {"embedding": "elsewhere"}}, "no output 'elsewhere'"),
        ({}, {"input": InputSpec("pictures", (16, 8), "NHWC", "uint8")}, "no input 'pictures'"),
        ({}, {"input": InputSpec("crops", (16, 8), "NHWC", "float32")}, "its card says float32"),
        ({}, {"input": InputSpec("crops", (32, 8), "NHWC", "uint8")}, "any × 32 × 8 × 3"),
        ({}, {"dimension": 7}, "embeddings of 6 numbers"),
    ],
)
def test_what_does_not_fit_its_card_is_refused_whole(
    library: ModelLibrary, tmp_path: Path, graph: dict[str, Any], card: dict[str, Any], said: str
) -> None:
    path = saved(tiny_models.student(tmp_path / "net.onnx", **graph, **card))
    with pytest.raises(ModelError, match=said):
        library.import_file(path)
    assert nothing_imported(library)


def test_a_file_that_is_no_model_is_refused_whole(library: ModelLibrary, tmp_path: Path) -> None:
    import hashlib

    model = tiny_models.student(tmp_path / "net.onnx")
    model.path.write_bytes(b"not a network")
    card = replace(model.card, sha256=hashlib.sha256(b"not a network").hexdigest())
    with pytest.raises(ModelError, match="cannot be opened as an ONNX model"):
        library.import_file(saved(Model(card, model.path)))
    assert nothing_imported(library)


def test_a_missing_file_or_card_is_told_plainly(library: ModelLibrary, tmp_path: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match="no model card"):
        library.import_file(model.path)
    saved(model).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        library.import_file(model.path)
    assert nothing_imported(library)


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path: Path) -> None:
    path = saved(tiny_models.student(tmp_path / "net.onnx"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        ModelLibrary(tmp_path / "file" / "models").import_file(path)


def test_unknown_names_and_wrong_tasks_are_refused(library: ModelLibrary) -> None:
    with pytest.raises(ModelError, match="no model called 'nobody'"):
        library.get("nobody")
    with pytest.raises(ModelError, match="is a student, not a detector"):
        library.set_default("detector", library.default("student"))
    library.set_default("detector", "motion")


def test_a_default_that_is_gone_falls_back_to_the_built_in(library: ModelLibrary, tmp_path: Path) -> None:
    import shutil

    model = library.import_file(saved(tiny_models.student(tmp_path / "net.onnx")))
    library.set_default("student", model.name)
    shutil.rmtree(model.path.parent)
    assert library.get(library.default("student")).builtin


def test_imported_and_original_compute_the_same(library: ModelLibrary, tmp_path: Path) -> None:
    from engine.models.runtime import open_session

    given = tiny_models.student(tmp_path / "net.onnx")
    taken = library.import_file(saved(given))
    crops = {"crops": np.arange(2 * 16 * 8 * 3, dtype=np.uint8).reshape(2, 16, 8, 3)}
    first, second = (open_session(m, "cpu", 1).run(crops, ["embedding"])["embedding"] for m in (given, taken))
    assert np.array_equal(first, second)


def test_weights_outside_the_file_are_refused_at_import(library: ModelLibrary, tmp_path: Path) -> None:
    import hashlib

    import onnx

    model = tiny_models.student(tmp_path / "net.onnx")
    graph = onnx.load(model.path)
    graph.graph.initializer.append(onnx.numpy_helper.from_array(np.ones(300, np.float32), "more"))
    onnx.save_model(graph, str(model.path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    sha256 = hashlib.sha256(model.path.read_bytes()).hexdigest()
    with pytest.raises(ModelError, match="keeps weights in another file"):
        library.import_file(saved(Model(replace(model.card, sha256=sha256), model.path)))
    assert nothing_imported(library)


def test_a_damaged_model_is_left_out_and_named_while_the_others_work(library: ModelLibrary, tmp_path: Path) -> None:
    library.import_file(saved(tiny_models.student(tmp_path / "a.onnx", name="spoilt")))
    library.import_file(saved(tiny_models.student(tmp_path / "b.onnx", name="sound")))
    (library.user_dir / "spoilt" / "card.json").write_text("")
    assert library.get(library.default("student")).builtin
    assert library.get("sound").name == "sound"
    (sentence,) = library.damaged()
    assert str(library.user_dir / "spoilt") in sentence
    with pytest.raises(ModelError, match="no model called 'spoilt'") as caught:
        library.get("spoilt")
    assert sentence in caught.value.hint
    with pytest.raises(ModelError, match="holds a damaged model"):
        library.import_file(tmp_path / "a.onnx")


def test_an_import_reaches_the_disk_before_it_appears(
    library: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    flushed: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        flushed.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux says which file is flushed")
    monkeypatch.setattr(os, "fsync", noted)
    library.import_file(saved(tiny_models.student(tmp_path / "net.onnx")))
    assert flushed[:2] == ["model.onnx", "card.json"]
    assert flushed[2].startswith(".importing-")
    assert flushed[3] == library.user_dir.name
