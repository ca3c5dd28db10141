"""Detectors that a site with internet may download. Nothing is ever fetched unless the user asks for it by name.

An entry is listed only when its SHA-256 was verified from the published file itself.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlparse

from engine.errors import ModelError
from engine.models.card import Model, ModelCard
from engine.models.library import ModelLibrary, storage_failure
from engine.progress import Progress, Work

_BLOCK = 1 << 18
_TIMEOUT = 30.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A published model: its card (with licence and pinned SHA-256), where it is published, and its size in bytes."""

    card: ModelCard
    url: str
    size: int
    homepage: str

    def __post_init__(self) -> None:
        parts = urlparse(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ModelError(f"The catalogue's address of '{self.card.name}' is not https.")


# Empty until the hash of a published file could be verified; a hash that nobody checked would protect nobody.
CATALOGUE: tuple[CatalogueEntry, ...] = ()


def find(name: str, catalogue: tuple[CatalogueEntry, ...] = CATALOGUE) -> CatalogueEntry:
    """The entry of that name; `ModelError` where there is none."""
    for entry in catalogue:
        if entry.card.name == name:
            return entry
    known = ", ".join(entry.card.name for entry in catalogue)
    raise ModelError(
        f"The catalogue has no model '{name}'.",
        f"It has {known}." if known else "It is empty; import a model from a file with 'nightjar models import'.",
    )


def download(entry: CatalogueEntry, library: ModelLibrary) -> Work[Model]:
    """Fetch an entry, check its SHA-256 and import it. What arrived before an interruption is kept and resumed.

    `ModelError` where the server fails or sends another file; then nothing is imported.
    """
    partial = library.user_dir / "downloads" / f"{entry.card.sha256}.partial"
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        have = partial.stat().st_size if partial.exists() else 0
        if have < entry.size:
            yield from _fetch(entry, partial, have)
        digest = _digest(partial)
    except OSError as error:
        raise storage_failure(error) from error
    if digest != entry.card.sha256:
        partial.unlink()
        raise ModelError(
            f"What was downloaded as '{entry.card.name}' is not the pinned file (its SHA-256 differs).",
            "It was thrown away; try again later, or get the file from its publisher and import it.",
        )
    yield Progress("checking", entry.size, entry.size, "bytes")
    with tempfile.TemporaryDirectory() as folder:
        card_path = Path(folder) / "card.json"
        card_path.write_text(json.dumps(entry.card.to_dict()), encoding="utf-8")
        model = library.import_file(partial, card_path)
    partial.unlink()
    return model


def _fetch(entry: CatalogueEntry, partial: Path, have: int) -> Work[None]:
    """Append the missing bytes to `partial`."""
    request = urllib.request.Request(entry.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            resumed = answer.status == http.client.PARTIAL_CONTENT
            done = have if resumed else 0
            with partial.open("ab" if resumed else "wb") as writer:
                while block := answer.read(_BLOCK):
                    done += len(block)
                    if done > entry.size:
                        raise ModelError(f"The server sends more than the file of '{entry.card.name}' has.")
                    _write(writer, block)
                    yield Progress("downloading", done, entry.size, "bytes")
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"The model '{entry.card.name}' could not be downloaded: {reason}.",
            "Try again; what has arrived is kept.",
        ) from error
    if done < entry.size:
        raise ModelError(f"The download of '{entry.card.name}' broke off.", "Try again; what has arrived is kept.")


def _write(writer: BinaryIO, block: bytes) -> None:
    try:
        writer.write(block)
    except OSError as error:
        raise storage_failure(error) from error


def _digest(path: Path) -> str:
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()
