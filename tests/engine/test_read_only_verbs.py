"""Verbs that must record what they compute refuse a case that is open read-only before they compute anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.case import Case
from engine.errors import CaseError
from engine.ingest import ingest_item, register
from engine.progress import Work
from engine.query import Query
from engine.reembed import reembed
from engine.report.handover import write_handover
from engine.search import run_search
from engine.site_plan import use_plan
from tests.helpers.cases import new_case

NOWHERE = Path("nowhere.mp4")  # looking at it would be told first
VERBS: dict[str, Callable[[Case, Path], Work[object]]] = {
    "register": lambda case, _place: register(case, NOWHERE, "Gate"),
    "ingest": lambda case, _place: ingest_item(case, 99),
    "search": lambda case, _place: run_search(case, Query(crops=(99,))),
    "embed": lambda case, _place: reembed(case, "no such model"),
    "report": write_handover,
    "site plan": lambda case, _place: use_plan(case, NOWHERE),
}


@pytest.mark.parametrize("verb", list(VERBS))
def test_nothing_is_computed_that_cannot_be_recorded(tmp_path: Path, verb: str) -> None:
    new_case(tmp_path / "case").close()
    place = tmp_path / "report"
    with Case.open(tmp_path / "case", writable=False) as case, pytest.raises(CaseError, match="read-only"):
        next(VERBS[verb](case, place))
    assert not place.exists()
