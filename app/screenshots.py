"""Pictures of every page over the demo case, for the documentation: `python -m app.screenshots [--out FOLDER]`.

The window is 1440 × 900 at 200 %, once dark and once light. A case that is ready (`--case`) saves the ingest.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.shell import Window

SIZE = (1440, 900)
PATIENCE = 900.0
EXAMINER = "Examiner 1"


class Photographer:
    """Drives one window and saves what it shows."""

    def __init__(self, app: QApplication, window: Window, out: Path) -> None:
        self.app, self.window, self.out = app, window, out

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} never came")
            self.app.processEvents()
            time.sleep(0.005)

    def rest(self, seconds: float = 1.2) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "the end of a rest")
        self.until(lambda: not self.window.session.pool.busy(), "the last thumbnail")

    def take(self, name: str) -> None:
        """Save what is in sight, every pixel as it is shown: WebP without loss."""
        from app import theme

        self.rest()
        path = self.out / f"{name}-{theme.themer.name}.webp"
        if not self.window.grab().save(str(path), "WEBP", 100):
            raise OSError(f"{path} could not be written")
        print(f"{path.name}: {path.stat().st_size // 1000} kB")


def _prepare(photographer: Photographer, case: Path | None, place: Path) -> None:
    """Open the case, ingest what waits, and search and decide where nobody has yet."""
    from app.operations import cases, footage

    window = photographer.window
    if case is None:
        cases.open_demo(window.session, place, EXAMINER)
    else:
        cases.open_case(window.session, case, EXAMINER)
    photographer.until(lambda: window.session.is_open, "the case")
    page: Any = window.page("footage")
    photographer.until(lambda: page.model.rows, "the footage")
    page.trigger("footage.all")
    photographer.until(
        lambda: not any(job.lane == footage.INGEST for job in window.session.runner.active()), "the end of the ingest"
    )


def _identity(case: Any, tracklet_id: int) -> str:
    """Who a tracklet of the demo really is, by the truth that comes with the rendered footage; '' if nobody."""
    from engine.settings import resources_dir
    from engine.types import Box

    item = case.evidence.get(case.tracklets.get(tracklet_id).item_id)
    best = case.tracklets.crops(tracklet_id)[0]
    truth = json.loads((resources_dir() / "demo" / f"{item.path.stem}.json").read_text(encoding="utf-8"))
    people = next((f["people"] for f in truth["frames"] if f["pts"] == best.timestamp.pts), [])
    shared = {str(p["id"]): best.box.iou(Box(*p["visible"])) for p in people}
    return max(shared, key=lambda name: shared[name]) if shared and max(shared.values()) > 0.5 else ""


def _search(photographer: Photographer) -> None:
    """Search for somebody by night who was there by day too; confirm only who it really is."""
    from app import people
    from app.operations import decisions, searching
    from app.operations.decisions import Verdicts
    from engine.store.tracklets import TrackletFilter
    from engine.types import Modality, Verdict

    window = photographer.window
    page: Any = window.show_page("search")
    photographer.rest()
    case = window.session.case
    if page.data is not None or case is None:
        return
    day = {_identity(case, int(n)) for n in case.tracklets.ids(TrackletFilter(modality=Modality.VISIBLE))} - {""}
    night = [int(n) for n in case.tracklets.ids(TrackletFilter(modality=Modality.INFRARED, usable=True), "quality")]
    chosen = next((n for n in night if _identity(case, n) in day), night[0])
    who = _identity(case, chosen)
    page.start_query(searching.query_of(people.person(case, chosen)))
    photographer.until(lambda: page.data is not None, "the candidates")
    confirmed: list[int] = []
    for row, tile in enumerate(page.data.tiles):
        same = bool(who) and _identity(case, tile.tracklet) == who
        verdict = Verdict.CONFIRMED if same else Verdict.INCONCLUSIVE if row == 4 else Verdict.REJECTED
        if same and case.subjects.conflicts([*confirmed, tile.tracklet]):
            continue
        if (same and len(confirmed) < 3) or row in (0, 1, 3, 4):
            confirmed += [tile.tracklet] * same
            wanted = Verdicts(page.data.search.id, (tile.tracklet,), verdict, "Same build, clothes and what is carried")
            decisions.decide(window.session, wanted)
    photographer.rest()


def _album(photographer: Photographer) -> None:
    """Every page once."""
    window = photographer.window
    for name in ("start", "footage", "people", "report", "activity", "models", "settings"):
        window.show_page(name)
        photographer.take(name)
    page: Any = window.show_page("review")
    photographer.until(lambda: page.feed.current is not None, "the first frame")
    page.trigger("person.next")
    photographer.rest()
    page.feed.skip(3.0)
    photographer.rest(0.5)
    page.trigger("frame.person")
    photographer.take("review")
    page = window.show_page("search")
    page.view.select_row(2)
    photographer.take("search")
    page.trigger("compare")
    photographer.until(page.compare.ready, "both clips")
    photographer.take("compare")
    page.trigger("grid")
    window.show_page("subjects")
    photographer.take("subjects")


def main() -> int:
    """Take all pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Pictures of every page over the demo case")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--case", type=Path, help="a case that is ready, instead of a fresh demo")
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_SCALE_FACTOR", "2")
    from PySide6.QtWidgets import QApplication

    from app import tasks, theme
    from app.garbage import GarbageKeeper
    from app.preferences import Preferences
    from app.session import Session
    from app.shell import Window

    app = QApplication(sys.argv[:1])
    theme.load_fonts()
    theme.apply(app, "dark")
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nightjar-") as place:
        os.environ["NIGHTJAR_HOME"] = place  # the pictures show nothing of who draws them
        session = Session(Preferences(Path(place) / "window.ini"))
        GarbageKeeper(session)
        window = Window(session)
        tasks.set_reporter(_stop)
        window.session.failed.connect(_stop)
        window.show()
        window.resize(*SIZE)
        photographer = Photographer(app, window, chosen.out)
        _prepare(photographer, chosen.case, Path(place) / "demo")
        _search(photographer)
        for name in ("dark", "light"):
            theme.apply(app, name)
            _album(photographer)
        window.close()
        photographer.until(lambda: not window.isVisible(), "the end of the window's threads")
    return 0


def _stop(error: Exception) -> None:
    raise SystemExit(f"screenshots: {error}")


if __name__ == "__main__":
    sys.exit(main())
