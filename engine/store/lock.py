"""One writer per case: an operating system lock on a file that says who holds it.

The system drops the lock when its process ends, however it ends, so a crash never leaves a case locked.
A child process must be spawned, not forked: a fork would share the lock and keep it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path
from typing import Any

from engine.errors import CaseLockedError, StorageError
from engine.store.codec import utc_now

# Windows locks byte ranges and forbids reading them: lock one byte far behind the text.
_WINDOWS_LOCK_BYTE = 1 << 30


class WriterLock:
    """Held from construction to `release()`. Raises `CaseLockedError` naming the holder, or `StorageError`."""

    def __init__(self, path: Path, examiner: str, program: str) -> None:
        self._path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StorageError(
                f"The case folder {path.parent} cannot be written to ({error.strerror}).",
                "Open the case read-only, or copy the folder to a place where you may write.",
            ) from error
        try:
            locked = lock_file(self._fd)
        except OSError as error:
            os.close(self._fd)
            raise StorageError(
                f"The case folder {path.parent} lies where files cannot be locked ({error.strerror}), so that two "
                "programs could write to the case at once.",
                "Copy the folder to a local disk and work there, or open the case read-only.",
            ) from error
        if not locked:
            holder = _describe(_read(self._fd))
            os.close(self._fd)
            raise CaseLockedError(
                f"This case is already open for writing {holder}.", "Close it there, or open it here read-only."
            )
        self._write(
            {
                "examiner": examiner,
                "program": program,
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": utc_now(),
            }
        )

    def release(self) -> None:
        """Give the case back. The file stays: removing it could take a lock away from the next holder."""
        if self._fd >= 0:
            os.ftruncate(self._fd, 0)
            if os.name != "nt":  # else a program that another thread is just starting would hold it a moment longer
                import fcntl

                fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = -1

    def _write(self, holder: dict[str, Any]) -> None:
        try:
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, json.dumps(holder).encode())
        except OSError as error:
            os.close(self._fd)
            raise StorageError(
                f"The case folder {self._path.parent} cannot be written to ({error.strerror}).",
                "Free some space on that disk, then try again.",
            ) from error


def lock_file(fd: int) -> bool:
    """Lock the open file until it is closed; False where another program or another opening of it has the lock."""
    try:
        if os.name == "nt":  # pragma: no cover
            import msvcrt

            os.lseek(fd, _WINDOWS_LOCK_BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(fd, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def _read(fd: int) -> dict[str, Any]:
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        holder = json.loads(os.read(fd, 4096))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _describe(holder: dict[str, Any]) -> str:
    if not holder:
        return "in another program"
    since = str(holder.get("since"))[:16].replace("T", " ")
    return (
        f"by {holder.get('examiner')} in {holder.get('program')} "
        f"(process {holder.get('pid')} on {holder.get('host')}, since {since} UTC)"
    )
