"""Body shapes: MakeHuman's macro targets, v += w·d, weights being products of hat functions per axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthetic.assets import AssetPack

_AGES = (("child", 0.1875), ("young", 0.5), ("old", 1.0))
_MUSCLES = (("minmuscle", 0.0), ("averagemuscle", 0.5), ("maxmuscle", 1.0))
_WEIGHTS = (("minweight", 0.0), ("averageweight", 0.5), ("maxweight", 1.0))
_HEIGHTS = (("minheight", 0.0), ("", 0.5), ("maxheight", 1.0))
_PROPORTIONS = (("uncommonproportions", 0.0), ("", 0.5), ("idealproportions", 1.0))


@dataclass(frozen=True)
class BodyShape:
    """Positions on MakeHuman's macro axes, each in [0, 1]; origins are shares that sum to 1."""

    maleness: float
    age: float  # .1875 child, .5 about 25 years, 1 about 90
    muscle: float
    weight: float
    height: float
    proportions: float
    origins: dict[str, float]  # 'caucasian', 'african', 'asian'


def hat(value: float, knots: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Linear interpolation weights of the (one or two) knots around `value`."""
    positions = [position for _, position in knots]
    value = min(max(value, positions[0]), positions[-1])
    upper = next(i for i, position in enumerate(positions) if value <= position)
    if positions[upper] == value:
        return {knots[upper][0]: 1.0}
    share = (value - positions[upper - 1]) / (positions[upper] - positions[upper - 1])
    return {knots[upper - 1][0]: 1.0 - share, knots[upper][0]: share}


def target_weights(shape: BodyShape) -> dict[str, float]:
    """Macro target name → weight."""
    weights: dict[str, float] = {}

    def add(name: str, weight: float) -> None:
        weights[name] = weights.get(name, 0.0) + weight

    for sex, sex_share in (("male", shape.maleness), ("female", 1.0 - shape.maleness)):
        for age, age_share in hat(shape.age, _AGES).items():
            for origin, origin_share in shape.origins.items():
                add(f"{origin}-{sex}-{age}", sex_share * age_share * origin_share)
            for muscle, muscle_share in hat(shape.muscle, _MUSCLES).items():
                for weight, weight_share in hat(shape.weight, _WEIGHTS).items():
                    build, share = f"{muscle}-{weight}", sex_share * age_share * muscle_share * weight_share
                    add(f"universal-{sex}-{age}-{build}", share)
                    for axis in (hat(shape.height, _HEIGHTS), hat(shape.proportions, _PROPORTIONS)):
                        for name, axis_share in axis.items():
                            if name:
                                add(f"{sex}-{age}-{build}-{name}", share * axis_share)
    return weights


def morph(pack: AssetPack, shape: BodyShape) -> np.ndarray:
    """The base mesh (19158, 3) float32 in the given shape."""
    vertices = pack.vertices.copy()
    for name, weight in target_weights(shape).items():
        if weight > 1e-3 and name in pack.targets:
            index, delta = pack.targets[name]
            vertices[index] += np.float32(weight) * delta
    return vertices


def joints(pack: AssetPack, vertices: np.ndarray) -> np.ndarray:
    """Bone heads (B, 3) float64 of a morphed base mesh."""
    return np.einsum("bk,bkc->bc", pack.head_weights, vertices[pack.head_refs]).astype(np.float64)
