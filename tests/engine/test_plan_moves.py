"""A site plan is moved, scaled and turned under cameras that stay; taken back; accounted for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Migrations

from engine.case import Case
from engine.errors import CaseError, UsageError
from engine.progress import finish
from engine.site_plan import lay_plan, use_plan
from engine.store import schema
from engine.store.records import Position
from engine.store.site_plans import PlanPlace
from tests.helpers.cases import EXAMINER, findings, new_case, register
from tests.helpers.plans import draw_plan


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path / "case") as made:
        register(made, tmp_path / "files")
        yield made


def test_the_plan_is_moved_under_cameras_that_stay_and_the_move_is_taken_back(case: Case, tmp_path: Path) -> None:
    (gate,) = case.cameras.list()
    case.cameras.place({gate.id: Position(x=320, y=200)})
    laid = finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    assert laid.place.pixel(320, 200) == pytest.approx(laid.middle)
    first = case.site_plans.move(PlanPlace(10, 20, 2, 90))
    assert first.place.pixel(320, 200) == pytest.approx((90, -155)), "y grows downwards, and 90° is clockwise"
    assert (first.moved_by, first.moved_at) == (EXAMINER, case.audit.entries(action="plan.move")[0].at)
    second = case.site_plans.move(PlanPlace(10, 20, 2, 450.5))
    assert second.place.turn == 90.5
    assert (case.cameras.get(gate.id).x, case.cameras.get(gate.id).y) == (320, 200)
    (entry, _) = case.audit.entries(action="plan.move")
    assert (entry.target, entry.actor, entry.details["turn"], entry.details["before"]["turn"]) == (
        *(laid.target, EXAMINER),
        *(90.5, 90),
    )
    assert case.site_plans.undo_move() == first
    assert case.site_plans.undo_move().place == laid.place
    assert case.audit.entries(limit=1)[0].action == "plan.undo"
    assert case.site_plans.current() == laid
    assert findings(case) == []
    with pytest.raises(UsageError, match="no move of the site plan to undo"):
        case.site_plans.undo_move()
    assert case.audit.entries(limit=1)[0].action == "case.verify", "what was refused is not logged"


def test_only_scaled_or_turned_its_middle_stays_and_a_better_copy_lies_the_same(case: Case, tmp_path: Path) -> None:
    (gate,) = case.cameras.list()
    case.cameras.place({gate.id: Position(x=320, y=200)})
    finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    turned = lay_plan(case, unit=3, turn=30)
    assert turned.place.position(*turned.middle) == pytest.approx((320, 200))
    assert (turned.place.unit, turned.place.turn) == (3, 30)
    corner = lay_plan(case, x=-7)
    assert (corner.place.x, corner.place.y, corner.place.turn) == (-7, turned.place.y, 30)
    better = finish(use_plan(case, draw_plan(tmp_path / "large.png", (1280, 800))))
    assert better.place == PlanPlace(corner.place.x, corner.place.y, 1.5, 30)
    assert better.moved_by is None
    assert findings(case) == []


@given(
    *(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0.01, 100), st.floats(-400, 800)),
    *(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(0.01, 100), st.floats(-400, 800)),
)
def test_a_pixel_and_its_position_belong_together_wherever_the_plan_lies(
    x: float, y: float, unit: float, turn: float, column: float, row: float, scaled: float, turned: float
) -> None:
    place = PlanPlace(x, y, unit, turn)
    where = place.position(column, row)
    straight = complex(x, y) + unit * complex(column, row) * complex(
        math.cos(math.radians(turn)), math.sin(math.radians(turn))
    )
    assert complex(*where) == pytest.approx(straight, abs=1e-6)
    assert place.pixel(*where) == pytest.approx((column, row), abs=1e-6)
    around = place.around((column, row), unit=scaled, turn=turned)
    assert around.position(column, row) == pytest.approx(where, abs=1e-6)
    assert (around.unit, around.turn) == (scaled, PlanPlace(0, 0, 1, turned).turn)
    assert 0 <= around.turn < 360


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (PlanPlace(0, 0, 1), "lies there already"),
        (PlanPlace(0, 0, 0), "as small as that"),
        (PlanPlace(0, 0, -2), "as small as that"),
        (PlanPlace(math.nan, 0, 1), "cannot lie there"),
        (PlanPlace(0, 0, 1, math.inf), "cannot lie there"),
        (PlanPlace(0, 1e300, 1), "cannot lie there"),
    ],
)
def test_a_plan_that_cannot_lie_there_stays_where_it_is(
    case: Case, tmp_path: Path, place: PlanPlace, told: str
) -> None:
    with pytest.raises(UsageError, match="no site plan"):
        case.site_plans.move(place)
    laid = finish(use_plan(case, draw_plan(tmp_path / "plan.png")))
    head = case.audit.head
    with pytest.raises(UsageError, match=told):
        case.site_plans.move(place)
    assert (case.site_plans.current(), case.audit.head) == (laid, head)
    case.close()
    with Case.open(case.folder, writable=False) as reading, pytest.raises(CaseError, match="read-only"):
        reading.site_plans.move(PlanPlace(1, 1, 1))


def test_a_plan_laid_by_an_earlier_program_lies_as_it_did_and_can_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = Migrations("nightjar")
    for step in (
        *(schema.m001_case, schema.m002_site_plans, schema.m003_mark_changes),
        *(schema.m004_row_sums, schema.m005_frame_times, schema.m006_query_files),
    ):
        earlier()(step)
    chosen = draw_plan(tmp_path / "plan.png")
    content = chosen.read_bytes()
    facts = {"name": "plan.png", "suffix": ".png", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", earlier)
        with new_case(tmp_path / "older") as old, old._db.transaction("plan.use") as tx:
            place = {"width": 640, "height": 400, "x": 1.0, "y": 2.0, "unit": 0.5, "added_by": "E", "added_at": tx.at}
            tx.insert("site_plans", **facts, **place)
            old.site_plans.folder.mkdir()
            (old.site_plans.folder / f"{facts['sha256']}.png").write_bytes(content)
    with Case.open(tmp_path / "older", examiner=EXAMINER) as opened:
        assert opened.audit.entries(limit=1)[0].action == "case.upgrade"
        (plan,) = opened.site_plans.list()
        assert (plan.place, plan.moved_by) == (PlanPlace(1, 2, 0.5), None)
        assert findings(opened) == []
        opened.site_plans.move(PlanPlace(1, 2, 0.5, 10))
        assert findings(opened) == []
