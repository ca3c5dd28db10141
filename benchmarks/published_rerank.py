"""k-reciprocal re-ranking the way its authors' NumPy program works: whole N x N matrices and a loop over rows.

The yardstick for time and memory in `bench_rerank`. It sorts every row completely, keeps distances, order and codes
dense in float32 / int32, and does everything else row by row, as the published program does.
"""

from __future__ import annotations

import numpy as np


def published_k_reciprocal(queries: np.ndarray, gallery: np.ndarray, k1: int, k2: int, mix: float) -> np.ndarray:
    """`(Q, G) float32` from embeddings; about 29 bytes for every pair of images."""
    features = np.concatenate((queries, gallery))
    asked, total = len(queries), len(features)
    squares = np.sum(features**2, axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * (features @ features.T)
    distance = np.transpose(distance / np.max(distance, axis=0))
    order = np.argsort(distance).astype(np.int32)
    code = _codes(distance, order, k1)
    distance = distance[:asked]
    if k2 != 1:
        averaged = np.zeros_like(code)
        for i in range(total):
            averaged[i] = np.mean(code[order[i, :k2]], axis=0)
        code = averaged
    return (1 - mix) * _jaccard(code, asked)[:, asked:] + mix * distance[:, asked:]


def _mutual(order: np.ndarray, i: int, size: int) -> np.ndarray:
    forward = order[i, :size]
    return forward[np.where(order[forward, :size] == i)[0]]


def _codes(distance: np.ndarray, order: np.ndarray, k1: int) -> np.ndarray:
    code = np.zeros_like(distance)
    half = int(np.around(k1 / 2)) + 1
    for i in range(len(order)):
        core = _mutual(order, i, k1 + 1)
        members = core
        for candidate in core:
            theirs = _mutual(order, candidate, half)
            if len(np.intersect1d(theirs, core)) > 2 / 3 * len(theirs):
                members = np.append(members, theirs)
        members = np.unique(members)
        weights = np.exp(-distance[i, members])
        code[i, members] = weights / np.sum(weights)
    return code


def _jaccard(code: np.ndarray, asked: int) -> np.ndarray:
    total = len(code)
    holders = [np.where(code[:, column] != 0)[0] for column in range(total)]
    jaccard = np.zeros((asked, total), np.float32)
    for i in range(asked):
        overlap = np.zeros(total, np.float32)
        for column in np.where(code[i] != 0)[0]:
            overlap[holders[column]] += np.minimum(code[i, column], code[holders[column], column])
        jaccard[i] = 1 - overlap / (2 - overlap)
    return jaccard
