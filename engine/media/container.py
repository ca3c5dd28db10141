"""Opening a video container read-only, choosing its picture stream, and failing in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from engine.errors import EvidenceError
from engine.media.files import name_of, open_evidence, top_level_boxes, unreadable

READ_BYTES = 1 << 20
MAX_DEMUX_ERRORS = 64  # in a row, before the rest of the file is given up
DEMUXER_OPTIONS = {
    "protocol_whitelist": "none",  # evidence opens no other file and no network address
    "advanced_editlist": "0",  # MP4: pictures that an edit list hides are shown too
}
# Containers that only point at other files or at the network; evidence must be self-contained.
POINTER_FORMATS = frozenset({"hls", "concat", "dash", "sdp", "rtsp", "imf", "image2", "vobsub"})
# Text that libavformat would render as pictures.
TEXT_FORMATS = frozenset({"tty", "bin", "adf", "idf", "xbin"})


@contextmanager
def open_container(path: Path) -> Iterator[Any]:
    """A PyAV input container over `path`; closes both. `EvidenceError` where it is no video."""
    with open_evidence(path) as file:
        try:
            container = av.open(
                file,
                mode="r",
                metadata_errors="replace",
                buffer_size=READ_BYTES,
                container_options=DEMUXER_OPTIONS,
            )
        except (av.FFmpegError, ValueError, UnicodeError) as error:
            raise not_a_video(path) from error
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            refuse_odd_format(path, container.format.name)
            yield container
        finally:
            container.close()


def refuse_odd_format(path: Path, format_name: str) -> None:
    names = set(format_name.split(","))
    if names & POINTER_FORMATS:
        raise EvidenceError(
            f"{name_of(path)} is a list that points to other media, not a recording.",
            "Register the files that it points to.",
        )
    if names & TEXT_FORMATS:
        raise EvidenceError(f"{name_of(path)} is text, not a video.", "Choose a video file or a folder of pictures.")


def not_a_video(path: Path) -> EvidenceError:
    """Why libavformat could not open this file, as far as its first bytes tell."""
    boxes = list(top_level_boxes(path))
    if boxes and boxes[0][0] == "ftyp" and "moov" not in {kind for kind, _, _ in boxes}:
        return EvidenceError(
            f"{name_of(path)} is cut off: its table of contents (moov) is missing.",
            "Export it again; repair tools change the evidence and need a copy of their own.",
        )
    return EvidenceError(
        f"{name_of(path)} is not a video that can be read.",
        "It may be damaged, encrypted, or in the recorder's own format: export it as MP4, MKV or AVI.",
    )


def video_streams(container: Any) -> list[Any]:
    """Every video stream but cover art."""
    return [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]


def picture_stream(container: Any, path: Path) -> Any:
    """The best video stream: the largest picture, cover art left out, the first among equals."""
    streams = video_streams(container)
    if not streams:
        sound = " only sound" if container.streams.audio else " no pictures"
        raise EvidenceError(f"{name_of(path)} holds{sound}.", "Choose a file with a video stream.")
    decodable = [each for each in streams if each.codec_context is not None]
    if not decodable:
        raise EvidenceError(
            f"{name_of(path)} uses a video codec that cannot be decoded here.",
            "Export it from the recorder's player as H.264 or H.265.",
        )
    return max(decodable, key=lambda each: (each.codec_context.width * each.codec_context.height, -each.index))


def configure_decoder(stream: Any, threads: int, strict: bool = False) -> None:
    """Threaded decoding (`threads` 0: as many as there are cores) that hands packet numbers on to frames.

    `strict` makes damage an error instead of a patched picture.
    """
    context = stream.codec_context
    context.thread_type = "AUTO"
    context.thread_count = threads
    context.copy_opaque = True
    if strict:
        context.options = {"err_detect": "crccheck+bitstream+buffer+explode"}


def packets(container: Any, stream: Any, path: Path) -> Iterator[Any]:
    """The packets of a stream in file order; goes on behind a damaged stretch while anything still comes."""
    barren = 0
    while barren < MAX_DEMUX_ERRORS:
        try:
            for packet in container.demux(stream):
                if packet.size:
                    barren = 0
                    yield packet
            return
        except av.FFmpegError:
            barren += 1
        except OSError as error:
            raise unreadable(path, error) from error


def decoder_version() -> str:
    """The version of FFmpeg's decoders (libavcodec) that made the pictures."""
    return ".".join(str(part) for part in av.library_versions["libavcodec"])
