"""Real recordings: exact frames, an index, and the file that kills OpenCV's reader."""

import hashlib
import random

import pytest

from engine.media.hashing import hash_file
from engine.media.source import open_source
from engine.progress import finish
from tests.helpers.shared import shared_path

pytestmark = pytest.mark.shared


def test_raw_video_that_kills_another_reader_decodes():
    with open_source(shared_path("footage/odd/rawvideo-48x48.avi")) as source:
        frames = list(source.frames())
        assert [frame.index for frame in frames] == list(range(51))
        assert {frame.image.shape for frame in frames} == {(48, 48, 3)}
        assert source.failures.total == 0


@pytest.mark.parametrize("name", ["vtest-480x360.avi", "one-by-one-person-detection.mp4"])
def test_seeking_real_footage_gives_the_sequential_frames(name):
    path = shared_path(f"footage/{name}")
    with open_source(path) as source:
        wanted = {}
        for frame in source.frames():
            wanted[frame.timestamp.pts] = hashlib.sha256(frame.image).digest()
            if frame.index == 260:
                break
        for pts in random.Random(2).sample(sorted(wanted), 12):
            assert hashlib.sha256(source.frame_at(pts).image).digest() == wanted[pts]


def test_hashing_gives_the_registered_digest():
    digest = finish(hash_file(shared_path("footage/odd/rawvideo-48x48.avi")))
    assert digest.size == 355840
    assert digest.sha256 == "39e79e09c5ebcd5b0fa2b1d68ed8e2102bb1964110e7e3e8a782d3e649fac660"
