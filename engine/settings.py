"""Every tunable, once. A search or an ingest stores the settings it ran with (`as_dict`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

APP_NAME = "nightjar"


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """How recordings are decoded."""

    # Decoding threads; 0: as many as there are cores. Fixed, because a damaged picture that the codec takes for sound
    # can show what the memory held before, which depends on the number of threads.
    threads: int = 4
    preroll_frames: int = 4  # an exact seek starts at a keyframe at least so many frames earlier
    cache_bytes: int = 192 * 1024 * 1024  # frames kept for stepping back; 0 keeps none


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How far a recorder's clock is trusted."""

    assumed_drift_ppm: int = 50  # between one reading and the frame, while drift is not measured; 4.3 s per day


@dataclass(frozen=True, slots=True)
class ModalitySettings:
    """Chroma statistics that tell IR from RGB."""

    sample_seconds: float = 10.0  # one frame looked at per this much footage
    min_samples: int = 8
    chroma_threshold: float = 5.0  # 8-bit steps of CrCb that brightness does not explain; noisy IR reaches 2 to 3
    uncertain_margin: float = 2.0
    min_segment_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """The built-in detector for fixed cameras: background subtraction and person-shaped filtering."""

    analysed_width: int = 480  # frames are shrunk to at most this many pixels across
    memory_seconds: float = 120.0  # time constant of the background model
    standing_seconds: float = 1200.0  # the same where a person is: who stands still is kept for minutes
    ghost_seconds: float = 3.0  # the same where the background still shows somebody who left
    background_share: float = 0.85  # weight of the modes that are background (TB)
    weak_sigmas: float = 3.0  # a pixel this far from the scene moves if its neighbours do
    strong_sigmas: float = 4.5  # and moves on its own from here on
    noise_floor: float = 4.0  # least standard deviation of a mode, 8-bit steps
    shadow_colour: float = 0.5  # a shadow keeps at least this share of the light, and its colour
    shadow_grey: float = 0.75  # the same without colour to go by
    warm_up_seconds: float = 1.0  # nothing is reported before the background is known
    reset_share: float = 0.6  # a change of more of the picture than this is the light, not people
    min_aspect: float = 0.15  # width by height
    max_aspect: float = 0.9
    min_fill: float = 0.3  # moving share of a person's box


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Which boxes count as people."""

    min_score: float = 0.25  # low boxes still help ByteTrack's second association
    nms_iou: float = 0.45
    min_height: int = 32  # pixels of the upright frame
    batch: int = 1
    motion: MotionSettings = field(default_factory=MotionSettings)


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """ByteTrack (Zhang et al., ECCV 2022), when its tracks are parted, and what counts as a tracklet."""

    activation_score: float = 0.4
    high_score: float = 0.4
    min_iou: float = 0.3  # looser ones hop from one person to the next where two cross
    lost_seconds: float = 1.5  # a person unseen for longer starts a new tracklet
    part_below: float = 0.6  # likeness of the crops before and after, under which two people were taken for one
    part_crops: int = 3  # compared on each side
    min_observations: int = 5


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """The gate a crop passes before it is used for a search or for training."""

    min_width: int = 24
    min_height: int = 56
    min_sharpness: float = 0.22  # a blur of about 3 pixels sigma on a crop 128 pixels high
    min_exposure: float = 0.25
    min_completeness: float = 0.6
    crops_per_tracklet: int = 5
    min_crop_gap_seconds: float = 0.4  # diverse crops lie apart in time
    min_share_of_best: float = 0.6  # diversity never buys a crop worse than this share of the best one's score
    jpeg_quality: int = 92


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How footage is walked through."""

    frame_step: int = 1  # analyse every n-th decoded frame
    keyframes_only: bool = False  # quick pass
    commit_seconds: float = 2.0
    checkpoint_seconds: float = 60.0  # footage time between resumable quiet points
    queue_frames: int = 8


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Batches through the student network."""

    batch: int = 32


@dataclass(frozen=True, slots=True)
class RerankSettings:
    """k-reciprocal (Zhong et al., CVPR 2017) and affinity inference (SAAI, ICCV 2023), with their papers' values."""

    k1: int = 20
    k2: int = 6
    lambda_value: float = 0.3
    affinity_k1: int = 30
    affinity_k2: int = 6
    candidates: int = 1000  # only the nearest are re-ranked


@dataclass(frozen=True, slots=True)
class BandSettings:
    """When a candidate is called close or moderate: Tukey's fences of this query's distances to the gallery."""

    close_fence: float = 3.0  # interquartile ranges below the first quartile
    moderate_fence: float = 1.5
    min_gallery: int = 20  # fewer distances have no quartiles worth the name
    sample: int = 5000  # gallery tracklets that say what distance is usual in this archive, evenly spaced


@dataclass(frozen=True, slots=True)
class QueryPictureSettings:
    """A picture from outside that a search starts from."""

    max_pixels: int = 100_000_000
    max_side: int = 65_500  # what a JPEG can hold


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How a search ranks."""

    rescored: int = 1000  # nearest by int8, rescored from float16
    listed: int = 200  # candidates kept with the search
    reranker: str = "none"  # measured: re-ranking harms where people pass few cameras (ARCHITECTURE.md, retrieval)
    context: int = 500  # the query's nearest fellows in its own modality, for transductive re-ranking
    # A gallery of tracklets holds few of each person, so the neighbourhoods are smaller than the papers'.
    rerank: RerankSettings = field(default_factory=lambda: RerankSettings(affinity_k1=8, affinity_k2=3))
    bands: BandSettings = field(default_factory=BandSettings)


@dataclass(frozen=True, slots=True)
class SitePlanSettings:
    """The picture of the site under the map of cameras."""

    max_bytes: int = 200 * 1024 * 1024
    max_pixels: int = 100_000_000  # an A1 sheet scanned at 300 dpi has 70 million
    shown_pixels: int = 2048  # longest side of what is kept in memory for the map


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them together."""

    media: MediaSettings = field(default_factory=MediaSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    modality: ModalitySettings = field(default_factory=ModalitySettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    search: SearchSettings = field(default_factory=SearchSettings)


def as_dict(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain JSON values, in field order."""
    return asdict(settings)


def user_data_dir() -> Path:
    """Where imported models live; NIGHTJAR_HOME overrides it."""
    import os

    home = os.environ.get("NIGHTJAR_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def user_cache_dir() -> Path:
    """Where this machine keeps what it can compute again; may be deleted at any time."""
    import os

    home = os.environ.get("NIGHTJAR_HOME")
    return Path(home) / "cache" if home else Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def resources_dir() -> Path:
    """The folder of built-in resources, in a checkout, an installed wheel and the frozen application alike."""
    return Path(__file__).resolve().parent.parent / "resources"
