"""Re-ranking: time and peak memory beside the published NumPy algorithm, each in a child process of its own.

    python -m benchmarks.bench_rerank [--largest] [--rounds 3]

`--largest` adds (1000, 20000), for which the published algorithm wants about 11 GB and minutes. Every child warms up
on a small problem first, so that neither side pays for imports or compilation; both may use all cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import Table, peak_memory, save

DIMENSION = 2048
SHAPES = [(1, 1000), (500, 5000)]
LARGEST = (1000, 20_000)


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
    from benchmarks.published_rerank import published_k_reciprocal

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
    parser.add_argument("--largest", action="store_true", help="also 1000 x 20000")
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
    if options.largest:
        measure(LARGEST, 1, table)
    table.print()
    save("rerank", table)


if __name__ == "__main__":
    main()
