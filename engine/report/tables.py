"""The tables of a case that are handed over: one list of rows each, plain values, nothing left out.

Times: `recorder` is what the recorder's clock showed, `adjusted_utc` the true time within `uncertainty_seconds`, both
ISO 8601; empty where not known; `time_basis` says what they rest on. Every row names its exhibit and that original's
SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.case import Case
from engine.media.files import shown
from engine.store.decisions import Decision
from engine.store.records import Camera, EvidenceItem, Tracklet
from engine.types import Timestamp

Row = dict[str, Any]


class CaseFacts:
    """A case's items, clocks and tracklets, each read once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.items = {item.id: item for item in case.evidence.list()}
        self._clocks = {number: case.evidence.clock(number) for number in self.items}

    def origin(self, item_id: int) -> Row:
        """Which original, by exhibit and hash."""
        item = self.items[item_id]
        return {"exhibit": item.exhibit, "file": item.name, "original_sha256": item.sha256}

    def times(self, item_id: int, at: Timestamp, prefix: str = "") -> Row:
        """One moment on both clocks."""
        read = self._clocks[item_id].read(at)
        error = read.uncertainty_seconds
        return {
            f"{prefix}recorder": read.recorder.isoformat() if read.recorder else "",
            f"{prefix}adjusted_utc": read.adjusted.isoformat() if read.adjusted else "",
            f"{prefix}uncertainty_seconds": None if error is None else float(error),
            f"{prefix}time_basis": read.basis,
        }

    def appearance(self, tracklet: Tracklet) -> Row:
        """A tracklet with its original and its times."""
        return {
            "tracklet": tracklet.label,
            **self.origin(tracklet.item_id),
            "camera": tracklet.camera,
            "modality": tracklet.modality.label,
            "first_pts": tracklet.start.pts,
            "last_pts": tracklet.end.pts,
            "time_base": str(tracklet.start.time_base),
            **self.times(tracklet.item_id, tracklet.start, "first_"),
            **self.times(tracklet.item_id, tracklet.end, "last_"),
        }


def evidence_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every item with the clock record that counts."""
    for item in facts.items.values():
        records = facts.case.evidence.clock_records(item.id)
        record = records[-1] if records else None
        said = item.modality_override
        kinds = {said} if said else {segment.modality for segment in facts.case.evidence.segments(item.id)}
        yield {
            **facts.origin(item.id),
            "bytes": item.size,
            "path": shown(str(item.path)),
            "camera": item.camera.name,
            "modality": sorted(kind.label for kind in kinds),
            "modality_set_by_hand": said is not None,
            "state": item.state.value,
            "registered_at": item.registered_at,
            "registered_by": item.registered_by,
            "frames_decoded": item.frames_decoded,
            "frames_not_decoded": item.frames_failed,
            "frames_without_usable_time": item.frames_retimed,
            "frames_of_another_size": item.frames_rescaled,
            "warnings": list(item.warnings),
            "recorder_at_first_frame": item.start_time.isoformat() if item.start_time else "",
            "clock_recorder": record.recorder_reading.isoformat() if record else "",
            "clock_reference": record.reference_reading.isoformat() if record else "",
            "clock_second_recorder": _iso(record.second_recorder_reading) if record else "",
            "clock_second_reference": _iso(record.second_reference_reading) if record else "",
            "clock_uncertainty_seconds": record.uncertainty_seconds if record else None,
            "clock_source": record.source if record else "",
            "clock_by": record.examiner if record else "",
        }


def cameras_in_use(case: Case) -> list[Camera]:
    """Those with footage, or of which something was said: a name that was changed leaves one that has neither."""
    with_footage = {item.camera.id for item in case.evidence.list()}
    return [
        c for c in case.cameras.list() if c.id in with_footage or c.notes or c.x is not None or c.latitude is not None
    ]


def camera_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every camera with where the analyst says it stands; on the site plan also in that picture's own pixels."""
    plan = facts.case.site_plans.current()
    for camera in cameras_in_use(facts.case):
        on_plan = None
        if plan is not None and camera.x is not None and camera.y is not None:
            on_plan = plan.place.pixel(camera.x, camera.y)
        yield {
            "camera": camera.name,
            "exhibits": [item.exhibit for item in facts.items.values() if item.camera.id == camera.id],
            "x": camera.x,
            "y": camera.y,
            "latitude": camera.latitude,
            "longitude": camera.longitude,
            "plan": plan.picture.name if plan and on_plan else "",
            "plan_sha256": plan.picture.sha256 if plan and on_plan else "",
            "plan_pixel_x": round(on_plan[0], 2) if on_plan else None,
            "plan_pixel_y": round(on_plan[1], 2) if on_plan else None,
            "notes": camera.notes,
        }


def search_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every search with what repeats it."""
    for search in reversed(facts.case.searches.list()):
        yield {
            "search": search.label,
            "at": search.at,
            "examiner": search.examiner,
            "query": [
                {"label": q.label, "sha256": q.sha256, "file_sha256": q.file_sha256, "file_bytes": q.file_size}
                for q in search.queries
            ],
            "model": search.model_name,
            "model_sha256": search.model_sha256,
            "reranking": search.reranker,
            "filters": search.filters,
            "settings": search.settings,
            "versions": search.versions,
            "provider": search.provider,
            "gallery_size": search.gallery_size,
            "gallery_sha256": search.gallery_sha256,
            "listed": search.listed,
            "confirmed": search.confirmed,
            "rejected": search.rejected,
            "inconclusive": search.inconclusive,
            "not_reviewed": search.undecided,
            "no_candidate_is_the_person": search.none_found,
        }


def decision_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every decision in the order they were taken, undone ones and undos included; `stands` says which count."""
    decisions = facts.case.decisions.all()
    searches = {d.search_id for d in decisions}
    standing = {d.id for number in searches for d in facts.case.decisions.current(number).values()}
    ranks = {n: {line.tracklet_id: line.rank for line in facts.case.searches.results(n)} for n in searches}
    labels = {number: facts.case.searches.get(number).label for number in searches}
    tracklets = {t.id: t for t in facts.case.tracklets.rows(sorted({d.tracklet_id for d in decisions}))}
    for decision in decisions:
        yield {
            "decision": decision.id,
            "search": labels[decision.search_id],
            "rank": ranks[decision.search_id][decision.tracklet_id],
            "verdict": _verdict(decision),
            "stands": decision.id in standing,
            "reason": decision.reason,
            "observations": decision.observations,
            "blind": decision.blind,
            "examiner": decision.examiner,
            "at": decision.at,
            **facts.appearance(tracklets[decision.tracklet_id]),
        }


def subject_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every member of every subject, in order of time within one as far as it is known."""
    for subject in facts.case.subjects.list():
        members = {m.tracklet_id: m for m in facts.case.subjects.members(subject.id)}
        tracklets = facts.case.tracklets.rows(list(members))
        rows = [
            {
                "subject": subject.label,
                "name": subject.name,
                "notes": subject.notes,
                "reason": members[tracklet.id].reason,
                "decision": members[tracklet.id].decision_id,
                "examiner": members[tracklet.id].examiner,
                "at": members[tracklet.id].at,
                **facts.appearance(tracklet),
            }
            for tracklet in tracklets
        ]
        keys = [
            (row["first_adjusted_utc"] or "~", tracklet.item_id, tracklet.start.pts, tracklet.id)
            for row, tracklet in zip(rows, tracklets, strict=True)
        ]
        yield from (row for _, row in sorted(zip(keys, rows, strict=True), key=lambda each: each[0]))


def mark_rows(facts: CaseFacts) -> Iterator[Row]:
    """Every mark that stands."""
    for item in facts.items.values():
        for mark in facts.case.marks.list(item.id):
            yield {
                "mark": mark.id,
                "note": mark.note,
                **facts.origin(item.id),
                "camera": item.camera.name,
                "pts": mark.pts,
                "time_base": str(item.time_base),
                **facts.times(item.id, item.timestamp(mark.pts)),
                "examiner": mark.examiner,
                "at": mark.at,
                "edited_by": mark.changed_by if mark.edited else "",
                "edited_at": mark.changed_at if mark.edited else "",
            }


def custody_rows(facts: CaseFacts) -> Iterator[Row]:
    """Who held which original, in the order it was recorded."""
    for item in facts.items.values():
        for handover in facts.case.custody.list(item.id):
            yield {
                **facts.origin(item.id),
                "happened_at": handover.happened_at,
                "released_by": handover.released_by,
                "received_by": handover.received_by,
                "place": handover.place,
                "purpose": handover.purpose,
                "recorded_by": handover.recorded_by,
                "recorded_at": handover.recorded_at,
            }


TABLES: dict[str, Callable[[CaseFacts], Iterator[Row]]] = {
    "evidence": evidence_rows,
    "custody": custody_rows,
    "cameras": camera_rows,
    "searches": search_rows,
    "decisions": decision_rows,
    "subjects": subject_rows,
    "marks": mark_rows,
}


def _verdict(decision: Decision) -> str:
    return decision.verdict.value if decision.verdict else f"undo of {decision.undoes}"


def _iso(when: Any) -> str:
    return when.isoformat() if when is not None else ""


def original_of(item: EvidenceItem) -> str:
    """'E-001 gate.mp4, SHA-256 …', as contact sheets say it."""
    return f"{item.exhibit} {item.name}, SHA-256 {item.sha256}"
