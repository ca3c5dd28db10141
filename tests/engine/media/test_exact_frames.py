"""Seeking to any PTS gives the frame, to the byte, that decoding from the beginning gives."""

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EvidenceError
from engine.media.index import PtsIndex, build_index
from engine.media.source import open_source
from engine.progress import finish
from engine.settings import MediaSettings
from tests.engine.media.conftest import VFR_PTS
from tests.helpers import clips

CLIPS = ["h264_b_frames", "h265_open_gop", "variable_rate"]


@pytest.fixture(params=CLIPS)
def clip(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def sequential(path: Path, settings: MediaSettings | None = None) -> dict[int, str]:
    with open_source(path, settings=settings) as source:
        frames = list(source.frames())
        assert source.failures.total == 0
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return {frame.timestamp.pts: clips.digest(frame.image) for frame in frames}


def test_the_open_gop_clip_has_frames_that_need_the_gop_before(h265_open_gop):
    """Frames shown before a later keyframe but stored behind it: the ones that naive seeking gets wrong."""
    index = finish(build_index(h265_open_gop))
    leading = [
        place
        for key in np.flatnonzero(index.keyframe)
        for place in range(key)
        if index.packet[place] > index.packet[key]
    ]
    assert len(leading) >= 6


def test_every_frame_carries_its_own_number(clip):
    with open_source(clip) as source:
        assert [clips.number_in(frame.image) for frame in source.frames()] == list(range(60))


def test_pts_are_the_containers_own(clip):
    assert list(sequential(clip)) == [pts for pts, _ in clips.oracle_frames(clip)]


def test_variable_times_come_through_exactly(variable_rate):
    with open_source(variable_rate) as source:
        times = [frame.timestamp.seconds for frame in source.frames()]
    assert [time - times[0] for time in times] == [Fraction(pts, 90) for pts in VFR_PTS]


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
@pytest.mark.parametrize("cache_bytes", [0, 60_000])
def test_seeking_gives_the_sequential_frame(clip, order, cache_bytes):
    expected = sequential(clip)
    wanted = sorted(expected)
    if order == "backwards":
        wanted.reverse()
    elif order == "shuffled":
        random.Random(5).shuffle(wanted)
    with open_source(clip, settings=MediaSettings(cache_bytes=cache_bytes)) as source:
        for pts in wanted:
            frame = source.frame_at(pts)
            assert frame.timestamp.pts == pts
            assert clips.digest(frame.image) == expected[pts]
            assert clips.number_in(frame.image) == frame.index


def test_seeking_without_preroll_is_exact_too(clip):
    expected = sequential(clip)
    for pts in sorted(expected):
        with open_source(clip, settings=MediaSettings(preroll_frames=0)) as source:
            assert clips.digest(source.frame_at(pts).image) == expected[pts]


def test_frames_from_a_start_are_the_rest_of_all_frames(clip):
    expected = sequential(clip)
    for start in [*sorted(expected)[::7], -5, max(expected) + 1]:
        with open_source(clip) as source:
            found = {frame.timestamp.pts: clips.digest(frame.image) for frame in source.frames(start)}
        assert found == {pts: digest for pts, digest in expected.items() if pts >= start}


def test_thread_count_does_not_show(clip):
    assert sequential(clip, MediaSettings(threads=1)) == sequential(clip, MediaSettings(threads=3))


def test_keyframes_are_frames_of_the_recording(clip):
    expected = sequential(clip)
    with open_source(clip) as source:
        flagged = source.index.pts[source.index.keyframe].tolist()
        found = {frame.timestamp.pts: clips.digest(frame.image) for frame in source.keyframes()}
    assert list(found) == flagged
    assert len(found) >= 4
    assert found.items() <= expected.items()


def test_keyframes_from_the_end_on_leave_the_beginning_unread(clip, monkeypatch):
    with open_source(clip) as source:
        flagged = source.index.pts[source.index.keyframe].tolist()
        decoded, lone = [], source._lone_frame
        monkeypatch.setattr(source, "_lone_frame", lambda place, pts: decoded.append(pts) or lone(place, pts))
        found = [frame.timestamp.pts for frame in source.keyframes(start=flagged[-2] - 1)]
    assert found == decoded == flagged[-2:]


def test_keyframes_keep_their_distance(h264_b_frames):
    with open_source(h264_b_frames) as source:
        times = [frame.timestamp.seconds for frame in source.keyframes(Fraction(9, 10))]
    assert all(later - earlier >= Fraction(9, 10) for earlier, later in pairwise(times))
    assert len(times) == 3


def test_index_survives_a_round_trip(clip, tmp_path):
    index = finish(build_index(clip))
    index.save(tmp_path / "index.npz")
    again = PtsIndex.load(tmp_path / "index.npz")
    assert np.array_equal(index.pts, again.pts)
    assert np.array_equal(index.keyframe, again.keyframe)
    assert again.pts.tolist() == sorted(sequential(clip))
    with open_source(clip, index=again) as source:
        assert source.index is again
        assert clips.number_in(source.frame_at(int(again.pts[33])).image) == 33


def test_damaged_index_is_told_plainly(tmp_path):
    (tmp_path / "index.npz").write_bytes(b"PK\x03\x04 not an index")
    with pytest.raises(EvidenceError, match="damaged"):
        PtsIndex.load(tmp_path / "index.npz")


def test_no_frame_at_a_pts_between_frames(h264_b_frames):
    with open_source(h264_b_frames) as source:
        between = int(source.index.pts[3]) + 1
        with pytest.raises(EvidenceError, match="no frame at time stamp"):
            source.frame_at(between)
        assert source.index.nearest(between) == source.index.pts[3]
        assert source.index.nearest(-100) == source.index.pts[0]


def test_stepping_runs_beside_playing(h264_b_frames):
    """A player pauses, steps back, and plays on."""
    with open_source(h264_b_frames) as source:
        playing = source.frames()
        numbers = [clips.number_in(next(playing).image) for _ in range(30)]
        for place in (28, 27, 26, 40):
            assert clips.number_in(source.frame_at(int(source.index.pts[place])).image) == place
        numbers += [clips.number_in(frame.image) for frame in playing]
    assert numbers == list(range(60))
