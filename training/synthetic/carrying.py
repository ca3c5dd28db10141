"""What somebody's hands do in one picture: nothing, a phone, a bag, an umbrella, a stick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthetic import accessories as ac
from training.synthetic.gait import Manner, draw_manner, with_hands
from training.synthetic.person import Person

CHOICES = ("free", "phone", "look", "pockets", "bag", "umbrella", "suitcase", "pram", "strap")


@dataclass(frozen=True)
class Conduct:
    """A manner of moving and the things at hand."""

    manner: Manner
    things: tuple[ac.Accessory, ...]
    word: str


def draw_conduct(
    rng: np.random.Generator, person: Person, raining: bool = False, walking: bool | None = None
) -> Conduct:
    """How `person` behaves this time."""
    manner = draw_manner(rng, person.shape.weight, walking)
    side = "left" if rng.random() < 0.5 else "right"
    if person.aid == "rollator":
        return Conduct(with_hands(manner, "push", "push"), (ac.rollator(),), "rollator")
    if person.aid == "cane":
        return Conduct(_one_hand(manner, side, "cane"), (ac.cane(side),), "cane")
    shares = np.array([0.5, 0.07, 0.08, 0.08, 0.14, 0.35 if raining else 0.02, 0.05, 0.03, 0.05])
    word = str(rng.choice(CHOICES, p=shares / shares.sum()))
    if word == "pram":
        return Conduct(with_hands(manner, "push", "push"), (ac.pram(),), word)
    if word == "pockets":
        return Conduct(with_hands(manner, "pockets", "pockets"), (), word)
    hand, things = _in_hand(rng, word, side)
    return Conduct(_one_hand(manner, side, hand) if hand else manner, things, word)


def _in_hand(rng: np.random.Generator, word: str, side: str) -> tuple[str, tuple[ac.Accessory, ...]]:
    """What one hand does and holds; '' when it swings."""
    if word == "bag":
        return "carry", (ac.hand_bag(side, rng.uniform(0.7, 1.25)),)
    if word == "umbrella":
        return "umbrella", (ac.umbrella(side, rng.uniform(0.8, 1.1)),)
    if word == "suitcase":
        return "drag", (ac.suitcase(side, rng.uniform(0.8, 1.1)),)
    return ("" if word == "free" else word), ()


def _one_hand(manner: Manner, side: str, what: str) -> Manner:
    return with_hands(manner, what, "swing") if side == "left" else with_hands(manner, "swing", what)
