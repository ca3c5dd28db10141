"""What `benchmarks.accuracy` measured, kept: nothing is measured twice, and the page and the JSON say from what.

A measurement is a generator (engine/progress.py) that returns plain JSON values. `Notebook.recall` keeps them under the
digest of everything that decided them: the models, the data, the settings and the source of the measuring module.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Table, machine
from engine.errors import StorageError
from engine.progress import Work

HEAD = """\
# Accuracy

Written by `make accuracy` (`python -m benchmarks.accuracy`): do not edit, run it again. Every figure was measured by
that command on the day and with the code, the models and the data named beside it.

**Rendered people only.** Unless a section says otherwise, nobody in the test pictures exists: they are rendered by this
project's own renderer, and so are the training pictures. The figures say how models compare and what they have learned.
They say nothing about how well people are found or ranked in real infrared footage.
"""


@dataclass
class Section:
    """One section as it was measured.

    `inputs`: models and data, each with `name` and `sha256`. `figures`: what a model card may quote, see `figure`.
    """

    title: str
    tables: list[Table]
    text: str = ""
    inputs: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)


def figure(sha256: str, data: str, protocol: str, values: Mapping[str, float], unit: str = "%") -> dict[str, Any]:
    """Figures of the model file `sha256` on `data`, as a card quotes them."""
    return {"sha256": sha256, "data": data, "protocol": protocol, "values": dict(values), "unit": unit}


@dataclass(frozen=True)
class Notebook:
    """The cache folder. `fresh` measures again what is kept; `code` names what measures now.

    `used` collects day and code of every measurement given since it was last cleared.
    """

    folder: Path
    fresh: bool = False
    code: str = ""
    used: list[tuple[str, str]] = field(default_factory=list)

    def recall(self, name: str, decided_by: Mapping[str, Any], measure: Callable[[], Work[Any]]) -> Work[Any]:
        """What `measure()` gave when it last ran with the same inputs and source, else what it gives now."""
        source = hashlib.sha256(Path(inspect.getfile(measure)).read_bytes()).hexdigest()
        path = self.folder / f"{name}-{_digest({**decided_by, 'source': source})}.json"
        if self.fresh or not path.is_file():
            values = yield from measure()
            _write(path, _dump({"measured": today(), "code": self.code, "values": values}))
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.used.append((kept["measured"], kept["code"]))
        return kept["values"]

    def array(
        self, name: str, decided_by: Mapping[str, Any], compute: Callable[[], Work[np.ndarray]]
    ) -> Work[np.ndarray]:
        """The same for an array that takes long to compute."""
        path = self.folder / f"{name}-{_digest(decided_by)}.npy"
        if not self.fresh and path.is_file():
            kept: np.ndarray = np.load(path, allow_pickle=False)
            return kept
        values = yield from compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, values)
        os.replace(part, path)
        return values


def today() -> str:
    """The day (UTC), ISO."""
    return datetime.now(UTC).date().isoformat()


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(values).encode()).hexdigest()[:16]


def _dump(values: Any) -> str:
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror}).", "Free some space or check the folder's permissions."
        ) from error


def save_section(
    path: Path, name: str, section: Section, order: Sequence[str], used: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Put a section into the JSON, beside those of earlier runs; returns all of it, sections in `order`.

    `used`: day and code of each measurement in it.
    """
    kept = load_results(path)["sections"]
    kept[name] = {
        "title": section.title,
        "text": section.text,
        "measured": [{"date": date, "code": code} for date, code in sorted(set(used))],
        "machine": machine(),
        "inputs": section.inputs,
        "tables": [_table_values(table) for table in section.tables],
        "figures": section.figures,
    }
    result = {"bench": "accuracy", "written": today(), "sections": {each: kept[each] for each in order if each in kept}}
    _write(path, json.dumps(result, indent=2, ensure_ascii=False, default=str) + "\n")
    return result


def load_results(path: Path) -> dict[str, Any]:
    """The JSON as it was saved; without sections where there is none, or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    return found if isinstance(found, dict) and "sections" in found else {"sections": {}}


def _table_values(table: Table) -> dict[str, Any]:
    return {
        "title": table.title, "note": table.note, "decimals": table.decimals, "headings": list(table.headings),
        "rows": [list(row) for row in table.rows],
    }  # fmt: skip


def table_of(values: Mapping[str, Any]) -> Table:
    """A table as it was saved."""
    table = Table(values["title"], *values["headings"], note=values["note"], decimals=values["decimals"])
    for row in values["rows"]:
        table.add(*row)
    return table


def write_page(path: Path, result: Mapping[str, Any]) -> None:
    """The page of the documentation, from the JSON."""
    parts = [HEAD]
    for section in result["sections"].values():
        cores = f"{section['machine']['cores']} cores, {section['machine']['cpu']}"
        parts.append(f"## {section['title']}\n")
        if section["text"]:
            parts.append(section["text"] + "\n")
        runs = "; ".join(f"{run['date']} with {run['code']}" for run in section["measured"])
        parts.append(f"Measured {runs} ({cores}).\n" if runs else "")
        parts += [table_of(values).markdown() + "\n" for values in section["tables"]]
        if section["inputs"]:
            parts.append(_inputs(section["inputs"]) + "\n")
    _write(path, "\n".join(parts))


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for one in inputs:
        facts = ", ".join(
            f"{key} {value}" for key, value in one.items() if key not in ("name", "sha256") and value != ""
        )
        lines.append(f"* {one['name']}: {facts}{', ' if facts else ''}SHA-256 `{one['sha256']}`")
    return "\n".join(["From:", "", *lines])
