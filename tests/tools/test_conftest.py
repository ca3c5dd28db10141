"""What tests/conftest.py promises to every test."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from engine.settings import user_data_dir


@pytest.mark.logs_errors
def test_an_error_log_is_noticed() -> None:
    logging.getLogger("nightjar").error("told on purpose")


def test_the_users_own_models_are_out_of_reach() -> None:
    assert not user_data_dir().is_relative_to(Path.home() / ".local")
    assert os.environ["NIGHTJAR_HOME"] == str(user_data_dir())
