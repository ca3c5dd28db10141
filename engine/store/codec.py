"""Values to bytes and back: array bundles, vectors, canonical JSON. Nothing here can execute what it reads."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np

from engine.errors import CaseCorruptError, UsageError
from engine.media.files import shown

_MAGIC = b"NJA1"


def path_to_text(path: PurePath) -> str:
    """An absolute path as it is, or, where its name is not UTF-8, as a `file:` address that loses nothing."""
    text = str(path)
    return path.as_uri() if path.is_absolute() and shown(text) != text else shown(text)


_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    Enum: lambda value: value.value,
    Fraction: lambda value: f"{value.numerator}/{value.denominator}",
    datetime: lambda value: value.isoformat(),
    PurePath: path_to_text,
    np.generic: lambda value: value.item(),
}


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays (any shape; numbers and booleans only) as one compressed blob."""
    header, body = [], []
    for name, value in arrays.items():
        array = np.ascontiguousarray(value)
        if array.dtype.hasobject:
            raise ValueError(f"array {name!r} holds Python objects")
        header.append([name, array.dtype.str, list(np.shape(value))])
        body.append(array.tobytes())
    head = json.dumps(header, separators=(",", ":")).encode()
    return _MAGIC + struct.pack("<I", len(head)) + head + zlib.compress(b"".join(body), 1)


def unpack_arrays(blob: bytes) -> dict[str, np.ndarray]:
    """The inverse of `pack_arrays`; writable copies. `CaseCorruptError` where the blob is damaged."""
    try:
        if blob[:4] != _MAGIC:
            raise ValueError("unknown format")
        (length,) = struct.unpack_from("<I", blob, 4)
        header = json.loads(blob[8 : 8 + length])
        body = zlib.decompress(blob[8 + length :])
        arrays, offset = {}, 0
        for name, dtype_name, shape in header:
            dtype = np.dtype(dtype_name)
            count = int(np.prod(shape, dtype=np.int64))
            arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape).copy()
            offset += count * dtype.itemsize
    except (ValueError, TypeError, struct.error, zlib.error) as error:
        raise CaseCorruptError(
            f"A record in the case database is damaged ({error}).", "Restore case.db from a copy, then verify."
        ) from error
    return arrays


def smallest_float(values: np.ndarray) -> np.ndarray:
    """`values` as float32 where that loses nothing, else as float64: what was computed comes back to the bit."""
    wide = np.asarray(values, dtype=np.float64)
    narrow = wide.astype(np.float32)
    return narrow if np.array_equal(narrow.astype(np.float64), wide) else wide


def vector_to_bytes(vector: np.ndarray) -> bytes:
    """`(D,)` as little-endian float16."""
    return np.ascontiguousarray(vector, dtype="<f2").tobytes()


def vectors_from_bytes(blobs: list[bytes], dimension: int) -> np.ndarray:
    """`(N, D) float16` from N stored vectors; `CaseCorruptError` where a length is wrong."""
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise CaseCorruptError(
            "An embedding in the case database has the wrong length.", "Restore case.db from a copy, then verify."
        )
    return np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), dimension)


def path_from_text(text: str) -> Path:
    """The inverse of `path_to_text` for absolute paths."""
    if not text.startswith("file://"):
        return Path(text)
    return Path(os.fsdecode(unquote_to_bytes(text.removeprefix("file://"))))


def plain(value: Any) -> Any:
    """`value` as JSON values: dataclasses, mappings and sequences throughout; Fraction as 'n/d', paths as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for kind, convert in _CONVERSIONS.items():
        if isinstance(value, kind):
            return convert(value)
    return value


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces and UTF-8 text: equal values give equal bytes. NaN is refused."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(data: bytes) -> str:
    """Lower-case hex digest."""
    return hashlib.sha256(data).hexdigest()


def checked_picture(jpeg: bytes, digest: str, name: str) -> bytes:
    """`jpeg`, whose SHA-256 must be the one that was stored with it; `CaseCorruptError` naming it where it is not."""
    if sha256(jpeg) != digest:
        raise CaseCorruptError(
            f"The picture of {name} is not the one that was stored.", "Restore case.db from a copy, then verify."
        )
    return jpeg


def row_number(text: str, what: str) -> int:
    """The number of a row from what was typed; `UsageError` where it is none that a case can hold."""
    if not text.isdecimal() or len(text) > 18:
        raise UsageError(f"{text!r} is not the number of a {what}.")
    return int(text)


def utc_now() -> str:
    """The wall clock as ISO 8601 UTC with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
