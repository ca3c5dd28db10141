"""From a person on Review to the query on Search, where shots of one person are collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.operations.searching import QueryDraft, query_of
from app.words import tr

if TYPE_CHECKING:
    from app.pages.review import ReviewPage
    from app.pages.search import SearchPage


class Querying:
    """The review page's part that searches."""

    def __init__(self, page: ReviewPage) -> None:
        self._page = page
        self._shots: frozenset[int] = frozenset()  # tracklets collected here

    def add(self) -> None:
        """The chosen person is one more shot of the person searched for."""
        person = self._page.person
        if person is not None:
            search = self._search_page()
            search.add_query(query_of(person))
            self._shots = _shots(search.panel.draft)
            self.show()

    def search(self) -> None:
        """Search for the chosen person: with all shots collected where this is one of them, else alone."""
        person = self._page.person
        if person is None:
            return
        search, collected, shots = self._search_page(), self._collected(), len(self._shots)
        self._page.shell.show_page("search")
        if collected is not None and person.tracklet.id in self._shots:
            search.start_query(collected)
            if shots > 1:
                self._say(
                    tr(
                        "Searching with the {n} shots collected in the query.",
                        "Searching with the {n} shot collected in the query.",
                        shots,
                    )
                )
        else:
            search.start_query(query_of(person))
            if collected is not None:
                self._say(
                    tr(
                        "A new query: the {n} shots collected before are not part of it.",
                        "A new query: the {n} shot collected before is not part of it.",
                        shots,
                    )
                )
            self.forget()

    def show(self) -> None:
        """Say how many shots are collected, and still stand in the query."""
        words = tr("{n} shots in the query", "{n} person shot in the query", len(self._shots))
        self._page.panel.query.setText(words if self._collected() is not None else "")

    def forget(self) -> None:
        """Nothing is collected."""
        self._shots = frozenset()
        self._page.panel.query.clear()

    def _collected(self) -> QueryDraft | None:
        """The query on Search, where it is still the one that was collected here."""
        draft = self._search_page().panel.draft if self._shots else None
        return draft if draft is not None and _shots(draft) == self._shots else None

    def _search_page(self) -> SearchPage:
        return self._page.shell.page("search")  # type: ignore[return-value]

    def _say(self, words: str) -> None:
        self._page.session.message.emit("plain", words, "")


def _shots(draft: QueryDraft | None) -> frozenset[int]:
    return frozenset(crop.tracklet for crop in draft.crops) if draft else frozenset()
