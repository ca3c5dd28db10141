"""One query over a large gallery: ours beside usearch's exact int8 scan, NumPy float32 and the memory itself.

    python -m benchmarks.bench_search [rows ...]        default 100000 1000000, 2048 values each (7 GB at a million)

Recall is measured against exact float32 distances of the embeddings before any rounding.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numba
import numpy as np
import psutil
from usearch.index import MetricKind, search

from benchmarks.common import Table, interleaved_medians, save
from engine.retrieval.compiled import blocks, cores, in_threads
from engine.retrieval.distance import normalise
from engine.retrieval.exact import Int8Matrix, nearest, quantise

DIMENSION = 2048
LISTED = 100
QUERIES = 32
GENERATED = 25_000  # rows at a time
FLOAT32_ROWS = 100_000  # the float32 product goes over one block of this size again and again: 8 GB do not fit


@dataclass
class Archive:
    """A made-up archive: people as noisy clusters, seen by IR queries through a common shift."""

    int8: Int8Matrix
    float16: np.ndarray
    queries: np.ndarray
    truth: np.ndarray  # (Q, LISTED) true nearest rows in float32


def embeddings(rows: int, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Blocks of `(first row, float32 rows, people)`: 25 noisy images of each person."""
    for start, stop in blocks(rows, GENERATED):
        people = rng.standard_normal((-(-(stop - start) // 25), DIMENSION), dtype=np.float32)
        images = np.repeat(people, 25, axis=0)[: stop - start]
        images += 1.2 * rng.standard_normal(images.shape, dtype=np.float32)
        yield start, images, people


def make_archive(rows: int) -> Archive:
    """Generated block by block, so that no float32 copy of the whole ever exists."""
    rng = np.random.default_rng(rows)
    queries = np.empty((QUERIES, DIMENSION), np.float32)
    values, scales = np.empty((rows, DIMENSION), np.int8), np.empty(rows, np.float32)
    float16 = np.empty((rows, DIMENSION), np.float16)
    similarity = np.empty((QUERIES, rows), np.float32)
    for start, block, people in embeddings(rows, rng):
        if start == 0:
            shift, noise = rng.standard_normal((2, QUERIES, DIMENSION), dtype=np.float32)
            queries = normalise(people[:QUERIES] + 0.5 * shift[0] + 1.2 * noise)
        images = normalise(block)
        part = slice(start, start + len(images))
        quantised = quantise(images)
        values[part], scales[part] = quantised.values, quantised.scales
        float16[part] = images
        similarity[:, part] = queries @ images.T
    return Archive(
        Int8Matrix(values, scales), float16, queries, np.argsort(-similarity, axis=1, kind="stable")[:, :LISTED]
    )


@numba.njit(nogil=True)
def read_words(words: np.ndarray) -> int:
    """Touch every 64-bit word once: nothing that scans the gallery can be faster."""
    total = 0
    for word in words.flat:
        total ^= word
    return total


def read_all(values: np.ndarray, threads: int) -> None:
    """Read the whole gallery on all cores."""
    words = values.view(np.int64)
    in_threads(lambda start, stop: read_words(words[start:stop]), len(words), 16_384, threads)


def float32_product(query: np.ndarray, block: np.ndarray, times: int) -> None:
    """As many rows as the gallery has, each multiplied in float32, and the nearest of each block picked."""
    for _ in range(times):
        np.argpartition(block @ query, -LISTED)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean share of the true nearest that were found."""
    return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, truth, strict=True)]))


def measure(rows: int, table: Table) -> None:
    """All contenders on one archive, taking turns."""
    archive = make_archive(rows)
    threads = cores()
    block = archive.float16[:FLOAT32_ROWS].astype(np.float32)
    query, whole = archive.queries[0], archive.queries
    coarse = np.rint(whole / np.abs(whole).max(axis=1, keepdims=True) * 127).astype(np.int8)
    ours = partial(nearest, int8=archive.int8, float16=archive.float16, k=LISTED, threads=threads)
    theirs = partial(search, archive.int8.values, count=LISTED, metric=MetricKind.Cos, exact=True, threads=threads)
    contenders = {
        "reading the int8 gallery once": lambda: read_all(archive.int8.values, threads),
        "ours: int8 scan, 1,000 rescored": lambda: ours(query),
        "usearch: exact int8": lambda: theirs(query=coarse[0]),
        "numpy: float32 product": lambda: float32_product(query, block, max(rows // FLOAT32_ROWS, 1)),
    }
    medians = interleaved_medians(contenders, rounds=9)
    medians |= interleaved_medians({f"ours: {QUERIES} queries together, each": lambda: ours(whole)}, rounds=3)
    medians[f"ours: {QUERIES} queries together, each"] /= QUERIES
    recalls = {
        "ours: int8 scan, 1,000 rescored": recall(ours(whole)[0], archive.truth),
        "usearch: exact int8": recall(theirs(query=coarse).keys, archive.truth),
        "numpy: float32 product": 1.0,
    }
    peer = medians["usearch: exact int8"]
    for name, seconds in medians.items():
        table.add(rows, name, seconds * 1e3, seconds / peer, recalls.get(name, "-"))


def main() -> None:
    """Print the table and save `benchmarks/results/search.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[100_000, 1_000_000])
    table = Table(
        f"One query, {DIMENSION} values, {cores()} threads", "rows", "method", "ms", "of usearch", "recall@100"
    )
    for rows in parser.parse_args().rows:
        needed = rows * DIMENSION * 3 + FLOAT32_ROWS * DIMENSION * 4 + (1 << 30)  # int8, float16, a float32 block, room
        if psutil.virtual_memory().available < needed:
            print(f"{rows:,} rows are left out: they need {needed >> 30} GB of free memory.")
            continue
        measure(rows, table)
    table.print()
    save("search", table)


if __name__ == "__main__":
    main()
