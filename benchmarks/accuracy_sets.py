"""The rendered test sets of `benchmarks.accuracy`: where they lie, how they are made, by which digest they are known.

Two sets of people, four of frames and one of scenes, with seeds no training used: drawn like the training pictures,
and in styles kept out of training (training/synthetic/styles.py); frames also with the wide variety of stations that
detectors are trained on, and with the plain stations of crops and scenes (training/synthetic/variety.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.progress import Work
from training.data.formats import open_set
from training.data.records import Photo, fingerprint
from training.synthetic.crops import CropSettings, crop_set
from training.synthetic.frames import PLAIN, WIDE, FrameSettings, frame_set
from training.synthetic.scene import SceneSettings, scene_set, standard_cameras
from training.synthetic.styles import HELD_OUT, TRAINING

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Rendered:
    """One test set: `title` for readers, `folder` below the data folder, and the settings that decide its bytes."""

    title: str
    folder: str
    settings: CropSettings | FrameSettings | SceneSettings


def _people(seed: int, styles: str) -> CropSettings:
    return CropSettings(100, 8, seed, 192, worlds=50, val_share=0.0, test_share=1.0, styles=styles)


CROPS = (
    Rendered("unseen rendered people, training styles", "test-training", _people(77, TRAINING)),
    Rendered("unseen rendered people, held-out styles", "test-heldout", _people(78, HELD_OUT)),
)
FRAMES = tuple(
    Rendered(
        f"{variety} rendered frames, {styles} styles",
        f"frames-{variety}-{styles}",
        FrameSettings(300, 71, styles=styles, variety=variety),
    )
    for variety in (PLAIN, WIDE)
    for styles in (TRAINING, HELD_OUT)
)
SCENES = (
    Rendered(
        "crowded rendered scenes",
        "scenes",
        SceneSettings(91, 14, 6, 45.0, width=960, height=540, cameras=standard_cameras(4, 4)),
    ),
)


@dataclass(frozen=True)
class LabelledSet:
    """A set that is there. `digest` names its content; `facts` says in plain values what it is."""

    title: str
    root: Path
    digest: str
    facts: dict[str, Any]

    def photos(self) -> tuple[Photo, ...]:
        """Its test people's photos."""
        return open_set(self.root).test


def rendered_set(wanted: Rendered, data: Path, makehuman: Path, workers: int) -> Work[LabelledSet]:
    """The set under `data`, rendered first (or to its end) where it is not complete."""
    root = data / wanted.folder
    if not _manifest(root).get("complete"):
        if not makehuman.is_dir():
            raise UsageError(
                f"The test set '{wanted.title}' is not in {root}, nor the pack to render it from in {makehuman}.",
                "Give a folder that holds the rendered sets with --data, or the body and clothes pack with --makehuman "
                "(python -m training synthetic assets builds one from an installed MakeHuman).",
            )
        if isinstance(wanted.settings, CropSettings):
            yield from crop_set(root, makehuman, wanted.settings, workers)
        elif isinstance(wanted.settings, FrameSettings):
            yield from frame_set(root, makehuman, wanted.settings, workers)
        else:
            yield from scene_set(root, makehuman, wanted.settings, workers)
    return described(root, wanted.title)


def described(root: Path, title: str = "") -> LabelledSet:
    """What is known of the set in `root`: from its manifest where it was rendered, else from its test pictures."""
    made = _manifest(root)
    if not made.get("complete"):
        photos = open_set(root).test
        facts = {"kind": "labelled pictures", **_counts(photos)}
        return LabelledSet(title or root.name, root, fingerprint(root, photos), facts)
    asked = made["parameters"]
    if made["kind"] == "frames":
        counts = {"frames": asked["frames"]}
    elif made["kind"] == "scene":
        counts = {"clips": len(asked["cameras"]), "seconds each": asked["seconds"], "people each": asked["people"]}
        counts["people each"] += asked["passers_by"]
    else:
        counts = _counts(open_set(root).test)
    facts = {
        "kind": f"rendered {made['kind']}",
        "seed": asked["seed"],
        "styles": asked.get("styles", "all"),
        "variety": asked.get("variety", ""),
        **counts,
        "picture version": made["version"],
    }
    return LabelledSet(title or root.name, root, made["files_sha256"], facts)


def _counts(photos: Sequence[Photo]) -> dict[str, int]:
    return {"people": len({photo.identity for photo in photos}), "pictures": len(photos)}


def _manifest(root: Path) -> dict[str, Any]:
    try:
        found = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
