"""Reading files of evidence without leaving a trace on them, and refusing bad ones in one sentence."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import EvidenceError

GONE_HINT = (
    "Check the path, and that its drive is connected. Footage of a case that lies elsewhere now is looked for there "
    "with 'Find moved footage' (on the command line 'nightjar evidence find')."
)


def shown(text: str) -> str:
    """A file name for people, databases and UTF-8 files: bytes that are no UTF-8 (which Python keeps as lone
    surrogates) as `\\udcff`."""
    return text.encode("utf-8", "backslashreplace").decode()


def name_of(path: Path) -> str:
    """How a path is named in messages: its last part, quoted."""
    return f"'{shown(path.name or str(path))}'"


def is_folder(path: Path) -> bool:
    """`EvidenceError` where the system does not let one look, or nothing is there."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EvidenceError(f"'{shown(str(path))}' does not exist.", GONE_HINT) from error
    except OSError as error:
        raise unreadable(path, error) from error


def open_evidence(path: Path) -> BinaryIO:
    """The file opened for reading only; where the system allows it, without touching its access time."""
    if is_folder(path) or not path.is_file():
        raise EvidenceError(f"{name_of(path)} is not a file.", "Choose a video file or a folder of pictures.")
    try:
        file = open(path, "rb", buffering=0, opener=_open_quietly)  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise unreadable(path, error) from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise EvidenceError(f"{name_of(path)} is empty (0 bytes).", "Export it again from the recorder.")
    return file


def _open_quietly(path: str, flags: int) -> int:
    no_access_time = getattr(os, "O_NOATIME", 0)
    try:
        return os.open(path, flags | no_access_time)
    except PermissionError:  # only a file's owner may ask for O_NOATIME
        return os.open(path, flags)


def unreadable(path: Path, error: OSError) -> EvidenceError:
    """An operating system's refusal as one sentence."""
    return EvidenceError(f"{name_of(path)} cannot be read ({error.strerror or 'input/output error'}).")


def top_level_boxes(path: Path) -> Iterator[tuple[str, int, int]]:
    """`(type, offset, size)` of an ISO base media file's outer boxes (ISO/IEC 14496-12 4.2); else nothing."""
    with open_evidence(path) as file:
        total = os.fstat(file.fileno()).st_size
        offset = 0
        while offset + 8 <= total:
            file.seek(offset)
            try:
                header = file.read(16)
            except OSError as error:
                raise unreadable(path, error) from error
            size, kind = struct.unpack(">I4s", header[:8])
            if size == 1 and len(header) == 16:
                size = struct.unpack(">Q", header[8:])[0]
            elif size == 0:
                size = total - offset
            if size < 8 or not (kind.isalnum() and kind.isascii()):
                return
            yield kind.decode("ascii"), offset, size
            offset += size
