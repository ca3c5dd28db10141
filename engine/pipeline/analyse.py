"""One evidence item from pictures to tracklets, as a stream of messages.

Decoding, detecting, following and embedding each run in a thread of their own (`ahead`), so that the slowest sets
the pace. What comes out depends on the job alone: not on timing, on threads, or on where an earlier run was cut off.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

import numpy as np

from engine.media.modality import segment_modality
from engine.media.source import open_source
from engine.media.values import FrameSource
from engine.models.library import ModelLibrary
from engine.perception.detector import Detector, make_detector
from engine.perception.embedder import Embedder
from engine.perception.parting import parts
from engine.perception.select import SelectedCrop
from engine.pipeline.ahead import ahead
from engine.pipeline.following import Follower, Track
from engine.pipeline.messages import Batch, Checkpoint, Finished, FrameDetections, Job, Message, Opened, Preparing
from engine.pipeline.versions import component_versions
from engine.progress import Progress
from engine.types import Detection, Frame, Modality, ModalitySegment, NewCrop, NewTracklet, Timestamp, TrackPoint

_STATE_SECONDS = 1.0  # once a checkpoint is due, how often (in footage time) the detector's memory is offered for it


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame and who was found in it; `state` is the detector's memory after it, where a checkpoint is due."""

    frame: Frame
    detections: tuple[Detection, ...]
    state: dict[str, np.ndarray] | None


@dataclass(frozen=True, slots=True)
class _Step:
    """What following one frame brought; `memory` is what a checkpoint there must know, where there is to be one."""

    frame: FrameDetections
    frame_index: int
    ended: tuple[Track, ...]
    memory: dict[str, np.ndarray] | None


@dataclass(slots=True)
class Stopwatch:
    """Wall seconds each stage was busy, its waiting left out."""

    seconds: dict[str, float] = field(default_factory=dict)

    def since(self, stage: str, started: float) -> None:
        """Count the time from `started` (perf_counter) until now towards `stage`."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


def analyse(job: Job) -> Iterator[Message]:
    """Everything the item holds, from the job's resume point on; ends with `Finished`.

    Raises the NightjarError of whatever cannot be read or run.
    """
    with ExitStack() as opened:
        library = ModelLibrary(job.models_dir)
        detector = make_detector(job.detector, library, job.settings.detection, job.device)
        embedder = Embedder(library.get(job.student), job.device, job.settings.embedding)
        source = opened.enter_context(closing(open_source(job.path)))
        segments = job.segments or (yield from _segments(job, source))
        yield _opening(job, source, segments, detector, embedder)
        analysis = Analysis(job, source, segments, detector, embedder)
        yield from analysis.batches()
        yield analysis.finished()


def _segments(job: Job, source: FrameSource) -> Generator[Message, None, tuple[ModalitySegment, ...]]:
    """IR or RGB over the item's time; yields progress, returns the segments."""
    work = segment_modality(source, job.settings.modality)
    while True:
        try:
            progress: Progress = next(work)
        except StopIteration as end:
            return tuple(end.value)
        yield Preparing(progress.stage, progress.done, progress.total, progress.unit)


def _opening(
    job: Job, source: FrameSource, segments: tuple[ModalitySegment, ...], detector: Detector, embedder: Embedder
) -> Opened:
    probe = source.probe
    return Opened(
        frames_expected=probe.frame_estimate,
        start=Timestamp(probe.start_pts, probe.time_base),
        duration=probe.duration,
        segments=segments,
        detector=detector.name,
        detector_sha256=detector.model_sha256,
        student=embedder.card.name,
        student_sha256=embedder.model_sha256,
        embedding_dimension=embedder.dimension,
        provider=embedder.provider,
        versions=component_versions(),
    )


class Analysis:
    """The stages, each a generator that takes in the one before."""

    def __init__(
        self,
        job: Job,
        source: FrameSource,
        segments: tuple[ModalitySegment, ...],
        detector: Detector,
        embedder: Embedder,
    ) -> None:
        self._job, self._settings = job, job.settings
        self._source, self._segments = source, segments
        self._detector, self._embedder = detector, embedder
        self._from = job.resume.checkpoint
        self._remembered = {known.timestamp.pts: known.detections for known in job.resume.remembered}
        self._checkpoint_pts: int | None = self._from.after if self._from else None
        self._decoded = self._from.frame_index + 1 if self._from else 0
        self._next_ordinal = self._from.next_ordinal if self._from else 1
        self.watch = Stopwatch()
        if self._from is not None:
            self._recall(self._from.memory)

    def batches(self) -> Iterator[Batch]:
        """All stages, overlapping."""
        depth = self._settings.ingest.queue_frames
        with ExitStack() as stages:
            frames = stages.enter_context(closing(ahead(self.frames(), depth)))
            seen = stages.enter_context(closing(ahead(self.detected(frames), depth)))
            steps = stages.enter_context(closing(ahead(self.followed(seen), depth)))
            yield from self.embedded(steps)

    def frames(self) -> Iterator[Frame]:
        """Decoded frames to analyse; their index counts from the beginning of the item."""
        ingest = self._settings.ingest
        if ingest.keyframes_only:
            source = self._source.keyframes()
        else:
            source = self._source.frames(self._from.after + 1 if self._from else None)
        with closing(source) as decoding:  # type: ignore[type-var]
            while True:
                started = time.perf_counter()
                frame = next(decoding, None)
                self.watch.since("decode", started)
                if frame is None:
                    return
                if ingest.keyframes_only and self._from and frame.timestamp.pts <= self._from.after:
                    continue
                frame = replace(frame, index=self._decoded)
                self._decoded += 1
                if frame.index % ingest.frame_step == 0:
                    yield frame

    def detected(self, frames: Iterator[Frame]) -> Iterator[_Seen]:
        """Who is in each frame. What an interrupted run found already is not computed again."""
        offered: int | None = None
        for frame in frames:
            started = time.perf_counter()
            known = self._remembered.get(frame.timestamp.pts)
            if known is None or self._detector.stateful:
                known = tuple(self._detector.detect([frame])[0])
            state = None
            if self._due(frame, self._checkpoint_pts, self._settings.ingest.checkpoint_seconds) and self._due(
                frame, offered, _STATE_SECONDS
            ):
                state, offered = self._detector.state(), frame.timestamp.pts
            self.watch.since("detect", started)
            yield _Seen(frame, known, state)

    def followed(self, seen: Iterator[_Seen]) -> Iterator[_Step]:
        """Tracks as they end. A checkpoint lies where nobody is followed."""
        rate = float(self._source.probe.average_rate or 25) / self._settings.ingest.frame_step
        follower = Follower(self._settings, rate)
        last: _Step | None = None
        for moment in seen:
            started = time.perf_counter()
            frame = moment.frame
            ended = tuple(follower.follow(frame, moment.detections))
            memory = None
            if moment.state is not None and follower.quiet:
                memory = self._memory(moment.state, frame.timestamp.pts)
                self._checkpoint_pts = frame.timestamp.pts
            last = _Step(FrameDetections(frame.timestamp, moment.detections), frame.index, ended, memory)
            self.watch.since("follow", started)
            yield last
        if last is not None:
            yield replace(last, ended=tuple(follower.finish()), memory=None)

    def embedded(self, steps: Iterator[_Step]) -> Iterator[Batch]:
        """Batches to commit, every few seconds and at each checkpoint, so that nothing lags behind one."""
        frames: dict[int, FrameDetections] = {}
        tracklets: list[NewTracklet] = []
        analysed, step, committed = 0, None, time.monotonic()
        for step in steps:
            frames[step.frame.timestamp.pts] = step.frame
            tracklets += [tracklet for track in step.ended for tracklet in self._tracklets(track)]
            analysed = step.frame_index // self._settings.ingest.frame_step + 1
            due = time.monotonic() - committed >= self._settings.ingest.commit_seconds
            if due or step.memory is not None:
                yield self._batch(step, analysed, frames, tracklets)
                frames, tracklets, committed = {}, [], time.monotonic()
        if step is not None:
            yield self._batch(step, analysed, frames, tracklets)

    def finished(self) -> Finished:
        """The honest end: how much was decoded, and what was not."""
        failures = self._source.failures
        if self._from is not None and not self._settings.ingest.keyframes_only:
            stated = self._source.probe.stated_frames or 0
            failures.undelivered = max(0, stated - self._decoded - failures.undecoded)
        return Finished(
            frames_decoded=self._decoded,
            frames_failed=failures.total,
            failed_ranges=tuple((first.pts, last.pts) for first, last in failures.ranges),
            seconds=dict(self.watch.seconds),
            frames_retimed=failures.retimed,
            retimed_ranges=tuple((first.pts, last.pts) for first, last in failures.retimed_ranges),
            frames_rescaled=failures.rescaled,
        )

    def _memory(self, detector_state: dict[str, np.ndarray], pts: int) -> dict[str, np.ndarray]:
        """What a resumed run must know, as of `pts` (decoding is already further on)."""
        noted = {kind: np.array(found, np.int64) for kind, found in self._source.failures.noted(pts).items()}
        return {f"detector/{name}": array for name, array in detector_state.items()} | noted

    def _recall(self, memory: dict[str, np.ndarray]) -> None:
        """The inverse of `_memory`."""
        self._source.failures.recall({name: array.tolist() for name, array in memory.items() if "/" not in name})
        if self._detector.stateful:
            prefix = "detector/"
            self._detector.restore(
                {name.removeprefix(prefix): a for name, a in memory.items() if name.startswith(prefix)}
            )

    def _batch(
        self, step: _Step, analysed: int, frames: dict[int, FrameDetections], tracklets: list[NewTracklet]
    ) -> Batch:
        new = tuple(frame for pts, frame in frames.items() if pts not in self._remembered)
        checkpoint = None
        if step.memory is not None:
            checkpoint = Checkpoint(step.frame.timestamp.pts, step.frame_index, self._next_ordinal, step.memory)
        return Batch(step.frame_index + 1, analysed, step.frame.timestamp, new, tuple(tracklets), checkpoint)

    def _tracklets(self, track: Track) -> Iterator[NewTracklet]:
        """One for each person in the track, in order of time; none where there is too little to see."""
        started = time.perf_counter()
        looks = track.selector.usable()
        vectors = self._embedder.embed([image for _, image in looks])
        runs = parts(track.points, [moment for moment, _ in looks], vectors, self._settings.tracking)
        self.watch.since("part", started)
        for points in runs:
            crops = track.selector.between(points[0].timestamp, points[-1].timestamp).best()
            if crops and len(points) >= self._settings.tracking.min_observations:
                yield self._tracklet(points, crops)

    def _tracklet(self, points: tuple[TrackPoint, ...], chosen: list[SelectedCrop]) -> NewTracklet:
        """Embed one tracklet's crops together: always the same batch, so always the same numbers."""
        started = time.perf_counter()
        vectors = self._embedder.embed([crop.image for crop in chosen])
        crops = tuple(
            NewCrop(crop.timestamp, crop.box, crop.quality, crop.jpeg, vector)
            for crop, vector in zip(chosen, vectors, strict=True)
        )
        self.watch.since("embed", started)
        self._next_ordinal += 1
        return NewTracklet(self._next_ordinal - 1, self._modality_at(points[0].timestamp), points, crops)

    def _modality_at(self, moment: Timestamp) -> Modality:
        if self._job.modality is not None:
            return self._job.modality
        for segment in self._segments:
            if moment.pts < segment.end.pts:
                return segment.modality
        return self._segments[-1].modality

    def _due(self, frame: Frame, last_pts: int | None, seconds: float) -> bool:
        start = last_pts if last_pts is not None else self._source.probe.start_pts
        return (frame.timestamp.pts - start) * frame.timestamp.time_base >= seconds
