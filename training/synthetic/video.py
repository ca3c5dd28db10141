"""H.264 clips with true timestamps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from training.synthetic.manifest import storage_error

CLOCK = 90_000  # ticks per second of the container's time base


class ClipWriter:
    """Encodes frames, one thread, so that the bytes depend on the pictures alone."""

    def __init__(self, path: Path, width: int, height: int, rate: Fraction, crf: int, started: datetime) -> None:
        self._container = av.open(str(path), "w", format="mp4")
        self._container.metadata["creation_time"] = started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.time_base = Fraction(1, CLOCK)
        self._stream.codec_context.time_base = Fraction(1, CLOCK)
        self._stream.codec_context.thread_count = 1
        self._stream.options = {
            "crf": str(crf),
            "preset": "veryfast",
            "x264-params": f"threads=1:keyint={round(float(rate) * 5)}:bframes=0",
        }

    def add(self, picture: np.ndarray, pts: int) -> None:
        """picture: BGR uint8 (H, W, 3); pts in 1/90000 s."""
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = pts, Fraction(1, CLOCK)
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what the encoder still holds, and the index."""
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()

    def abandon(self) -> None:
        """Close without finishing."""
        with suppress(av.FFmpegError, OSError):
            self._container.close()


@contextmanager
def clip_writer(
    path: Path, width: int, height: int, rate: Fraction, crf: int, started: datetime
) -> Iterator[ClipWriter]:
    """A clip that appears under its name only when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = ClipWriter(part, width, height, rate, crf, started)
        try:
            yield writer
            writer.close()
        except BaseException:
            writer.abandon()
            part.unlink(missing_ok=True)
            raise
        os.replace(part, path)
    except OSError as error:  # av's errors are OSErrors where the disk is at fault
        raise storage_error(path, error) from error
