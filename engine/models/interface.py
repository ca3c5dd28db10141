"""What stands between pictures and a graph: input tensors as a card asks for them, and the check that a graph does
what its card says."""

from __future__ import annotations

import numpy as np

from engine.errors import ModelError
from engine.models.card import InputSpec, ModelCard
from engine.models.runtime import Session, TensorInfo

UNIT_TOLERANCE = 1e-2  # float16 graphs round their norm to about 1e-3


def to_tensor(images: np.ndarray, spec: InputSpec) -> np.ndarray:
    """`(N, H, W, 3) uint8` RGB pictures of the card's size as the tensor the graph takes."""
    pixels = images if spec.colour == "RGB" else images[..., ::-1]
    if spec.dtype != "uint8":
        scaled = pixels.astype(np.float32) * np.float32(spec.scale)
        pixels = ((scaled - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)).astype(spec.dtype)
    if spec.layout == "NCHW":
        pixels = pixels.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(pixels)


def target_sizes(spec: InputSpec, count: int) -> np.ndarray:
    """`(count, 2) int64` width and height of the input, for graphs that scale their boxes by them (RT-DETR)."""
    return np.tile(np.array(spec.size[::-1], np.int64), (count, 1))


def fixed_batch(session: Session, spec: InputSpec) -> int | None:
    """The batch size the graph insists on; None where it takes any."""
    return _input(session, spec.name).shape[0]


def require_unit_rows(embedding: np.ndarray, name: str) -> None:
    """`ModelError` unless `embedding` is `(N, D)` with rows of length 1."""
    if embedding.ndim != 2:
        raise ModelError(f"The model '{name}' does not give one embedding per picture.")
    norms = np.linalg.norm(embedding.astype(np.float32), axis=1)
    if norms.size and np.abs(norms - 1).max() > UNIT_TOLERANCE:
        raise ModelError(f"The model '{name}' gives embeddings that are not of length 1.")


def check_interface(session: Session, card: ModelCard) -> None:
    """Hold the graph against its card and run it once on made-up pictures; `ModelError` says what does not fit."""
    spec = card.input
    info = _input(session, spec.name)
    wanted = (None, *spec.size, 3) if spec.layout == "NHWC" else (None, 3, *spec.size)
    if info.dtype != spec.dtype or not _fits(info.shape, wanted):
        raise ModelError(
            f"The model '{card.name}' takes {info.dtype} {_shape(info.shape)} as '{spec.name}', "
            f"but its card says {spec.dtype} {_shape(wanted)}."
        )
    others = [i.name for i in session.inputs if i.name not in (spec.name, spec.target_sizes)]
    if others:
        raise ModelError(f"The model '{card.name}' asks for an input '{others[0]}' that its card does not name.")
    produced = {o.name for o in session.outputs}
    for role, output in card.outputs.items():
        if output not in produced:
            raise ModelError(f"The model '{card.name}' has no output '{output}' (named '{role}' in its card).")
    _dry_run(session, card)


def _dry_run(session: Session, card: ModelCard) -> None:
    spec = card.input
    count = fixed_batch(session, spec) or 2
    pictures = np.random.default_rng(0).integers(0, 256, (count, *spec.size, 3), dtype=np.uint8)
    inputs = {spec.name: to_tensor(pictures, spec)}
    if spec.target_sizes:
        inputs[spec.target_sizes] = target_sizes(spec, count)
    results = session.run(inputs, list(card.outputs.values()))
    if card.task != "student":
        return
    embedding = results[card.outputs["embedding"]]
    require_unit_rows(embedding, card.name)
    if len(embedding) != count:
        raise ModelError(f"The model '{card.name}' does not give one embedding per picture.")
    if card.dimension is not None and embedding.shape[1] != card.dimension:
        raise ModelError(
            f"The model '{card.name}' gives embeddings of {embedding.shape[1]} numbers, "
            f"but its card says {card.dimension}."
        )


def _input(session: Session, name: str) -> TensorInfo:
    for info in session.inputs:
        if info.name == name:
            return info
    found = ", ".join(f"'{i.name}'" for i in session.inputs)
    raise ModelError(f"The model '{session.name}' has no input '{name}' (it has {found}).")


def _fits(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    """True where the sizes agree; None goes with any."""
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(a is None or b is None or a == b for a, b in pairs)


def _shape(shape: tuple[int | None, ...]) -> str:
    return " × ".join("any" if d is None else str(d) for d in shape)
