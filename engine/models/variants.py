"""Smaller variants of an ONNX model: half precision and calibrated int8. Used by training's export; needs `onnx`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

CALIBRATION_BATCH = 16


def to_float16(source: Path, target: Path) -> Path:
    """Weights and arithmetic in float16; inputs and outputs keep their types. Returns `target`."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    onnx.save(model, str(target))
    return target


def to_int8(source: Path, target: Path, calibration: Mapping[str, np.ndarray]) -> Path:
    """Static int8 (QDQ) with ranges from `calibration`, input name to `(N, …)` typical inputs. Returns `target`.

    Weights per channel with a reduced range: without VNNI the u8·s8 products of full-range weights saturate.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _reader(calibration),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add", "Clip", "Relu"],
        )
    return target


def _reader(calibration: Mapping[str, np.ndarray]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Batches(CalibrationDataReader):  # type: ignore[misc]
        """Typical inputs, a few at a time."""

        def __init__(self) -> None:
            self.batches = _batches(calibration)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.batches, None)

    return Batches()


def _batches(calibration: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    count = len(next(iter(calibration.values())))
    for first in range(0, count, CALIBRATION_BATCH):
        yield {name: values[first : first + CALIBRATION_BATCH] for name, values in calibration.items()}
