"""`python -m training.synthetic …`, the same commands as `python -m training synthetic …`."""

from __future__ import annotations

import argparse
import os
import sys

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process per core; before numpy loads

from engine.errors import NightjarError  # noqa: E402
from training.synthetic.cli import add_subcommands  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Exit status of one command; failures in one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m training.synthetic")
    add_subcommands(parser)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except NightjarError as error:
        print(error, file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
