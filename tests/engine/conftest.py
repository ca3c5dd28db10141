"""Cases made for tests need not survive a power cut: waiting for the disk would be most of the suite's time."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def _do_not_wait_for_the_disk() -> None:
    from engine.store import database

    database.SYNCHRONOUS = "OFF"
