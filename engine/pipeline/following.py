"""From boxes to tracks: follow everybody, keep the best crops of each, hand over who has left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.perception.quality import assess
from engine.perception.select import CropSelector
from engine.perception.tracker import Tracker
from engine.settings import Settings
from engine.types import Box, Detection, Frame, TrackPoint


@dataclass(slots=True)
class Track:
    """One person as the tracker sees it: where they went, and the crops to choose from."""

    selector: CropSelector
    points: list[TrackPoint] = field(default_factory=list)


class Follower:
    """Tracks people from frame to frame. Deterministic: same frames and boxes, same tracks in the same order."""

    def __init__(self, settings: Settings, frame_rate: float) -> None:
        self._settings = settings
        self._tracker = Tracker(settings.tracking, frame_rate)
        self._open: dict[int, Track] = {}

    @property
    def quiet(self) -> bool:
        """True while nobody is followed: forgetting everything here would change no result."""
        return self._tracker.active == 0 and not self._open

    def follow(self, frame: Frame, detections: Sequence[Detection]) -> list[Track]:
        """Take in one frame; returns those whose track has ended by now, in the order they end."""
        tracked = self._tracker.update(frame.timestamp, detections)
        boxes = [detection.box for _, detection in tracked]
        for number, (track_id, detection) in enumerate(tracked):
            self._observe(track_id, frame, detection, boxes[:number] + boxes[number + 1 :])
        return self._close(self._tracker.ended())

    def finish(self) -> list[Track]:
        """The footage is over: everybody still followed ends here."""
        return self._close(self._tracker.finish())

    def _observe(self, track_id: int, frame: Frame, detection: Detection, others: list[Box]) -> None:
        track = self._open.get(track_id)
        if track is None:
            track = self._open[track_id] = Track(CropSelector(self._settings.quality))
        track.points.append(TrackPoint(frame.timestamp, detection.box, detection.score))
        pixels = frame.crop(detection.box)
        if pixels is not None:
            size = (frame.width, frame.height)
            quality = assess(pixels, detection.box, size, others, self._settings.quality)
            track.selector.offer(frame, detection.box, quality)

    def _close(self, track_ids: Iterable[int]) -> list[Track]:
        ended = [self._open.pop(track_id, None) for track_id in track_ids]
        least = self._settings.tracking.min_observations
        return [track for track in ended if track is not None and len(track.points) >= least]
