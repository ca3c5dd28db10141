"""Which versions of what computed a result: stored with every run and every search (ISO/IEC 27042, repeatability)."""

from __future__ import annotations

import platform
from importlib import metadata

import engine

_DECIDING = ("av", "numpy", "opencv-python", "trackers")
_RUNTIMES = ("onnxruntime-gpu", "onnxruntime")


def component_versions() -> dict[str, str]:
    """Nightjar, Python, the decoder and every library whose version can change a result."""
    from engine.media.container import decoder_version

    versions = {"nightjar": engine.__version__, "python": platform.python_version(), "ffmpeg": decoder_version()}
    for name in _DECIDING:
        versions[name] = _version(name) or "unknown"
    versions["onnxruntime"] = next((found for name in _RUNTIMES if (found := _version(name))), "unknown")
    return versions


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
