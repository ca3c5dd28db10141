"""'Cannot be the same person': who is in one frame with a candidate, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.operations import decisions
from app.operations.decisions import Verdicts
from app.read_only import read_only
from app.tiles import VERDICT_WORDS, Tile
from app.words import tr
from engine.types import Verdict

if TYPE_CHECKING:
    from app.pages.search import SearchPage

LONGEST = 16  # lines of the menu


def ask(page: SearchPage) -> None:
    """Say in a menu who is in one frame with the chosen candidate; offer to look at them, or to reject them."""
    tile, data = page.model.tile(page.view.row), page.data
    if tile is None or data is None:
        return

    def show(found: tuple[str, Mapping[int, str]]) -> None:
        now = page.model.tile(page.view.row)
        if page.data is data and now is not None and now.tracklet == tile.tracklet and page.isVisible():
            _menu(page, now, *found)

    page.session.read(lambda case: decisions.together(case, tile.tracklet), show, key="together")


def _menu(page: SearchPage, tile: Tile, label: str, others: Mapping[int, str]) -> None:
    menu = QMenu(page)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(tr("Cannot be the same person"))
    listed = {number: n for number in others if (n := page.model.row_of(number)) is not None}
    words = (
        tr("In one frame with {label}, so not the same person:") if others else tr("Nobody is in a frame with {label}.")
    )
    _said(menu, words.format(label=label))
    for number, row in list(listed.items())[:LONGEST]:
        look = menu.addAction(_line(page, row, others[number]))
        look.triggered.connect(lambda _=False, row=row: page.view.select_row(row))
    missing = len(others) - min(len(listed), LONGEST)
    if missing:
        _said(menu, tr("{n} others are not in this list", "{n} other is not in this list", missing))
    wanted = _rejection(page, tile, label, listed)
    if wanted is not None and not read_only.on:
        menu.addSeparator()
        count = len(wanted.tracklets)
        text = tr("Reject this candidate") if wanted.tracklets == (tile.tracklet,) else tr("Reject these {n}")
        reject = menu.addAction(text.format(n=count))
        reject.setToolTip(wanted.reason)
        reject.triggered.connect(lambda: decisions.decide(page.session, wanted))
    below = page.compare.observations.apart if page.comparing else page.bar
    menu.popup(below.mapToGlobal(below.rect().topLeft()))


def _said(menu: QMenu, words: str) -> QAction:
    action = menu.addAction(words)
    action.setEnabled(False)
    return action


def _line(page: SearchPage, row: int, label: str) -> str:
    """'E-005/7, rank 4, confirmed'; no rank in blind mode."""
    tile = page.model.tiles[row]
    rank = tr("rank {n}").format(n=tile.lead) if tile.lead and not page.blind else ""
    verdict = VERDICT_WORDS[tile.verdict].lower() if tile.verdict else tr("not reviewed")
    return ", ".join(part for part in (label, rank, tile.camera, verdict) if part)


def _rejection(page: SearchPage, tile: Tile, label: str, listed: Mapping[int, int]) -> Verdicts | None:
    """What follows from the frame: this one is rejected, or all that are in a frame with this confirmed one."""
    assert page.data is not None
    search, blind = page.data.search.id, page.deciding.unaware(page.data)
    if tile.verdict is Verdict.CONFIRMED:
        rest = tuple(number for number, row in listed.items() if page.model.tiles[row].verdict is None)
        reason = f"in one frame with {label}, which is confirmed"  # recorded, so not translated
        return Verdicts(search, rest, Verdict.REJECTED, reason, blind=blind) if rest else None
    known = page.data.review.apart.get(tile.tracklet)
    if known is None or tile.verdict is Verdict.REJECTED:
        return None
    reason = f"in one frame with {known}, so not the same person"
    return Verdicts(search, (tile.tracklet,), Verdict.REJECTED, reason, blind=blind)
