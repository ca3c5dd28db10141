"""The menu of the case's searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from app.times import logged
from app.words import tr

if TYPE_CHECKING:
    from engine.store.searches import Search

NEWEST = 30


def search_history(under: QWidget, searches: Sequence[Search], choose: Callable[[int], None]) -> None:
    """Ask which of the newest searches to show."""
    menu = QMenu(under)
    for search in searches[:NEWEST]:
        menu.addAction(line(search), lambda number=search.id: choose(number))
    if not searches:
        menu.addAction(tr("No search yet")).setEnabled(False)
    menu.exec(under.mapToGlobal(under.rect().bottomLeft()))


def line(search: Search) -> str:
    """'Q-004   2026-05-11 21:44 UTC   12/200   none': when, how many are decided, and how it was ranked."""
    done = search.listed - search.undecided
    return f"{search.label}   {logged(search.at)}   {done}/{search.listed}   {search.reranker}"
