"""A toy labelled set in SYSU-MM01's layout: people made of blocks and stripes, told apart in RGB and IR alike."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 64, 32
INFRARED = (3, 6)
CAMERAS = (1, 2, 3, 4, 5, 6)


def person(identity: int) -> tuple[np.ndarray, np.ndarray]:
    """A figure's lightness (64, 32) float in [0, 1], seen in both modalities, and its colours (64, 32, 3)."""
    draw = np.random.default_rng([7, identity])
    lightness = np.full((HEIGHT, WIDTH), 0.5)
    colour = np.ones((HEIGHT, WIDTH, 3))
    width = int(draw.integers(7, 14))
    left = (WIDTH - width) // 2
    for top, bottom in ((4, 14), (14, 36), (36, 60)):
        block = np.full((bottom - top, width), draw.uniform(0.15, 0.85))
        period = int(draw.integers(2, 7))
        axis = draw.integers(0, 3)
        stripes = (np.indices(block.shape)[axis % 2] // period) % 2 if axis < 2 else np.zeros(block.shape)
        lightness[top:bottom, left : left + width] = np.clip(block + 0.3 * (stripes - 0.5), 0.05, 0.95)
        colour[top:bottom, left : left + width] = draw.uniform(0.4, 1.0, 3)
    return lightness, colour


def photograph(identity: int, camera: int, number: int) -> np.ndarray:
    """(64, 32, 3) uint8 RGB: shifted, brighter or darker, noisy; grey from an infrared camera."""
    lightness, colour = person(identity)
    draw = np.random.default_rng([11, identity, camera, number])
    image = lightness[:, :, None] * (1.0 if camera in INFRARED else colour)
    image = np.broadcast_to(image, (HEIGHT, WIDTH, 3)) * draw.uniform(0.8, 1.2)
    image = np.roll(image, draw.integers(-2, 3, 2), axis=(0, 1))
    noise = draw.normal(0, 0.03, (HEIGHT, WIDTH, 1 if camera in INFRARED else 3))
    return (np.clip(image + noise, 0, 1) * 255).astype(np.uint8)


def write_people(root: Path, train: int, validation: int, test: int, *, per_camera: int = 3) -> Path:
    """Write the set under `root` and return it; identities count from 1: training, validation, test."""
    last = 0
    (root / "exp").mkdir(parents=True)
    for name, count in (("train", train), ("val", validation), ("test", test)):
        numbers = range(last + 1, last + count + 1)
        last += count
        (root / "exp" / f"{name}_id.txt").write_text(",".join(map(str, numbers)) + "\n", encoding="ascii")
        for identity in numbers:
            for camera in CAMERAS:
                folder = root / f"cam{camera}" / f"{identity:04d}"
                folder.mkdir(parents=True)
                for number in range(1, per_camera + 1):
                    picture = photograph(identity, camera, number)[:, :, ::-1]
                    cv2.imwrite(str(folder / f"{number:04d}.png"), picture)
    return root
