"""One door to every kind of evidence."""

from __future__ import annotations

from pathlib import Path

from engine.media.index import PtsIndex
from engine.media.probe import probe
from engine.media.values import FrameSource, Probe
from engine.settings import MediaSettings


def open_source(
    path: Path | str,
    *,
    index: PtsIndex | None = None,
    found: Probe | None = None,
    settings: MediaSettings | None = None,
) -> FrameSource:
    """A video file, a picture or a folder of pictures as frames; a context manager.

    `index` (from `build_index`) saves building one at the first seek, `found` (from `probe`) saves looking again.
    Raises `EvidenceError` as `probe` does.
    """
    path = Path(path)
    found = found or probe(path)
    if found.kind == "images":
        from engine.media.images import ImageFolderSource

        return ImageFolderSource(path, found)
    from engine.media.decode import VideoSource

    return VideoSource(path, found, index, settings)
