"""Recordings of the kinds that real recorders write: turned, odd-sized, interlaced, untimed, in odd colours."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.media.index import build_index
from engine.media.picture import square_size, turn_of
from engine.media.source import open_source
from engine.progress import finish
from tests.helpers import clips

QUIET = {"x264-params": "log=-1"}
CLEAR = QUIET | {"crf": "8"}


def pictures(count: int = 20, width: int = 96, height: int = 64, coloured: bool = True) -> list[np.ndarray]:
    return [clips.numbered(number, width, height, coloured) for number in range(count)]


def assert_exact(path: Path, numbers: list[int] | None = None):
    """Every frame is found again by its PTS with the same bytes, backwards; returns the frames and the probe."""
    with open_source(path) as source:
        frames = list(source.frames())
        assert frames
        times = [frame.timestamp.pts for frame in frames]
        assert times == sorted(set(times))
        assert source.index.pts.tolist() == times
        for frame in reversed(frames):
            assert clips.digest(source.frame_at(frame.timestamp.pts).image) == clips.digest(frame.image)
        for frame in source.keyframes():
            assert clips.digest(frame.image) == clips.digest(frames[frame.index].image)
        assert source.failures.total == 0
        sizes = {(frame.width, frame.height) for frame in frames}
        assert sizes == {(source.probe.width, source.probe.height)}
        if numbers is not None:
            assert [clips.number_in(frame.image) for frame in frames] == numbers
        return frames, source.probe


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_recordings_come_upright(tmp_path, rotation, mirrored):
    stored = pictures()
    path = clips.write_clip(tmp_path / "turned.mp4", stored, rotation=rotation, mirrored=mirrored, options=CLEAR)
    frames, probe = assert_exact(path)
    upright = np.rot90(stored[7], -rotation // 90)
    upright = upright[:, ::-1] if mirrored else upright
    assert np.abs(frames[7].image.astype(int) - upright).mean() < 8
    assert (probe.width, probe.height) == (upright.shape[1], upright.shape[0])
    assert (probe.coded_width, probe.coded_height) == (96, 64)
    assert frames[7].image.flags.c_contiguous


def test_slanted_matrix_is_not_believed():
    assert turn_of(np.array([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30], np.int32).tobytes()) is None


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("odd.mp4", {"pix_fmt": "yuv444p", "options": QUIET}),
        ("odd.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_odd_sizes(tmp_path, name, how):
    path = clips.write_clip(tmp_path / name, pictures(width=97, height=63), **how)
    frames, _ = assert_exact(path, list(range(20)))
    assert frames[0].image.shape == (63, 97, 3)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("motion.avi", {"codec": "mjpeg", "pix_fmt": "yuvj422p"}),
        ("raw.avi", {"codec": "rawvideo", "pix_fmt": "bgr24"}),
        ("raw-yuv.avi", {"codec": "rawvideo", "pix_fmt": "yuv420p"}),
        ("ten-bit.mkv", {"codec": "ffv1", "pix_fmt": "yuv420p10le"}),
        ("ten-bit.mp4", {"pix_fmt": "yuv420p10le", "options": QUIET}),
        ("grey.mkv", {"codec": "ffv1", "pix_fmt": "gray"}),
        ("transport.ts", {"options": clips.H264_B_FRAMES}),
        ("transport-h265.ts", {"codec": "libx265", "options": clips.H265_OPEN_GOP}),
        ("programme.mpg", {"codec": "mpeg2video", "options": {"bf": "2", "g": "12"}}),
        ("web.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "10"}}),
        ("fragments.mp4", {"options": QUIET, "container_options": {"movflags": "frag_keyframe+empty_moov"}}),
        ("refresh.ts", {"options": {"x264-params": "intra-refresh=1:keyint=8:log=-1"}}),
    ],
)
def test_formats_decode_exactly(tmp_path, name, how):
    images = pictures(coloured=how.get("pix_fmt") != "gray")
    frames, _ = assert_exact(clips.write_clip(tmp_path / name, images, **how), list(range(20)))
    assert np.abs(frames[5].image.astype(int) - images[5]).mean() < 9


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("raw.h264", {"options": clips.H264_B_FRAMES, "container_format": "h264"}),
        ("raw.hevc", {"codec": "libx265", "options": clips.H265_OPEN_GOP, "container_format": "hevc"}),
        ("b-frames.avi", {"options": clips.H264_B_FRAMES}),
    ],
)
def test_untimed_recordings_are_counted_and_say_so(tmp_path, name, how):
    path = clips.write_clip(tmp_path / name, pictures(40), **how)
    frames, probe = assert_exact(path, list(range(40)))
    assert probe.timing == "counted"
    assert "counted" in " ".join(probe.warnings)
    assert [frame.timestamp.seconds for frame in frames] == [Fraction(number, 25) for number in range(40)]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("field.mp4", {"options": {"x264-params": "tff=1:log=-1:keyint=8", "bf": "2"}}),
        ("field.mkv", {"codec": "mpeg2video", "options": {"g": "8", "bf": "1"}}),
    ],
)
def test_interlaced_recordings_are_woven_frame_for_frame(tmp_path, name, how):
    """Two fields of different moments show combs; after deinterlacing neighbouring rows agree again."""
    before, after = np.full((64, 96, 3), 40, np.uint8), np.full((64, 96, 3), 200, np.uint8)
    combed = before.copy()
    combed[1::2] = after[1::2]
    path = clips.write_clip(tmp_path / name, [before, combed, after] * 7, interlaced=True, **how)
    frames, probe = assert_exact(path)
    assert probe.interlaced
    assert len(frames) == 21
    rows = frames[10].image[8:-8].mean(axis=(1, 2))
    assert np.abs(np.diff(rows)).max() < 60  # 160 in the combed picture


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (192, 64)), (Fraction(1, 2), (96, 128)), (Fraction(12, 11), (105, 64))]
)
def test_frames_have_square_pixels(tmp_path, aspect, size):
    path = clips.write_clip(tmp_path / "wide.mp4", pictures(), pixel_aspect=aspect, options=QUIET)
    _, probe = assert_exact(path, list(range(20)))
    assert (probe.width, probe.height) == size
    assert square_size(96, 64, aspect) == size


def test_recording_that_does_not_begin_at_zero(tmp_path):
    path = clips.write_clip(tmp_path / "late.mkv", pictures(), pts=range(1000, 1020), options=clips.H264_B_FRAMES)
    _, probe = assert_exact(path, list(range(20)))
    assert probe.start_pts * probe.time_base == 40


def test_negative_times_and_pictures_hidden_by_an_edit_list(tmp_path):
    path = clips.write_clip(
        tmp_path / "early.mp4",
        pictures(),
        pts=range(-10, 10),
        options=clips.H264_B_FRAMES,
        container_options={"avoid_negative_ts": "disabled", "movflags": "negative_cts_offsets"},
    )
    frames, _ = assert_exact(path, list(range(20)))
    assert frames[0].timestamp.seconds == Fraction(-10, 25)


def test_the_largest_of_several_streams_is_taken(tmp_path):
    path = tmp_path / "main-and-sub.mkv"
    with av.open(path, "w") as container:
        streams = [container.add_stream("libx264", rate=25, options=QUIET) for _ in range(2)]
        for stream, (width, height) in zip(streams, [(48, 32), (96, 64)], strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(12):
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(clips.numbered(number, stream.width, stream.height), format="rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    _, probe = assert_exact(path, list(range(12)))
    assert (probe.width, probe.height, probe.stream_index) == (96, 64, 1)
    assert [each.partition(". ")[0] for each in probe.warnings] == [
        "Video streams of this file that are left out: 1 (48 x 32)"
    ]


# Pure red as YCbCr by matrix and range: ITU-R BT.601 and BT.709, limited and full.
RED = {
    ("601", "limited"): (81, 90, 240),
    ("709", "limited"): (63, 102, 240),
    ("601", "full"): (76, 85, 255),
    ("709", "full"): (54, 99, 255),
}


@pytest.mark.parametrize(
    ("matrix", "levels", "tagged", "size"),
    [
        ("601", "limited", False, (96, 64)),
        ("709", "limited", False, (1280, 720)),
        ("709", "limited", True, (96, 64)),
        ("601", "limited", True, (1280, 720)),
        ("601", "full", True, (96, 64)),
        ("709", "full", True, (1280, 720)),
    ],
)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p"])
def test_colours_follow_matrix_and_range(tmp_path, matrix, levels, tagged, size, pix_fmt):
    path = tmp_path / "red.mkv"
    width, height = size
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if tagged:
            stream.codec_context.colorspace = {"601": 5, "709": 1}[matrix]
            stream.codec_context.color_range = {"limited": 1, "full": 2}[levels]
        frame = av.VideoFrame(width, height, pix_fmt)
        for plane, value in zip(frame.planes, RED[matrix, levels], strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_source(path) as source:
        (frame,) = source.frames()
    assert np.abs(frame.image.reshape(-1, 3).astype(int) - [255, 0, 0]).max() <= 3


def test_size_that_changes_on_the_way_is_brought_to_one_and_counted(tmp_path):
    path = tmp_path / "resized.h264"
    parts = []
    for size in ((96, 64), (128, 96)):
        part = clips.write_clip(
            tmp_path / f"{size[0]}.h264", pictures(12, *size), options=QUIET | {"bf": "0"}, container_format="h264"
        )
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))
    with open_source(path) as source:
        frames = list(source.frames())
        assert [clips.number_in(frame.image) for frame in frames] == [*range(12), *range(12)]
        assert {frame.image.shape for frame in frames} == {(64, 96, 3)}
        assert source.failures.rescaled == 12


def test_index_of_an_untimed_recording_names_its_packets(tmp_path):
    path = clips.write_clip(tmp_path / "b.avi", pictures(30), options=clips.H264_B_FRAMES)
    index = finish(build_index(path))
    assert index.by_packet
    assert sorted(index.packet.tolist()) == list(range(30))
    assert index.packet.tolist() != list(range(30))


@pytest.mark.parametrize("burst", [1, 5])
def test_pictures_stamped_an_hour_ahead_stay_where_they_were_recorded(tmp_path, burst):
    path = tmp_path / "glitch.ts"
    # Every part but the first is stamped one frame early by the muxer.
    parts = ((range(60), 0), (range(60, 60 + burst), 90_001), (range(60 + burst, 120), 61 + burst))
    path.write_bytes(b"".join(clips.transport_stream(tmp_path / "part.ts", *part) for part in parts))
    frames, probe = assert_exact(path)
    assert [clips.number_in(frame.image) for frame in frames] == list(range(120))
    assert frames[-1].timestamp.pts - frames[0].timestamp.pts == 119 * probe.frame_step
    with open_source(path) as source:
        list(source.frames())
        assert source.failures.retimed == burst
        ((first, last),) = source.failures.retimed_ranges
        assert (first.pts, last.pts) == (frames[60].timestamp.pts, frames[59 + burst].timestamp.pts)


def test_a_clock_that_was_set_back_is_told_for_every_picture_behind_it(tmp_path):
    path = tmp_path / "back.ts"
    parts = ((range(60), 1000), (range(60, 120), 0))
    path.write_bytes(b"".join(clips.transport_stream(tmp_path / "part.ts", *part) for part in parts))
    frames, _ = assert_exact(path)
    assert [clips.number_in(frame.image) for frame in frames] == list(range(120))
    with open_source(path) as source:
        list(source.frames())
        assert source.failures.retimed == 60
        ((first, last),) = source.failures.retimed_ranges
        assert (first.pts, last.pts) == (frames[60].timestamp.pts, frames[119].timestamp.pts)


def test_a_pause_of_an_hour_is_no_fault(tmp_path):
    path = tmp_path / "pause.ts"
    parts = ((range(60), 0), (range(60, 120), 90_000))
    path.write_bytes(b"".join(clips.transport_stream(tmp_path / "part.ts", *part) for part in parts))
    frames, probe = assert_exact(path)
    assert frames[60].timestamp.pts - frames[59].timestamp.pts > 3000 / probe.time_base
    with open_source(path) as source:
        list(source.frames())
        assert source.failures.retimed == 0
