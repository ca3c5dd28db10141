"""Compiled kernels: where they are kept, and how cores are shared."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from engine.retrieval.compiled import in_threads

SEARCH = """
import numpy as np
from engine.retrieval.exact import nearest, quantise
gallery = np.eye(5, dtype=np.float16)
print(nearest(gallery[3], quantise(gallery), gallery, 1)[0][0, 0])
"""


OVERLAP = """
import threading
import numpy
from threadpoolctl import threadpool_info
from engine.retrieval.compiled import one_blas_thread

def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

def search():
    for _ in range(20):
        with one_blas_thread():
            seen.update(blas_threads())

seen, before = set(), blas_threads()
searches = [threading.Thread(target=search) for _ in range(3)]
for each in searches:
    each.start()
for each in searches:
    each.join()
print(seen <= {1}, blas_threads() == before)
"""


def in_a_new_process(program, **environment):
    result = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return result.stdout.split()


def test_compiled_code_is_kept_for_the_next_start(tmp_path):
    assert in_a_new_process(SEARCH, NUMBA_CACHE_DIR=str(tmp_path)) == ["3"]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert kept
    assert in_a_new_process(SEARCH, NUMBA_CACHE_DIR=str(tmp_path)) == ["3"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == kept


def test_search_works_where_compiled_code_cannot_be_kept():
    # Numba looks for a zip archive only, and there is none.
    assert in_a_new_process(SEARCH, NUMBA_CACHE_LOCATOR_CLASSES="ZipCacheLocator") == ["3"]


def test_blas_gets_its_cores_back_when_searches_overlap():
    assert in_a_new_process(OVERLAP, OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2") == ["True", "True"]


def test_blocks_cover_every_row_once_in_order():
    spans = in_threads(np.arange, 23, 5, threads=3)
    assert np.concatenate(spans).tolist() == list(range(23))
    assert in_threads(lambda start, stop: start, 0, 5) == []
