"""`python -m tests.helpers.ingest_once CASE`: ingest everything that is not done, committing often; to be killed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from engine.case import Case
from engine.ingest import IngestOptions, ingest_item, pending
from engine.progress import finish
from engine.settings import Settings
from tests.helpers.cases import EXAMINER


def often() -> IngestOptions:
    """Commits and checkpoints as often as possible, so that a kill may fall anywhere."""
    base = Settings()
    return IngestOptions(
        detector="motion",
        device="cpu",
        settings=replace(base, ingest=replace(base.ingest, commit_seconds=0.05, checkpoint_seconds=1.0)),
    )


if __name__ == "__main__":
    with Case.open(Path(sys.argv[1]), examiner=EXAMINER) as case:
        for item in pending(case):
            finish(ingest_item(case, item.id, often()))
