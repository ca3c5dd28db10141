"""The graphics device stops answering while it embeds: the CPU takes over, and the case says which did what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.operations import cases, footage, machine
from app.shell import Window
from engine import ingest, reembed
from engine.errors import DeviceLostError
from engine.ingest import register
from engine.models import runtime
from engine.models.library import ModelLibrary
from engine.pipeline.analyse import analyse
from engine.progress import finish
from engine.settings import EmbeddingSettings
from engine.store.records import EvidenceItem
from engine.types import ItemState
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import new_case
from tests.helpers.children import in_a_thread
from tests.helpers.walkers import PASSES, write_walkers

CUDA = "CUDAExecutionProvider"


class FailingCuda:
    """A session as ONNX Runtime's CUDA provider gives it: right until the device is lost, then lost for good."""

    def __init__(self, inner: Any, good_runs: int) -> None:
        self._inner, self._left = inner, good_runs

    def get_providers(self) -> list[str]:
        return [CUDA, "CPUExecutionProvider"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def run(self, names: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail

        if self._left <= 0:
            raise Fail(
                "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node. Name:'/stem' "
                "Status Message: CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=lab ; "
                "file=cuda_execution_provider.cc ; line=444 ; expr=cudaStreamSynchronize(stream_);"
            )
        self._left -= 1
        found: list[np.ndarray] = self._inner.run(names, inputs)
        return found


@pytest.fixture
def failing_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """'auto' finds a GPU, which computes one batch of each session and is then lost."""
    plain = runtime._open

    def opened(data: bytes, model: Any, provider: str, threads: int | None) -> Any:
        inner = plain(data, model, runtime._CPU, threads)
        return FailingCuda(inner, 1) if provider == CUDA else inner

    def chosen(device: str) -> tuple[str, str]:
        return (runtime._CPU, "as asked") if device == "cpu" else (CUDA, "")

    monkeypatch.setattr(runtime, "_open", opened)
    monkeypatch.setattr(runtime, "choose_provider", chosen)
    monkeypatch.setattr(ingest, "_child", in_a_thread(analyse))


@pytest.fixture
def walker(tmp_path: Path) -> EvidenceItem:
    """A case with one clip of two people, registered and nothing more."""
    with new_case(tmp_path / "walker") as case:
        return finish(register(case, write_walkers(tmp_path / "day.mp4", PASSES[:2], seconds=17), "Gate"))


def _device(window: Window) -> str:
    return window.status.device.accessibleName()


@pytest.mark.usefixtures("failing_gpu")
def test_an_ingest_goes_on_with_the_cpu(
    window: Window, walker: EvidenceItem, tmp_path: Path, until: Wait, errors: list[Exception]
) -> None:
    session, item = window.session, walker
    cases.open_case(session, tmp_path / "walker", EXAMINER)
    until(lambda: session.is_open)
    case = session.case
    assert case is not None
    footage.ingest(session, item)
    until(lambda: case.evidence.get(item.id).state is ItemState.DONE)
    assert [type(error) for error in errors] == [DeviceLostError]
    assert "graphics device stopped answering" in window.messages.fault._text.text()
    assert "the CPU computes" in window.messages.fault._text.text()
    until(lambda: "GPU failed" in _device(window))
    assert "stopped answering" in window.status.device.toolTip()
    run = case.ingest.run(case.evidence.get(item.id).current_run or 0)
    assert run.inputs.provider.startswith("CPU")
    assert {t.run_id for t in case.tracklets.list()} == {run.id}, "nothing of the lost device's run is in view"
    assert case.tracklets.count() == 2
    log = [(entry.action, entry.details) for entry in case.audit.all()]
    begun = [details["inputs"]["provider"] for action, details in log if action == "ingest.begin"]
    assert [provider.split()[0] for provider in begun] == ["CUDA", "CPU"]
    assert any(action == "ingest.failed" and "stopped answering" in details["failure"] for action, details in log)


@pytest.mark.usefixtures("failing_gpu")
def test_embedding_the_archive_keeps_what_the_gpu_did_and_the_log_says_which_did_what(
    opened: Window,
    until: Wait,
    errors: list[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = opened.session
    case = session.case
    assert case is not None
    few = EmbeddingSettings(batch=20)
    monkeypatch.setattr(reembed, "reembed", partial(reembed.reembed, settings=few))
    card = _second_student()
    total = case.embeddings.count_missing(card.sha256)
    machine.embed_archive(session, card)
    until(lambda: errors)
    left = case.embeddings.count_missing(card.sha256)
    assert 0 < left < total, "the batch that the device finished is kept"
    machine.embed_archive(session, card)
    until(lambda: case.embeddings.count_missing(card.sha256) == 0)
    said = [entry.details for entry in case.audit.all() if entry.action == "embeddings.add"]
    assert [d["provider"].split()[0] for d in said] == ["CUDA"] + ["CPU"] * (len(said) - 1)
    assert (said[0]["crops"], sum(d["crops"] for d in said)) == (total - left, total)
    assert said[0]["last_crop"] < said[1]["first_crop"]


def _second_student() -> Any:
    """The built-in student under another name and hash, two crops at a time."""
    import hashlib
    from dataclasses import replace

    from engine.settings import user_data_dir

    library = ModelLibrary()
    model = library.get(library.default("student"))
    copy = user_data_dir() / "second.onnx"
    copy.write_bytes(model.path.read_bytes() + b"\xfa\x3f\x01x")  # an unknown protobuf field at the end
    card = replace(model.card, name="second", sha256=hashlib.sha256(copy.read_bytes()).hexdigest())
    card.save(copy.with_suffix(".json"))
    return library.import_file(copy).card
