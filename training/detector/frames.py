"""Sets of single frames with COCO truth (`python -m training synthetic frames`), read once into one array on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.faults import DataError, storage_fault


@dataclass(frozen=True)
class Truth:
    """Who is in one frame. boxes (N, 4) float32 x0, y0, x1, y1: the whole person, within the picture; share (N,):
    of the outline that nothing hides; infrared: the frame's modality."""

    file: Path
    width: int
    height: int
    boxes: np.ndarray
    share: np.ndarray
    infrared: bool

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.share), 4):
            raise ValueError(f"boxes {self.boxes.shape} and {len(self.share)} shares do not go together")


def read_truth(folder: Path) -> list[Truth]:
    """Truth of all frames of a set, in the order of its annotations; DataError where the folder holds no set."""
    try:
        coco = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
        modality = _modalities(folder)
        by_image: dict[int, list[dict]] = {image["id"]: [] for image in coco["images"]}
        for note in coco["annotations"]:
            by_image[note["image_id"]].append(note)
        return [_truth(folder, image, by_image[image["id"]], modality) for image in coco["images"]]
    except FileNotFoundError as error:
        raise DataError(
            f"{folder} holds no frames with truth.", "Render some with `python -m training synthetic frames`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"The truth of {folder} is damaged ({error}).", "Render the set again.") from error


def _modalities(folder: Path) -> dict[str, bool]:
    """True by file name where a frame is infrared."""
    found = {}
    for path in sorted((folder / "truth").glob("*.json")):
        for image in json.loads(path.read_text(encoding="utf-8"))["images"]:
            found[image["file"]] = image["modality"] == "IR"
    return found


def _truth(folder: Path, image: dict, notes: list[dict], modality: dict[str, bool]) -> Truth:
    boxes = np.array([note["bbox"] for note in notes], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    share = np.array([note["visible_share"] for note in notes], np.float32)
    name = image["file_name"]
    return Truth(folder / name, image["width"], image["height"], boxes, share, modality[name])


def read_frame(truth: Truth) -> np.ndarray:
    """(H, W, 3) uint8 RGB."""
    picture = cv2.imread(str(truth.file))
    if picture is None or picture.shape[:2] != (truth.height, truth.width):
        raise DataError(f"{truth.file} is missing or damaged.", "Render the set again.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


class FrameStore:
    """Frames of one size as one (N, H, W, 3) uint8 array on disk, so that a view of one costs next to nothing.

    clear: for each frame (N,) bool, which people stand out from the dark at all.
    """

    def __init__(self, folders: Sequence[Path], cache: Path, least_contrast: float) -> None:
        self.truth = [truth for folder in folders for truth in read_truth(folder)]
        sizes = {(truth.height, truth.width) for truth in self.truth}
        if len(sizes) != 1:
            raise DataError(f"The frames have {len(sizes)} different sizes; one is needed.", "Check --data.")
        self.height, self.width = sizes.pop()
        self.pixels = self._fill(cache)
        self.clear = [_clear(self.pixels[i], truth.boxes, least_contrast) for i, truth in enumerate(self.truth)]
        shown = [
            bool((clear & (truth.share >= 0.5)).any()) for clear, truth in zip(self.clear, self.truth, strict=True)
        ]
        self.peopled = np.flatnonzero(shown)
        self.empty = np.flatnonzero([not len(truth.boxes) for truth in self.truth])

    def _fill(self, cache: Path) -> np.ndarray:
        shape = (len(self.truth), self.height, self.width, 3)
        done = cache.with_suffix(".done")
        try:
            if done.is_file() and cache.is_file() and cache.stat().st_size == int(np.prod(shape)):
                return np.memmap(cache, np.uint8, "r", shape=shape)
            pixels = np.memmap(cache, np.uint8, "w+", shape=shape)
            for i, truth in enumerate(self.truth):
                pixels[i] = read_frame(truth)
            pixels.flush()
            done.touch()
        except OSError as error:
            raise storage_fault(error, cache) from error
        return pixels

    def __len__(self) -> int:
        return len(self.truth)


def _clear(picture: np.ndarray, boxes: np.ndarray, least: float) -> np.ndarray:
    """(N,) bool: the part of the picture in the box spans `least` grey levels once noise is smoothed away."""
    found = np.zeros(len(boxes), bool)
    for i, (x0, y0, x1, y1) in enumerate(boxes.astype(int)):
        part = picture[max(y0, 0) : y1, max(x0, 0) : x1]
        if part.size:
            small = cv2.resize(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), (8, 16), interpolation=cv2.INTER_AREA)
            low, high = np.percentile(small, (5, 95))
            found[i] = high - low >= least
    return found
