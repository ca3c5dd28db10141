"""Detections joined into tracks: ByteTrack (Zhang et al., ECCV 2022) of the `trackers` library, on real time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.settings import TrackingSettings
from engine.types import Detection, Timestamp

_BUFFER_RATE = 30.0  # `trackers` states the lost-track buffer in frames of 30 per second


class Tracker:
    """Follows people through one camera. The same detections at the same times always give the same ids, from 1.

    `frame_rate` is the nominal rate of the analysed frames per second; the true time of each frame is given to
    `update`, so gaps and variable frame rates are followed at real speed.
    """

    def __init__(self, settings: TrackingSettings, frame_rate: float) -> None:
        from trackers import ByteTrackTracker

        self._inner = ByteTrackTracker(
            lost_track_buffer=round(settings.lost_seconds * _BUFFER_RATE),
            frame_rate=frame_rate,
            track_activation_threshold=settings.activation_score,
            minimum_consecutive_frames=1,
            minimum_iou_threshold=settings.min_iou,
            high_conf_det_threshold=settings.high_score,
        )
        self._known: set[int] = set()
        self._ended: list[int] = []
        self._latest: Timestamp | None = None

    @property
    def active(self) -> int:
        """Tracks that may still go on, those seen only once included."""
        return len(self._inner.tracks)

    def update(self, timestamp: Timestamp, detections: Sequence[Detection]) -> list[tuple[int, Detection]]:
        """Give each detection that belongs to a track its id; called for every analysed frame, empty ones too.

        A track gets its id at its second observation. A frame that is not later than the one before is ignored.
        """
        import supervision

        if self._latest is not None and timestamp.pts <= self._latest.pts:
            return []
        self._latest = timestamp
        boxes = np.array([d.box.as_xyxy() for d in detections], np.float64).reshape(-1, 4)
        tracked = self._inner.update(
            supervision.Detections(
                xyxy=boxes,
                confidence=np.array([d.score for d in detections], np.float64),
                class_id=np.arange(len(detections)),  # carries the index through
            ),
            timestamp=float(timestamp.seconds),
        )
        self._note_ended()
        if not len(tracked):
            return []
        pairs = sorted(zip(tracked.tracker_id.tolist(), tracked.class_id.tolist(), strict=True))
        found = [(number + 1, detections[index]) for number, index in pairs if number >= 0]
        self._known.update(number for number, _ in found)
        return found

    def ended(self) -> list[int]:
        """Ids of tracks that ended since this was last asked, in rising order."""
        ended, self._ended = self._ended, []
        return ended

    def finish(self) -> list[int]:
        """The footage is over: ids of all tracks not yet reported as ended. The tracker starts anew."""
        ended = sorted({*self._ended, *self._known})
        self.reset()
        return ended

    def reset(self) -> None:
        """Forget all tracks; ids start at 1 again."""
        self._inner.reset()
        self._known.clear()
        self._ended = []
        self._latest = None

    def _note_ended(self) -> None:
        alive = {track.tracker_id + 1 for track in self._inner.tracks if track.tracker_id >= 0}
        gone = sorted(self._known - alive)
        self._known.difference_update(gone)
        self._ended += gone
