"""Tiny ONNX graphs with known answers, and cards that describe them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.models.card import DetectorSpec, InputSpec, Model, ModelCard

_TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT, "int64": TensorProto.INT64}


def save_graph(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, tuple[str, Sequence[Any]]],
    outputs: Mapping[str, tuple[str, Sequence[Any]]],
    constants: Mapping[str, np.ndarray],
) -> str:
    """Write a graph; returns the file's SHA-256."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(n, _TYPES[t], list(s)) for n, (t, s) in inputs.items()],
        [helper.make_tensor_value_info(n, _TYPES[t], list(s)) for n, (t, s) in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def student(
    path: Path,
    *,
    scale: float = 1.0,
    normalised: bool = True,
    batch: int | str = "batch",
    pooled: bool = False,
    **card: Any,
) -> Model:
    """A student of 16 × 8 crops: the mean colour and its square, normalised unless told otherwise.

    `scale` multiplies the embedding at the end; NaN makes a network that computes nonsense. `pooled`: the mean colour
    alone, which is the mean of its feature map.
    """
    found, size = ("mean", 3) if pooled else ("both", 6)
    nodes = [
        helper.make_node("Cast", ["crops"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Add", ["mean", "one"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "shifted"], ["squared"]),
        helper.make_node("Concat", ["shifted", "squared"], ["both"], axis=1),
        helper.make_node("LpNormalization", [found], ["unit"], axis=1, p=2)
        if normalised
        else helper.make_node("Identity", [found], ["unit"]),
        helper.make_node("Mul", ["unit", "scale"], ["embedding"]),
        helper.make_node("Transpose", ["pixels"], ["feature_map"], perm=[0, 3, 1, 2]),
    ]
    sha256 = save_graph(
        path,
        nodes,
        {"crops": ("uint8", [batch, 16, 8, 3])},
        {"embedding": ("float32", [batch, size]), "feature_map": ("float32", [batch, 3, 16, 8])},
        {"one": np.array([1, 2, 3], np.float32), "scale": np.array(scale, np.float32)},
    )
    entries: dict[str, Any] = {
        "name": "tiny-student",
        "task": "student",
        "sha256": sha256,
        "licence": "Apache-2.0",
        "input": InputSpec("crops", (16, 8), layout="NHWC", dtype="uint8"),
        "outputs": {"embedding": "embedding", "feature_map": "feature_map"},
        "dimension": size,
    }
    return Model(ModelCard(**(entries | card)), path)


def fixed_detector(
    path: Path, answers: Mapping[str, np.ndarray], outputs: Mapping[str, str], decoder: DetectorSpec, spec: InputSpec
) -> Model:
    """A detector that gives `answers` (by output name, batch first) whatever it sees, and only looks at its input."""
    nodes, declared, inputs = [], {}, {spec.name: (spec.dtype, [1, 3, *spec.size])}
    nodes.append(helper.make_node("ReduceMax", [spec.name], ["peak"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["peak", "zero"], ["nothing"]))
    if spec.target_sizes:
        inputs[spec.target_sizes] = ("int64", [1, 2])
    for name, answer in answers.items():
        kind = str(answer.dtype)
        declared[name] = (kind, answer.shape)
        nodes.append(helper.make_node("Cast", ["nothing"], [f"{name}-nothing"], to=_TYPES[kind]))
        nodes.append(helper.make_node("Add", [f"{name}-answer", f"{name}-nothing"], [name]))
    constants = {f"{name}-answer": answer for name, answer in answers.items()} | {"zero": np.array(0, np.float32)}
    sha256 = save_graph(path, nodes, inputs, declared, constants)
    return Model(ModelCard("tiny-detector", "detector", sha256, "Apache-2.0", spec, outputs, detector=decoder), path)
