"""What holds for every test: one thread per library, a home of its own, and no unexpected error log."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator

# Before any test imports a numeric library: xdist already uses every core.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # the window speaks English, with its decimal point, whatever this machine speaks

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program they start inherits that.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A collection begun by chance on a worker's thread would destroy the windows of earlier tests there: app/garbage.py.
gc.disable()

import hypothesis  # noqa: E402
import pytest  # noqa: E402

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _young_garbage() -> Iterator[None]:
    yield
    gc.collect(1)


@pytest.fixture(scope="module", autouse=True)
def _garbage() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Imported models and settings of the person who runs the tests stay untouched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIGHTJAR_HOME", str(tmp_path_factory.mktemp("home")))
        yield


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _fail_on_error_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """An error log that the test did not expect fails it; `@pytest.mark.logs_errors` expects some."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(errors)
    expected = request.node.get_closest_marker("logs_errors") is not None
    told = "; ".join(f"{record.name}: {record.getMessage()}" for record in errors.records)
    assert expected == bool(told), f"logged as errors: {told}" if told else "this test was to log an error"
