"""Re-ranking: time and peak memory beside the published NumPy algorithm, each in a child process of its own.

    python -m benchmarks.bench_rerank [--rounds 3]

(1000, 20000) runs once, and only with 12 GB free: the published algorithm wants about 10 GB and minutes. Every child
warms up on a small problem first, so that neither side pays for imports or compilation; both may use all cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.common import Table, peak_memory, save

DIMENSION = 2048
SHAPES = [(1, 1000), (500, 5000)]
LARGEST = (1000, 20_000)
LARGEST_NEEDS = 12 << 30  # bytes


def published_k_reciprocal(queries: np.ndarray, gallery: np.ndarray, k1: int, k2: int, mix: float) -> np.ndarray:
    """`(Q, G) float32` the way its authors' NumPy program works: every row sorted completely, distances, order and
    codes dense in float32 / int32, everything else row by row; about 29 bytes for every pair of images.
    """
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


def people(queries: int, gallery: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings of people with about ten gallery images each; queries are shifted as by another modality."""
    rng = np.random.default_rng(gallery)
    centres = rng.standard_normal((gallery // 10, DIMENSION), dtype=np.float32)
    shift = 0.5 * rng.standard_normal(DIMENSION, dtype=np.float32)
    found = []
    for count, offset in ((queries, shift), (gallery, np.float32(0))):
        images = centres[rng.integers(0, len(centres), count)] + offset
        images += 1.2 * rng.standard_normal((count, DIMENSION), dtype=np.float32)
        found.append(images / np.linalg.norm(images, axis=1, keepdims=True))
    return found[0], found[1]


def published(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """The published algorithm with its defaults."""
    return published_k_reciprocal(queries, gallery, k1=20, k2=6, mix=0.3)


def ours(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Nightjar's, with the same parameters."""
    from engine.retrieval.rerank import k_reciprocal

    return k_reciprocal(queries, gallery)


CONTENDERS = {"published": published, "ours": ours}


def run_in_child(name: str, queries: int, gallery: int, repeats: int, result: str) -> None:
    """Median seconds of `repeats` runs, their processor seconds, and the distances, into `result` (.npz)."""
    method = CONTENDERS[name]
    method(*people(4, 300))
    q, g = people(queries, gallery)
    seconds, processor = [], []
    for _ in range(repeats):
        start, started = time.perf_counter(), time.process_time()
        distance = method(q, g)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - started)
    np.savez(result, seconds=statistics.median(seconds), processor=statistics.median(processor), distance=distance)


def measure(shape: tuple[int, int], rounds: int, table: Table) -> None:
    """Both sides by turns, `rounds` children each; medians of time and peak memory."""
    repeats = 9 if shape == SHAPES[0] else 1
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    processor: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    peaks: dict[str, list[int]] = {name: [] for name in CONTENDERS}
    distances: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name in CONTENDERS:
                result = Path(folder, f"{name}.npz")
                peaks[name].append(peak_memory(run_in_child, name, *shape, repeats, str(result)))
                with np.load(result) as saved:
                    seconds[name].append(float(saved["seconds"]))
                    processor[name].append(float(saved["processor"]))
                    distances[name] = saved["distance"]
    difference = float(np.abs(distances["ours"] - distances["published"]).max())
    time_taken = {name: statistics.median(values) for name, values in seconds.items()}
    peak = {name: statistics.median(values) / 1e9 for name, values in peaks.items()}
    for name in CONTENDERS:
        table.add(
            f"{shape[0]} x {shape[1]}",
            name,
            time_taken[name],
            time_taken["published"] / time_taken[name],
            statistics.median(processor[name]),
            peak[name],
            peak[name] / peak["published"],
            difference,
        )


def main() -> None:
    """Print the table and save `benchmarks/results/rerank.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    table = Table(
        f"k-reciprocal from {DIMENSION} values",
        "shape",
        "method",
        "s",
        "faster",
        "cpu s",
        "peak GB",
        "of published",
        "max diff",
    )
    for shape in SHAPES:
        measure(shape, options.rounds, table)
    if psutil.virtual_memory().available >= LARGEST_NEEDS:
        measure(LARGEST, 1, table)
    else:
        print(f"{LARGEST[0]} x {LARGEST[1]} is left out: the published algorithm needs 12 GB free.")
    table.print()
    save("rerank", table)


if __name__ == "__main__":
    main()
