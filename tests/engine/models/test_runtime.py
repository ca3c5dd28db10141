"""Sessions: the right file, the device that was asked for, the same bits every time."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ModelError
from engine.models import runtime
from engine.models.runtime import choose_provider, open_session
from tests.helpers import tiny_models

CROPS = {"crops": np.random.default_rng(3).integers(0, 256, (5, 16, 8, 3), dtype=np.uint8)}


def cached(home: Path) -> list[Path]:
    return sorted((home / "cache" / "models").glob("*"))


def test_results_are_the_same_bits_from_a_fresh_and_a_cached_graph(tmp_path: Path, home: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx")
    first = open_session(model, "cpu", 1).run(CROPS)
    assert len(cached(home)) == 1
    second = open_session(model, "cpu", 2).run(CROPS)
    assert first.keys() == {"embedding", "feature_map"}
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_damaged_cache_is_noticed_and_made_again(tmp_path: Path, home: Path) -> None:
    model = tiny_models.student(tmp_path / "net.onnx")
    first = open_session(model, "cpu", 1).run(CROPS)
    (kept,) = cached(home)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    assert np.array_equal(open_session(model, "cpu", 1).run(CROPS)["embedding"], first["embedding"])
    assert [path.read_bytes() for path in cached(home)] == [whole]


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, home: Path) -> None:
    home.mkdir()
    (home / "cache").write_text("in the way")
    assert open_session(tiny_models.student(tmp_path / "net.onnx"), "cpu", 1).provider == "CPUExecutionProvider"


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


def test_no_room_for_the_cache_only_costs_time(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_draft: Path, _target: Path) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    session = open_session(tiny_models.student(tmp_path / "net.onnx"), "cpu", 1)
    assert session.run(CROPS)["embedding"].shape == (5, 6)
    assert cached(home) == [], "nothing is left lying about on a full disk"
