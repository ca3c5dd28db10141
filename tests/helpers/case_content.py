"""What a case says about its footage, without times and numbers that depend on how it came to be."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.case import Case
from engine.store.codec import sha256
from engine.store.tracklets import TrackletFilter


def logical_content(case: Case) -> dict[str, Any]:
    """Per exhibit: tracklets with points, crops and embeddings, and detections. Two ingests of the same footage
    with the same inputs must give equal values, however often they were interrupted."""
    return {item.exhibit: _item(case, item.id) for item in case.evidence.list()}


def _item(case: Case, item_id: int) -> dict[str, Any]:
    item = case.evidence.get(item_id)
    everything = case.tracklets.detections(item_id, -(2**62), 2**62)
    return {
        "sha256": item.sha256,
        "state": item.state,
        "frames": (item.frames_decoded, item.frames_failed, item.failed_ranges),
        "segments": case.evidence.segments(item_id),
        "detections": [(frame.timestamp.pts, frame.detections) for frame in everything],
        "tracklets": [_tracklet(case, t.id) for t in case.tracklets.list(TrackletFilter(items=(item_id,)), "id")],
    }


def _tracklet(case: Case, tracklet_id: int) -> dict[str, Any]:
    tracklet = case.tracklets.get(tracklet_id)
    run = case.ingest.run(tracklet.run_id).inputs
    return {
        "ordinal": tracklet.ordinal,
        "modality": tracklet.modality,
        "span": (tracklet.start.pts, tracklet.end.pts),
        "points": case.tracklets.points(tracklet_id),
        "crops": [
            (
                crop.rank,
                crop.timestamp.pts,
                crop.box,
                crop.quality,
                crop.jpeg_sha256,
                sha256(case.tracklets.crop_jpeg(crop.id)),
                case.embeddings.of_crops(run.student_sha256, [crop.id]).astype(np.float16).tobytes(),
            )
            for crop in case.tracklets.crops(tracklet_id)
        ],
        "detector": (run.detector, run.detector_sha256),
        "student": run.student_sha256,
    }
