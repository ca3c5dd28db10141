"""The verb that ranks: who of the archive looks like this person.

What comes out is a list of candidates, an investigative lead; every input that made it is recorded with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.errors import UsageError
from engine.models.card import Model
from engine.pipeline.versions import component_versions
from engine.progress import Progress, Work
from engine.query import Query, QueryCrop, gather_query
from engine.settings import SearchSettings, as_dict, user_data_dir
from engine.store.gallery import GalleryMatrix
from engine.store.records import Tracklet
from engine.store.searches import NewSearch, QueryPicture, Ranked, hash_ids
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
    """How to rank. `student` is a model's name (None: the default), `reranker` a key of RERANKERS (None: the default)."""

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
    """A recorded search and its list. `provisional` must be shown wherever the list is."""

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


def run_search(case: Case, query: Query, options: SearchOptions | None = None) -> Work[SearchResult]:
    """Rank the archive's tracklets by likeness to the query, and record the search.

    Raises UsageError where there is nothing to search with or in, EvidenceError where a query picture is unusable.
    """
    from engine.models.library import ModelLibrary
    from engine.retrieval.rerank import RERANKERS

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
    return _rank(case, asked.crops, asked.vector, asked.provider, gallery, model, reranker, options)


def _rank(
    case: Case,
    crops: tuple[QueryCrop, ...],
    vector: NDArray[np.float32],
    provider: str,
    gallery: GalleryMatrix,
    model: Model,
    reranker: str,
    options: SearchOptions,
) -> SearchResult:
    from engine.retrieval.calibration import bands
    from engine.retrieval.exact import nearest, sample_distances
    from engine.retrieval.rerank import RERANKERS

    own = tuple({crop.tracklet_id for crop in crops if crop.tracklet_id is not None})
    modalities = {case.tracklets.get(number).modality for number in own}
    compared = _compared(case, own, modalities, gallery, options.filters)
    if not compared.any():
        raise UsageError(
            "No tracklet of the archive is left to compare with.", "Widen the filters, or ingest more footage."
        )
    settings = options.settings
    rows, plain = nearest(
        vector,
        gallery.int8,
        gallery.float16,
        max(settings.listed, settings.rerank.candidates),
        mask=compared,
        rescored=settings.rescored,
    )
    rows, plain = rows[0], plain[0]
    context = _context(case, own, modalities, vector, gallery, settings)
    distances = RERANKERS[reranker](
        np.concatenate((vector[None], context)), gallery.float16[rows], settings.rerank, rows=[0]
    )[0]
    order = np.argsort(distances, kind="stable")[: settings.listed]
    sample = sample_distances(vector, gallery.float16, settings.calibration_sample, mask=compared)
    standings = bands(plain[order], sample)
    tracklets = case.tracklets.rows(gallery.ids[rows[order]])
    candidates = tuple(
        Candidate(stand.rank, tracklet, stand.band or "", float(distances[n]), stand.distance, stand.nearer)
        for tracklet, stand, n in zip(tracklets, standings.candidates, order, strict=True)
    )
    recorded = case.searches.record(
        NewSearch(
            queries=tuple(_picture(crop) for crop in crops if crop.used),
            model_sha256=model.card.sha256,
            settings=as_dict(settings),
            filters=as_dict(options.filters),
            reranker=reranker,
            provider=provider,
            versions=component_versions(),
            gallery_size=int(compared.sum()),
            gallery_sha256=hash_ids(gallery.ids[compared]),
            note=options.note,
        ),
        [Ranked(c.rank, c.tracklet.id, c.distance, c.raw_distance) for c in candidates],
    )
    return SearchResult(
        id=recorded.id,
        label=recorded.label,
        query=crops,
        candidates=candidates,
        gallery_size=recorded.gallery_size,
        model=model.name,
        model_sha256=model.card.sha256,
        provider=provider,
        provisional=model.card.provisional,
        reranker=reranker,
        ranked_by=RERANKERS[reranker].meaning,
        band_rule=standings.rule,
        gap=standings.gap,
    )


def _picture(crop: QueryCrop) -> QueryPicture:
    if crop.crop_id is not None:
        return QueryPicture(crop_id=crop.crop_id, label=crop.label)
    return QueryPicture(jpeg=crop.jpeg, label=crop.label)


def _compared(
    case: Case, own: Sequence[int], modalities: set[Modality], gallery: GalleryMatrix, filters: SearchFilters
) -> NDArray[np.bool_]:
    """`(N,) bool`: the rows of the gallery that the filters let through; the query itself never is."""
    modality = filters.modality
    if modality is None:
        seen = modalities or {Modality.INFRARED}
        modality = Modality.VISIBLE if seen == {Modality.INFRARED} else Modality.INFRARED
        if len(seen) > 1:
            raise UsageError("The query mixes IR and RGB crops.", "Say which of the two to search among.")
    narrowed = TrackletFilter(
        modality=modality,
        cameras=filters.cameras,
        items=filters.items,
        min_quality=filters.min_quality,
        usable=filters.usable,
        undecided=filters.hide_decided,
        from_time=filters.since,
        to_time=filters.until,
    )
    mask = gallery.mask(case.tracklets.ids(narrowed, "id"))
    left_out = set(own)
    if not filters.impossible:
        left_out.update(*(case.subjects.cannot_be(number) for number in own))
    return mask & ~gallery.mask(np.array(sorted(left_out), np.int64))


def _context(
    case: Case,
    own: Sequence[int],
    modalities: set[Modality],
    vector: NDArray[np.float32],
    gallery: GalleryMatrix,
    settings: SearchSettings,
) -> NDArray[np.float32]:
    """`(C, D)` the query's fellows for re-ranking: the case's other tracklets of its modality that are nearest to it."""
    from engine.retrieval.exact import nearest

    modality = next(iter(modalities), Modality.INFRARED)
    fellows = gallery.mask(case.tracklets.ids(TrackletFilter(modality=modality), "id"))
    fellows &= ~gallery.mask(np.array(own, np.int64))
    rows, _ = nearest(vector, gallery.int8, gallery.float16, settings.context, mask=fellows)
    return np.asarray(gallery.float16[rows[0]], np.float32)

