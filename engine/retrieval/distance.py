"""Distances between embeddings, and one embedding for many crops.

`distance (Q, G) float32`, lower is nearer. Inputs may be float16, float32 or float64; sums run in at least float32,
so that float16 embeddings neither overflow nor lose small differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import ModelError, UsageError

Floats = NDArray[np.float32]


def as_embeddings(embeddings: ArrayLike, what: str = "embeddings") -> Floats:
    """`embeddings` as a C-contiguous `(N, D) float32` matrix; one `(D,)` vector becomes `(1, D)`.

    ModelError where a value is not finite: a network that computes NaN ranks nothing.
    """
    matrix = np.ascontiguousarray(np.atleast_2d(np.asarray(embeddings)), dtype=np.float32)
    if matrix.ndim != 2:
        raise ValueError(f"{what} must be (N, D), got {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise not_finite(what)
    return matrix


def not_finite(what: str) -> ModelError:
    """The error for embeddings that hold NaN or infinity."""
    return ModelError(
        f"The {what} hold values that are not numbers.",
        "Embed these crops again, or use another model: this one computed nonsense.",
    )


def as_pair(queries: ArrayLike, gallery: ArrayLike) -> tuple[Floats, Floats]:
    """Queries `(Q, D)` and gallery `(G, D)` as float32; UsageError where their lengths D differ."""
    q, g = as_embeddings(queries, "query embeddings"), as_embeddings(gallery, "gallery embeddings")
    if q.shape[1] != g.shape[1]:
        raise UsageError(
            f"The query has {q.shape[1]} values per embedding and the gallery {g.shape[1]}.",
            "They come from different models: embed both with the same one.",
        )
    return q, g


def normalise(embeddings: ArrayLike) -> Floats:
    """Rows of `(N, D)` scaled to length 1, float32; a zero row stays zero (as far from everything as from nothing)."""
    matrix = as_embeddings(embeddings)
    lengths = np.sqrt(np.einsum("nd,nd->n", matrix, matrix, dtype=np.float64))
    lengths[lengths == 0.0] = 1.0
    units: Floats = (matrix / lengths[:, None]).astype(np.float32)
    return units


def cosine_distance(queries: ArrayLike, gallery: ArrayLike) -> Floats:
    """`1 - cosine`, `(Q, G) float32` in [0, 2], lower is nearer; the inputs need not be normalised."""
    q, g = as_pair(queries, gallery)
    distance: Floats = normalise(q) @ normalise(g).T
    np.subtract(1.0, distance, out=distance)
    return np.clip(distance, 0.0, 2.0, out=distance)


def squared_euclidean(queries: ArrayLike, gallery: ArrayLike) -> Floats:
    """`|q - g|²`, `(Q, G) float32`, lower is nearer; on unit vectors twice the cosine distance."""
    q, g = as_pair(queries, gallery)
    distance: Floats = q @ g.T
    distance *= -2.0
    distance += squared_lengths(q)[:, None]
    distance += squared_lengths(g)
    return np.maximum(distance, 0.0, out=distance)


def squared_lengths(matrix: Floats) -> Floats:
    """`|x|²` of each row, `(N,) float32`."""
    lengths: Floats = np.einsum("nd,nd->n", matrix, matrix)
    return lengths


def fuse(embeddings: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """One unit vector `(D,) float32` for several crops `(N, D)` of one person: the mean of their unit vectors.

    A tracklet's gallery embedding and a query of several crops are both made this way. `weights` `(N,)`, such as
    crop qualities, must not be negative. UsageError where nothing is left to fuse.
    """
    units = normalise(embeddings)
    share = np.ones(len(units)) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (len(units),):
        raise ValueError(f"{len(units)} crops need as many weights, got {share.shape}")
    if not (np.isfinite(share).all() and (share >= 0).all()):
        raise ValueError("crop weights must be finite and not negative")
    mean = share @ units.astype(np.float64)
    length = float(np.linalg.norm(mean))
    if length == 0.0:
        raise UsageError("These crops hold nothing to search with.", "Pick other crops of this person.")
    fused: Floats = (mean / length).astype(np.float32)
    return fused
