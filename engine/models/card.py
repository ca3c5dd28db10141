"""Model cards: what a model is, what it was made from, how well it did, and how to talk to it.

A card is a JSON file beside its ONNX file. Reading is strict: an unknown, missing or mistyped entry is a
`ModelError` that names it, so that a card never says less, or something else, than it seems to.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from engine.errors import ModelError

Task = Literal["detector", "student"]
Layout = Literal["NCHW", "NHWC"]
Resize = Literal["letterbox", "stretch"]
Dtype = Literal["uint8", "float32", "float16"]
Colour = Literal["RGB", "BGR"]
Align = Literal["top-left", "centre"]

# The outputs (roles) that each decoder family of engine/perception/decoders.py reads.
DECODER_OUTPUTS = {
    "yolox": ("predictions",),
    "nanodet": ("predictions",),
    "rtdetr": ("labels", "boxes", "scores"),
    "rfdetr": ("boxes", "logits"),
}

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The picture a network takes: `size` is (height, width) in pixels.

    A pixel p (0–255, in `colour` order) enters the graph as `(p * scale - mean) / std`; a letterbox fills with
    `pad` before that. `target_sizes` names a second input of `(N, 2) int64` sizes where the graph has one (RT-DETR,
    D-FINE).
    """

    name: str
    size: tuple[int, int]
    layout: Layout = "NCHW"
    dtype: Dtype = "float32"
    colour: Colour = "RGB"
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    resize: Resize = "stretch"
    pad: int = 114
    align: Align = "top-left"
    target_sizes: str = ""

    def __post_init__(self) -> None:
        if min(self.size) < 1 or max(self.size) > 8192:
            raise ModelError(f"The card's input size {list(self.size)} is not a sensible height and width in pixels.")
        if min(self.std) <= 0:
            raise ModelError("The card's input std must be positive.")
        if not 0 <= self.pad <= 255:
            raise ModelError("The card's input pad must lie in 0 to 255.")


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """How a detector's outputs become boxes: the `decoder` family, the class that is a person, NMS (None: built in)."""

    decoder: str
    person_class: int = 0
    nms: float | None = None

    def __post_init__(self) -> None:
        if self.decoder not in DECODER_OUTPUTS:
            raise ModelError(f"There is no decoder '{self.decoder}'.", f"Known are {', '.join(DECODER_OUTPUTS)}.")
        if self.person_class < 0:
            raise ModelError("The card's person_class must not be negative.")
        if self.nms is not None and not 0 < self.nms <= 1:
            raise ModelError("The card's nms must lie in (0, 1], or be null for a detector that needs none.")


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured figure with the protocol it was measured by; a figure without one is not allowed.

    `data` says on which pictures; figures with the same data and protocol belong on one line.
    """

    name: str
    value: float
    unit: str
    protocol: str
    data: str = ""

    def __post_init__(self) -> None:
        if not (self.name.strip() and self.protocol.strip()):
            raise ModelError("Every metric of a card needs a name and the protocol it was measured by.")


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pictures a model learned from. What a rendered set's manifest says: `seed`, `styles`, `picture_version` and, as
    `sha256`, the digest of its files."""

    kind: str
    sha256: str = ""
    seed: int | None = None
    styles: str = ""
    picture_version: int | None = None
    people: int | None = None
    pictures: int | None = None
    licence: str = ""

    @property
    def words(self) -> str:
        """One line for people to read."""
        parts = (
            self.kind,
            f"{self.people:,} people" if self.people is not None else "",
            f"{self.pictures:,} pictures" if self.pictures is not None else "",
            f"seed {self.seed}" if self.seed is not None else "",
            f"styles '{self.styles}'" if self.styles else "",
            f"picture version {self.picture_version}" if self.picture_version is not None else "",
            self.licence,
            f"SHA-256 {self.sha256}" if self.sha256 else "",
        )
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Making:
    """How a model file came to be, so that it can be made again: what was run, where, for how long, from which code."""

    command: str = ""
    hardware: str = ""
    duration: str = ""
    date: str = ""
    commit: str = ""
    seed: int | None = None
    data: tuple[TrainingSet, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model's card. `outputs` maps a role ('embedding', 'boxes', …) to the name of the graph's output.

    `provisional` is the sentence shown wherever this model's results are shown; empty where nothing needs saying.
    `derived_from` names by hash or exact name what the model was made from; `credits` whose work it stands on, with
    their licences. `training_data` and `training` are for people to read, `made` holds the same facts one by one.
    """

    name: str
    task: Task
    sha256: str
    licence: str
    input: InputSpec
    outputs: Mapping[str, str]
    version: str = "1"
    architecture: str = "not stated"
    summary: str = ""
    training_data: str = "not stated"
    training: str = "not stated"
    metrics: tuple[Metric, ...] = ()
    made: Making | None = None
    limitations: tuple[str, ...] = ()
    not_tested_on: tuple[str, ...] = ()
    intended_use: str = ""
    credits: tuple[str, ...] = ()
    provisional: str = ""
    dimension: int | None = None
    detector: DetectorSpec | None = None
    derived_from: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", self.name):
            raise ModelError(
                f"The model name '{self.name}' is not usable.",
                "Use up to 64 small letters, digits, dots, dashes and underscores, starting with a letter or digit.",
            )
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ModelError("The card's sha256 must be 64 small hexadecimal digits.")
        if not self.licence.strip():
            raise ModelError("The card names no licence.")
        if self.task == "student" and "embedding" not in self.outputs:
            raise ModelError("A student's card must name its 'embedding' output.")
        if self.task == "detector":
            if self.detector is None:
                raise ModelError("A detector's card must say how its outputs are decoded ('detector').")
            roles = DECODER_OUTPUTS[self.detector.decoder]
            if lacking := [role for role in roles if role not in self.outputs]:
                raise ModelError(f"The decoder '{self.detector.decoder}' needs the output '{lacking[0]}' in the card.")

    @classmethod
    def from_dict(cls, data: Any) -> ModelCard:
        """A card from parsed JSON; `ModelError` names the first entry that does not fit."""
        return _build(cls, data, "The model card")

    @classmethod
    def load(cls, path: Path) -> ModelCard:
        """Read a card file; `ModelError` if it is missing, not JSON or not a card."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"The model card {path.name} cannot be read: {_reason(error)}.") from error
        try:
            data = json.loads(text)
        except ValueError as error:
            raise ModelError(f"The model card {path.name} is not valid JSON: {error}.") from error
        return cls.from_dict(data)

    def measured(self) -> dict[tuple[str, str], tuple[Metric, ...]]:
        """The metrics by (data, protocol), in the order of the card."""
        groups: dict[tuple[str, str], tuple[Metric, ...]] = {}
        for metric in self.metrics:
            key = (metric.data, metric.protocol)
            groups[key] = (*groups.get(key, ()), metric)
        return groups

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values in the order of the fields."""
        return asdict(self)

    def save(self, path: Path) -> None:
        """Write the card as indented JSON."""
        path.write_text(json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Model:
    """A card with the ONNX file it describes on this machine."""

    card: ModelCard
    path: Path
    builtin: bool = False

    @property
    def name(self) -> str:
        return self.card.name


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is not text"


def _build(kind: type[S], data: Any, where: str) -> S:
    """A card dataclass from a JSON object, refusing unknown, missing and mistyped entries."""
    if not isinstance(data, dict):
        raise ModelError(f"{where} must be a JSON object.")
    known = {f.name: f for f in fields(cast(Any, kind))}
    if unknown := sorted(set(data) - set(known)):
        raise ModelError(f"{where} has an unknown entry '{unknown[0]}'.")
    required = (n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING)
    if missing := [name for name in required if name not in data]:
        raise ModelError(f"{where} lacks '{missing[0]}'.")
    return kind(**{name: _READERS[str(known[name].type)](value, f"{where}'s '{name}'") for name, value in data.items()})


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ModelError(f"{where} must be text.")
    return value


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ModelError(f"{where} must be a whole number.")
    return value


def _number(value: Any, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise ModelError(f"{where} must be a number.")
    return float(value)


def _items(value: Any, where: str, count: int | None = None) -> list[Any]:
    if not isinstance(value, list | tuple) or (count is not None and len(value) != count):
        raise ModelError(f"{where} must be a list" + (f" of {count}." if count else "."))
    return list(value)


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ModelError(f"{where} must map names to names.")
    return dict(value)


def _free(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelError(f"{where} must be a JSON object.")
    return dict(value)


def _choice(*choices: str) -> Any:
    def read(value: Any, where: str) -> str:
        if value not in choices:
            raise ModelError(f"{where} must be one of {', '.join(choices)}.")
        return str(value)

    return read


# One reader per field type as it is written above (annotations are strings here).
_READERS: dict[str, Any] = {
    "str": _text,
    "int": _whole,
    "int | None": lambda value, where: None if value is None else _whole(value, where),
    "float": _number,
    "float | None": lambda value, where: None if value is None else _number(value, where),
    "tuple[int, int]": lambda value, where: tuple(_whole(v, where) for v in _items(value, where, 2)),
    "tuple[float, float, float]": lambda value, where: tuple(_number(v, where) for v in _items(value, where, 3)),
    "tuple[str, ...]": lambda value, where: tuple(_text(v, where) for v in _items(value, where)),
    "Mapping[str, str]": _texts,
    "Mapping[str, Any]": _free,
    "Task": _choice(*get_args(Task)),
    "Layout": _choice(*get_args(Layout)),
    "Resize": _choice(*get_args(Resize)),
    "Dtype": _choice(*get_args(Dtype)),
    "Colour": _choice(*get_args(Colour)),
    "Align": _choice(*get_args(Align)),
    "InputSpec": lambda value, where: _build(InputSpec, value, where),
    "DetectorSpec | None": lambda value, where: None if value is None else _build(DetectorSpec, value, where),
    "Making | None": lambda value, where: None if value is None else _build(Making, value, where),
    "tuple[TrainingSet, ...]": lambda value, where: tuple(_build(TrainingSet, v, where) for v in _items(value, where)),
    "tuple[Metric, ...]": lambda value, where: tuple(_build(Metric, v, where) for v in _items(value, where)),
}
