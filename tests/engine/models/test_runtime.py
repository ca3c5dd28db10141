"""Sessions: the right file, the device that was asked for, the same bits every time."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from engine.errors import ModelError
from engine.models import runtime
from engine.models.card import Model
from engine.models.onnx_file import is_self_contained
from engine.models.runtime import choose_provider, open_session
from tests.helpers import tiny_models

CROPS = {"crops": np.random.default_rng(3).integers(0, 256, (5, 16, 8, 3), dtype=np.uint8)}


def test_results_are_the_same_bits_in_every_session(tmp_path: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx")
    first = open_session(model, "cpu", 1).run(CROPS)
    second = open_session(model, "cpu", 2).run(CROPS)
    assert first.keys() == {"embedding", "feature_map"}
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_only_the_model_file_decides_what_runs(tmp_path: Path, home: Path) -> None:
    honest, other = tiny_models.student(tmp_path / "a.onnx"), tiny_models.student(tmp_path / "b.onnx", scale=-1.0)
    expected = open_session(honest, "cpu", 1).run(CROPS)["embedding"]
    open_session(other, "cpu", 1)
    kept = [path for path in home.rglob("*") if path.is_file()]
    for path in kept:  # whatever opening models left on disk, the other model's is put in its place
        shutil.copy(other.path, path)
    assert kept == []
    assert np.array_equal(open_session(honest, "cpu", 1).run(CROPS)["embedding"], expected)


def external(path: Path, seed: int) -> Model:
    """A student whose weights lie in 'weights.bin' beside it."""
    model = tiny_models.student(path)
    graph = onnx.load(path)
    weights = np.random.default_rng(seed).random(300).astype(np.float32)
    graph.graph.initializer.append(onnx.numpy_helper.from_array(weights, "unused"))
    onnx.save_model(graph, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    return Model(replace(model.card, sha256=hashlib.sha256(path.read_bytes()).hexdigest()), path)


def test_weights_in_another_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = external(tmp_path / "net.onnx", 1)
    monkeypatch.chdir(tmp_path)  # where ONNX Runtime would look for them
    with pytest.raises(ModelError, match="keeps weights in another file"):
        open_session(model, "cpu", 1)


def test_weights_in_another_file_are_found_wherever_a_tensor_may_stand(tmp_path: Path) -> None:
    tiny_models.student(tmp_path / "net.onnx")
    plain = onnx.load(tmp_path / "net.onnx")
    assert is_self_contained(plain.SerializeToString())
    outside = onnx.TensorProto(name="w", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="weights.bin")
    inner = onnx.GraphProto(initializer=[outside])
    spoilt = []
    for attribute in (
        onnx.AttributeProto(name="value", type=onnx.AttributeProto.TENSOR, t=outside),
        onnx.AttributeProto(name="values", type=onnx.AttributeProto.TENSORS, tensors=[outside]),
        onnx.AttributeProto(name="then_branch", type=onnx.AttributeProto.GRAPH, g=inner),
        onnx.AttributeProto(name="bodies", type=onnx.AttributeProto.GRAPHS, graphs=[inner]),
        onnx.AttributeProto(name="few", sparse_tensor=onnx.SparseTensorProto(values=outside)),
    ):
        node = onnx.NodeProto(op_type="Constant", attribute=[attribute])
        graph, function = onnx.ModelProto(), onnx.ModelProto()
        graph.CopyFrom(plain)
        graph.graph.node.append(node)
        function.CopyFrom(plain)
        function.functions.append(onnx.FunctionProto(name="f", node=[node]))
        spoilt += [graph, function]
    compiled = onnx.ModelProto()
    compiled.CopyFrom(plain)
    compiled.graph.node.append(onnx.NodeProto(op_type="EPContext", domain="com.microsoft"))
    assert not is_self_contained(compiled.SerializeToString())
    sparse = onnx.ModelProto()
    sparse.CopyFrom(plain)
    sparse.graph.sparse_initializer.append(onnx.SparseTensorProto(indices=outside))
    assert not any(is_self_contained(each.SerializeToString()) for each in (*spoilt, sparse))


@pytest.mark.parametrize("data", [b"", b"ORTM" * 9, b"\xff" * 40, b"not a model at all", b"\x3a\x7f"])
def test_bytes_that_are_no_model_are_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "net.onnx"
    card = tiny_models.student(path).card
    path.write_bytes(data)
    with pytest.raises(ModelError, match="cannot be opened as an ONNX model"):
        open_session(Model(replace(card, sha256=hashlib.sha256(data).hexdigest()), path), "cpu", 1)


def test_a_file_changed_after_its_import_is_refused(tmp_path: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx")
    tiny_models.student(tmp_path / "net.onnx", scale=-1.0)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        open_session(model, "cpu", 1)


def test_nonsense_inputs_are_told_plainly(tmp_path: Path) -> None:
    session = open_session(tiny_models.student(tmp_path / "net.onnx"), "cpu", 1)
    with pytest.raises(ModelError, match="could not be run"):
        session.run({"crops": np.zeros((1, 4, 4, 3), np.uint8)})
    with pytest.raises(ModelError, match="could not be run"):
        session.run({"others": np.zeros((1, 16, 8, 3), np.uint8)})


def test_auto_takes_the_cpu_and_says_why_where_no_gpu_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_nvidia_gpus", lambda: 0)
    monkeypatch.setattr(
        runtime._runtime(),
        "get_available_providers",
        lambda: ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    assert choose_provider("auto") == ("CPUExecutionProvider", "no NVIDIA GPU with a working driver was found")
    with pytest.raises(ModelError, match="'cuda' cannot be used: no NVIDIA GPU"):
        choose_provider("cuda")


def test_auto_takes_cuda_where_a_gpu_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_nvidia_gpus", lambda: 1)
    monkeypatch.setattr(
        runtime._runtime(), "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    assert choose_provider("auto") == ("CUDAExecutionProvider", "")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ModelError, match="no device 'abacus'"):
        choose_provider("abacus")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : BFCArena::AllocateRawInternal Failed to allocate memory",
            "enough memory",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : CUDA failure 700: an illegal memory access was encountered",
            "stopped answering",
        ),
    ],
)
def test_a_failing_gpu_is_told_plainly_with_what_to_do(tmp_path: Path, message: str, said: str) -> None:
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail

    class Lost:
        def get_providers(self) -> list[str]:
            return ["CUDAExecutionProvider"]

        def get_inputs(self) -> list[object]:
            return []

        get_outputs = get_inputs

        def run(self, names: object, inputs: object) -> None:
            raise Fail(message)

    session = runtime.Session(Lost(), "net", "0" * 64, "CUDA")
    with pytest.raises(ModelError, match=said) as caught:
        session.run({})
    assert "cpu" in caught.value.hint
