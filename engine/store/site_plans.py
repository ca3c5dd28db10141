"""Pictures of the site under the map of cameras: files of the case folder, and where they lie on the plan.

Files are named by their SHA-256 and never deleted: a plan that was replaced or removed is still what earlier work
was done on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import cos, isfinite, radians, sin
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.store.database import Database, Transaction

FOLDER = "site"
SPREAD = 0.8  # share of a first picture that cameras placed before it take up
_FARTHEST = 1e9  # from the origin, in any unit: further out, digits of a position are lost


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A picture as it was chosen: its file's `name`, and what was copied. `width`, `height` in upright pixels."""

    name: str
    suffix: str
    sha256: str
    size: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlanPlace:
    """Where a picture lies: its upper left corner at (`x`, `y`) of the cameras' positions, one of its pixels `unit` of
    their units wide, turned clockwise about that corner by `turn` degrees."""

    x: float
    y: float
    unit: float
    turn: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "turn", self.turn % 360.0 % 360.0)  # twice: just under 0 gives 360 at first

    def position(self, column: float, row: float) -> tuple[float, float]:
        """Where a pixel of the picture lies among the cameras; `column` and `row` from its upper left corner."""
        across, down = cos(radians(self.turn)), sin(radians(self.turn))
        return (
            self.x + self.unit * (column * across - row * down),
            self.y + self.unit * (column * down + row * across),
        )

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """The inverse of `position`."""
        across, down = cos(radians(self.turn)), sin(radians(self.turn))
        right, below = (x - self.x) / self.unit, (y - self.y) / self.unit
        return right * across + below * down, below * across - right * down

    def moved(self, right: float, down: float) -> PlanPlace:
        return replace(self, x=self.x + right, y=self.y + down)

    def around(self, pixel: tuple[float, float], *, unit: float | None = None, turn: float | None = None) -> PlanPlace:
        """Scaled and turned, while this pixel stays where it lies."""
        changed = replace(self, unit=self.unit if unit is None else unit, turn=self.turn if turn is None else turn)
        before, after = self.position(*pixel), changed.position(*pixel)
        return changed.moved(before[0] - after[0], before[1] - after[1])


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A picture and where it lies. `removed_at` None for the one in use; `moved_by` and `moved_at` say who put it
    where it lies, None where it lies as it was laid."""

    id: int
    picture: PlanFile
    place: PlanPlace
    added_by: str
    added_at: str
    removed_at: str | None
    moved_by: str | None
    moved_at: str | None

    @property
    def target(self) -> str:
        """How the audit log names it."""
        return f"plan:{self.id}"

    @property
    def middle(self) -> tuple[float, float]:
        """The pixel in the middle of the picture."""
        return self.picture.width / 2, self.picture.height / 2


class SitePlanStore:
    """The site plan of one case, and those it had before."""

    def __init__(self, db: Database, case_folder: Path) -> None:
        self._db = db
        self.folder = case_folder / FOLDER

    def current(self) -> SitePlan | None:
        """The one in use."""
        return next((plan for plan in self.list() if plan.removed_at is None), None)

    def list(self) -> Sequence[SitePlan]:
        """All there ever were, oldest first."""
        return [_plan(dict(row)) for row in self._db.rows("SELECT * FROM placed_site_plans ORDER BY id")]

    def path(self, picture: PlanFile) -> Path:
        """Where the case folder keeps it."""
        return self.folder / f"{picture.sha256}{picture.suffix}"

    def use(self, picture: PlanFile) -> SitePlan:
        """Lay a picture under the map, whose file is in place (see `path`), instead of any before.

        It takes the place and width of the one before, so that cameras keep theirs on a better copy of one plan. A
        first one lies pixel by unit from the origin, or around the cameras where any stand already.
        """
        before = self.current()
        place = asdict(self._place(before, picture))
        details = {**asdict(picture), **place, "replaces": before.id if before else None}
        with self._db.transaction("plan.use", **details) as tx:
            if before is not None:
                _retire(tx, before)
            number = tx.insert("site_plans", **asdict(picture), **place, added_by=tx.actor, added_at=tx.at)
            tx.target = f"plan:{number}"
        return self.list()[-1]

    def remove(self) -> SitePlan:
        """Take the plan off the map. Cameras keep their places, the case folder keeps the file."""
        plan = self._in_use()
        with self._db.transaction("plan.remove", plan.target, **asdict(plan.picture)) as tx:
            _retire(tx, plan)
        return plan

    def move(self, place: PlanPlace) -> SitePlan:
        """Let the plan lie elsewhere, larger, smaller or turned. Cameras keep their positions, so they stand elsewhere
        on the picture then. `UsageError` where there is no plan, it lies there already, or it cannot lie there."""
        plan = self._in_use()
        _require_sound(place)
        if place == plan.place:
            raise UsageError("The site plan lies there already.")
        with self._db.transaction("plan.move", plan.target, **asdict(place), before=asdict(plan.place)) as tx:
            tx.insert("plan_moves", plan_id=plan.id, **asdict(place), examiner=tx.actor, at=tx.at)
        return self._in_use()

    def undo_move(self) -> SitePlan:
        """Take back the newest move of the plan in use that stands; `UsageError` where there is none."""
        plan = self._in_use()
        with self._db.transaction("plan.undo", plan.target, before=asdict(plan.place)) as tx:
            query = "SELECT max(id) FROM standing_plan_moves WHERE plan_id = ?"
            newest = tx.execute(query, (plan.id,)).fetchone()[0]
            if newest is None:
                raise UsageError("There is no move of the site plan to undo.")
            tx.insert("plan_moves", plan_id=plan.id, undoes=newest, examiner=tx.actor, at=tx.at)
            tx.details |= asdict(self._in_use().place)
        return self._in_use()

    def _in_use(self) -> SitePlan:
        plan = self.current()
        if plan is None:
            raise UsageError("The map has no site plan.")
        return plan

    def _place(self, before: SitePlan | None, picture: PlanFile) -> PlanPlace:
        if before is not None:
            return replace(before.place, unit=before.place.unit * before.picture.width / picture.width)
        rows = self._db.rows("SELECT x, y FROM cameras WHERE x IS NOT NULL")
        if not rows:
            return PlanPlace(0.0, 0.0, 1.0)
        xs, ys = [row["x"] for row in rows], [row["y"] for row in rows]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        unit = max(wide / picture.width, high / picture.height) / SPREAD or 1.0
        middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
        return PlanPlace(middle[0] - unit * picture.width / 2, middle[1] - unit * picture.height / 2, unit)


def _require_sound(place: PlanPlace) -> None:
    if not all(isfinite(number) and abs(number) <= _FARTHEST for number in asdict(place).values()):
        raise UsageError("A site plan cannot lie there.", f"Give numbers within ±{_FARTHEST:,.0f}.")
    if place.unit < 1 / _FARTHEST:
        raise UsageError("A site plan cannot be as small as that.", "Its width must be more than 0.")


def _plan(row: dict[str, Any]) -> SitePlan:
    picture = PlanFile(**{name: row.pop(name) for name in ("name", "suffix", "sha256", "size", "width", "height")})
    place = PlanPlace(**{name: row.pop(name) for name in ("x", "y", "unit", "turn")})
    return SitePlan(picture=picture, place=place, **row)


def _retire(tx: Transaction, plan: SitePlan) -> None:
    tx.execute("UPDATE site_plans SET removed_at = ? WHERE id = ?", (tx.at, plan.id))
