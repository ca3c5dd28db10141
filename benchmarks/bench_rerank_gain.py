"""What each re-ranker gains, and what of it is left when one query is asked alone.

    python -m benchmarks.bench_rerank_gain

Embeddings with the structure of RGB-IR features: a common shift between the modalities, a shift of each person's own,
camera offsets and noise. SYSU-MM01's rule: IR queries of cameras 3 and 6, RGB gallery of cameras 1, 2, 4 and 5, one or
four images per person and camera. Three seeds; mean R1 and mAP in percent. Figures are of made-up embeddings: they say
how the methods compare, not what a trained model reaches. The second table says how often a band is given to a true
candidate and to a stranger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.common import Table, save
from engine.retrieval.calibration import Band, bands
from engine.retrieval.distance import cosine_distance
from engine.retrieval.metrics import evaluate
from engine.retrieval.rerank import RERANKERS

PEOPLE, DIMENSION, SEEDS = 96, 256, range(3)
CAMERA_OFFSET, OWN_SHIFT, NOISE = 0.8, 2.0, 2.0  # beside a person's own length 1: plain R1 near a trained model's
QUERY_CAMERAS, GALLERY_CAMERAS = (3, 6), (1, 2, 4, 5)
QUERY_IMAGES = 1  # per person and camera
CONTEXT = 20  # other IR tracklets that a small case has


@dataclass
class Images:
    """Embeddings with whom they show and which camera saw them."""

    vectors: np.ndarray
    people: np.ndarray
    cameras: np.ndarray


def draw(seed: int, shots: int) -> tuple[Images, Images]:
    """Queries and gallery of one seed."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=(*shape, DIMENSION)) / np.sqrt(DIMENSION)

    centres, own_shift, common_shift, offsets = normal(PEOPLE), normal(PEOPLE), normal(), normal(7)

    def seen(cameras: tuple[int, ...], count: int, infrared: bool) -> Images:
        people = np.repeat(np.arange(PEOPLE), count * len(cameras))
        places = np.tile(np.repeat(cameras, count), PEOPLE)
        vectors = centres[people] + CAMERA_OFFSET * offsets[places] + NOISE * normal(len(people))
        if infrared:
            vectors += 0.8 * common_shift + OWN_SHIFT * own_shift[people]
        return Images(vectors.astype(np.float32), people, places)

    return seen(QUERY_CAMERAS, QUERY_IMAGES, True), seen(GALLERY_CAMERAS, shots, False)


def all_together(name: str, queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Every query is context to every other, as in the papers' tables."""
    return RERANKERS[name](queries, gallery)


def alone(name: str, queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Each query as if it were the only one."""
    return np.concatenate([RERANKERS[name](query[None], gallery) for query in queries])


def among_a_few(name: str, queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Each query with a few others drawn from the rest, as in a small case."""
    rng = np.random.default_rng(0)
    rows = []
    for n, query in enumerate(queries):
        others = queries[rng.choice(np.delete(np.arange(len(queries)), n), CONTEXT, replace=False)]
        rows.append(RERANKERS[name](np.vstack((query[None], others)), gallery, rows=[0]))
    return np.concatenate(rows)


WAYS: list[tuple[str, str, Callable[[str, np.ndarray, np.ndarray], np.ndarray]]] = [
    ("none", "each query alone", all_together),
    ("k-reciprocal", "each query alone", alone),
    ("k-reciprocal", f"with {CONTEXT} other queries", among_a_few),
    ("k-reciprocal", "all queries together", all_together),
    ("affinity", "each query alone", all_together),
]


def band_shares(asked: Images, gallery: Images) -> dict[bool, Counter[Band | None]]:
    """How often each band is given to strangers (False) and to true candidates (True)."""
    counts: dict[bool, Counter[Band | None]] = {True: Counter(), False: Counter()}
    for person, row in zip(asked.people, cosine_distance(asked.vectors, gallery.vectors), strict=True):
        for candidate, other in zip(bands(row, row).candidates, gallery.people, strict=True):
            counts[bool(person == other)][candidate.band] += 1
    return counts


def main() -> None:
    """Print the tables and save `benchmarks/results/rerank_gain.json`."""
    table = Table(f"{PEOPLE} people, {len(SEEDS)} seeds", "images", "re-ranking", "queries", "R1", "mAP", "R1 spread")
    drawn = Table("Bands, one image per person and camera", "whose", *(band.value for band in Band))
    for same, counts in band_shares(*draw(0, 1)).items():
        shares = [100 * counts[band] / counts.total() for band in Band]
        drawn.add("true candidates %" if same else "strangers %", *shares)
    for shots in (1, 4):
        results = defaultdict(list)
        for seed in SEEDS:
            asked, gallery = draw(seed, shots)
            for name, context, way in WAYS:
                distance = way(name, asked.vectors, gallery.vectors)
                scores = evaluate(
                    distance, asked.people, gallery.people, asked.cameras, gallery.cameras, rule="sysu-mm01"
                )
                results[name, context].append((100 * scores.rank(1), 100 * scores.mean_average_precision))
        for (name, context), figures in results.items():
            rank1, precision = np.mean(figures, axis=0)
            table.add(shots, name, context, float(rank1), float(precision), float(np.std([r for r, _ in figures])))
    table.print()
    drawn.print()
    save("rerank_gain", table, drawn)


if __name__ == "__main__":
    main()
