"""A toy set of frames with truth, in the layout of `python -m training synthetic frames`: people are upright bars."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

SIZE = (96, 160)  # height, width


def write_frames(folder: Path, count: int = 4, seed: int = 0) -> Path:
    """`count` frames, every second one infrared, the last with nobody; returns `folder`."""
    rng = np.random.default_rng(seed)
    images, notes, truth = [], [], []
    (folder / "images").mkdir(parents=True)
    (folder / "truth").mkdir()
    for number in range(count):
        name, infrared = f"images/{number:06d}.png", number % 2 == 1
        picture = rng.integers(60, 90, (*SIZE, 3), np.uint8)
        images.append({"id": number + 1, "file_name": name, "width": SIZE[1], "height": SIZE[0]})
        for x in () if number == count - 1 else (int(rng.integers(10, 40)), int(rng.integers(90, 130))):
            tall = int(rng.integers(40, 70))
            box = [x, 80 - tall, tall // 3, tall]
            picture[box[1] : 80, x : x + box[2]] = (230, 220, 210)
            picture[box[1] : box[1] + tall // 4, x : x + box[2]] = (10, 20, 30)
            notes.append({"image_id": number + 1, "bbox": box, "visible_share": 1.0})
        if infrared:
            picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        cv2.imwrite(str(folder / name), picture)
        truth.append({"file": name, "modality": "IR" if infrared else "RGB"})
    (folder / "annotations.json").write_text(json.dumps({"images": images, "annotations": notes}))
    (folder / "truth" / "00000.json").write_text(json.dumps({"images": truth}))
    (folder / "manifest.json").write_text(
        json.dumps({"version": 2, "files_sha256": "f" * 64, "parameters": {"seed": 5, "styles": "training"}})
    )
    return folder
