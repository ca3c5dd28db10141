"""The boxes to draw over the footage: read for half a minute around the frame on show, and again when it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import people
from app.session import Session
from app.widgets.player import Path

if TYPE_CHECKING:
    from engine.case import Case

WINDOW_SECONDS = 30.0
GAP_SECONDS = 0.25  # a box stands this long after an observation, then it is gone until the next


class Overlay(QObject):
    """`paths` and, by tracklet, a word on quality; `second` in PTS units."""

    loaded = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._window: tuple[int, int, int] | None = None  # item, first and last PTS
        self._asked = 0
        self.paths: Sequence[Path] = ()
        self.words: dict[int, str] = {}
        self.second = 1

    def forget(self) -> None:
        """Other footage, or other results: nothing read before is good any more."""
        self._window = None
        self._asked += 1
        self.paths, self.words = (), {}

    def around(self, item_id: int, pts: int, time_base: float) -> None:
        """See to it that the boxes around `pts` are there; `loaded` follows if they had to be read."""
        self.second = max(round(1 / time_base), 1)
        if self._window is not None:
            item, first, last = self._window
            if item == item_id and first + self.second <= pts <= last - 2 * self.second:
                return
        margin = round(WINDOW_SECONDS * self.second)
        window = (pts - margin, pts + margin)
        self._window = (item_id, *window)
        self._asked += 1
        gap, asked = round(GAP_SECONDS * self.second), self._asked

        def done(found: tuple[list[Path], dict[int, str]]) -> None:
            if self._asked == asked:
                self.paths, self.words = found
                self.loaded.emit()

        self._session.read(lambda case: _read(case, item_id, window, gap), done, key="overlay")


def _read(case: Case, item_id: int, window: tuple[int, int], gap: int) -> tuple[list[Path], dict[int, str]]:
    paths = people.paths(case, item_id, *window, gap)
    rows = case.tracklets.rows([path.tracklet for path in paths])
    return paths, {t.id: people.quality_word(t.quality, usable=t.usable) for t in rows}
