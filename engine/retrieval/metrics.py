"""CMC, mAP and mINP under the exact protocols of the public RGB-IR data sets.

Every metric is made of three numbers per query: the rank of its first hit, its average precision, its inverse
negative penalty. Keeping them per query lets a report be broken down by camera or by quality.
Sorting is stable: of equal distances the lower gallery index comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import UsageError

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Excluded = Callable[[int, int, Ints, Ints], Mask]

CMC_RANKS = 20

# SYSU-MM01: cameras 2 and 3 stand at the same place.
_SYSU_LOCATION = np.array([0, 1, 2, 2, 4, 5, 6])  # by camera, from 1


@dataclass(frozen=True, slots=True)
class Rule:
    """What one protocol leaves out, and what it counts.

    `excluded(query id, query camera, gallery ids, gallery cameras) -> (G,) bool` gallery images that this query must
    not see. `by_identity`: CMC ranks count identities (first image of each), not images; mAP and mINP always count
    images.
    """

    name: str
    excluded: Excluded
    by_identity: bool


def _nothing(_id: int, _camera: int, gallery_ids: Ints, _cameras: Ints) -> Mask:
    return np.zeros(len(gallery_ids), np.bool_)


def _same_location(_id: int, camera: int, _ids: Ints, gallery_cameras: Ints) -> Mask:
    same: Mask = _SYSU_LOCATION[gallery_cameras] == _SYSU_LOCATION[camera]
    return same


def _same_person_same_camera(identity: int, camera: int, gallery_ids: Ints, gallery_cameras: Ints) -> Mask:
    same: Mask = (gallery_ids == identity) & (gallery_cameras == camera)
    return same


RULES: dict[str, Rule] = {
    "plain": Rule("plain", _nothing, by_identity=False),
    "sysu-mm01": Rule("sysu-mm01", _same_location, by_identity=True),
    "regdb": Rule("regdb", _nothing, by_identity=False),
    "llcm": Rule("llcm", _same_person_same_camera, by_identity=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What `evaluate` found, per query; the metrics are means over the counted ones.

    `first_hit (Q,) int64` rank of the first true candidate, from 1; `average_precision`, `inverse_penalty (Q,)
    float64` in [0, 1]; `counted (Q,) bool` False where the gallery holds no image of that person that the rule lets
    the query see: such a query leaves the denominator, and its numbers are 0.
    """

    protocol: str
    first_hit: Ints
    average_precision: NDArray[np.float64]
    inverse_penalty: NDArray[np.float64]
    counted: Mask

    @property
    def queries(self) -> int:
        """How many queries count."""
        return int(self.counted.sum())

    @property
    def cmc(self) -> NDArray[np.float64]:
        """`(20,) float64`: share of queries whose first hit is at rank 1..20 or before; also on small galleries."""
        hits = self.first_hit[self.counted]
        return np.array([np.mean(hits <= rank) for rank in range(1, CMC_RANKS + 1)])

    def rank(self, k: int) -> float:
        """CMC at rank `k`, in [0, 1]."""
        return float(np.mean(self.first_hit[self.counted] <= k))

    @property
    def mean_average_precision(self) -> float:
        """mAP in [0, 1]."""
        return float(self.average_precision[self.counted].mean())

    @property
    def mean_inverse_penalty(self) -> float:
        """mINP in [0, 1] (Ye et al., Deep Learning for Person Re-identification, TPAMI 2021, eq. 4)."""
        return float(self.inverse_penalty[self.counted].mean())

    def of(self, chosen: ArrayLike) -> Scores:
        """The scores of some queries only, `chosen (Q,) bool`: one camera, one grade of quality.

        UsageError where none of them counts.
        """
        mask = np.asarray(chosen, dtype=np.bool_)
        return _checked(
            Scores(
                self.protocol,
                self.first_hit[mask],
                self.average_precision[mask],
                self.inverse_penalty[mask],
                self.counted[mask],
            )
        )

    def as_dict(self) -> dict[str, float | int | str]:
        """Plain values for JSON: the protocol by name, queries counted, R1, R5, R10, R20, mAP, mINP."""
        ranks = {f"R{k}": self.rank(k) for k in (1, 5, 10, 20)}
        means = {"mAP": self.mean_average_precision, "mINP": self.mean_inverse_penalty}
        return {"protocol": self.protocol, "queries": self.queries, **ranks, **means}


def evaluate(
    distance: ArrayLike,
    query_ids: ArrayLike,
    gallery_ids: ArrayLike,
    query_cameras: ArrayLike | None = None,
    gallery_cameras: ArrayLike | None = None,
    *,
    rule: Rule | str = "plain",
) -> Scores:
    """Score `distance (Q, G)`, lower is nearer, against identities `(Q,)`, `(G,)` and cameras, by a rule or its name.

    Cameras may be left out where the rule does not look at them. UsageError where no query has a true gallery image,
    or a distance is NaN: it has no rank.
    """
    chosen = RULES[rule] if isinstance(rule, str) else rule
    table = np.asarray(distance)
    people, others = _labels(query_ids, len(table)), _labels(gallery_ids, table.shape[1])
    cameras = _labels(np.zeros(len(people)) if query_cameras is None else query_cameras, len(people))
    views = _labels(np.zeros(len(others)) if gallery_cameras is None else gallery_cameras, len(others))
    if np.isnan(table).any():
        raise UsageError("Some distances are not numbers and cannot be ranked.", "Check the model's embeddings.")

    count = len(people)
    scores = Scores(chosen.name, np.zeros(count, np.int64), np.zeros(count), np.zeros(count), np.zeros(count, np.bool_))
    for q in range(count):
        seen = ~chosen.excluded(int(people[q]), int(cameras[q]), others, views)
        order = np.argsort(table[q, seen], kind="stable")
        ranked = others[seen][order]
        hits = np.flatnonzero(ranked == people[q]) + 1  # ranks start at 1
        if len(hits) == 0:
            continue
        scores.counted[q] = True
        before = ranked[: hits[0] - 1]
        scores.first_hit[q] = 1 + (len(np.unique(before)) if chosen.by_identity else len(before))
        found = np.arange(1, len(hits) + 1)
        scores.average_precision[q] = np.mean(found / hits)
        scores.inverse_penalty[q] = len(hits) / hits[-1]
    return _checked(scores)


def _labels(values: ArrayLike, count: int) -> Ints:
    labels = np.asarray(values).astype(np.int64)
    if labels.shape != (count,):
        raise ValueError(f"expected {count} labels, got {labels.shape}")
    return labels


def _checked(scores: Scores) -> Scores:
    if not scores.counted.any():
        raise UsageError(
            "None of these queries has a true candidate in the gallery, so there is nothing to measure.",
            "Check that queries and gallery share identities under this protocol.",
        )
    return scores
