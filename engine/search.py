"""The verb that ranks: who of the archive looks like this person.

What comes out is a list of candidates, an investigative lead; every input that made it is recorded with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.errors import UsageError
from engine.models.card import Model
from engine.pipeline.versions import component_versions
from engine.progress import Progress, Work
from engine.query import GatheredQuery, Query, QueryCrop, gather_query
from engine.settings import SearchSettings, as_dict, user_data_dir
from engine.store.gallery import GalleryMatrix
from engine.store.records import Tracklet
from engine.store.searches import GALLERY_DIGEST, NewSearch, QueryPicture, Ranked, Search
from engine.store.tracklets import TrackletFilter
from engine.types import Modality


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What of the archive is compared; None and empty do not narrow.

    `modality` None means the other one than the query's. `cameras` and `items` are ids. `since` and `until` are
    true times with a zone (see TrackletFilter); items whose time is not known are then left out.
    `impossible` keeps tracklets that were in one frame with the query and so cannot be the same person.
    """

    modality: Modality | None = None
    cameras: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    min_quality: float | None = None
    usable: bool = False
    hide_decided: bool = False
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to rank. `student` is a model's name, `reranker` a key of RERANKERS; None takes the default."""

    student: str | None = None
    reranker: str | None = None
    filters: SearchFilters = field(default_factory=SearchFilters)
    settings: SearchSettings = field(default_factory=SearchSettings)
    device: str = "auto"
    models_dir: Path = field(default_factory=lambda: user_data_dir() / "models")
    note: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the ranked list, rank 1 nearest. `band` is 'close', 'moderate', 'distant' or '' (see `band_rule`).

    `distance` is what it was ranked by, `raw_distance` the plain cosine distance; `nearer` is the share of the
    compared gallery, in [0, 1], that is nearer by plain distance.
    """

    rank: int
    tracklet: Tracklet
    band: str
    distance: float
    raw_distance: float
    nearer: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A recorded search and its list. `provisional` must be shown wherever the list is; `not_embedded` tracklets pass
    the filters but could not be compared, since this model has not embedded them."""

    id: int
    label: str
    query: tuple[QueryCrop, ...]
    candidates: tuple[Candidate, ...]
    gallery_size: int
    model: str
    model_sha256: str
    provider: str
    provisional: str
    reranker: str
    ranked_by: str
    band_rule: str
    gap: float | None
    not_embedded: int


def run_search(case: Case, query: Query, options: SearchOptions | None = None) -> Work[SearchResult]:
    """Rank the archive's tracklets by likeness to the query, and record the search.

    Raises UsageError where there is nothing to search with or in, EvidenceError where a query picture is unusable.
    """
    from engine.models.library import ModelLibrary
    from engine.retrieval.rerank import RERANKERS

    case.require_writable()
    options = options or SearchOptions()
    library = ModelLibrary(options.models_dir)
    model = library.get(options.student or library.default("student"))
    reranker = options.reranker or options.settings.reranker
    if reranker not in RERANKERS:
        raise UsageError(f"There is no re-ranking called '{reranker}'.", f"Known are {', '.join(RERANKERS)}.")
    yield Progress("reading the query", 0, 1)
    asked = gather_query(case, query, model, options.device)
    if not case.tracklets.count():
        raise UsageError("The case has nobody to search among yet.", "Add daytime footage and ingest it first.")
    gallery = yield from case.gallery.prepare(model.card.sha256)
    yield Progress("comparing", 0, len(gallery), "tracklets")
    return _Ranking(case, asked, gallery, model, reranker, options).result()


def time_notices(case: Case, filters: SearchFilters) -> list[str]:
    """What a limit of time means for exhibits whose time is not, or not well, known: a sentence for each kind."""
    if filters.since is None and filters.until is None:
        return []
    items = [
        item
        for item in case.evidence.list()
        if (not filters.items or item.id in filters.items)
        and (not filters.cameras or item.camera.id in filters.cameras)
    ]
    timed = {line.item_id for line in case.evidence.timelines()}
    kinds = (
        ("Left out, since their time is not known", lambda item: item.id not in timed),
        (
            "Taken by their recorder's own time, since its clock was never compared with a reference",
            lambda item: item.id in timed and not case.evidence.clock_records(item.id),
        ),
        (
            "May be missed or wrongly let through, since the time of frames is not certain",
            lambda item: item.id in timed and (item.counted or item.frames_retimed > 0),
        ),
    )
    found = ((words, [item.exhibit for item in items if applies(item)]) for words, applies in kinds)
    return [f"{words}: {', '.join(exhibits)}." for words, exhibits in found if exhibits]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """One query against one gallery."""

    case: Case
    asked: GatheredQuery
    gallery: GalleryMatrix
    model: Model
    reranker: str
    options: SearchOptions

    @property
    def own(self) -> list[int]:
        """The tracklets searched for."""
        return sorted({crop.tracklet_id for crop in self.asked.crops if crop.tracklet_id is not None})

    def result(self) -> SearchResult:
        """Rank, place the list in its gallery, and record it."""
        from engine.retrieval.calibration import bands
        from engine.retrieval.exact import sample_distances
        from engine.retrieval.rerank import PLAIN, RERANKERS

        settings, gallery = self.options.settings, self.gallery
        compared, not_embedded = self._compared()
        if not compared.any():
            raise UsageError(
                "No tracklet of the archive is left to compare with.", "Widen the filters, or ingest more footage."
            )
        rows, plain = self._nearest(compared, max(settings.listed, settings.rerank.candidates))
        distances = plain if self.reranker == PLAIN else self._reranked(rows)
        # Equal embeddings stand side by side whatever a re-ranking's sums were rounded to.
        order = np.lexsort((gallery.ids[rows], plain, distances))[: settings.listed]
        sample = sample_distances(self.asked.vector, gallery.float16, settings.bands.sample, mask=compared)
        standings = bands(plain[order], sample, settings.bands)
        candidates = tuple(
            Candidate(stand.rank, tracklet, stand.band or "", float(distances[n]), stand.distance, stand.nearer)
            for tracklet, stand, n in zip(
                self.case.tracklets.rows(gallery.ids[rows[order]]), standings.candidates, order, strict=True
            )
        )
        shown = {"fences": standings.fences, "rule": standings.rule, "gap": standings.gap}
        recorded = self._record(candidates, compared, shown)
        return SearchResult(
            id=recorded.id,
            label=recorded.label,
            query=self.asked.crops,
            candidates=candidates,
            gallery_size=recorded.gallery_size,
            model=self.model.name,
            model_sha256=self.model.card.sha256,
            provider=self.asked.provider,
            provisional=self.model.card.provisional,
            reranker=self.reranker,
            ranked_by=RERANKERS[self.reranker].meaning,
            band_rule=standings.rule,
            gap=standings.gap,
            not_embedded=not_embedded,
        )

    def _record(self, candidates: Sequence[Candidate], compared: NDArray[np.bool_], shown: Mapping[str, Any]) -> Search:
        """`shown` is what the bands beside the list rest on, kept so that it looks the same when it is opened again."""
        search = NewSearch(
            queries=tuple(_picture(crop) for crop in self.asked.crops if crop.used),
            model_sha256=self.model.card.sha256,
            settings={**as_dict(self.options.settings), "shown": dict(shown)},
            filters=as_dict(self.options.filters),
            reranker=self.reranker,
            provider=self.asked.provider,
            versions=component_versions() | GALLERY_DIGEST,
            gallery_size=int(compared.sum()),
            gallery_sha256=self.gallery.digest(compared),
            note=self.options.note,
        )
        lines = [Ranked(c.rank, c.tracklet.id, c.distance, c.raw_distance) for c in candidates]
        return self.case.searches.record(search, lines)

    def _reranked(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(K,)` distances of gallery rows after re-ranking, with the query's fellows as context."""
        from engine.retrieval.rerank import RERANKERS

        gallery, settings = self.gallery, self.options.settings
        queries = self.asked.vector[None]
        if RERANKERS[self.reranker].transductive:
            fellows, _ = self._nearest(self._fellows(), settings.context)
            queries = np.concatenate((queries, np.asarray(gallery.float16[fellows], np.float32)))
        return np.asarray(RERANKERS[self.reranker](queries, gallery.float16[rows], settings.rerank, rows=[0])[0])

    def _nearest(self, mask: NDArray[np.bool_], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """`(K,)` gallery rows and plain distances, nearest first."""
        from engine.retrieval.exact import nearest

        gallery, rescored = self.gallery, self.options.settings.rescored
        rows, plain = nearest(self.asked.vector, gallery.int8, gallery.float16, count, mask=mask, rescored=rescored)
        return rows[0], plain[0]

    def _compared(self) -> tuple[NDArray[np.bool_], int]:
        """`(N,) bool` rows of the gallery that the filters let through, the query itself never; and how many more
        tracklets they would let through that this model has not embedded."""
        filters = self.options.filters
        narrowed = TrackletFilter(
            modality=filters.modality or self._other_modality(),
            cameras=filters.cameras,
            items=filters.items,
            min_quality=filters.min_quality,
            usable=filters.usable,
            undecided=filters.hide_decided,
            from_time=filters.since,
            to_time=filters.until,
        )
        left_out = set(self.own)
        if not filters.impossible:
            left_out.update(*(self.case.subjects.cannot_be(number) for number in self.own))
        wanted = self.case.tracklets.ids(narrowed, "id")
        mask = self.gallery.mask(wanted)
        not_embedded = len(wanted) - int(mask.sum())
        return mask & ~self.gallery.mask(np.array(sorted(left_out), np.int64)), not_embedded

    def _fellows(self) -> NDArray[np.bool_]:
        """`(N,) bool`: the case's other tracklets of the query's modality, which take part in re-ranking."""
        own = self.gallery.mask(np.array(self.own, np.int64))
        alike = self.case.tracklets.ids(TrackletFilter(modality=self._modality()), "id")
        return self.gallery.mask(alike) & ~own

    def _modality(self) -> Modality:
        """The query's own; a picture from outside counts as IR, which is what this program is for."""
        seen = {self.case.tracklets.get(number).modality for number in self.own} or {Modality.INFRARED}
        if len(seen) > 1:
            raise UsageError("The query mixes IR and RGB crops.", "Search with one kind at a time.")
        return seen.pop()

    def _other_modality(self) -> Modality:
        return Modality.VISIBLE if self._modality() is Modality.INFRARED else Modality.INFRARED


def _picture(crop: QueryCrop) -> QueryPicture:
    if crop.crop_id is not None:
        return QueryPicture(crop_id=crop.crop_id, label=crop.label)
    return QueryPicture(jpeg=crop.jpeg, label=crop.label, file_sha256=crop.file_sha256, file_size=crop.file_size)
