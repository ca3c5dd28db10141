"""`python -m training <command>`: check, train, evaluate, export, ablation, detector, synthetic.

Each command imports what it needs when it runs; nothing here imports torch.
"""

from __future__ import annotations

import argparse
import json
import sys

from engine.errors import NightjarError
from training import options
from training.detector import cli as detector
from training.synthetic import cli as synthetic


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(prog="python -m training", description="Train, measure and export models.")
    commands = parser.add_subparsers(dest="command", required=True)
    options.add_commands(commands)
    detector.add_commands(commands)
    synthetic.add_commands(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. Failures are one sentence on stderr and one JSON line on stdout."""
    parsed = build_parser().parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except NightjarError as error:
        print(f"{error}\n{error.hint}".strip(), file=sys.stderr)
        if getattr(parsed, "json_lines", False):
            print(json.dumps({"event": "error", "message": str(error), "hint": error.hint}), flush=True)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
