"""An X server of our own for tests of the real window."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def x_display(size: str = "1600x1000x24") -> Iterator[str]:
    """The name of a fresh Xvfb's display, else of the DISPLAY we were given; skips where there is neither."""
    if not shutil.which("Xvfb"):
        if "DISPLAY" not in os.environ:
            pytest.skip("needs Xvfb or a DISPLAY")
        yield os.environ["DISPLAY"]
        return
    reader, writer = os.pipe()
    arguments = ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(arguments, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        try:
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()
