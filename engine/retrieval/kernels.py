"""The inner loops, compiled by Numba. Plain loops over arrays: what each computes stands in its docstring.

Importing this module loads Numba (about half a second), so callers import it where they need it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.compiled import kernel


@kernel
def score_rows(
    queries: NDArray[np.int16],
    steps: NDArray[np.float32],
    values: NDArray[np.int8],
    scales: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    scores: NDArray[np.float32],
    start: int,
    stop: int,
) -> None:
    """`scores[q, i] = steps[q] · scales[i] · Σ_d queries[q, d] · values[i, d]` for rows start..stop; else -inf.

    The caller sees to it that no sum leaves 32 bits. Numba adds in 64, so the sum is cut back before use: that
    lets the compiler take the processor's 16-bit multiply-and-add, four times as fast.
    """
    dimension = values.shape[1]
    for i in range(start, stop):
        if not allowed[i]:
            for q in range(queries.shape[0]):
                scores[q, i] = -np.inf
            continue
        for q in range(queries.shape[0]):
            total = np.int32(0)
            for d in range(dimension):
                total += np.int32(queries[q, d]) * np.int32(values[i, d])
            scores[q, i] = np.float32(np.int32(total)) * steps[q] * scales[i]


@kernel
def from_half(bits: np.uint16) -> np.float32:
    """The value of a float16 given as its 16 bits; infinity becomes NaN as well.

    The fraction moves to its float32 place and the exponent is rebased by a multiplication with 2^112, which is exact
    for subnormal numbers too.
    """
    magnitude = np.uint32(bits & np.uint16(0x7FFF))
    sign = np.uint32(bits & np.uint16(0x8000)) << np.uint32(16)
    value = np.uint32(sign | (magnitude << np.uint32(13))).view(np.float32) * np.float32(2.0**112)
    return value if magnitude < np.uint32(0x7C00) else np.float32(np.nan)


@kernel
def cosine_distances(unit: NDArray[np.float32], rows: NDArray[np.uint16]) -> NDArray[np.float32]:
    """`1 - cosine` of one unit vector `(D,)` and each of `(R, D)` float16 rows given as bits, `(R,) float32` in [0, 2].

    Every row is summed in the same order in float64, so equal rows get equal distances wherever they stand.
    A row that is not finite gets NaN.
    """
    distances = np.empty(rows.shape[0], np.float32)
    for r in range(rows.shape[0]):
        product = 0.0
        square = 0.0
        for d in range(rows.shape[1]):
            value = np.float64(from_half(rows[r, d]))
            product += value * np.float64(unit[d])
            square += value * value
        cosine = product / np.sqrt(square) if square != 0.0 else 0.0
        distances[r] = min(max(1.0 - cosine, 0.0), 2.0) if not np.isnan(cosine) else np.nan
    return distances


@kernel
def to_squared_distances(
    products: NDArray[np.float32], row_lengths: NDArray[np.float32], column_lengths: NDArray[np.float32]
) -> None:
    """Dot products `(R, C)` become squared Euclidean distances in place: `|r|² + |c|² - 2 r·c`, never below 0."""
    for r in range(products.shape[0]):
        for c in range(products.shape[1]):
            distance = row_lengths[r] + column_lengths[c] - np.float32(2.0) * products[r, c]
            products[r, c] = max(distance, np.float32(0.0))


@kernel
def absorb_tile(
    tile: NDArray[np.float32],
    row: int,
    column: int,
    indices: NDArray[np.int32],
    distances: NDArray[np.float32],
    farthest: NDArray[np.float32],
) -> None:
    """Merge a tile of distances (rows from `row`, columns from `column`) into each row's sorted nearest list.

    Order is (distance, index), with the row itself before everything else, however the tiles arrive.
    """
    kept = indices.shape[1]
    for r in range(tile.shape[0]):
        i = row + r
        for c in range(tile.shape[1]):
            j = column + c
            distance = tile[r, c]
            if i == j:
                distance = np.float32(-1.0)  # before every duplicate; set to 0 once the list is whole
            farthest[i] = max(farthest[i], distance)
            worst = distances[i, kept - 1]
            if distance > worst or (distance == worst and j > indices[i, kept - 1] >= 0):
                continue
            place = kept - 1
            while place > 0 and (
                distances[i, place - 1] > distance
                or (distances[i, place - 1] == distance and indices[i, place - 1] > j)
            ):
                distances[i, place] = distances[i, place - 1]
                indices[i, place] = indices[i, place - 1]
                place -= 1
            distances[i, place] = distance
            indices[i, place] = j


@kernel
def squared_distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """`|a - b|²` of two `(D,)` vectors."""
    total = 0.0
    for d in range(a.shape[0]):
        difference = np.float64(a[d]) - np.float64(b[d])
        total += difference * difference
    return total


@kernel
def mark_mutual(indices: NDArray[np.int32], mutual: NDArray[np.bool_], start: int, stop: int) -> None:
    """`mutual[i, p]`: whether row i stands among the first `mutual.shape[1]` neighbours of its p-th neighbour."""
    count = mutual.shape[1]
    for i in range(start, stop):
        for p in range(count):
            j = indices[i, p]
            found = False
            for other in range(count):
                if indices[j, other] == i:
                    found = True
                    break
            mutual[i, p] = found


@kernel
def encode_rows(
    features: NDArray[np.float32],
    indices: NDArray[np.int32],
    distances: NDArray[np.float32],
    farthest: NDArray[np.float32],
    mutual: NDArray[np.bool_],
    mutual_half: NDArray[np.bool_],
    start: int,
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> None:
    """Gaussian weights over the expanded k-reciprocal set of rows from `start`, into `(R, width)` work areas.

    The set begins with the mutual neighbours; the half set of each of them joins where more than two thirds of it
    are among the mutual neighbours already.
    """
    state = np.full(features.shape[0], -1, np.int64)  # 2i: in row i's set; 2i + 1: among its mutual neighbours
    for r in range(counts.shape[0]):
        i = start + r
        size = 0
        for p in range(mutual.shape[1]):
            if mutual[i, p]:
                columns[r, size] = indices[i, p]
                values[r, size] = distances[i, p]
                state[indices[i, p]] = 2 * i + 1
                size += 1
        core = size
        for member in range(core):
            candidate = columns[r, member]
            total = 0
            shared = 0
            for h in range(mutual_half.shape[1]):
                if mutual_half[candidate, h]:
                    total += 1
                    shared += state[indices[candidate, h]] == 2 * i + 1
            if 3 * shared <= 2 * total:
                continue
            for h in range(mutual_half.shape[1]):
                j = indices[candidate, h]
                if mutual_half[candidate, h] and state[j] < 2 * i:
                    columns[r, size] = j
                    values[r, size] = squared_distance(features[i], features[j])
                    state[j] = 2 * i
                    size += 1
        scale = farthest[i] if farthest[i] > 0.0 else np.float32(1.0)
        weight = np.float32(0.0)
        for p in range(size):
            values[r, p] = np.exp(-values[r, p] / scale)
            weight += values[r, p]
        for p in range(size):
            values[r, p] /= weight
        counts[r] = size


@kernel
def average_rows(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    nearest: NDArray[np.int32],
    start: int,
    mean_columns: NDArray[np.int32],
    mean_values: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> None:
    """The mean of the sparse rows `nearest[i]` for rows i from `start`, into `(R, width)` work areas."""
    place = np.full(starts.shape[0], -1, np.int64)
    owner = np.full(starts.shape[0], -1, np.int64)
    share = np.float32(1.0) / np.float32(nearest.shape[1])
    for r in range(counts.shape[0]):
        i = start + r
        size = 0
        for p in range(nearest.shape[1]):
            row = nearest[i, p]
            for entry in range(starts[row], starts[row + 1]):
                column = columns[entry]
                if owner[column] != i:
                    owner[column] = i
                    place[column] = size
                    mean_columns[r, size] = column
                    mean_values[r, size] = 0.0
                    size += 1
                mean_values[r, place[column]] += values[entry] * share
        counts[r] = size


@kernel
def invert(
    starts: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[np.float32], first: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """The sparse rows from `first` on, by column: `starts`, rows counted from `first`, values."""
    total = starts.shape[0] - 1
    heads = np.zeros(total + 1, np.int64)
    for entry in range(starts[first], starts[total]):
        heads[columns[entry] + 1] += 1
    heads = np.cumsum(heads)
    rows = np.empty(heads[total], np.int32)
    turned = np.empty(heads[total], np.float32)
    free = heads.copy()
    for row in range(first, total):
        for entry in range(starts[row], starts[row + 1]):
            place = free[columns[entry]]
            rows[place] = row - first
            turned[place] = values[entry]
            free[columns[entry]] += 1
    return heads, rows, turned


@kernel
def mix_jaccard(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    heads: NDArray[np.int64],
    rows: NDArray[np.int32],
    turned: NDArray[np.float32],
    wanted: NDArray[np.int64],
    mix: np.float32,
    plain: NDArray[np.float32],
) -> None:
    """`plain (W, G)` becomes `(1 - mix) · Jaccard + mix · plain` for the wanted rows, in place.

    Codes sum to 1, so with the overlap m = Σ min(a, b) the Jaccard distance is `1 - m / (2 - m)`.
    """
    overlap = np.empty(plain.shape[1], np.float32)
    for w in range(wanted.shape[0]):
        overlap[:] = 0.0
        for entry in range(starts[wanted[w]], starts[wanted[w] + 1]):
            column = columns[entry]
            for other in range(heads[column], heads[column + 1]):
                overlap[rows[other]] += min(values[entry], turned[other])
        for g in range(plain.shape[1]):
            jaccard = np.float32(1.0) - overlap[g] / (np.float32(2.0) - overlap[g])
            plain[w, g] = (np.float32(1.0) - mix) * jaccard + mix * plain[w, g]
