"""Affinity inference (Fang, Yang, Fu: Visible-Infrared Person Re-Identification via Semantic Alignment and Affinity
Inference, ICCV 2023): re-ranking that needs no other query.

An image is described by which gallery images it resembles; two images are near when these descriptions agree.
The gallery's descriptions depend on the gallery alone: compute them once, keep the arrays, serve every query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.retrieval.distance import Floats, as_pair, normalise
from engine.retrieval.neighbours import nearest_neighbours
from engine.retrieval.sparse import SparseRows, mean_of_neighbours
from engine.settings import RerankSettings


def affinity_inference(
    queries: ArrayLike,
    gallery: ArrayLike,
    settings: RerankSettings | None = None,
    rows: Sequence[int] | None = None,
    *,
    described: SparseRows | None = None,
    threads: int | None = None,
) -> Floats:
    """Affinity distance `(Q, G) float32`, lower is nearer, from embeddings `(Q, D)` and `(G, D)`.

    Each query is ranked by itself: `rows` only picks which are returned. `settings`: affinity_k1, affinity_k2.
    `described` is `describe_gallery(gallery, settings)` where it is at hand already.
    The distance is one minus the mean of the cosine similarity and the affinity, and so ranks as their sum.
    """
    settings = settings or RerankSettings()
    q, g = as_pair(queries, gallery)
    units = normalise(q if rows is None else q[list(rows)])
    if len(g) == 0 or len(units) == 0:
        return np.empty((len(units), len(g)), np.float32)
    if described is None:
        described = describe_gallery(g, settings, threads)
    if len(described) != len(g):
        raise ValueError(f"{len(described)} gallery descriptions for {len(g)} gallery images")
    similarity = units @ normalise(g).T
    affinity = _as_scipy(_strongest(similarity, settings.affinity_k1), len(g)) @ _as_scipy(described, len(g)).T
    distance: Floats = 1.0 - 0.5 * (similarity + affinity.toarray())
    return distance


def describe_gallery(
    gallery: ArrayLike, settings: RerankSettings | None = None, threads: int | None = None
) -> SparseRows:
    """The description of each of `(G, D)` gallery images: unit rows over the gallery, three arrays to keep.

    Similarities to the k1 nearest (itself included), averaged over the k2 nearest images, scaled to length 1.
    """
    settings = settings or RerankSettings()
    units = normalise(gallery)
    near = nearest_neighbours(units, max(settings.affinity_k1, settings.affinity_k2), threads=threads)
    columns = near.indices[:, : settings.affinity_k1]
    similarities = 1.0 - 0.5 * near.distances[:, : settings.affinity_k1]  # of unit vectors, from squared distances
    return _unit_rows(
        mean_of_neighbours(_rows(columns, similarities), near.indices[:, : settings.affinity_k2], threads)
    )


def _strongest(similarity: Floats, count: int) -> SparseRows:
    """The `count` largest entries of each row, scaled to length 1; of equal ones the lower index is kept."""
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
    return _unit_rows(_rows(order.astype(np.int32), np.take_along_axis(similarity, order, axis=1)))


def _rows(columns: NDArray[np.int32], values: Floats) -> SparseRows:
    """Rows with the same number of entries, from two `(N, k)` arrays."""
    starts = np.arange(len(columns) + 1, dtype=np.int64) * columns.shape[1]
    return SparseRows(starts, columns.ravel(), values.ravel().astype(np.float32))


def _unit_rows(rows: SparseRows) -> SparseRows:
    squares = np.add.reduceat(rows.values.astype(np.float64) ** 2, rows.starts[:-1])
    lengths = np.sqrt(squares)
    lengths[lengths == 0.0] = 1.0
    values = rows.values / np.repeat(lengths, np.diff(rows.starts))
    return SparseRows(rows.starts, rows.columns, values.astype(np.float32))


def _as_scipy(rows: SparseRows, width: int) -> Any:
    from scipy.sparse import csr_array

    return csr_array((rows.values, rows.columns, rows.starts), shape=(len(rows), width))
