"""Which versions of what computed a result: stored with every run and every search (ISO/IEC 27042, repeatability)."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import engine

_DECIDING = ("av", "numba", "numpy", "opencv-python", "pillow", "scipy", "supervision", "trackers")
_RUNTIMES = ("onnxruntime-gpu", "onnxruntime")


def component_versions() -> dict[str, str]:
    """Nightjar, Python, the decoder and every library whose version can change a result; and the machine, because
    libraries choose their arithmetic by the processor's instructions."""
    from engine.media.container import decoder_version

    versions = {"nightjar": engine.__version__, "python": platform.python_version(), "ffmpeg": decoder_version()}
    for name in _DECIDING:
        versions[name] = _version(name) or "unknown"
    versions["onnxruntime"] = next((found for name in _RUNTIMES if (found := _version(name))), "unknown")
    versions["platform"] = f"{sys.platform} {platform.machine()}"
    versions["processor"] = _instructions()
    versions["blas"] = _blas()
    return versions


@cache
def _instructions() -> str:
    """The instruction sets that NumPy found, which other libraries go by as well."""
    import numpy as np

    found: Any = np.show_config(mode="dicts")["SIMD Extensions"]
    return " ".join([*found.get("baseline", ()), *found.get("found", ())])


@cache
def _blas() -> str:
    """Which kernels NumPy's matrix products use: the processor decides, or OPENBLAS_CORETYPE. Of NumPy's own library
    only: which others are loaded beside it depends on what ran before."""
    import numpy as np
    from threadpoolctl import threadpool_info

    beside = Path(np.__file__).parent.parent
    for library in threadpool_info():
        if library["user_api"] == "blas" and Path(library["filepath"]).parent in (
            beside / "numpy.libs",
            beside / "numpy",
        ):
            return f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
    return "unknown"


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
