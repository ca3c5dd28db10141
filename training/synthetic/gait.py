"""Walking and standing, without motion capture: periodic splines of joint angles over the gait cycle.

The hip, knee and ankle curves approximate the textbook sagittal angles of normal gait (Winter, 'Biomechanics and
Motor Control of Human Movement', and Perry, 'Gait Analysis'): degrees, flexion and dorsiflexion positive, heel strike
at 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline

from training.synthetic.assets import AssetPack
from training.synthetic.body import joints

SIDES = ((".L", 0.0, 1.0), (".R", 0.5, -1.0))  # suffix, phase offset, sign of x


def _periodic(points: dict[int, float]) -> CubicSpline:
    knots = sorted(points)
    x = np.array([*knots, 100]) / 100
    return CubicSpline(x, [*(points[k] for k in knots), points[knots[0]]], bc_type="periodic")


HIP = _periodic({0: 28, 10: 24, 20: 14, 30: 5, 40: -4, 50: -10, 60: -4, 70: 12, 80: 25, 90: 31})
KNEE = _periodic({0: 4, 8: 13, 15: 17, 25: 13, 40: 6, 50: 9, 60: 33, 70: 59, 75: 60, 85: 37, 95: 6})
ANKLE = _periodic({0: 0, 8: -5, 20: 3, 40: 9, 50: 6, 60: -13, 65: -17, 75: -4, 85: 1, 95: 0})


@dataclass(frozen=True)
class Manner:
    """How somebody moves; angles in degrees."""

    step: float  # 1 = a normal stride, 0 = standing
    arm_swing: float
    elbow: float
    lean: float  # forward lean of the trunk
    arms_out: float  # abduction that clears the hips
    legs_out: float
    head_turn: float = 0.0
    head_nod: float = 6.0
    hands: tuple[str, str] = ("swing", "swing")  # left, right: a key of HANDS or 'swing'


@dataclass(frozen=True)
class Hold:
    """An arm that holds something: flexion of the shoulder and elbow, abduction, inward twist; degrees."""

    shoulder: float
    elbow: float
    out: float | None = None
    twist: float = 0.0
    swing: float = 0.0  # share of the walking swing that remains


HANDS = {
    "phone": Hold(38, 128, out=22, twist=-25),
    "look": Hold(28, 82, out=8, twist=30),
    "pockets": Hold(-14, 34, out=17, twist=22, swing=0.2),
    "carry": Hold(0, 6, swing=0.25),
    "umbrella": Hold(32, 105, out=8, twist=12),
    "cane": Hold(16, 24, out=14, swing=0.3),
    "push": Hold(24, 62, out=8, twist=4),
    "strap": Hold(24, 110, out=14, twist=28),
    "drag": Hold(-20, 8, out=12, swing=0.1),
}


def rotation(axis: str, degrees: float) -> np.ndarray:
    """(3, 3) rotation about a world axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array(
        {
            "X": [[1, 0, 0], [0, c, -s], [0, s, c]],
            "Y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            "Z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        }[axis]
    )


def align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The shortest rotation (3, 3) that turns direction a into direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    v, c = np.cross(a, b), a @ b
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1 + c + 1e-9)


class Gait:
    """Poses of the pack's skeleton."""

    def __init__(self, pack: AssetPack) -> None:
        self.pack = pack
        heads, index = joints(pack, pack.vertices), pack.bone_index
        self._hang: dict[str, tuple[np.ndarray, ...]] = {}
        for side, _, sign in SIDES:
            joint = {name: heads[index[name + side]] for name in _LIMB_JOINTS}
            self._hang[side] = (
                align(joint["lowerarm01"] - joint["upperarm01"], np.array([sign * 0.02, -1, 0])),
                align(joint["wrist"] - joint["lowerarm01"], np.array([0, -1.0, 0])),
                align(joint["lowerleg01"] - joint["upperleg01"], np.array([sign * 0.02, -1, 0])),
                align(joint["foot"] - joint["lowerleg01"], np.array([sign * 0.01, -1, -0.03])),
            )

    def pose(self, phase: float, manner: Manner) -> np.ndarray:
        """Local rotations (B, 3, 3) at `phase` in [0, 1) of the gait cycle."""
        turn = {**self._trunk(phase, manner)}
        for number, (side, offset, sign) in enumerate(SIDES):
            own = (phase + offset) % 1.0
            turn |= self._leg(side, sign, own, manner, turn["root"])
            turn |= self._arm(side, sign, own, manner, manner.hands[number], turn["spine01"])
        pack = self.pack
        world: list[np.ndarray] = []
        local = np.tile(np.eye(3), (len(pack.bone_names), 1, 1))
        for i, name in enumerate(pack.bone_names):
            parent = world[pack.bone_parents[i]] if pack.bone_parents[i] >= 0 else np.eye(3)
            world.append(turn.get(name, parent))
            if name in turn:
                local[i] = parent.T @ turn[name]
        for side, _, sign in SIDES:  # relaxed fingers
            for finger in range(2, 6):
                for knuckle in (1, 2, 3):
                    local[pack.bone_index[f"finger{finger}-{knuckle}{side}"]] = rotation("Z", -sign * 16)
        return local

    @staticmethod
    def _trunk(phase: float, manner: Manner) -> dict[str, np.ndarray]:
        wave = np.cos(2 * np.pi * phase)
        pelvis = rotation("Y", 5 * manner.step * wave) @ rotation(
            "Z", 2.5 * min(manner.step, 1.0) * np.sin(2 * np.pi * phase)
        )
        counter = rotation("Y", -5 * manner.step * wave)
        chest, neck = counter @ rotation("X", manner.lean), counter @ rotation("X", manner.lean * 0.7 + 3)
        turn = {"root": pelvis, "head": rotation("Y", manner.head_turn) @ rotation("X", manner.head_nod)}
        turn |= {name: pelvis @ rotation("X", manner.lean * 0.5) for name in ("spine05", "spine04")}
        turn |= dict.fromkeys(("spine03", "spine02", "spine01"), chest)
        turn |= dict.fromkeys(("neck01", "neck02", "neck03"), neck)
        return turn

    def _leg(self, side: str, sign: float, phase: float, manner: Manner, pelvis: np.ndarray) -> dict[str, np.ndarray]:
        _, _, upper_hang, lower_hang = self._hang[side]
        step = manner.step
        hip, knee, ankle = HIP(phase) * step, KNEE(phase) * (0.2 + 0.8 * min(step, 1.2)), ANKLE(phase) * step
        thigh = pelvis @ rotation("X", -float(hip)) @ rotation("Z", sign * manner.legs_out)
        shin = thigh @ rotation("X", float(knee))
        turn = dict.fromkeys((f"upperleg01{side}", f"upperleg02{side}"), thigh @ upper_hang)
        turn |= dict.fromkeys((f"lowerleg01{side}", f"lowerleg02{side}"), shin @ lower_hang)
        turn[f"foot{side}"] = shin @ rotation("X", -float(ankle))
        return turn

    def _arm(
        self, side: str, sign: float, phase: float, manner: Manner, hand: str, chest: np.ndarray
    ) -> dict[str, np.ndarray]:
        upper_hang, lower_hang, _, _ = self._hang[side]
        swing = -np.cos(2 * np.pi * phase) * manner.arm_swing
        if hand == "swing":
            shoulder, elbow, out, twist = swing, manner.elbow + max(0.0, swing) * 0.6, manner.arms_out, 0.0
        else:
            hold = HANDS[hand]
            shoulder, elbow, twist = hold.shoulder + hold.swing * swing, hold.elbow, hold.twist
            out = manner.arms_out if hold.out is None else max(hold.out, manner.arms_out)
        upper = chest @ rotation("Z", sign * out) @ rotation("Y", -sign * twist) @ rotation("X", -shoulder)
        fore = upper @ rotation("X", -elbow)
        turn = dict.fromkeys((f"clavicle{side}", f"shoulder01{side}"), chest)
        turn |= dict.fromkeys((f"upperarm01{side}", f"upperarm02{side}"), upper @ upper_hang)
        turn |= dict.fromkeys((f"lowerarm01{side}", f"lowerarm02{side}"), fore @ lower_hang)
        turn[f"wrist{side}"] = fore @ rotation("X", -6) @ lower_hang
        return turn


_LIMB_JOINTS = ("upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")


def draw_manner(rng: np.random.Generator, weight: float, walking: bool | None = None) -> Manner:
    """A manner of walking (or, 18 % of the time, standing) for a body of `weight` in [0, 1]."""
    stands = rng.random() < 0.18 if walking is None else not walking
    return Manner(
        step=rng.uniform(0, 0.1) if stands else rng.uniform(0.65, 1.12),
        arm_swing=3.0 if stands else rng.uniform(9, 26),
        elbow=rng.uniform(8, 26),
        lean=float(np.clip(rng.normal(2, 2.5), -3, 9)),
        arms_out=float(np.clip(7 + max(0.0, weight - 0.5) * 24 + rng.normal(0, 2), 4, 26)),
        legs_out=float(np.clip(rng.normal(2, 1) + max(0.0, weight - 0.6) * 6, 0, 7)),
        head_turn=float(np.clip(rng.normal(0, 15), -55, 55)),
        head_nod=float(np.clip(rng.normal(6, 7), -12, 30)),
    )


def with_hands(manner: Manner, left: str, right: str) -> Manner:
    """`manner` with the hands in use."""
    return replace(manner, hands=(left, right))
