"""Compiled kernels: where they are kept, and how cores are shared."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from engine.retrieval.compiled import in_threads, one_blas_thread

SEARCH = """
import numpy as np
from engine.retrieval.exact import nearest, quantise
gallery = np.eye(5, dtype=np.float16)
print(nearest(gallery[3], quantise(gallery), gallery, 1)[0][0, 0])
"""


def search_in_a_new_process(**environment):
    result = subprocess.run(
        [sys.executable, "-c", SEARCH], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == ["3"], result.stderr


def test_compiled_code_is_kept_for_the_next_start(tmp_path):
    search_in_a_new_process(NUMBA_CACHE_DIR=str(tmp_path))
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert kept
    search_in_a_new_process(NUMBA_CACHE_DIR=str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == kept


def test_search_works_where_compiled_code_cannot_be_kept():
    search_in_a_new_process(NUMBA_CACHE_LOCATOR_CLASSES="ZipCacheLocator")  # no zip archive here: no place to keep it


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_gets_its_cores_back_when_searches_overlap():
    def search():
        for _ in range(20):
            with one_blas_thread():
                assert set(blas_threads()) <= {1}

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert blas_threads() == before


def test_blocks_cover_every_row_once_in_order():
    spans = in_threads(np.arange, 23, 5, threads=3)
    assert np.concatenate(spans).tolist() == list(range(23))
    assert in_threads(lambda start, stop: start, 0, 5) == []
