"""The libraries are read before they are needed, without importing any, and without standing in anybody's way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import readahead
from app.tasks import Pool

LIST = """
import json, sys
from app.readahead import PACKAGES, native_libraries
found = native_libraries()
print(json.dumps([[str(path) for path in found], [name for name in PACKAGES if name in sys.modules]]))
"""


def test_what_the_first_search_loads_is_found_and_nothing_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=True)
    found, imported = json.loads(done.stdout)
    assert imported == []
    import cv2
    import onnxruntime.capi.onnxruntime_pybind11_state as runtime

    assert runtime.__file__ in found
    assert any(path.startswith(str(Path(cv2.__file__).parent)) for path in found)
    assert not any("providers_cuda" in path for path in found)


def test_a_file_that_cannot_be_read_is_passed_over(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    files = [tmp_path / "gone.so", tmp_path / "there.so"]
    files[1].write_bytes(b"library")
    read: list[Path] = []
    really = readahead._read
    monkeypatch.setattr(readahead, "native_libraries", lambda: files)
    monkeypatch.setattr(readahead, "_read", lambda path: (read.append(path), really(path)))
    pool = Pool(1, "reader")
    readahead.read_ahead(pool)
    qtbot.waitUntil(lambda: read == files)
    pool.stop()
