"""A small file system of a test's own, to be filled up or write-protected for real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.case import Case

MEGABYTES = 32


@dataclass
class SmallDisk:
    """A file system of its own that can be filled up and given room again, protected from writing and released."""

    folder: Path

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes free."""
        free = os.statvfs(self.folder)
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            ballast.write(bytes(free.f_bavail * free.f_frsize - leave))

    def free(self) -> None:
        (self.folder / "ballast").unlink()

    def protect(self, on: bool = True) -> None:
        """Refused by the system while a file on it is open for writing."""
        subprocess.run(["mount", "-o", f"remount,{'ro' if on else 'rw'}", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mounted at `folder` in the block; the test is skipped where that may not be done."""
    if not sys.platform.startswith("linux") or os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "nightjar-test", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems may not be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def room(case: Case, pages: int) -> None:
    """Let SQLite believe that the disk has room for so many more pages."""
    writer = case._db._writer
    assert writer is not None
    taken = writer.execute("PRAGMA page_count").fetchone()[0]
    free = writer.execute("PRAGMA freelist_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {taken - free + pages}")
