"""docs/models.md: the cards of the models that ship, for people to read.

    python -m benchmarks.model_cards [--check]

`--check` writes nothing and fails where the page is not current. A test does the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.models.card import Metric, ModelCard
from engine.models.library import CARD_FILE, MODEL_FILE

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "models.md"
HEAD = """\
# Model cards

Written from the cards in `resources/models/` by `python -m benchmarks.model_cards`: do not edit. Figures were measured
by the protocol named beside them and by nothing else; [accuracy.md](accuracy.md) has all, beside the baselines. The
window shows the same cards on its *Models* page.
"""
BESIDE = """\
## Known models that do not ship

Cards for files that a user may have; Nightjar does not contain them.
"""


def page(folder: Path) -> str:
    """The page for the models below `folder`."""
    defaults = json.loads((folder / "defaults.json").read_text(encoding="utf-8"))
    parts = [HEAD]
    for path in sorted(folder.glob(f"*/{CARD_FILE}")):
        card = ModelCard.load(path)
        used = " (used by default)" if defaults.get(card.task) == card.name else ""
        size = (path.parent / MODEL_FILE).stat().st_size / 1e6
        parts.append(f"## {card.name}{used}\n")
        parts.append("\n".join(_card(card, f"{size:.1f} MB")) + "\n")
    parts.append(BESIDE)
    for path in sorted(folder.glob("sidecars/*.json")):
        card = ModelCard.load(path)
        parts.append(f"### {card.name}\n")
        parts.append("\n".join(_card(card)) + "\n")
    return "\n".join(parts)


def _card(card: ModelCard, size: str = "") -> Iterator[str]:
    if card.provisional:
        yield f"> {card.provisional}\n"
    if card.summary:
        yield f"{card.summary}\n"
    yield from _facts(card, size)
    yield from _listed("Trained on", [data.words for data in card.made.data] if card.made else [])
    yield from _measured(card)
    yield from _listed("Known weaknesses", card.limitations)
    yield from _listed("Not tested on", card.not_tested_on)
    yield from _listed("Credits", card.credits)
    yield from _listed("Made from", [f"{name}: {value}" for name, value in card.derived_from.items()])


def _facts(card: ModelCard, size: str) -> Iterator[str]:
    made = card.made
    facts = {
        "task": card.task,
        "version": card.version,
        "architecture": card.architecture,
        "meant for": card.intended_use,
        "training data": card.training_data,
        "training": card.training,
        "command": f"`{made.command}`" if made and made.command else "",
        "hardware": made.hardware if made else "",
        "took": made.duration if made else "",
        "made on": made.date if made else "",
        "code": f"commit `{made.commit}`" if made and made.commit else "",
        "seed": str(made.seed) if made and made.seed is not None else "",
        "licence": card.licence,
        "file": f"{size}, SHA-256 `{card.sha256}`".lstrip(", "),
    }
    yield "| | |"
    yield "|---|---|"
    for name, value in facts.items():
        if value:
            yield f"| {name} | {value.replace('|', '/')} |"


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n**{title}**\n"
        yield from (f"* {line}" for line in lines)


def _measured(card: ModelCard) -> Iterator[str]:
    """One line per set and protocol, a column for each figure's name."""
    groups = card.measured()
    if not groups:
        yield "\n**Measured**: nothing."
        return
    names = list(dict.fromkeys(_heading(metric) for metric in card.metrics))
    yield "\n**Measured**\n"
    yield f"| on | protocol | {' | '.join(names)} |"
    yield f"|---|---|{'---:|' * len(names)}"
    for (data, protocol), metrics in groups.items():
        values = {_heading(metric): f"{metric.value:g}" for metric in metrics}
        yield f"| {data or '-'} | {protocol} | {' | '.join(values.get(name, '') for name in names)} |"


def _heading(metric: Metric) -> str:
    return f"{metric.name} ({metric.unit})" if metric.unit else metric.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or say that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parsed = parser.parse_args(arguments)
    text = page(ROOT / "resources" / "models")
    if parsed.check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        if not current:
            print("docs/models.md is not current: run python -m benchmarks.model_cards", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
