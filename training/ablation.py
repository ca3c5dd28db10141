"""`python -m training ablation`: the rows of TS-GAN's Table II on one data set, several seeds, in one command.

Finished runs are kept and skipped, so that the command can be repeated, and rows or seeds added.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from training.config import TrainConfig
from training.data.formats import open_set
from training.data.records import Splits
from training.evaluate import measure, open_model
from training.loop import train
from training.protocols import RULE, Protocol, of_set, tracklets

# Row of Table II: method, discriminator, TS losses, and the re-rankings reported for it.
ROWS: dict[str, tuple[str, str, str]] = {
    "backbone": ("baseline", "joint", "none"),
    "od-single": ("ts_gan", "ordinary", "single"),
    "od-all": ("ts_gan", "ordinary", "all"),
    "jd-all": ("ts_gan", "joint", "all"),
}
LABELS = {
    "backbone": "Backbone",
    "od-single": "TS-GAN, ordinary discriminator, one TS loss",
    "od-all": "TS-GAN, ordinary discriminator, all TS losses",
    "jd-all": "TS-GAN, joint discriminator, all TS losses",
}
RERANKS = ("none", "k-reciprocal")
FIGURES = ("R1", "R10", "R20", "mAP")


def run_ablation(config: TrainConfig, folder: Path, rows: Iterable[str], seeds: Iterable[int]) -> list[dict[str, Any]]:
    """Train what is missing, one seed after the other, and measure every run on the test people."""
    splits = open_set(Path(config.data), config.layout, trial=config.trial)
    protocols = [
        of_set(splits, splits.test, modes=("all",), shots=(1,), trial=config.trial)[0],
        tracklets(splits.test, RULE[splits.layout]),
    ]
    chosen = list(rows)
    return [
        finished_run(replace(config, seed=seed), splits, protocols, folder, row) for seed in seeds for row in chosen
    ]


def finished_run(
    config: TrainConfig, splits: Splits, protocols: list[Protocol], folder: Path, row: str
) -> dict[str, Any]:
    """The results of one row and seed, trained now where they are not there yet."""
    out = folder / f"{row}-seed{config.seed}"
    results = out / "results.json"
    if results.is_file():
        return dict(json.loads(results.read_text(encoding="utf-8")))
    method, discriminator, ts_losses = ROWS[row]
    config = replace(config, method=method, gan=replace(config.gan, discriminator=discriminator, ts_losses=ts_losses))
    if method == "ts_gan":
        config = replace(config, teacher=str(shared_teacher(config, splits, folder)))
    progress = train(config, splits, out, resume=True)
    measured = measure(open_model(out / "best.pt", config.threads), protocols, RERANKS)
    result = {
        "row": row,
        "seed": config.seed,
        "steps": progress.step,
        "best_step": progress.best_step,
        "minutes": round(progress.seconds / 60, 2),
        "validation": progress.metrics,
        "test": [{key: entry[key] for key in ("protocol", "rerank", "metrics")} for entry in measured],
    }
    results.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def shared_teacher(config: TrainConfig, splits: Splits, folder: Path) -> Path:
    """The IR teacher of this seed; the rows share it."""
    out = folder / f"teacher-seed{config.seed}"
    done = out / "done.pt"
    if not done.is_file():
        epochs = config.teacher_epochs or config.epochs
        train(replace(config, method="ir_teacher", epochs=epochs), splits, out, resume=True)
        (out / "best.pt").replace(done)
    return done


def summarise(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry per row, protocol and re-ranking: mean and every seed's figure, per cent."""
    summary = []
    for row in ROWS:
        runs = [result for result in results if result["row"] == row]
        for number in range(len(runs[0]["test"]) if runs else 0):
            entries = [run["test"][number] for run in runs]
            figures = {name: [round(100 * entry["metrics"][name], 2) for entry in entries] for name in FIGURES}
            summary.append(
                {
                    "row": row,
                    "protocol": entries[0]["protocol"],
                    "rerank": entries[0]["rerank"],
                    "seeds": [run["seed"] for run in runs],
                    "mean": {name: round(float(np.mean(values)), 2) for name, values in figures.items()},
                    "figures": figures,
                }
            )
    return summary


def print_summary(summary: list[dict[str, Any]]) -> None:
    """Table II: means over the seeds, with the lowest and highest."""
    for protocol in dict.fromkeys(entry["protocol"] for entry in summary):
        table = Table(title=f"{protocol}, per cent, mean (lowest to highest) over the seeds")
        for column in ("row", "re-ranking", "seeds", *FIGURES):
            table.add_column(column, justify="left" if column == "row" else "right")
        for entry in summary:
            if entry["protocol"] != protocol:
                continue
            cells = [
                f"{entry['mean'][name]:.1f} ({min(values):.1f} to {max(values):.1f})"
                for name, values in entry["figures"].items()
            ]
            table.add_row(LABELS[entry["row"]], entry["rerank"], str(len(entry["seeds"])), *cells)
        Console(width=170).print(table)


def ablation_command(parsed: argparse.Namespace, config: TrainConfig) -> None:
    """`ablation`."""
    folder = parsed.out or Path("runs") / "ablation"
    results = run_ablation(config, folder, parsed.rows, parsed.seeds)
    summary = summarise(results)
    (folder / "ablation.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print_summary(summary)
