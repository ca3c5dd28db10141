"""Bad evidence gets one clear sentence, and evidence is never touched."""

import os
import random
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import EvidenceError
from engine.media.hashing import hash_file
from engine.media.index import build_index
from engine.media.probe import probe
from engine.media.source import open_source
from engine.media.values import Probe
from engine.progress import finish
from tests.helpers import clips
from tests.helpers.shared import shared_path

KEYS = {"encryption_key": "76a6c65c5ea762046bd749a2e632ccbb", "encryption_kid": "a7e61c373e219033c21091fa607bf3b8"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    images = [clips.numbered(number) for number in range(40)]
    return clips.write_clip(tmp_path_factory.mktemp("good") / "good.mp4", images, options=clips.H264_B_FRAMES)


def missing(folder: Path, good: Path) -> Path:
    return folder / "nowhere.mp4"


def empty(folder: Path, good: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def folder_without_pictures(folder: Path, good: Path) -> Path:
    (folder / "notes.txt").write_text("nothing here")
    return folder


def without_contents(folder: Path, good: Path) -> Path:
    path = folder / "cut.mp4"
    path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    return path


def text(folder: Path, good: Path) -> Path:
    path = folder / "letter.txt"
    path.write_text("Dear Sir or Madam,\n" * 50)
    return path


def noise(folder: Path, good: Path) -> Path:
    path = folder / "noise.mp4"
    path.write_bytes(random.Random(1).randbytes(40_000))
    return path


def archive(folder: Path, good: Path) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.write(good)
    return folder / "export.zip"


def playlist(folder: Path, good: Path) -> Path:
    path = folder / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://localhost:9/x.ts\n#EXT-X-ENDLIST\n")
    return path


def list_of_files(folder: Path, good: Path) -> Path:
    path = folder / "list.ffconcat"
    path.write_text(f"ffconcat version 1.0\nfile '{good}'\n")
    return path


def only_sound(folder: Path, good: Path) -> Path:
    with av.open(folder / "sound.wav", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return folder / "sound.wav"


def no_frames(folder: Path, good: Path) -> Path:
    with av.open(folder / "none.avi", "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        container.start_encoding()
    return folder / "none.avi"


def no_size(folder: Path, good: Path) -> Path:
    """An AVI whose headers say 0 x 0 (offsets: AVIMAINHEADER dwWidth, BITMAPINFOHEADER biWidth)."""
    path = folder / "nothing.avi"
    images = [clips.numbered(number) for number in range(3)]
    content = bytearray(clips.write_clip(path, images, codec="rawvideo", pix_fmt="bgr24").read_bytes())
    main, stream = content.index(b"avih") + 8, content.index(b"strf") + 8
    content[main + 32 : main + 40] = content[stream + 4 : stream + 12] = bytes(8)
    path.write_bytes(content)
    return path


def encrypted(folder: Path, good: Path) -> Path:
    images = [clips.numbered(number) for number in range(12)]
    options = {"encryption_scheme": "cenc-aes-ctr", **KEYS}
    return clips.write_clip(folder / "locked.mp4", images, options=clips.H264_B_FRAMES, container_options=options)


def blanked(folder: Path, good: Path) -> Path:
    content = bytearray(good.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path = folder / "blank.mp4"
    path.write_bytes(content)
    return path


def broken_picture(folder: Path, good: Path) -> Path:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    return folder / "broken.jpg"


BAD = [
    (missing, "does not exist"),
    (empty, r"is empty \(0 bytes\)"),
    (folder_without_pictures, "holds no pictures"),
    (without_contents, "cut off: its table of contents"),
    (text, "is text, not a video"),
    (noise, "not a video that can be read"),
    (archive, "not a video that can be read"),
    (playlist, "not a video that can be read"),
    (list_of_files, "not a video that can be read"),
    (only_sound, "holds only sound"),
    (no_frames, "holds no pictures at all"),
    (no_size, "no picture that can be decoded|pictures of no size"),
    (encrypted, "is encrypted"),
    (blanked, "no picture that can be decoded"),
    (broken_picture, "no picture that can be decoded"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=[make.__name__ for make, _ in BAD])
@pytest.mark.parametrize("use", [probe, open_source, lambda path: finish(build_index(path))])
def test_bad_input_is_told_in_one_sentence(tmp_path, good, make, says, use):
    path = make(tmp_path, good)
    with pytest.raises(EvidenceError, match=says) as told:
        use(path)
    message = str(told.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert path.name in message
    assert not any(raw in message for raw in ("Errno", "avcodec", "Invalid data", "[", "Traceback"))


@pytest.mark.parametrize("suffix", ["mp4", "avi", "mkv"])
def test_evidence_is_left_as_it_was(tmp_path, suffix):
    images = [clips.numbered(number) for number in range(20)]
    codec = {"codec": "mjpeg", "pix_fmt": "yuvj420p"} if suffix == "avi" else {"options": clips.H264_B_FRAMES}
    path = clips.write_clip(tmp_path / f"clip.{suffix}", images, **codec)
    os.utime(path, ns=(10**18, 10**18))
    path.chmod(0o444)
    before, content = path.stat(), finish(hash_file(path))
    with open_source(path) as source:
        for frame in source.frames():
            source.frame_at(frame.timestamp.pts)
    after = path.stat()
    assert finish(hash_file(path)) == content
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_mode) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_mode,
    )
    if hasattr(os, "O_NOATIME"):
        assert after.st_atime_ns == before.st_atime_ns


def test_cut_off_file_warns_and_counts(tmp_path):
    images = [clips.numbered(number, 160, 120) for number in range(40)]
    path = clips.write_clip(
        tmp_path / "cut.mp4", images, options=clips.H264_B_FRAMES, container_options={"movflags": "faststart"}
    )
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with open_source(path) as source:
        assert any("cut off" in warning for warning in source.probe.warnings)
        frames = list(source.frames())
        assert 10 < len(frames) < 40
        assert source.failures.total >= 40 - len(frames)


def damaged(path: Path, source: Path, seed: int) -> Path:
    """A copy with thirty bytes changed in its middle third."""
    content, chance = bytearray(source.read_bytes()), random.Random(seed)
    for _ in range(30):
        content[int(len(content) * chance.uniform(0.35, 0.6))] = chance.randrange(256)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("whole.mp4", {"options": clips.H264_B_FRAMES}),
        ("whole.ts", {"options": clips.H264_B_FRAMES}),
        ("whole.mkv", {"codec": "libx265", "options": clips.H265_OPEN_GOP}),
        ("whole.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("whole.mpg", {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}}),
    ],
)
def test_decoding_goes_on_after_damage_and_counts_it(tmp_path, name, how):
    images = [clips.numbered(number, 192, 144) for number in range(90)]
    path = damaged(tmp_path / name, clips.write_clip(tmp_path / f"sound-{name}", images, **how), seed=3)
    with open_source(path) as source:
        frames = list(source.frames())
        numbers = [clips.number_in(frame.image) for frame in frames]
        assert numbers[:20] == list(range(20))
        assert numbers[-10:] in (list(range(80, 90)), list(range(79, 89)))  # a damaged AVI may lose its last chunk
        assert source.failures.undecoded + source.failures.corrupt > 0
        assert len(frames) + source.failures.undecoded <= 90
        first, last = source.failures.ranges[0][0], source.failures.ranges[-1][1]
        assert frames[0].timestamp.pts < first.pts <= last.pts < frames[-1].timestamp.pts
        counted, gop = source.failures.total, 12 * source.probe.frame_step
        # What a codec paints where data is missing may depend on what its memory held: compare sound pictures only.
        sound = [each for each in frames if not first.pts - gop <= each.timestamp.pts <= last.pts + gop]
        assert len(sound) > 20
        for frame in sound[::-3]:
            assert clips.digest(source.frame_at(frame.timestamp.pts).image) == clips.digest(frame.image)
        assert source.failures.total == counted
    with open_source(path) as again:
        repeated = {frame.timestamp.pts: clips.digest(frame.image) for frame in again.frames()}
        assert list(repeated) == [frame.timestamp.pts for frame in frames]
        assert all(repeated[frame.timestamp.pts] == clips.digest(frame.image) for frame in sound)
        assert again.failures.total == counted


def test_lost_picture_is_told_plainly(tmp_path):
    images = [clips.numbered(number) for number in range(12)]
    path = clips.write_clip(tmp_path / "motion.avi", images, codec="mjpeg", pix_fmt="yuvj420p")
    content = bytearray(path.read_bytes())
    starts = [place for place in range(len(content) - 2) if content[place : place + 3] == b"\xff\xd8\xff"]
    content[starts[5] : starts[6] - 16] = bytes(starts[6] - 16 - starts[5])
    path.write_bytes(content)
    with open_source(path) as source:
        assert [clips.number_in(frame.image) for frame in source.frames()] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
        assert source.failures.undecoded == 1
        assert [(first.pts, last.pts) for first, last in source.failures.ranges] == [(5, 5)]
        with pytest.raises(EvidenceError, match=r"time stamp 5 .* does not decode"):
            source.frame_at(5)


def test_probe_survives_storage(good):
    found = probe(good)
    assert Probe.from_dict(found.as_dict()) == found


def test_file_that_kills_another_reader_is_probed():
    found = probe(shared_path("footage/odd/rawvideo-48x48.avi"))
    assert (found.width, found.height, found.frame_estimate) == (48, 48, 51)
