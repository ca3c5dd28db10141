"""What a file of evidence is, checked by decoding its first pictures."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.errors import EvidenceError
from engine.media.files import is_folder, name_of, open_evidence, top_level_boxes, unreadable
from engine.media.values import Probe

SAMPLED_FRAMES = 32  # decoded to judge timing, interlacing and orientation; longer than any reordering (16)
FRUITLESS_PACKETS = 2000  # give up on a stream that has shown no picture for so long
ASSUMED_RATE = Fraction(25)
SMALLEST_STEP = Fraction(1, 1000)  # seconds; a stated rate above 1000 frames/s is not believed


def probe(path: Path | str) -> Probe:
    """Look at a video file, a single picture or a folder of pictures.

    Raises `EvidenceError` with one sentence for anything that cannot be decoded: missing, empty, cut off, encrypted,
    not a video, no picture in it, or pictures of no size.
    """
    path = Path(path)
    from engine.media import images

    if is_folder(path) or images.is_picture(path):
        return images.probe_images(path)
    from engine.media.container import open_container, picture_stream

    with open_container(path) as container:
        return _probe_stream(path, container, picture_stream(container, path))


@dataclass(slots=True)
class _Sample:
    """The first decoded pictures of a stream."""

    pictures: list[Any]
    packets: int = 0
    missing_times: int = 0

    @property
    def timed(self) -> bool:
        """Whether PTS are there and follow the order of presentation."""
        times = [picture.pts for picture in self.pictures]
        if self.missing_times or any(pts is None for pts in times):
            return False
        return all(earlier < later for earlier, later in pairwise(times))


def _probe_stream(path: Path, container: Any, stream: Any) -> Probe:
    from engine.media.container import configure_decoder
    from engine.media.picture import PLAUSIBLE_ASPECT, Geometry, square_size

    context = stream.codec_context
    _refuse_encrypted(path, stream)
    configure_decoder(stream, threads=0)
    sample = _decode_sample(path, container, stream)
    first = sample.pictures[0]
    warnings = [*_cut_off_warnings(path), *_other_streams(container, stream)]

    rate = stream.average_rate or stream.guessed_rate
    if not rate or rate <= 0 or 1 / rate < SMALLEST_STEP:
        rate = ASSUMED_RATE
        warnings.append(f"The recording states no usable frame rate; {ASSUMED_RATE} frames per second are assumed.")
    counted = not sample.timed
    if counted:
        warnings.append(
            "The pictures carry no usable time stamps; they are counted instead, one every "
            f"{1 / rate} s, so times drift if the recorder dropped pictures."
        )
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if aspect <= 0:
        aspect = Fraction(1)
    elif not PLAUSIBLE_ASPECT[0] <= aspect <= PLAUSIBLE_ASPECT[1]:
        warnings.append(f"The stated pixel shape {aspect} is not plausible and is ignored.")
        aspect = Fraction(1)
    turns, mirrored = _orientation(first, warnings)
    geometry = Geometry(*square_size(first.width, first.height, aspect), turns, mirrored)
    width, height = geometry.upright_size
    seconds = _duration(container, stream)
    return Probe(
        kind="video",
        container=container.format.name,
        codec=context.name,
        pixel_format=first.format.name,
        width=width,
        height=height,
        coded_width=first.width,
        coded_height=first.height,
        time_base=1 / rate if counted else stream.time_base,
        average_rate=rate,
        duration=seconds,
        frame_estimate=stream.frames or (round(seconds * rate) if seconds else None),
        start_pts=0 if counted else first.pts,
        rotation=turns * 90,
        mirrored=mirrored,
        pixel_aspect=aspect,
        interlaced=any(picture.interlaced_frame for picture in sample.pictures),
        timing="counted" if counted else "container",
        stream_index=stream.index,
        stated_frames=stream.frames or None if "mp4" in container.format.name else None,
        creation_time=stream.metadata.get("creation_time") or container.metadata.get("creation_time"),
        warnings=tuple(warnings),
    )


def _decode_sample(path: Path, container: Any, stream: Any) -> _Sample:
    """The first pictures; damaged packets among them are passed over."""
    import av

    sample = _Sample(pictures=[])
    encrypted = False
    try:
        for packet in container.demux(stream):
            if packet.size:
                sample.packets += 1
                sample.missing_times += packet.pts is None
                encrypted = encrypted or packet.has_sidedata("encryption_info")
            try:
                sample.pictures += packet.decode()
            except av.FFmpegError:
                continue
            enough = len(sample.pictures) >= SAMPLED_FRAMES
            if enough or (not sample.pictures and sample.packets >= FRUITLESS_PACKETS):
                break
    except av.FFmpegError:
        pass  # a container damaged further on: judge by what came before
    except OSError as error:
        raise unreadable(path, error) from error
    if encrypted:
        raise _encrypted(path)
    if not sample.pictures:
        why = "holds no pictures at all" if not sample.packets else "holds no picture that can be decoded"
        raise EvidenceError(f"{name_of(path)} {why}.", "It may be damaged or encrypted; export it again.")
    first = sample.pictures[0]
    if first.width <= 0 or first.height <= 0:
        raise EvidenceError(f"{name_of(path)} holds pictures of no size.", "Export it again from the recorder.")
    return sample


def _refuse_encrypted(path: Path, stream: Any) -> None:
    if stream.codec_context.codec_tag in ("encv", "drmi"):  # ISO/IEC 23001-7, FairPlay
        raise _encrypted(path)


def _encrypted(path: Path) -> EvidenceError:
    return EvidenceError(f"{name_of(path)} is encrypted.", "Export it without a password from the recorder's player.")


def _orientation(picture: Any, warnings: list[str]) -> tuple[int, bool]:
    from av.sidedata.sidedata import Type

    from engine.media.picture import turn_of

    matrix = picture.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return 0, False
    turn = turn_of(bytes(matrix))
    if turn is None:
        warnings.append("The stated rotation is no quarter turn and is ignored.")
        return 0, False
    return turn


def _duration(container: Any, stream: Any) -> Fraction | None:
    """Seconds as the container states them."""
    import av

    if stream.duration and stream.duration > 0:
        return Fraction(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return Fraction(container.duration, av.time_base)
    return None


def _other_streams(container: Any, stream: Any) -> list[str]:
    """What of the file is not looked at: further cameras or smaller copies in streams of their own."""
    from engine.media.container import video_streams

    others = [each for each in video_streams(container) if each.index != stream.index]
    if not others:
        return []
    sizes = (
        f"{each.codec_context.width} x {each.codec_context.height}" if each.codec_context else "not decodable"
        for each in others
    )
    return [
        f"Video streams of this file that are left out: {len(others)} ({', '.join(sizes)}). Only the one of the "
        f"largest picture, stream {stream.index}, is looked at; export the others as files of their own."
    ]


def _cut_off_warnings(path: Path) -> list[str]:
    """Whether the container's own sizes reach past the end of the file."""
    total = path.stat().st_size
    ends = [offset + size for _, offset, size in top_level_boxes(path)]
    with open_evidence(path) as file:
        try:
            header = file.read(8)
        except OSError as error:
            raise unreadable(path, error) from error
    if header[:4] == b"RIFF" and total < (1 << 30):  # larger AVI files are split into several RIFF chunks
        ends.append(8 + struct.unpack("<I", header[4:])[0])
    missing = max(ends, default=0) - total
    return [f"The file is cut off: {missing:,} bytes that it announces are missing."] if missing > 0 else []
