"""What every bench shares: fair timing, peak memory, a table, and results saved as JSON.

A bench is a module `bench_<name>` with `main()`: it measures, prints a table and saves
`benchmarks/results/<name>.json`.
On a shared machine absolute times wander; compare what ran interleaved in one run.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def interleaved_medians(
    contenders: Mapping[str, Callable[[], object]], rounds: int = 5, warm_up: int = 1
) -> dict[str, float]:
    """Median seconds of each contender. They take turns, so that a slow spell of the machine hits all alike."""
    for _ in range(warm_up):
        for run in contenders.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def peak_memory(function: Callable[..., object], *args: object) -> int:
    """Peak resident bytes of a fresh child process that runs `function(*args)` (a module-level function).

    The figure includes the interpreter and imports: subtract `peak_memory(of_the_same_setup)` to compare work alone.
    Raises RuntimeError if the child died.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report_peak, args=(sender, function, args))
    child.start()
    sender.close()
    try:
        peak = receiver.recv()
    except EOFError:
        child.join()
        raise RuntimeError(f"{function.__qualname__} died in its own process (exit {child.exitcode})") from None
    child.join()
    return int(peak)


def _report_peak(sender: Any, function: Callable[..., object], args: tuple[object, ...]) -> None:
    function(*args)
    sender.send(_own_peak())


def _own_peak() -> int:
    """Peak resident bytes of this process. On Linux VmHWM: ru_maxrss would carry the parent's peak across exec."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    import psutil

    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def machine() -> dict[str, Any]:
    """The machine and the versions a figure was measured with."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in ("numpy", "scipy", "numba", "opencv-python", "av", "onnxruntime-gpu", "onnxruntime", "torch"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": versions,
    }


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


class Table:
    """Rows under headings, printed aligned; numbers to the right. `note` is a line below it.

    Floats are shown with four significant digits, or with `decimals` places.
    """

    def __init__(self, title: str, *headings: str, note: str = "", decimals: int | None = None) -> None:
        self.title = title
        self.headings = headings
        self.note = note
        self.decimals = decimals
        self.rows: list[tuple[object, ...]] = []

    def add(self, *cells: object) -> None:
        """One row; as many cells as headings."""
        if len(cells) != len(self.headings):
            raise ValueError(f"{len(cells)} cells under {len(self.headings)} headings")
        self.rows.append(cells)

    def print(self) -> None:
        """Write the table to standard output."""
        shown = self._cells()
        widths = [max(map(len, column)) for column in zip(self.headings, *shown, strict=True)]
        right = self._numeric()
        print(f"\n{self.title}")
        print(_aligned(self.headings, widths, right))
        print("  ".join("-" * width for width in widths))
        for cells in shown:
            print(_aligned(cells, widths, right))
        if self.note:
            print(self.note)

    def markdown(self) -> str:
        """The table as GitHub's Markdown, title in bold above, note below."""
        rule = ["---:" if flush else "---" for flush in self._numeric()]
        lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in (self.headings, *self._cells())]
        lines.insert(1, f"|{'|'.join(rule)}|")
        return "\n".join([f"**{self.title}**", "", *lines, *(["", self.note] if self.note else [])])

    def _cells(self) -> list[list[str]]:
        return [[_shown(cell, self.decimals) for cell in row] for row in self.rows]

    def _numeric(self) -> list[bool]:
        return [all(isinstance(row[n], int | float | None) for row in self.rows) for n in range(len(self.headings))]

    def as_records(self) -> list[dict[str, object]]:
        """The rows as dicts, for the JSON."""
        return [dict(zip(self.headings, row, strict=True)) for row in self.rows]


def _shown(cell: object, decimals: int | None) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float) and decimals is not None:
        return f"{cell:,.{decimals}f}"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _aligned(cells: Iterable[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    columns = zip(cells, widths, right, strict=True)
    return "  ".join(cell.rjust(width) if flush else cell.ljust(width) for cell, width, flush in columns).rstrip()


def save(name: str, *tables: Table, **extra: Any) -> Path:
    """Write `benchmarks/results/<name>.json`: machine, time, the tables' rows and whatever else is given."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    result = {
        "bench": name,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "tables": {table.title: table.as_records() for table in tables},
        **extra,
    }
    path.write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")
    print(f"\nsaved {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return path
