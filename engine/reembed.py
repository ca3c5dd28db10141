"""The verb that embeds an archive again, with another student: needed before that model can search it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from engine.case import Case
from engine.progress import Progress, Work
from engine.settings import EmbeddingSettings, user_data_dir

EMBEDDING = EmbeddingSettings()


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """How many crops were embedded, by which model, computed by what."""

    model: str
    model_sha256: str
    crops: int
    provider: str


def reembed(
    case: Case,
    student: str,
    *,
    device: str = "auto",
    settings: EmbeddingSettings = EMBEDDING,
    models_dir: Path | None = None,
) -> Work[ReembedReport]:
    """Embed every crop that `student` has not embedded yet. Stopped at any time, it goes on where it was."""
    from engine.models.library import ModelLibrary
    from engine.perception.embedder import Embedder
    from engine.perception.preprocess import decode_jpeg

    case.require_writable()
    library = ModelLibrary(models_dir or user_data_dir() / "models")
    embedder = Embedder(library.get(student), device, settings)
    total = case.embeddings.count_missing(embedder.model_sha256)
    crops = case.embeddings.missing(embedder.model_sha256)
    done = 0
    while page := list(islice(crops, settings.batch)):
        yield Progress("embedding", done, total, "crops")
        vectors = embedder.embed([decode_jpeg(jpeg) for _, jpeg in page])
        ids = [crop_id for crop_id, _ in page]
        case.embeddings.add(embedder.model_sha256, student, list(zip(ids, vectors, strict=True)), embedder.provider)
        done += len(page)
    yield Progress("embedding", done, total, "crops")
    return ReembedReport(student, embedder.model_sha256, done, embedder.provider)
