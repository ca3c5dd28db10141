"""Slow, obvious versions of what engine.retrieval does fast: one sentence of the paper or protocol per line."""

from __future__ import annotations

import numpy as np


def nearest_by_sorting(query, gallery, k, mask=None):
    """Indices and cosine distances of the k nearest, by sorting everything that the mask lets through."""
    query, gallery = np.asarray(query, np.float64), np.asarray(gallery, np.float64)
    distance = []
    for row in gallery:
        length = np.linalg.norm(row) * np.linalg.norm(query)
        distance.append(1 - row @ query / length if length else 1.0)
    allowed = [i for i in range(len(gallery)) if mask is None or mask[i]]
    order = sorted(allowed, key=lambda i: (distance[i], i))[:k]
    return order, [distance[i] for i in order]


def ranking(distance):
    """Every row's neighbours, nearest first, equal distances by index, itself before all."""
    table = distance.copy()
    np.fill_diagonal(table, -1)
    return np.argsort(table, axis=1, kind="stable")


def mutual(order, i, k):
    """R(i, k): those of i's k + 1 first neighbours (i is one of them) that have i among their own."""
    return {j for j in order[i, : k + 1] if i in order[j, : k + 1]}


def expanded(order, i, k1):
    """R*(i, k1): half sets of members join where more than two thirds of them are in R(i, k1)."""
    core = mutual(order, i, k1)
    whole = set(core)
    for member in core:
        half = mutual(order, member, int(np.around(k1 / 2)))
        if 3 * len(half & core) > 2 * len(half):
            whole |= half
    return whole


def k_reciprocal_dense(queries, gallery, k1, k2, mix):
    """k-reciprocal re-ranking (Zhong et al., CVPR 2017) with N x N matrices in float64."""
    features = np.vstack([queries, gallery]).astype(np.float64)
    total, asked = len(features), len(queries)
    distance = np.array([[np.sum((a - b) ** 2) for b in features] for a in features])
    order = ranking(distance)
    largest = distance.max(axis=0)
    distance = (distance / np.where(largest > 0, largest, 1)).T

    code = np.zeros((total, total))
    for i in range(total):
        for j in expanded(order, i, k1):
            code[i, j] = np.exp(-distance[i, j])
        code[i] /= code[i].sum()
    if k2 > 1:
        code = np.array([code[order[i, :k2]].mean(axis=0) for i in range(total)])

    final = np.empty((asked, total - asked))
    for i in range(asked):
        for j in range(asked, total):
            overlap = np.minimum(code[i], code[j]).sum()
            final[i, j - asked] = (1 - mix) * (1 - overlap / (2 - overlap)) + mix * distance[i, j]
    return final


def affinity_dense(queries, gallery, k1, k2):
    """Affinity inference (SAAI, ICCV 2023) with G x G matrices in float64."""
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    g = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)

    def strongest(similarity):
        described = np.zeros_like(similarity)
        for row, values in enumerate(similarity):
            keep = np.argsort(-values, kind="stable")[:k1]
            described[row, keep] = values[keep]
        return described

    similar = g @ g.T
    np.fill_diagonal(similar, 1.0)
    order = ranking(1 - similar)
    ordinary = np.array([[similar[i, j] if j in order[i, :k1] else 0.0 for j in range(len(g))] for i in range(len(g))])
    averaged = np.array([ordinary[order[i, :k2]].mean(axis=0) for i in range(len(g))])
    averaged /= np.linalg.norm(averaged, axis=1, keepdims=True)
    asked = strongest(q @ g.T)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    return 1 - (q @ g.T + asked @ averaged.T) / 2


def walk_ranked_list(distances, query_id, gallery_ids, excluded, by_identity):
    """`(first hit, average precision, inverse penalty)` by reading the list from the top; None without a hit."""
    order = sorted((d, i) for i, d in enumerate(distances) if not excluded[i])
    precisions, seen, first, last = [], [], None, 0
    for rank, (_, i) in enumerate(order, 1):
        if gallery_ids[i] not in seen:
            seen.append(gallery_ids[i])
        if gallery_ids[i] == query_id:
            precisions.append((len(precisions) + 1) / rank)
            last = rank
            if first is None:
                first = len(seen) if by_identity else rank
    if first is None:
        return None
    return first, sum(precisions) / len(precisions), len(precisions) / last
