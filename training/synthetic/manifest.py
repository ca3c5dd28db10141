"""What a rendered set was made with, and files that are whole or absent."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import StorageError, UsageError

VERSION = 2  # of the pictures: raised whenever the same parameters give other bytes
ORIGIN = "Rendered people; nobody in these pictures exists. Body and clothes data: MakeHuman, CC0 1.0."


def write_file(path: Path, data: bytes) -> None:
    """Write atomically; StorageError where the disk is full or not writable."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise storage_error(path, error) from error


def storage_error(path: Path, error: OSError) -> StorageError:
    """What to tell when `path` cannot be written."""
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return StorageError(
        f"{path} could not be written: {reason}.",
        "Free some space (or choose another folder) and run the same command again: it goes on where it stopped.",
    )


def dump(value: Any) -> bytes:
    """JSON as it is stored: stable, readable."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def set_digest(files: Mapping[str, str]) -> str:
    """One digest of a folder: SHA-256 of its sorted `name NUL sha256 LF` list."""
    return sha256("".join(f"{name}\0{files[name]}\n" for name in sorted(files)).encode())


def pack_digest(folder: Path) -> str:
    """Digest of the body and clothes pack."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".npz", ".json", ".png", ".jpg"))
    return set_digest({p.relative_to(folder).as_posix(): sha256(p.read_bytes()) for p in paths})


def begin(folder: Path, kind: str, parameters: Mapping[str, Any], pack: Path) -> dict[str, Any]:
    """Start or resume a set in `folder`: returns its manifest, refusing a folder that holds something else."""
    manifest = {
        "kind": kind,
        "version": VERSION,
        "parameters": json.loads(json.dumps(parameters)),  # as they will be read back
        "pack_sha256": pack_digest(pack),
        "origin": ORIGIN,
        "complete": False,
    }
    path = folder / "manifest.json"
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = {}
        if any(found.get(key) != manifest[key] for key in ("kind", "version", "parameters", "pack_sha256")):
            raise UsageError(
                f"{folder} already holds a set made with other parameters.",
                "Give the same parameters to go on with it, or another folder.",
            )
        return found
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and holds no rendered set.", "Give a new or empty folder.")
    write_file(path, dump(manifest))
    return manifest


def end(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, str], **facts: Any) -> None:
    """Mark the set as complete, with the digest of its files."""
    whole = {**manifest, **facts, "complete": True, "files": len(files), "files_sha256": set_digest(files)}
    write_file(folder / "manifest.json", dump(whole))


def check_count(name: str, value: int, least: int, most: int) -> None:
    """UsageError unless least ≤ value ≤ most."""
    if not least <= value <= most:
        raise UsageError(f"{name} must lie between {least} and {most}, not {value}.")


def check_even(name: str, value: int) -> None:
    """UsageError unless value is even: H.264's colour planes have half the size."""
    if value % 2:
        raise UsageError(f"{name} must be even, not {value}.")
