"""TS-GAN's Table II over seeds: the record of the last training, or trained anew. Part of `benchmarks.accuracy`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy_record import Notebook, Section
from benchmarks.accuracy_sets import LabelledSet, Rendered
from benchmarks.common import Table
from engine.errors import NightjarError, UsageError
from engine.progress import Progress, Work
from training.ablation import FIGURES, LABELS, summarise
from training.synthetic.crops import CropSettings

RECORD = Path(__file__).resolve().parent / "records" / "ablation.json"
WEIGHTS = "WEIGHTS"  # stands in the record for the file of the ImageNet start
DATA = Rendered("people of the ablation", "ablation", CropSettings(300, 8, 101, 256, worlds=6))
SEEDS = ("0", "1", "2")


def recorded_section(notebook: Notebook) -> Section:
    """What was measured when the ablation was last trained."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    notebook.used.append((record["measured"], record["code"]))
    tables = _tables(summarise(record["runs"]), record.get("longer"))
    data = record["data"]
    command = " ".join(("python -m training ablation --data DIR --out DIR --seeds", *SEEDS, *record["options"]))
    text = (
        f"A measurement on record, made on {record['hardware']}; it is not repeated unless `--train-ablation` is "
        f"given. {data['people']} rendered people ({data['split']}); start: "
        f"{record['weights']}. {record['note']}\n\n`{command}`\n"
    )
    facts = {"name": DATA.title, **data["parameters"], "picture version": data["picture_version"]}
    return Section(TITLE, tables, text, [{**facts, "sha256": data["files_sha256"]}])


TITLE = "Ablation: what TS-GAN's losses add (Table II of its paper)"


def trained_section(data: LabelledSet, weights: Path, folder: Path) -> Work[Section]:
    """The same, trained now with the record's options; finished runs in `folder` are kept and not trained again."""
    if not weights.is_file():
        raise UsageError(
            f"The ImageNet weights to start from are not in {weights}.",
            "Give torchvision's or your own with --weights.",
        )
    options = json.loads(RECORD.read_text(encoding="utf-8"))["options"]
    given = [str(weights) if option == WEIGHTS else option for option in options]
    yield Progress("training the ablation", 0, 1, "command", str(folder))
    command = ("-m", "training", "ablation", "--data", str(data.root), "--out", str(folder), "--seeds", *SEEDS, *given)
    if subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=False).returncode:
        raise NightjarError("The ablation stopped before it was done.", "Run the command again: it goes on.")
    yield Progress("training the ablation", 1, 1, "command")
    summary = json.loads((folder / "ablation.json").read_text(encoding="utf-8"))
    text = f"Trained for this page with the options of `{RECORD.name}`, start: {weights.name}.\n"
    return Section(TITLE, _tables(summary), text, [{"name": data.title, **data.facts, "sha256": data.digest}])


def _tables(summary: Sequence[dict[str, Any]], longer: dict[str, Any] | None = None) -> list[Table]:
    tables = []
    for protocol in dict.fromkeys(entry["protocol"] for entry in summary):
        headings = ("row", "re-ranking", "seeds", *FIGURES)
        note = "Mean, and lowest to highest, over the seeds."
        table = Table(f"Rendered people, {protocol}, per cent", *headings, note=note, decimals=1)
        for entry in summary:
            if entry["protocol"] == protocol:
                cells = [_spread(entry["mean"][name], entry["figures"][name]) for name in FIGURES]
                table.add(LABELS[entry["row"]], entry["rerank"], len(entry["seeds"]), *cells)
        for entry in longer["test"] if longer else ():
            if entry["protocol"] == protocol:
                cells = [f"{100 * entry['metrics'][name]:.1f}" for name in FIGURES]
                table.add(longer["name"], entry["rerank"], 1, *cells)
        tables.append(table)
    return tables


def _spread(mean: float, values: Sequence[float]) -> str:
    return f"{mean:.1f}" if len(values) == 1 else f"{mean:.1f} ({min(values):.1f} to {max(values):.1f})"
