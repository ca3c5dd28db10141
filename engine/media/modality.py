"""IR or RGB, by time: most cameras switch at dusk, so one recording can hold both.

A picture counts as coloured where colour is left that brightness does not explain. Infrared pictures are grey, or
carry one tint that follows brightness (compression, a filter, false colour); their chroma is a function of luma. Real
colour is not. Averaging over blocks takes away sensor noise. Recorders write their coloured clock at the picture's
head or foot, which are left out; a high percentile instead of a maximum takes away what coloured text is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from statistics import median

import cv2
import numpy as np

from engine.errors import EvidenceError
from engine.media.index import PtsIndex
from engine.media.values import FrameSource
from engine.progress import Progress, Work
from engine.settings import ModalitySettings
from engine.types import Frame, Modality, ModalitySegment, Timestamp

WIDTH, BLOCK = 48, 4  # pixels after averaging, over blocks no smaller than this
LUMA_BINS = 16
EDGE = 0.13  # share of the height, at the head and at the foot, where recorders write
PERCENTILE = 95.0  # the only colour of a grey yard by day may be a few people
TINTED = 12.0  # chroma level from which an otherwise 'grey' picture may be colour under one lamp


@dataclass(frozen=True, slots=True)
class _Sample:
    pts: int
    chroma: float
    tint: float


def colourfulness(image: np.ndarray) -> tuple[float, float]:
    """`(chroma, tint)` of an `(H, W, 3) uint8` RGB picture, both in 8-bit steps of CrCb.

    `chroma` is the 95th percentile of the distance from the usual CrCb at the same brightness; `tint` is the median
    distance from grey.
    """
    edge = int(image.shape[0] * EDGE)
    image = image[edge : image.shape[0] - edge]
    width = min(WIDTH, max(image.shape[1] // BLOCK, 1))
    height = max(round(image.shape[0] * width / image.shape[1]), 1)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    planes = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb) * 255
    luma, chroma = planes[..., 0].ravel(), planes[..., 1:].reshape(-1, 2) - 127.5
    tint = float(np.median(np.hypot(chroma[:, 0], chroma[:, 1])))
    unexplained = chroma.copy()
    for bin_ in np.array_split(np.argsort(luma, kind="stable"), min(LUMA_BINS, len(luma))):
        unexplained[bin_] -= np.median(chroma[bin_], axis=0)
    return float(np.percentile(np.hypot(unexplained[:, 0], unexplained[:, 1]), PERCENTILE)), tint


def segment_modality(source: FrameSource, settings: ModalitySettings) -> Work[list[ModalitySegment]]:
    """Look at frames spread over the recording and divide it into IR and RGB segments that cover all of it.

    Where two neighbouring samples differ, the switch is searched for between them. Runs shorter than
    `min_segment_seconds` (headlights, a flash) join their neighbours. `EvidenceError` if no frame decodes.
    """
    samples = yield from _sampled(source, settings)
    if not samples:
        raise EvidenceError("No frame of the recording decodes.", "Export it again from the recorder.")
    base = source.probe.time_base
    runs = _runs(samples, settings, settings.min_segment_seconds / base)
    borders = [int(source.index.pts[0])]
    borders += [_switch(source, earlier, later, settings) for earlier, later in pairwise(runs)]
    borders.append(int(source.index.pts[-1]) + source.probe.frame_step)
    return [
        _segment(Timestamp(start, base), Timestamp(end, base), run, settings)
        for (start, end), run in zip(pairwise(borders), runs, strict=True)
    ]


def _sampled(source: FrameSource, settings: ModalitySettings) -> Work[list[_Sample]]:
    """Keyframes, which are cheap, and exact frames where keyframes lie too far apart; in order of time."""
    times, base = source.index.pts, source.probe.time_base
    length = int(times[-1] - times[0]) * base
    gap = min(Fraction(settings.sample_seconds), max(length / settings.min_samples, base))
    total = int(length / gap) + 1
    samples: list[_Sample] = []
    for frame in source.keyframes(gap):
        samples.append(_measured(frame))
        yield Progress("modality", len(samples), total, "frames")
    due = int(gap / base)
    holes = [
        pts
        for before, after in pairwise([int(times[0]) - due, *(each.pts for each in samples), int(times[-1]) + due])
        for pts in _on_show(source.index, before + due, after - due // 2, max(due, 1))
    ]
    for pts in sorted(set(holes) - {each.pts for each in samples}):
        sample = _look(source, pts)
        if sample is not None:
            samples.append(sample)
            yield Progress("modality", len(samples), total, "frames")
    return sorted(samples, key=lambda each: each.pts)


def _on_show(index: PtsIndex, first: int, end: int, step: int) -> Iterator[int]:
    """The frames on show at every `step` from `first` up to `end`, each once, however long one stands."""
    while first < end:
        shown = index.nearest(first)
        yield shown
        place = index.first_from(shown + 1)
        if place == len(index):
            return
        first += step * max(1, -(-(int(index.pts[place]) - first) // step))


def _look(source: FrameSource, pts: int) -> _Sample | None:
    try:
        return _measured(source.frame_at(pts))
    except EvidenceError:  # a lost picture says nothing about light
        return None


def _measured(frame: Frame) -> _Sample:
    return _Sample(frame.timestamp.pts, *colourfulness(frame.image))


def _modality(sample: _Sample, settings: ModalitySettings) -> Modality:
    return Modality.VISIBLE if sample.chroma >= settings.chroma_threshold else Modality.INFRARED


def _runs(samples: list[_Sample], settings: ModalitySettings, shortest: float | Fraction) -> list[list[_Sample]]:
    """Neighbouring samples of one modality; the shortest run joins its neighbours until all are long enough.

    A run lasts from its first sample to the first sample of the next run.
    """
    runs = [list(run) for _, run in groupby(samples, key=lambda each: _modality(each, settings))]
    while len(runs) > 1:
        starts = [run[0].pts for run in runs] + [samples[-1].pts + 1]
        lengths = [end - start for start, end in pairwise(starts)]
        place = min(range(len(runs)), key=lambda each: lengths[each])
        if lengths[place] >= shortest:
            break
        first, last = max(place - 1, 0), min(place + 1, len(runs) - 1)
        runs[first : last + 1] = [[sample for run in runs[first : last + 1] for sample in run]]
    return runs


def _majority(run: list[_Sample], settings: ModalitySettings) -> Modality:
    coloured = sum(_modality(each, settings) is Modality.VISIBLE for each in run)
    return Modality.VISIBLE if 2 * coloured > len(run) else Modality.INFRARED


def _switch(source: FrameSource, earlier: list[_Sample], later: list[_Sample], settings: ModalitySettings) -> int:
    """PTS of the first frame that is like the later run, by halving the stretch between the two runs."""
    first, last = source.index.first_from(earlier[-1].pts), source.index.first_from(later[0].pts)
    after = _majority(later, settings)
    while last - first > 1:
        middle = (first + last) // 2
        sample = _look(source, int(source.index.pts[middle]))
        if sample is not None and _modality(sample, settings) is after:
            last = middle
        else:
            first = middle
    return int(source.index.pts[last])


def _segment(start: Timestamp, end: Timestamp, run: list[_Sample], settings: ModalitySettings) -> ModalitySegment:
    modality = _majority(run, settings)
    chroma = median(each.chroma for each in run)
    clear = abs(chroma - settings.chroma_threshold) >= settings.uncertain_margin
    unanimous = sum(_modality(each, settings) is modality for each in run) >= 0.9 * len(run)
    one_lamp = modality is Modality.INFRARED and median(each.tint for each in run) >= TINTED
    return ModalitySegment(start, end, modality, chroma, certain=clear and unanimous and not one_lamp)
