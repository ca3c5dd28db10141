"""Pictures of the site under the map of cameras: files of the case folder, and where they lie on the plan.

Files are named by their SHA-256 and never deleted: a plan that was replaced or removed is still what earlier work
was done on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import CaseError, UsageError
from engine.store.database import Database, Transaction

FOLDER = "site"
SPREAD = 0.8  # share of a first picture that cameras placed before it take up


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
class SitePlan:
    """A picture and where it lies: its upper left corner at (`x`, `y`) of the cameras' positions, one of its pixels
    `unit` of their units wide. `removed_at` None for the one in use."""

    id: int
    picture: PlanFile
    x: float
    y: float
    unit: float
    added_by: str
    added_at: str
    removed_at: str | None

    @property
    def target(self) -> str:
        """How the audit log names it."""
        return f"plan:{self.id}"

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of the picture under the cameras' position (`x`, `y`), from the upper left corner."""
        return (x - self.x) / self.unit, (y - self.y) / self.unit


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
        fields = ("name", "suffix", "sha256", "size", "width", "height")
        return [
            SitePlan(
                picture=PlanFile(*(row[field] for field in fields)),
                **{key: row[key] for key in row.keys() if key not in fields},  # noqa: SIM118 - rows iterate over values
            )
            for row in self._db.rows("SELECT * FROM site_plans ORDER BY id")
        ]

    def path(self, picture: PlanFile) -> Path:
        """Where the case folder keeps it."""
        return self.folder / f"{picture.sha256}{picture.suffix}"

    def require_writable(self) -> None:
        """`CaseError` where the case is open for reading only."""
        if not self._db.writable:
            raise CaseError("This case is open read-only.", "Open it for writing to change anything.")

    def use(self, picture: PlanFile) -> SitePlan:
        """Lay a picture under the map, whose file is in place (see `path`), instead of any before.

        It takes the place and width of the one before, so that cameras keep theirs on a better copy of one plan. A
        first one lies pixel by unit from the origin, or around the cameras where any stand already.
        """
        before = self.current()
        x, y, unit = self._place(before, picture)
        details = {**asdict(picture), "x": x, "y": y, "unit": unit, "replaces": before.id if before else None}
        with self._db.transaction("plan.use", **details) as tx:
            if before is not None:
                _retire(tx, before)
            number = tx.insert("site_plans", **asdict(picture), x=x, y=y, unit=unit, added_by=tx.actor, added_at=tx.at)
            tx.target = f"plan:{number}"
        return self.list()[-1]

    def remove(self) -> SitePlan:
        """Take the plan off the map. Cameras keep their places, the case folder keeps the file."""
        plan = self.current()
        if plan is None:
            raise UsageError("The map has no site plan.")
        with self._db.transaction("plan.remove", plan.target, **asdict(plan.picture)) as tx:
            _retire(tx, plan)
        return plan

    def _place(self, before: SitePlan | None, picture: PlanFile) -> tuple[float, float, float]:
        if before is not None:
            return before.x, before.y, before.unit * before.picture.width / picture.width
        rows = self._db.rows("SELECT x, y FROM cameras WHERE x IS NOT NULL")
        if not rows:
            return 0.0, 0.0, 1.0
        xs, ys = [row["x"] for row in rows], [row["y"] for row in rows]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        unit = max(wide / picture.width, high / picture.height) / SPREAD or 1.0
        middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
        return middle[0] - unit * picture.width / 2, middle[1] - unit * picture.height / 2, unit


def _retire(tx: Transaction, plan: SitePlan) -> None:
    tx.execute("UPDATE site_plans SET removed_at = ? WHERE id = ?", (tx.at, plan.id))
