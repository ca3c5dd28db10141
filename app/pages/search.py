"""Search: the query stays at the left, candidates in ranked order beside it, one decision at a time."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app import people, thumbnails, together
from app.deciding import Deciding
from app.jobs import Job
from app.operations import searching
from app.operations.searching import Choice, QueryDraft, SearchData
from app.pages.base import Page
from app.read_only import SEARCHES
from app.session import Changes, Session
from app.tiles import Tile, TileModel
from app.widgets.basic import Button, ElidedLabel, Segment, box
from app.widgets.compare import IN_ORDER, SHUFFLED, CompareView
from app.widgets.decision_bar import DecisionBar
from app.widgets.details_row import DetailsRow
from app.widgets.grid import TileView
from app.widgets.notices import EmptyState, Statement
from app.widgets.query_panel import QueryPanel
from app.widgets.results_line import ResultsLine
from app.widgets.search_history import search_history
from app.words import tr
from engine.types import Verdict

LEAD = tr("Ranked by appearance: an investigative lead, not an identification. The person may not be in the archive.")
NOBODY_YET = tr("Choose a person first: click one in the footage, or pick one on the People page.")
GRID, COMPARE = 0, 1
NOTHING, RESULTS = 0, 1


class SearchPage(Page):
    """One recorded search at a time; its order never changes while it is examined."""

    name, title = "search", tr("Search", "page")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.data: SearchData | None = None
        self._order: list[Tile] = []
        self._job: Job | None = None
        self.thumbnails = thumbnails.shared(session)
        self.model = TileModel()
        self.view = TileView(self.thumbnails, self.model, IN_ORDER)
        self.panel = QueryPanel(self.thumbnails)
        self.bar = DecisionBar()
        self.details = DetailsRow()
        self.compare = CompareView(session, self.thumbnails, self.model)
        self.deciding = self.drafter = Deciding(self)
        self._build_header()
        self._stack = QStackedWidget()
        self._empty = EmptyState(
            "account-search-outline",
            NOBODY_YET,
            tr("Go to Review"),
            lambda: self._start() if self.panel.draft else self.shell.show_page("review"),
        )
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._results())
        row = box(QHBoxLayout())
        row.addWidget(self.panel)
        row.addWidget(self._stack, 1)
        self.body.addLayout(row, 1)
        self.panel.hide()
        self._connect()

    def _build_header(self) -> None:
        self._about = ElidedLabel("", "second")
        self.header.row.insertWidget(2, self._about, 20)
        looks = (("view-grid-outline", "grid"), ("compare", "compare"))
        self._views = Segment(tr("View"), [(tr("Grid"), GRID), (tr("Compare"), COMPARE)], looks=looks)
        self._views.select(GRID)
        self._blind_button = Button(tr("Blind mode"), "eye-off-outline", "blind")
        self._blind_button.setCheckable(True)
        self._blind_button.setChecked(self.session.preferences.get("blind", False))
        self._blind_button.toggled.connect(self._show_blind)
        self._blind_button.setToolTip(tr("Shuffled, with rank and band hidden, so that the order cannot lead you."))
        history = Button(tr("Search history"), "history")
        history.clicked.connect(lambda: self._show_history(history))
        report = Button(tr("Report page…"), "file-document-outline")
        report.clicked.connect(lambda: self.shell.show_page("report"))
        self.header.add(self._views, self._blind_button, history, report)

    def _results(self) -> QWidget:
        area = QWidget()
        column = box(QVBoxLayout(area))
        self.statement = Statement(LEAD)  # over grid and comparison alike
        column.addWidget(self.statement)
        self.line = ResultsLine(int(self.session.preferences.get("tile_width", 142)))
        column.addWidget(self.line)
        self._both = QStackedWidget()
        grid = QWidget()
        held = box(QVBoxLayout(grid), 0, (16, 4, 0, 0))
        held.addWidget(self.view)
        self._both.addWidget(grid)
        self._both.addWidget(self.compare)
        column.addWidget(self._both, 1)
        column.addWidget(self.details)
        column.addWidget(self.bar)
        return area

    def _connect(self) -> None:
        self._views.chosen.connect(self._show_view)
        self.line.width_changed.connect(self._resize_tiles)
        self.line.search.clicked.connect(self._start)
        self.line.rerank.activated.connect(lambda _n: self._offer_search())
        self.panel.changed.connect(self._offer_search)
        self.panel.footage_asked.connect(self._show_query_in_footage)
        self.panel.more_asked.connect(lambda: self.shell.show_page("people"))
        self.panel.filters.hide_toggled.connect(lambda _on: self._show_order(keep=True))
        self.view.current_changed.connect(lambda _row: self._current_changed())
        self.view.opened.connect(lambda _row: self._show_view(COMPARE))
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._current_changed())
        self.compare.moved.connect(self.view.select_row)
        self.compare.observations.accepted.connect(lambda: self.deciding.decide(Verdict.CONFIRMED))
        self.compare.observations.left.connect(self.focus_main)
        self.compare.observations.apart_asked.connect(lambda: together.ask(self))
        self.bar.confirm.clicked.connect(lambda: self.deciding.decide(Verdict.CONFIRMED))
        self.bar.reject.clicked.connect(lambda: self.deciding.decide(Verdict.REJECTED))
        self.bar.inconclusive.clicked.connect(lambda: self.deciding.decide(Verdict.INCONCLUSIVE))
        self.bar.again.clicked.connect(self._search_from_here)
        self.bar.undo.clicked.connect(self.deciding.undo)
        self.bar.none.clicked.connect(self.deciding.none_found)
        for name, act in {
            "blind": self._blind_button.toggle,
            "confirm": lambda: self.deciding.decide(Verdict.CONFIRMED),
            "change": self._change,
            "apart": lambda: together.ask(self),
            "reject": lambda: self.deciding.decide(Verdict.REJECTED),
            "inconclusive": lambda: self.deciding.decide(Verdict.INCONCLUSIVE),
            "none": self.bar.none.click,
            "undo": self.deciding.undo,
            "again": self._search_from_here,
            "grid": lambda: self._show_view(GRID),
            "compare": lambda: self._show_view(COMPARE),
            "preview": lambda: self._show_view(GRID if self.comparing else COMPARE),
            "search.run": self._start,
            "filter.time": self._ask_time,
            "details": self.details.toggle,
            "hide": self.panel.filters.hide_decided.toggle,
            "candidate.next": lambda: self.view.select_row(self.view.row + 1),
            "candidate.previous": lambda: self.view.select_row(self.view.row - 1),
            "footage.show": self._show_candidate_in_footage,
            **self.compare.commands(),
        }.items():
            self.command(name, act)
        self.session.runner.progressed.connect(self._tick)
        self.session.pool.submit(searching.rerankers, self.line.fill_rerankers)
        self._resize_tiles(self.line.tile_width())
        self.bar.undo.hide()

    # the query

    def start_query(self, draft: QueryDraft) -> None:
        """Search for this person at once."""
        self._show_query(draft)
        self._start()

    def add_query(self, draft: QueryDraft) -> int:
        """Add crops of the same person to the query; returns how many shots it has now."""
        same = self.panel.draft is not None and self.panel.draft.target is draft.target
        joined = self.panel.draft.joined(draft) if same and self.panel.draft else draft
        self._show_query(joined)
        self._offer_search()
        return len({crop.tracklet for crop in joined.crops})

    def _show_query(self, draft: QueryDraft) -> None:
        """The candidates of somebody else must not stand beside this person, nor be decided on."""
        shown = self.data.draft if self.data else None
        if self.data is not None and (shown is None or shown.person.tracklet.id != draft.person.tracklet.id):
            self._clear()
        self.panel.show_draft(draft)
        self._load_archive()

    def _clear(self) -> None:
        self.data = None
        self._show_subtitle()
        self.model.show([])
        self._stack.setCurrentIndex(NOTHING)
        self._current_changed()

    def _start(self) -> None:
        draft = self.panel.draft
        if draft is None or not self.session.may_change(SEARCHES):
            return
        self.line.offer(False)
        choice = self.panel.filters.choice(self.line.reranker())
        self.panel.show()
        self._empty.set_text(tr("Searching… The first search on a computer takes a little longer."))
        if self.data is None:
            self._stack.setCurrentIndex(NOTHING)
        job = searching.run(self.session, draft, choice, lambda data: self._found(job, data))
        self._job = job

    def _found(self, job: Job, data: SearchData) -> None:
        """A search has ended; only the latest that was asked for is shown, the others are in the history."""
        if job is self._job:
            self._job = None
            self.show_search(data)

    def _offer_search(self) -> None:
        self.panel.show()
        if self.data is None and self._job is None:  # filters also tell of a change when they are filled
            self._empty.set_text(tr("The query is ready."), tr("Search", "button"))
        self.line.offer(self.panel.draft is not None and self.data is not None)

    def _tick(self) -> None:
        job = self._job
        if job is not None and job.state.ended and job.error is not None:
            self._job = None
            self._offer_search()
            if self.data is None:
                self._empty.set_text(str(job.error), tr("Search again"))

    def _load_archive(self, choice: Choice | None = None) -> None:
        """What there is to filter; `choice` says what the filters are to show."""
        if self.panel.draft is None:
            return
        target, filters = self.panel.draft.target, self.panel.filters
        show = (lambda found: filters.show_choice(choice, found)) if choice else filters.show_archive
        self.session.read(lambda case: searching.archive(case, target), show, key="archive")

    def _ask_time(self) -> None:
        if self.panel.draft is not None:
            self._show_view(GRID)
            self.panel.filters.ask_time()

    # the list

    @property
    def comparing(self) -> bool:
        """True where the comparison is shown, not the grid."""
        return self._both.currentIndex() == COMPARE

    def concerned(self, changes: Changes) -> bool:
        if changes.any_of("decisions", "subjects") and not changes.case:
            self.deciding.read()
        return changes.case

    def reset(self) -> None:
        self._job = None
        self.panel.show_draft(None)
        self.panel.filters.reset()
        self.panel.hide()
        self.deciding.forget()
        self._clear()
        self._empty.set_text(NOBODY_YET, tr("Go to Review"))

    def refresh(self) -> None:
        """Go on with the latest search of the case, unless one has been asked for."""
        if self.session.is_open:
            go_on = lambda data: self.show_search(data) if data and self.panel.draft is None else None  # noqa: E731
            self.session.read(searching.latest, go_on, key="search")

    def show_search(self, data: SearchData) -> None:
        """Show a recorded search."""
        self.data = data
        self._show_subtitle()
        self.panel.show_draft(data.draft)
        self.panel.show_pictures(data.pictures)
        if data.draft is not None:
            self._load_archive(data.choice)
        self.panel.show()
        self.line.offer(False)
        self.line.show_search(data)
        self.statement.say(data.provisional)
        self.bar.none.setChecked(data.search.none_found)
        self._stack.setCurrentIndex(RESULTS if data.tiles else NOTHING)
        self._empty.set_text(tr("Nobody in the archive passed the filters. Widen them and search again."))
        self.compare.show_query(data.draft, data.search.model_sha256, data.pictures)
        self._show_order(keep=False)
        if self._both.currentIndex() == GRID:
            self.view.setFocus()

    def _show_order(self, *, keep: bool) -> None:
        if self.data is None:
            return
        now = self.model.tile(self.view.row)
        tiles = self.deciding.shown(self.data)
        if self.panel.filters.hide_decided.isChecked():
            tiles = [tile for tile in tiles if tile.verdict is None]
        self.view.delegate.blind = self.blind
        self.view.setAccessibleName(SHUFFLED if self.blind else IN_ORDER)
        self.compare.set_blind(self.blind)
        self.model.band_rule = "" if self.blind else self.data.band_rule
        self.model.show(tiles)
        row = self.model.row_of(now.tracklet) if keep and now else None
        self.view.select_row(row if row is not None else 0)
        self._current_changed()

    def _show_subtitle(self) -> None:
        """Which search, and who is searched for."""
        self.header.subtitle.setText(self.data.search.label if self.data else "")
        self._about.set_text(searching.about(self.data) if self.data else "")

    def show_review(self, back_to: int | None = None) -> None:
        """Decisions have changed; `back_to` names the candidate of an undone one."""
        assert self.data is not None
        self._show_subtitle()
        if self.panel.filters.hide_decided.isChecked():
            self._show_order(keep=True)
        row = self.model.row_of(back_to) if back_to is not None else None
        if row is not None:
            self.view.select_row(row)
        self._current_changed()

    def _current_changed(self) -> None:
        tile = self.model.tile(self.view.row)
        self.deciding.turn_to(tile)
        self.bar.show_tile(tile, len(self.view.selected_rows()), blind=self.blind)
        self.details.show_candidate(self.data, tile, blind=self.blind)
        if self.comparing:
            self.compare.show_candidate(self.view.row)

    # views

    def focus_main(self) -> None:
        (self.compare if self.comparing else self.view).setFocus()

    def _show_view(self, which: object) -> None:
        self._views.select(which)
        self._both.setCurrentIndex(COMPARE if which == COMPARE else GRID)
        self.panel.setVisible(which == GRID and self.panel.draft is not None)
        self.line.setVisible(which == GRID)
        self.bar.undo.setVisible(which == COMPARE)  # the menu and Ctrl+Z have it too; the grid's bar is narrower
        if which == COMPARE:
            self.view.select_row(self.view.row)  # one candidate is compared, so one is decided on
            self.compare.show_candidate(self.view.row)
        else:
            self.compare.rest()
        self.focus_main()

    def _change(self) -> None:
        """Write anew what is recorded of this candidate."""
        if self.model.tile(self.view.row) is not None:
            self._show_view(COMPARE)
            self.compare.observations.change()

    @property
    def blind(self) -> bool:
        """True where rank, band and figures are hidden."""
        return self._blind_button.isChecked()

    def _show_blind(self, on: bool) -> None:
        self.session.preferences.set("blind", on)
        if on and self.data is not None and self.deciding.order_seen(self.data):
            words = tr("The order of {search} has been on show here, so decisions in it are not recorded as blind.")
            hint = tr("Search again, or open a search whose order you have not seen.")
            self.session.message.emit("warning", words.format(search=self.data.search.label), hint)
        self._show_order(keep=True)

    def _resize_tiles(self, width: int) -> None:
        self.view.set_tile_width(width)
        self.session.preferences.set("tile_width", width)

    def _show_history(self, button: Button) -> None:
        show = lambda found: search_history(button, found, self._open)  # noqa: E731
        self.session.read(lambda case: case.searches.list(), show, key="history")

    def _open(self, search: int) -> None:
        self._job = None  # what is still being searched goes to the history
        self.session.read(lambda case: searching.load(case, search), self.show_search, key="search")

    # elsewhere

    def _search_from_here(self) -> None:
        tile = self.model.tile(self.view.row)
        if tile is not None:
            start = lambda person: self.start_query(searching.query_of(person))  # noqa: E731
            self.session.read(lambda case: people.person(case, tile.tracklet), start, key="person")

    def _show_candidate_in_footage(self) -> None:
        tile = self.model.tile(self.view.row)
        if tile is not None:
            self.shell.show_in_footage(tile.tracklet)

    def _show_query_in_footage(self) -> None:
        if self.panel.draft is not None:
            self.shell.show_in_footage(self.panel.draft.person.tracklet.id)

    def set_narrow(self, narrow: bool) -> None:
        self.bar.set_narrow(narrow)
        self.line.set_narrow(narrow)

    def leave(self) -> None:
        self.compare.rest()

    def shut(self) -> None:
        self.compare.stop()


PAGE = SearchPage
