"""Clips that several tests look at; each is made once."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.helpers import clips

VFR_PTS = [0, 3, 4, 10, 11, 12, 30, 31, 47, 50, 51, 90, 91, 95, 96, 97, 98, 130, 131, 140, 141, 142, 143, 150]
VFR_PTS += [200 + 7 * place + place % 3 for place in range(36)]


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def h264_b_frames(clip_folder: Path) -> Path:
    images = [clips.numbered(number) for number in range(60)]
    return clips.write_clip(clip_folder / "b-frames.mp4", images, options=clips.H264_B_FRAMES)


@pytest.fixture(scope="session")
def h265_open_gop(clip_folder: Path) -> Path:
    images = [clips.numbered(number) for number in range(60)]
    return clips.write_clip(clip_folder / "open-gop.mkv", images, codec="libx265", options=clips.H265_OPEN_GOP)


@pytest.fixture(scope="session")
def variable_rate(clip_folder: Path) -> Path:
    images = [clips.numbered(number) for number in range(len(VFR_PTS))]
    return clips.write_clip(
        clip_folder / "variable.mp4",
        images,
        pts=VFR_PTS,
        time_base=Fraction(1, 90),
        options={"bf": "2", "g": "15", "sc_threshold": "0", "x264-params": "log=-1"},
    )
