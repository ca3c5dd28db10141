"""Are rendered people learnable but not trivial? Histograms and a small network on people nobody trained on.

    python -m benchmarks.accuracy_synthetic --data SET [--model CHECKPOINT ...] [--people 100]

SET is a crop set of `python -m training synthetic crops`; a MODEL is a checkpoint or student of `python -m training`
trained on other rendered people. To hold on 100 people, one gallery image per person and camera, all-search, no
re-ranking: histograms under 5 % rank-1 from IR to RGB (chance 1 %), a small network at least 20 % IR to RGB and 70 %
RGB to RGB.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import Table, save
from engine.retrieval.distance import normalise
from engine.types import Modality
from training.data.formats import open_set
from training.data.images import ImageStore
from training.data.records import Photo, of_modality
from training.evaluate import open_model
from training.protocols import RULE, Protocol, seeded_draw, sysu, tracklets, trial_of
from training.synthetic.assets import load_pack
from training.synthetic.person import draw_person
from training.validation import mean_metrics, score

TRIALS = 10
STRIPES = 6  # a person is described from head to foot
Embed = Callable[[ImageStore], np.ndarray]


def grey_histograms(store: ImageStore) -> np.ndarray:
    """(N, 6·32) float32: histograms of luminance in six stripes, equalised against exposure, by square roots."""

    def describe(image: np.ndarray) -> np.ndarray:
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
        return np.stack([cv2.calcHist([part], [0], None, [32], [0, 256]) for part in np.array_split(grey, STRIPES)])

    return _root(store, describe)


def colour_histograms(store: ImageStore) -> np.ndarray:
    """(N, 6·256) float32: hue-saturation-value histograms (8×8×4) in six stripes, by square roots."""

    def describe(image: np.ndarray) -> np.ndarray:
        parts = np.array_split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), STRIPES)
        return np.stack(
            [cv2.calcHist([part], [0, 1, 2], None, [8, 8, 4], [0, 180, 0, 256, 0, 256]).ravel() for part in parts]
        )

    return _root(store, describe)


def _root(store: ImageStore, describe: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    rows = np.stack([describe(store[i]).ravel() for i in range(len(store))])
    return normalise(np.sqrt(rows).astype(np.float32))


def protocols(photos: Sequence[Photo], root: Path) -> dict[str, Protocol]:
    """IR → RGB single-shot all-search, RGB → RGB with one gallery image per person and camera, and tracklets."""
    colour = of_modality(photos, Modality.VISIBLE)
    rgb = tuple(trial_of(colour, seeded_draw(colour, 1, trial)) for trial in range(TRIALS))
    return {
        "IR→RGB": sysu(photos, root, mode="all", shots=1, draw="seeded", trials=TRIALS),
        "RGB→RGB": Protocol("RGB to RGB, other cameras, one gallery photo per person and camera", RULE["llcm"], rgb),
        "IR→RGB, tracklets": tracklets(photos, RULE["sysu"]),
    }


def shared_descriptions(pack: Path, people: int) -> int:
    """How many of `people` people share all their attributes with another."""
    assets = load_pack(pack)
    words = [tuple(draw_person(assets, number).words().items()) for number in range(1, people + 1)]
    return len(words) - len(set(words))


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, action="append", default=[], help="may be given several times")
    parser.add_argument("--people", type=int, default=100, help="test people used (default 100)")
    parser.add_argument("--makehuman", type=Path, default=Path("../shared/makehuman"))
    arguments = parser.parse_args()
    splits = open_set(arguments.data, "sysu")
    chosen = sorted({photo.identity for photo in splits.test})[: arguments.people]
    photos = tuple(photo for photo in splits.test if photo.identity in chosen)
    contenders: list[tuple[str, tuple[int, int], Embed]] = [
        ("grey histogram", (128, 64), grey_histograms),
        ("colour histogram", (128, 64), colour_histograms),
    ]
    for path in arguments.model:
        model = open_model(path, threads=1)
        contenders.append((str(path), model.size, model.embed))
    table = Table(f"{len(chosen)} unseen people, per cent (chance rank-1: {100 / len(chosen):.1f})",
                  "model", "search", "R1", "R10", "mAP")  # fmt: skip
    for name, size, embed in contenders:
        store = ImageStore(photos, size)
        embeddings = dict(zip(store.photos, embed(store), strict=True))
        for search, protocol in protocols(photos, arguments.data).items():
            metrics = mean_metrics(score(protocol, embeddings))
            table.add(name, search, *(round(100 * metrics[key], 1) for key in ("R1", "R10", "mAP")))
    table.print()
    same = shared_descriptions(arguments.makehuman, 1000)
    print(f"\nof 1,000 people, {same} share all attributes with another")
    save("accuracy_synthetic", table, people=chosen, sharing_all_attributes=same)


if __name__ == "__main__":
    main()
