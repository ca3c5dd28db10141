"""Who is searched for: the crops of a clicked person, crops an analyst picked, or a picture from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.errors import EvidenceError, UsageError
from engine.media.files import open_evidence, shown, unreadable
from engine.media.still import DAMAGE, opened
from engine.models.card import Model
from engine.settings import QualitySettings, QueryPictureSettings
from engine.types import Box, CropQuality


@dataclass(frozen=True, slots=True)
class Query:
    """At least one of: tracklet ids (all their good crops are used), crop ids (used as picked), picture files."""

    tracklets: tuple[int, ...] = ()
    crops: tuple[int, ...] = ()
    images: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryCrop:
    """One picture of the person; `used` False where the quality gate left it out, `note` says why or how good it is."""

    jpeg: bytes
    label: str
    quality: CropQuality
    used: bool
    crop_id: int | None = None
    tracklet_id: int | None = None
    file_sha256: str | None = None  # of a picture from outside: the file as the examiner gave it
    file_size: int | None = None

    @property
    def note(self) -> str:
        """What speaks against the crop, in plain words."""
        return ", ".join(self.quality.faults) or "good"


@dataclass(frozen=True, slots=True)
class GatheredQuery:
    """The query as one `vector (D,) float32`, unit length, with the crops it was made from."""

    crops: tuple[QueryCrop, ...]
    vector: NDArray[np.float32]
    provider: str


def gather_query(case: Case, query: Query, model: Model, device: str) -> GatheredQuery:
    """Bring the query's pictures together and fuse their embeddings.

    Raises UsageError for an empty query or unknown ids, EvidenceError for a picture that cannot be searched with.
    """
    from engine.perception.embedder import Embedder
    from engine.perception.preprocess import decode_jpeg
    from engine.retrieval.distance import fuse

    stored = [crop for number in query.tracklets for crop in _of_tracklet(case, number)]
    known = {crop.crop_id for crop in stored}
    stored += [_picked(case, number) for number in query.crops if number not in known]
    outside = [_from_file(path) for path in query.images]
    crops = (*stored, *outside)
    if not crops:
        raise UsageError("There is nobody to search for.", "Name a tracklet, a crop or a picture.")
    used = [crop for crop in crops if crop.used]
    embedder = None
    vectors = []
    for crop in used:
        if crop.crop_id is not None:
            vectors.append(case.embeddings.of_crops(model.card.sha256, [crop.crop_id])[0].astype(np.float32))
        else:
            embedder = embedder or Embedder(model, device)
            vectors.append(embedder.embed([decode_jpeg(crop.jpeg)])[0])
    provider = embedder.provider if embedder else "embeddings of the case"
    return GatheredQuery(crops, np.asarray(fuse(np.stack(vectors)), np.float32), provider)


def _of_tracklet(case: Case, tracklet_id: int) -> list[QueryCrop]:
    """A tracklet's crops; the good ones are used, or the best one where none is good."""
    tracklet = case.tracklets.get(tracklet_id)
    crops = [
        QueryCrop(
            jpeg=case.tracklets.crop_jpeg(crop.id),
            label=f"{tracklet.label} crop {crop.rank}",
            quality=crop.quality,
            used=crop.quality.usable,
            crop_id=crop.id,
            tracklet_id=tracklet_id,
        )
        for crop in case.tracklets.crops(tracklet_id)
    ]
    return crops if any(crop.used for crop in crops) else [replace(crops[0], used=True), *crops[1:]]


def _picked(case: Case, crop_id: int) -> QueryCrop:
    crop = case.tracklets.crop(crop_id)
    label = f"{case.tracklets.get(crop.tracklet_id).label} crop {crop.rank}"
    return QueryCrop(case.tracklets.crop_jpeg(crop_id), label, crop.quality, True, crop_id, crop.tracklet_id)


def _from_file(path: Path) -> QueryCrop:
    """A picture from outside the case, kept as JPEG so that the search can be repeated from the case alone, with the
    SHA-256 and size of the examiner's own file."""
    import cv2

    from engine.perception.preprocess import decode_jpeg, encode_jpeg
    from engine.perception.quality import assess

    name = shown(path.name)
    with open_evidence(path) as file:
        try:
            data = file.readall()  # type: ignore[attr-defined]
        except OSError as error:
            raise unreadable(path, error) from error
    _require_bounded(data, name)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # refuses sizes of its own
        pixels = None
    if pixels is None:
        raise EvidenceError(f"{name} is not a picture that can be read.", "Give a JPEG or PNG of one person.")
    settings = QualitySettings()
    height, width = pixels.shape[:2]
    if width < settings.min_width or height < settings.min_height:
        raise EvidenceError(
            f"{name} is too small to search with: {width} x {height} pixels.",
            f"At least {settings.min_width} x {settings.min_height} are needed.",
        )
    jpeg = encode_jpeg(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), settings.jpeg_quality)
    # The whole picture is the person: it has no frame whose edges could cut anything off.
    surround = Box(width, height, width, height)
    quality = assess(decode_jpeg(jpeg), surround, (3 * width, 3 * height), [], settings)
    return QueryCrop(jpeg, name, quality, True, file_sha256=sha256(data).hexdigest(), file_size=len(data))


def _require_bounded(data: bytes, name: str) -> None:
    """Refuse by its header a picture that would fill the memory; what the header does not tell, the decoder does."""
    from PIL import Image

    limits = QueryPictureSettings()
    try:
        with opened(BytesIO(data)) as image:
            width, height = image.size
    except Image.DecompressionBombError:
        width = height = limits.max_side + 1
    except DAMAGE:
        return
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise EvidenceError(
            f"{name} has more pixels than a picture of one person needs.", "Cut the person out and save that part."
        )
