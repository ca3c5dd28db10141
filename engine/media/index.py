"""The PTS of every frame and which of them decode on their own: what exact seeking needs.

Built by demuxing alone where the container's PTS are sound. Where they are missing, repeated, or out of order the
recording is decoded once instead, and each frame remembers which packet it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.errors import EvidenceError
from engine.media.values import Probe
from engine.progress import Progress, Work

FORMAT = 2
REPORT_PACKETS = 2000
MAX_REORDERING = 32  # packets looked back
SHALLOW_REORDERING = 4  # allowed even where the codec announces less
LONG_REORDERING = 10  # seconds; a packet so far ahead of a later one was not reordered: the recorder's clock jumped
NO_DTS = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class PtsIndex:
    """`pts` (N,) int64 strictly ascending; `keyframe` (N,) bool; `dts` (N,) int64 decoding times (NO_DTS: unknown).

    `packet` (N,) int64 counts packets of the stream in file order; `by_packet` says that frames are recognised by
    it, because the container's own PTS cannot be trusted.
    """

    pts: np.ndarray
    keyframe: np.ndarray
    dts: np.ndarray
    packet: np.ndarray
    by_packet: bool = False

    def __post_init__(self) -> None:
        count = len(self.pts)
        if not (len(self.keyframe) == len(self.dts) == len(self.packet) == count):
            raise ValueError("an index needs as many keyframe flags, DTS and packets as PTS")
        if count > 1 and not bool(np.all(np.diff(self.pts) > 0)):
            raise ValueError("an index needs strictly ascending PTS")

    def __len__(self) -> int:
        return len(self.pts)

    def position(self, pts: int) -> int | None:
        """Which frame has exactly this PTS; None if there is none."""
        place = int(np.searchsorted(self.pts, pts))
        return place if place < len(self.pts) and int(self.pts[place]) == pts else None

    def first_from(self, pts: int) -> int:
        """Position of the first frame with PTS >= `pts`; `len(self)` past the end."""
        return int(np.searchsorted(self.pts, pts))

    def nearest(self, pts: int) -> int:
        """The PTS of the frame on show at `pts`: the last one not later, or the very first."""
        if not len(self.pts):
            raise EvidenceError("The recording holds no frames.")
        return int(self.pts[max(int(np.searchsorted(self.pts, pts, side="right")) - 1, 0)])

    def pts_by_packet(self, first: int) -> Iterator[int | None]:
        """PTS of packet number `first` and all that follow it in the file; None for a packet without a frame."""
        order = np.argsort(self.packet)
        expected = first
        for number, pts in zip(self.packet[order].tolist(), self.pts[order].tolist(), strict=True):
            while first <= expected < number:
                expected += 1
                yield None
            if number >= first:
                expected = number + 1
                yield pts

    def save(self, path: Path | str) -> None:
        """Write a .npz file (a cache: it can always be rebuilt)."""
        with open(path, "wb") as file:
            np.savez_compressed(
                file,
                format=np.int64(FORMAT),
                pts=self.pts,
                keyframe=self.keyframe,
                dts=self.dts,
                packet=self.packet,
                by_packet=np.bool_(self.by_packet),
            )

    @classmethod
    def load(cls, path: Path | str) -> PtsIndex:
        """Read what `save` wrote; `EvidenceError` where it is damaged or of another format."""
        import zipfile

        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
                if int(stored["format"]) != FORMAT:
                    raise EvidenceError("The frame index was written by another version.", "It will be built again.")
                return cls(
                    pts=stored["pts"],
                    keyframe=stored["keyframe"],
                    dts=stored["dts"],
                    packet=stored["packet"],
                    by_packet=bool(stored["by_packet"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise EvidenceError(f"The frame index '{Path(path).name}' is damaged.", "Build it again.") from error


def build_index(path: Path | str, probe: Probe | None = None) -> Work[PtsIndex]:
    """Index a video file or image folder; a generator of Progress."""
    from engine.media.probe import probe as look

    path = Path(path)
    found = probe or look(path)
    if found.kind == "images":
        from engine.media.images import ImageFolderSource

        with ImageFolderSource(path, found) as source:
            return source.index
    if found.timing == "container":
        index = yield from index_by_demuxing(path, found)
        if index is not None:
            return index
    return (yield from _by_decoding(path, found))


def index_by_demuxing(path: Path, probe: Probe) -> Work[PtsIndex | None]:
    """The index from packet headers alone; None where they do not tell a sound story."""
    from engine.media.container import open_container, packets

    rows: list[tuple[int, int, bool, int]] = []
    sound = True
    with open_container(path) as container:
        stream = container.streams[probe.stream_index]
        depth = max(stream.codec_context.reorder_depth, SHALLOW_REORDERING)
        for number, packet in enumerate(packets(container, stream, path)):
            if number % REPORT_PACKETS == 0:
                yield Progress("indexing", number, probe.frame_estimate, "frames")
            if packet.is_discard:
                continue
            if packet.pts is None:
                sound = False
                break
            dts = NO_DTS if packet.dts is None else packet.dts
            rows.append((packet.pts, dts, packet.is_keyframe, number))
    return _index_of(rows) if sound and rows and _is_sound(rows, depth, LONG_REORDERING / probe.time_base) else None


def _is_sound(rows: list[tuple[int, int, bool, int]], depth: int, longest: Fraction) -> bool:
    """PTS are unique; no more packets than the codec reorders stand before one with a smaller PTS, none by more than
    `longest` units of time."""
    times = np.array([row[0] for row in rows], dtype=np.int64)
    if len(np.unique(times)) < len(times):
        return False
    later = np.zeros(len(times), dtype=np.int64)
    furthest = 0
    for lag in range(1, min(MAX_REORDERING, len(times) - 1) + 1):
        ahead = times[:-lag] - times[lag:]
        later[lag:] += ahead > 0
        furthest = max(furthest, int(ahead.max()))
    return int(later.max()) <= depth and furthest <= longest


def _index_of(rows: list[tuple[int, int, bool, int]], by_packet: bool = False) -> PtsIndex:
    rows = sorted(rows)
    return PtsIndex(
        pts=np.array([row[0] for row in rows], dtype=np.int64),
        dts=np.array([row[1] for row in rows], dtype=np.int64),
        keyframe=np.array([row[2] for row in rows], dtype=bool),
        packet=np.array([row[3] for row in rows], dtype=np.int64),
        by_packet=by_packet,
    )


def _by_decoding(path: Path, probe: Probe) -> Work[PtsIndex]:
    """The index from one complete decoding pass."""
    from engine.media.pictures import pictures

    rows: list[tuple[int, int, bool, int]] = []
    for number, picture in enumerate(pictures(path, probe, deinterlace=False)):
        if number % REPORT_PACKETS == 0:
            yield Progress("indexing", number, probe.frame_estimate, "frames")
        rows.append((picture.pts, NO_DTS, picture.keyframe, picture.packet))
    return _index_of(rows, by_packet=True)
