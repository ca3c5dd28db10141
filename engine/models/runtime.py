"""Running ONNX models: the only file that imports onnxruntime.

A session is opened from bytes whose SHA-256 was just checked against the card, never from a path that could change
in between, and only where those bytes hold every weight. Nothing optimised is kept on disk: opening the built-in models
anew takes 10 to 20 ms, and a kept graph would be another file to trust. On the CPU, the same inputs give the same bits
every time.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.errors import DeviceLostError, ModelError
from engine.models.card import Model
from engine.models.onnx_file import is_self_contained

# Preference of 'auto', fastest first. TensorRT builds engines for minutes, so it is used only when asked for.
PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
_AUTOMATIC = ("cuda", "directml", "cpu")
_CPU = PROVIDERS["cpu"]
_NVIDIA = (PROVIDERS["tensorrt"], PROVIDERS["cuda"])


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, dtype ('uint8', 'float32', …) and shape of a graph input or output; None where a size is free."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Session:
    """An open model. `provider` is what really runs it; `description` says it in words with the reason."""

    def __init__(self, inner: Any, name: str, sha256: str, description: str) -> None:
        self._inner = inner
        self.name = name
        self.sha256 = sha256
        self.provider: str = inner.get_providers()[0]
        self.description = description
        self.inputs = tuple(_tensor_info(i) for i in inner.get_inputs())
        self.outputs = tuple(_tensor_info(o) for o in inner.get_outputs())

    def run(self, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Compute the named outputs (all where None), keyed by name.

        `ModelError` where inputs do not fit, memory runs out or a value is not finite; `DeviceLostError` where the
        graphics device fails.
        """
        names = list(outputs) if outputs is not None else [o.name for o in self.outputs]
        try:
            values = self._inner.run(names, dict(inputs))
        except _run_failures() as error:
            raise _told(error, self.name, self.provider) from error
        result = dict(zip(names, values, strict=True))
        for name, value in result.items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ModelError(f"The model '{self.name}' gave values that are not numbers as its output '{name}'.")
        return result


def open_session(model: Model, device: str = "auto", threads: int | None = None) -> Session:
    """Check the file's SHA-256 against its card and open it.

    `device`: 'auto' or a key of `PROVIDERS`; `threads`: CPU threads (None: as many as the machine has cores).
    `ModelError` where the file is missing, is another file than its card says, is no model, or the device is absent.
    """
    data = _verified_bytes(model)
    provider, reason = choose_provider(device)
    inner = _open(data, model, provider, threads)
    actual = inner.get_providers()[0]
    if actual != provider:
        if device != "auto":
            raise ModelError(f"The device '{device}' could not be opened on this machine.", "Choose 'auto' or 'cpu'.")
        reason = f"{_label(provider)} could not be started"
    words = f"{_label(actual)} ({reason})" if reason else _label(actual)
    return Session(inner, model.name, model.card.sha256, words)


def choose_provider(device: str) -> tuple[str, str]:
    """`(execution provider, why)` for 'auto' or a named device; `ModelError` where a named one is absent."""
    installed = _runtime().get_available_providers()
    if device != "auto":
        if device not in PROVIDERS:
            raise ModelError(f"There is no device '{device}'.", f"Choose one of auto, {', '.join(PROVIDERS)}.")
        lacking = _lacking(PROVIDERS[device], installed)
        if lacking:
            raise ModelError(f"The device '{device}' cannot be used: {lacking}.", "Choose 'auto' or 'cpu'.")
        return PROVIDERS[device], "as asked"
    reasons: list[str] = []
    for name in _AUTOMATIC:
        lacking = _lacking(PROVIDERS[name], installed)
        if not lacking:
            return PROVIDERS[name], "; ".join(reasons)
        if PROVIDERS[name] in installed:
            reasons.append(lacking)
    raise ModelError("This installation of ONNX Runtime has no execution provider at all.", "Reinstall Nightjar.")


def _verified_bytes(model: Model) -> bytes:
    try:
        data = model.path.read_bytes()
    except OSError as error:
        raise ModelError(f"The file of model '{model.name}' cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != model.card.sha256:
        raise ModelError(
            f"The file of model '{model.name}' is not the one its card describes (its SHA-256 differs).",
            "Import the model again from its original file.",
        )
    _require_all_inside(data, model.name)
    return data


def _require_all_inside(data: bytes, name: str) -> None:
    """The hash covers the weights only where none of them lies in another file."""
    try:
        inside = is_self_contained(data)
    except ValueError as error:
        raise ModelError(f"The file of model '{name}' cannot be opened as an ONNX model: {error}.") from error
    if not inside:
        raise ModelError(
            f"The model '{name}' keeps weights in another file, which its SHA-256 does not cover.",
            "Save it as one file (onnx.save_model with save_as_external_data=False), with a card of that file.",
        )


def _open(data: bytes, model: Model, provider: str, threads: int | None) -> Any:
    ort = _runtime()
    options = _options(threads)
    if provider in _NVIDIA and hasattr(ort, "preload_dlls"):
        ort.preload_dlls()  # the CUDA and cuDNN libraries of the 'gpu' extra
    providers = [provider] if provider == _CPU else [provider, _CPU]
    try:
        return ort.InferenceSession(data, options, providers=providers)
    except _open_failures() as error:
        raise ModelError(
            f"The file of model '{model.name}' cannot be opened as an ONNX model: {_first_line(error)}."
        ) from error


def _options(threads: int | None) -> Any:
    options = _runtime().SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    # Idle threads that spin would take the cores from decoding and tracking.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


@cache
def _runtime() -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)  # failures come as exceptions; the rest is chatter about absent GPUs
    return onnxruntime


def _lacking(provider: str, installed: Sequence[str]) -> str:
    """What is missing for `provider`, in a few plain words; empty where it should work."""
    if provider not in installed:
        return f"this installation of ONNX Runtime does not include {_label(provider)}"
    if provider in _NVIDIA and not _nvidia_gpus():
        return "no NVIDIA GPU with a working driver was found"
    return ""


@cache
def _nvidia_gpus() -> int:
    """How many GPUs the NVIDIA driver shows; asked of the driver itself, since ONNX Runtime only fails late."""
    import ctypes

    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def _label(provider: str) -> str:
    labels = {"tensorrt": "TensorRT", "cuda": "CUDA", "directml": "DirectML", "coreml": "CoreML", "cpu": "CPU"}
    return next((labels[k] for k, v in PROVIDERS.items() if v == provider), provider)


def _tensor_info(node: Any) -> TensorInfo:
    dtype = node.type.removeprefix("tensor(").removesuffix(")")
    names = {"float": "float32", "double": "float64"}
    shape = tuple(d if isinstance(d, int) else None for d in node.shape)
    return TensorInfo(node.name, names.get(dtype, dtype), shape)


def _open_failures() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.InvalidProtobuf,
        state.InvalidGraph,
        state.InvalidArgument,
        state.Fail,
        state.NoModel,
        state.NotImplemented,
        state.ModelLoaded,
        state.RuntimeException,
        state.EPFail,
    )


def _run_failures() -> tuple[type[Exception], ...]:
    return (*_open_failures(), ValueError)


def _told(error: Exception, name: str, provider: str) -> ModelError:
    """A plain sentence for a failed run."""
    text = str(error)
    if any(sign in text.lower() for sign in ("out of memory", "failed to allocate", "bad_alloc", "bfcarena")):
        return ModelError(
            f"There was not enough memory on the device to run the model '{name}'.",
            "Use a smaller batch, close other programs, or choose the device 'cpu'.",
        )
    if provider != _CPU and any(sign in text.lower() for sign in ("cuda", "cudnn", "device", "tensorrt", "dxgi")):
        return DeviceLostError(
            f"The graphics device stopped answering while it ran the model '{name}'.",
            "Start the work again, or choose the device 'cpu'.",
        )
    return ModelError(f"The model '{name}' could not be run: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    """The first line of ONNX Runtime's message without its error-code prefix."""
    line = (str(error).splitlines() or [""])[0]
    return line.rpartition(" : ")[2].strip().rstrip(".")
