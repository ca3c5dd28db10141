"""k-reciprocal re-ranking (Zhong, Zheng, Cao, Li: Re-ranking Person Re-identification with k-reciprocal Encoding,
CVPR 2017), as published, on sparse rows and in bounded memory; and the list of all re-rankers.

Two images support each other when each lists the other among its nearest. Every image is encoded by its mutual
neighbours, and images are near when their codes overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.retrieval.affinity import affinity_inference
from engine.retrieval.distance import Floats, as_pair, cosine_distance
from engine.retrieval.neighbours import Neighbours, nearest_neighbours
from engine.retrieval.sparse import ROWS_PER_BLOCK, Columns, Counts, SparseRows, fill_rows, mean_of_neighbours
from engine.settings import RerankSettings


def k_reciprocal(
    queries: ArrayLike,
    gallery: ArrayLike,
    settings: RerankSettings | None = None,
    rows: Sequence[int] | None = None,
    threads: int | None = None,
) -> Floats:
    """k-reciprocal distance `(Q, G) float32`, lower is nearer, from embeddings `(Q, D)` and `(G, D)`.

    Transductive: the other queries take part. To rank one query, pass it together with its fellows (the case's other
    IR tracklets) and ask for its row: `rows=[0]` returns `(1, G)` and costs little more than the neighbour search.
    `settings`: k1, k2 and λ (`lambda_value`). Memory grows with N = Q + G, not with N².
    """
    settings = settings or RerankSettings()
    q, g = as_pair(queries, gallery)
    wanted = np.arange(len(q)) if rows is None else np.asarray(rows, dtype=np.int64)
    if len(g) == 0 or len(wanted) == 0:
        return np.empty((len(wanted), len(g)), np.float32)

    features = np.concatenate((q, g))
    plain: Floats = np.empty((len(q), len(g)), np.float32)
    near = nearest_neighbours(features, max(settings.k1 + 1, settings.k2), (len(q), plain), threads)
    code = _encode(features, near, settings.k1, threads)
    if settings.k2 > 1:
        code = mean_of_neighbours(code, near.indices[:, : settings.k2], threads)  # eq. 11
    # The paper divides distances by the column maximum, which by symmetry is the row's own.
    farthest = near.farthest.copy()
    farthest[farthest == 0] = 1
    asked: Floats = plain[wanted] / farthest[wanted, None]
    return _mix_jaccard(code, wanted, asked, settings.lambda_value, threads)


def _encode(features: Floats, near: Neighbours, k1: int, threads: int | None) -> SparseRows:
    """Each row's Gaussian weights over its expanded k-reciprocal set R*(p, k1), summing to 1 (paper, eqs. 3, 4, 7)."""
    from engine.retrieval import kernels
    from engine.retrieval.compiled import in_threads

    total, kept = near.indices.shape
    full: int = min(k1 + 1, kept)
    half: int = min(int(np.around(k1 / 2)) + 1, kept)
    mutual, mutual_half = np.empty((total, full), np.bool_), np.empty((total, half), np.bool_)

    def mark(start: int, stop: int) -> None:
        kernels.mark_mutual(near.indices, mutual, start, stop)
        kernels.mark_mutual(near.indices, mutual_half, start, stop)

    def width(_start: int, _stop: int) -> int:
        return full + full * half  # every mutual neighbour brings at most its own half set

    def fill(start: int, columns: Columns, values: Floats, counts: Counts) -> None:
        kernels.encode_rows(
            features, near.indices, near.distances, near.farthest, mutual, mutual_half, start, columns, values, counts
        )

    in_threads(mark, total, ROWS_PER_BLOCK, threads)
    return fill_rows(total, width, fill, threads)


def _mix_jaccard(code: SparseRows, wanted: NDArray[np.int64], plain: Floats, mix: float, threads: int | None) -> Floats:
    """`(1 - λ) · Jaccard + λ · plain` of the wanted rows against the gallery, the last G rows (paper, eqs. 10, 12)."""
    from engine.retrieval import kernels
    from engine.retrieval.compiled import in_threads

    first = len(code) - plain.shape[1]
    inverted = kernels.invert(code.starts, code.columns, code.values, first)

    def blend(start: int, stop: int) -> None:
        kernels.mix_jaccard(
            code.starts, code.columns, code.values, *inverted, wanted[start:stop], np.float32(mix), plain[start:stop]
        )

    in_threads(blend, len(wanted), 64, threads)
    return plain


@dataclass(frozen=True, slots=True)
class Reranker:
    """A way to turn embeddings `(Q, D)`, `(G, D)` into distances `(Q or len(rows), G) float32`, lower is nearer.

    `transductive`: the other queries change the result. `meaning` is one sentence for the analyst;
    `parameters` names the fields of RerankSettings it reads.
    """

    function: Callable[..., Floats]
    transductive: bool
    meaning: str
    parameters: tuple[str, ...]

    def __call__(
        self,
        queries: ArrayLike,
        gallery: ArrayLike,
        settings: RerankSettings | None = None,
        rows: Sequence[int] | None = None,
    ) -> Floats:
        """Distances of the query `rows` asked for (all where None); the other queries are context."""
        return self.function(queries, gallery, settings or RerankSettings(), rows)


def _plain(queries: ArrayLike, gallery: ArrayLike, _: RerankSettings, rows: Sequence[int] | None) -> Floats:
    q, g = as_pair(queries, gallery)
    return cosine_distance(q if rows is None else q[list(rows)], g)


PLAIN = "none"  # no re-ranking: a search takes the exact distances of `exact.nearest` as they are

RERANKERS: dict[str, Reranker] = {
    PLAIN: Reranker(_plain, False, "Candidates stand in the order of their own distance to the query.", ()),
    "k-reciprocal": Reranker(
        k_reciprocal,
        True,
        "Candidates rise when they and the query count each other among their nearest; "
        "the case's other tracklets of the query's kind (IR or RGB) take part, and people must appear several times "
        "for it to help.",
        ("k1", "k2", "lambda_value"),
    ),
    "affinity": Reranker(
        affinity_inference,
        False,
        "Candidates rise when they resemble the same gallery images as the query; it helps where people appear "
        "several times in the gallery, and harms where most appear once.",
        ("affinity_k1", "affinity_k2"),
    ),
}
