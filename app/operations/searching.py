"""Search the archive with crops of one person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from app.jobs import Job
from app.operations import decisions
from app.operations.decisions import Review
from app.people import FAIR, GOOD, Clocks, Person, person, tile
from app.session import Changes, Session
from app.thumbnails import decode
from app.tiles import Tile
from app.times import ItemClock, date_time
from app.vocabulary import faults
from app.words import tr
from engine.errors import NightjarError
from engine.progress import Work
from engine.types import Modality

if TYPE_CHECKING:
    from engine.case import Case
    from engine.search import SearchResult
    from engine.store.searches import Search

SEARCH = "search"
QUALITIES = ((tr("Any quality"), None), (tr("Fair or better"), FAIR), (tr("Good only"), GOOD))


@dataclass(frozen=True, slots=True)
class QueryCrop:
    """One crop offered for the query; `used` False where it was left out, by the gate or by hand."""

    crop: int
    tracklet: int
    used: bool
    faults: tuple[str, ...]
    size: tuple[int, int]

    @property
    def warning(self) -> str:
        width, height = self.size
        return f"{faults(self.faults)} ({width} × {height} px)" if self.faults else ""


@dataclass(frozen=True, slots=True)
class QueryDraft:
    """The person searched for, as it will be sent to the engine."""

    person: Person
    crops: tuple[QueryCrop, ...]

    @property
    def target(self) -> Modality:
        """The archive searched: the other modality."""
        infrared = self.person.tracklet.modality is Modality.INFRARED
        return Modality.VISIBLE if infrared else Modality.INFRARED

    @property
    def used(self) -> list[QueryCrop]:
        return [crop for crop in self.crops if crop.used]

    def with_use(self, crop: int, used: bool) -> QueryDraft:
        return replace(self, crops=tuple(replace(c, used=used) if c.crop == crop else c for c in self.crops))

    def joined(self, other: QueryDraft) -> QueryDraft:
        """More crops of the same person."""
        known = {crop.crop for crop in self.crops}
        return replace(self, crops=self.crops + tuple(c for c in other.crops if c.crop not in known))


def query_of(person: Person) -> QueryDraft:
    """All crops that passed the gate; if none did, the best one, with its warning."""
    usable = any(crop.quality.usable for crop in person.crops)
    crops = [
        QueryCrop(
            crop.id,
            crop.tracklet_id,
            crop.quality.usable if usable else n == 0,
            crop.quality.faults,
            (crop.quality.width, crop.quality.height),
        )
        for n, crop in enumerate(person.crops)
    ]
    return QueryDraft(person, tuple(crops))


@dataclass(frozen=True, slots=True)
class Choice:
    """How to search: the re-ranking's name and what of the archive is compared."""

    reranker: str | None = None
    cameras: tuple[int, ...] = ()
    min_quality: float | None = None
    hide_impossible: bool = True
    since: datetime | None = None
    until: datetime | None = None

    @property
    def timed(self) -> bool:
        """True where the time is limited; both moments are true (adjusted) time with a zone."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Archive:
    """What there is to compare: `(id, name, tracklets)` of cameras that have some; first and last moment known."""

    cameras: list[tuple[int, str, int]]
    first: datetime | None
    last: datetime | None
    modality: Modality


@dataclass(frozen=True, slots=True)
class Standing:
    """What the details row says of one candidate; `nearer` in [0, 1], None for searches opened from the history."""

    distance: float
    raw_distance: float
    nearer: float | None


@dataclass(slots=True)
class SearchData:
    """A recorded search, ready to be shown. `tiles` in rank order; they and `review` follow the decisions."""

    search: Search
    draft: QueryDraft | None
    tiles: list[Tile]
    standings: dict[int, Standing]
    provisional: str
    ranked_by: str
    band_rule: str
    gap: float | None
    cameras: int
    choice: Choice
    filters: str  # those in force, in words
    review: Review
    pictures: list[QImage] = field(default_factory=list)  # searched with, where they are not the case's own crops


def run(session: Session, draft: QueryDraft, choice: Choice, done: Callable[[SearchData], None]) -> Job:
    """Search as a job; the result is recorded by the engine with every input."""

    def make() -> Work[SearchData]:
        return _work(session, draft, choice)

    def finished(data: SearchData) -> None:
        session.changed.emit(Changes(searches=True))
        done(data)

    title = tr("Search for {label}").format(label=draft.person.tracklet.label)
    return session.runner.start(Job(title, make, SEARCH, draft.person.tracklet.id, finished, session.failed.emit))


def _work(session: Session, draft: QueryDraft, choice: Choice) -> Work[SearchData]:
    from engine.query import Query
    from engine.search import SearchFilters, SearchOptions, run_search

    case = session.case
    if case is None:
        raise NightjarError(tr("The case was closed."))
    filters = SearchFilters(
        cameras=choice.cameras,
        items=clocked_items(case) if choice.timed else (),
        since=choice.since,
        until=choice.until,
        min_quality=choice.min_quality,
        impossible=not choice.hide_impossible,
    )
    options = SearchOptions(reranker=choice.reranker, filters=filters, device=session.device)
    query = Query(crops=tuple(crop.crop for crop in draft.used))
    result = yield from run_search(case, query, options)
    return load(case, result.id, result)


def load(case: Case, search_id: int, result: SearchResult | None = None) -> SearchData:
    """A recorded search with the decisions that stand, its bands as they were drawn when it was made."""
    from engine.retrieval.calibration import band_of

    with case.reader():
        search = case.searches.get(search_id)
        ranked = case.searches.results(search_id)
        review = decisions.review(case, search_id)
        clocks = Clocks(case)
        rows = {t.id: t for t in case.tracklets.rows([line.tracklet_id for line in ranked])}
        shown = search.settings.get("shown", {})
        fences = tuple(shown["fences"]) if shown.get("fences") else None
        nearer = {c.tracklet.id: c.nearer for c in result.candidates} if result else {}
        tiles, standings = [], {}
        for line in ranked:
            tracklet = rows[line.tracklet_id]
            made = tile(tracklet, clocks.start(tracklet), lead=str(line.rank))
            tiles.append(reviewed(replace(made, band=band_of(line.raw_distance, fences) or ""), review))
            standings[tracklet.id] = Standing(line.distance, line.raw_distance, nearer.get(tracklet.id))
        return SearchData(
            search=search,
            draft=_draft(case, search),
            tiles=tiles,
            standings=standings,
            provisional=_provisional(search.model_sha256),
            ranked_by=dict(rerankers()).get(search.reranker, ""),
            band_rule=str(shown.get("rule", "")),
            gap=shown.get("gap"),
            cameras=len({t.camera_id for t in rows.values()}),
            choice=choice_of(search),
            filters=filter_words(case, search),
            review=review,
            pictures=_pictures_from_outside(case, search),
        )


def reviewed(shown: Tile, review: Review) -> Tile:
    """The same tile with what stands now."""
    decision = review.decisions.get(shown.tracklet)
    verdict, by = (decision.verdict, initials(decision.examiner)) if decision else (None, "")
    return replace(shown, verdict=verdict, by=by, impossible=shown.tracklet in review.apart)


def _pictures_from_outside(case: Case, search: Search) -> list[QImage]:
    outside = (n for n, query in enumerate(search.queries) if query.crop_id is None)
    return [decode(case.searches.query_jpeg(search.id, n), QSize()) for n in outside]


def latest(case: Case) -> SearchData | None:
    """The newest search of the case."""
    found = case.searches.list()
    return load(case, found[0].id) if found else None


def _provisional(sha256: str) -> str:
    """What must be said beside results of the model with this hash."""
    from engine.models.library import ModelLibrary

    model = ModelLibrary().by_sha256(sha256)
    return model.card.provisional if model else ""


def _draft(case: Case, search: Search) -> QueryDraft | None:
    """The query again, with the crops that were used."""
    own = [query.tracklet_id for query in search.queries if query.tracklet_id is not None]
    if not own:
        return None
    draft = query_of(person(case, own[0]))
    for number in dict.fromkeys(own[1:]):
        draft = draft.joined(query_of(person(case, number)))
    used = {query.crop_id for query in search.queries}
    return replace(draft, crops=tuple(replace(crop, used=crop.crop in used) for crop in draft.crops))


def initials(name: str) -> str:
    """'A. Examiner' is 'AE' on a tile."""
    return "".join(part[0] for part in name.replace(".", " ").split())[:3].upper()


def archive(case: Case, modality: Modality) -> Archive:
    """Cameras of that modality, and the time all footage covers as far as its clocks are known."""
    from engine.store.tracklets import TrackletFilter

    with case.reader():
        counted = [
            (camera.id, camera.name, case.tracklets.count(TrackletFilter(modality=modality, cameras=(camera.id,))))
            for camera in case.cameras.list()
        ]
        moments = []
        for item in case.evidence.list():
            clock = ItemClock(item, case.evidence.clock_records(item.id))
            moments += [at.adjusted for at in (clock.start, clock.end) if at is not None and at.adjusted is not None]
    first, last = min(moments, default=None), max(moments, default=None)
    # Whole seconds that leave nobody out.
    return Archive(
        [line for line in counted if line[2]],
        first.replace(microsecond=0) if first else None,
        last.replace(microsecond=0) + timedelta(seconds=1) if last else None,
        modality,
    )


def clocked_items(case: Case) -> tuple[int, ...]:
    """Items that can be placed in true time; `(-1,)`, which no item is, where there is none."""
    with case.reader():
        found = [i.id for i in case.evidence.list() if i.start_time and case.evidence.clock_records(i.id)]
    return tuple(found) or (-1,)


def choice_of(search: Search) -> Choice:
    """The choice that a recorded search was made with."""
    filters = search.filters
    since, until = (datetime.fromisoformat(text) if text else None for text in map(filters.get, ("since", "until")))
    return Choice(
        reranker=search.reranker,
        cameras=tuple(filters.get("cameras") or ()),
        min_quality=filters.get("min_quality"),
        hide_impossible=not filters.get("impossible", False),
        since=since,
        until=until,
    )


def filter_words(case: Case, search: Search) -> str:
    """The filters in force, '' where there are none; what a limit of time leaves out is named."""
    choice = choice_of(search)
    names = {camera.id: camera.name for camera in case.cameras.list()}
    words = []
    if choice.cameras:
        words.append(", ".join(names.get(number, "?") for number in choice.cameras) or tr("no camera"))
    for moment, text in ((choice.since, tr("from {when} (adjusted)")), (choice.until, tr("until {when} (adjusted)"))):
        if moment is not None:
            words.append(text.format(when=date_time(moment.astimezone())))
    if choice.min_quality is not None:
        words += [text for text, least in QUALITIES if least == choice.min_quality]
    items = search.filters.get("items") or ()
    if choice.timed and items:
        left = [item.exhibit for item in case.evidence.list() if item.id not in items]
        words += [tr("without {items}, whose clock offset is not set").format(items=", ".join(left))] if left else []
    return " · ".join(words)


def about(data: SearchData) -> str:
    """Who is searched for, as far as the case knows: the name given to them, and where and when they were seen."""
    if data.draft is None:
        return tr("{n} pictures from outside", "{n} picture from outside", len(data.pictures))
    person = data.draft.person
    when = date_time(person.first.adjusted or person.first.recorder)
    return " · ".join(part for part in (data.review.name, person.camera, when) if part)


def rerankers() -> list[tuple[str, str]]:
    """`(name, meaning)` of every re-ranking the engine offers."""
    from engine.retrieval.rerank import RERANKERS

    return [(name, reranker.meaning) for name, reranker in RERANKERS.items()]
