"""Deciding on candidates: what was written goes with the decision, and stays where the decision could not be saved."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.dialogs import ask_text
from app.operations import decisions, searching
from app.operations.decisions import Review, Verdicts
from app.tiles import Tile
from app.widgets.observations import NOTHING_YET, Draft
from app.words import tr
from engine.types import Verdict

if TYPE_CHECKING:
    from app.operations.searching import SearchData
    from app.pages.search import SearchPage


class Deciding:
    """The search page's part that decides."""

    def __init__(self, page: SearchPage) -> None:
        self._page, self._session = page, page.session
        self._written = page.compare.observations
        self._names: dict[int, str] = {}  # of searches that were on show, the same in every copy of the case
        self._kept: dict[str, Any] = {}  # drafts of searches that were not on show yet
        self._seen: set[int] = set()  # searches whose order was on show: a decision in them is not blind any more
        self._said: dict[tuple[int, int], list[Draft]] = {}  # recorded from here: an undo gives it back to be written
        self._undoing = False

    def turn_to(self, tile: Tile | None) -> None:
        """Show what is written about this candidate, or recorded of it."""
        data, blind = self._page.data, self._page.blind
        if data is None or tile is None:
            self._written.turn_to(None)
            self._written.show_candidate(None)
            return
        self._recall()
        decision = data.review.decisions.get(tile.tracklet)
        info = self._session.info
        others = decision is not None and info is not None and decision.examiner != info.examiner
        self._written.turn_to((data.search.id, tile.tracklet), decision, hidden=blind and others)
        together = data.review.apart.get(tile.tracklet, "") if decision is None else ""
        self._written.show_candidate(tile, together, "" if blind else data.band_rule, blind=blind)

    def forget(self) -> None:
        """Another case."""
        self._written.forget()
        self._seen.clear()
        self._said.clear()
        self._names.clear()
        self._kept = {}

    def drafts(self) -> dict[str, Any]:
        """What is written and not decided on, by search, its time, and candidate."""
        written = self._written.drafts()
        mine = {f"{self._names[search]} {tracklet}": draft for (search, tracklet), draft in written.items()}
        return self._kept | {name: {"reason": d.reason, "answers": dict(d.answers)} for name, d in mine.items()}

    def take_drafts(self, kept: Mapping[str, Any]) -> None:
        """Those of a search come back when it is shown."""
        self._kept = dict(kept)

    def _recall(self) -> None:
        """The search on show may be one that was written about before the case was closed."""
        data = self._page.data
        if data is None or data.search.id in self._names:
            return
        self._names[data.search.id] = name = f"{data.search.label} {data.search.at}"
        for about in [about for about in self._kept if about.startswith(f"{name} ")]:
            draft = self._kept.pop(about)
            candidate = data.search.id, int(about.rsplit(" ", 1)[1])
            self._written.keep(candidate, Draft(draft["reason"], draft["answers"]))

    def read(self) -> None:
        """What stands may have changed."""
        data = self._page.data
        if data is not None:
            search = data.search.id
            show = lambda review: self._show(search, review)  # noqa: E731
            self._session.read(lambda case: decisions.review(case, search), show, key="decisions")

    def _show(self, search: int, review: Review) -> None:
        page, data = self._page, self._page.data
        if data is None or data.search.id != search:
            return  # another search has been opened since
        before, data.review = data.review, review
        for n, tile in enumerate(data.tiles):
            now = searching.reviewed(tile, review)
            if now != tile:
                data.tiles[n] = now
                row = page.model.row_of(tile.tracklet)
                if row is not None:
                    page.model.change(row, verdict=now.verdict, by=now.by, impossible=now.impossible)
        undone = [number for number, old in before.decisions.items() if _older(review, number, old.id)]
        for number in undone:
            self._give_back((search, number))
        page.show_review(undone[0] if undone and self._undoing else None)
        self._undoing = False

    def _give_back(self, key: tuple[int, int]) -> None:
        """What was written before a decision that is undone can be changed and decided on again."""
        said = self._said.get(key)
        draft = said.pop() if said else NOTHING_YET
        if self._written.draft(key) == NOTHING_YET:
            self._written.keep(key, draft)

    def shown(self, data: SearchData) -> list[Tile]:
        """The candidates as they are shown: in ranked order, or shuffled and without anything that tells of it."""
        if not self._page.blind:
            self._seen.add(data.search.id)
            return data.tiles
        tiles = [replace(tile, lead="", band="") for tile in data.tiles]
        random.Random(data.search.id).shuffle(tiles)
        return tiles

    def order_seen(self, data: SearchData) -> bool:
        """True where the ranked order has been shown since the case was opened."""
        return data.search.id in self._seen

    def unaware(self, data: SearchData) -> bool:
        """True where a decision would be taken blind: in blind mode, and the ranked order was never on show."""
        return self._page.blind and not self.order_seen(data)

    def decide(self, verdict: Verdict) -> None:
        """Decide on the chosen candidates, after asking for the reason that a confirmation needs."""
        page = self._page
        tile, data = page.model.tile(page.view.row), page.data
        if tile is None or data is None or not self._session.may_change():
            return
        rows = page.view.selected_rows() or [page.view.row]
        chosen = [t.tracklet for row in rows if (t := page.model.tile(row)) is not None]
        reason = self._reason(data, tile, verdict)
        if reason is not None:
            blind = self.unaware(data)
            self._record(data, tile, Verdicts(data.search.id, tuple(chosen), verdict, reason, blind=blind))
            if page.data is data:
                self._advance(rows[-1])

    def undo(self) -> None:
        """Take back the latest decision of the search."""
        if self._page.data is not None:
            self._undoing = True
            decisions.undo_last(self._session, self._page.data.search.id)

    def none_found(self) -> None:
        """Nobody of them is the person, or that word is taken back."""
        data, button = self._page.data, self._page.bar.none
        if data is None:
            return
        found = button.isChecked()

        def failed(error: Exception) -> None:
            self._session.failed.emit(error)
            if self._page.data is data:
                button.setChecked(not found)

        decisions.none_found(self._session, data.search.id, found, failed)

    def _reason(self, data: SearchData, tile: Tile, verdict: Verdict) -> str | None:
        """The reason as far as one is needed; None where the analyst has yet to write it or thought better of it."""
        key = (data.search.id, tile.tracklet)
        draft = self._written.draft(key)
        if verdict is not Verdict.CONFIRMED or (draft.reason and self._page.comparing):
            return draft.reason
        if self._page.comparing:
            self._written.ask_reason()
            return None
        question = tr("Why is this the same person? The reason stands in the report.")
        asked = ask_text(self._page, tr("Confirm"), question, tr("Confirm"), draft.reason, needed=True)
        if asked is not None:
            self._written.keep(key, Draft(asked, draft.answers))
        return asked

    def _record(self, data: SearchData, tile: Tile, verdicts: Verdicts) -> None:
        drafts = {number: self._written.draft((data.search.id, number)) for number in verdicts.tracklets}

        def done(_none: None) -> None:
            for number, draft in drafts.items():
                self._said.setdefault((data.search.id, number), []).append(draft)
                if self._written.draft((data.search.id, number)) == draft:  # nothing was written since
                    self._written.keep((data.search.id, number), NOTHING_YET)

        def failed(error: Exception) -> None:
            self._session.failed.emit(error)
            row = self._page.model.row_of(tile.tracklet)
            if self._page.data is data and row is not None:
                self._page.view.select_row(row)

        answers = {number: draft.answers for number, draft in drafts.items()}
        decisions.decide(self._session, replace(verdicts, observations=answers), done, failed)

    def _advance(self, row: int) -> None:
        """Go to the next candidate that nobody has decided on."""
        page = self._page
        following = range(row + 1, page.model.rowCount())
        undecided = (n for n in following if (t := page.model.tile(n)) is not None and t.verdict is None)
        page.view.select_row(next(undecided, min(row + 1, page.model.rowCount() - 1)))
        page.focus_main()


def _older(review: Review, tracklet: int, decision: int) -> bool:
    """Whether that decision does not stand any more, nor one that replaced it."""
    now = review.decisions.get(tracklet)
    return now is None or now.id < decision
