"""Another time zone of the computer, for one test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def computer_in(zone: str) -> Iterator[None]:
    """Local time is that of `zone` ('Europe/Berlin'); skips where the system cannot change it while running."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be changed for one process")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()
