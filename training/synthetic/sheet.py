"""A contact sheet to judge the pictures by eye: people in all cameras, single frames, and one close-up of each kind."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from engine.progress import Progress, Work
from training.synthetic import manifest as mf
from training.synthetic.crops import CAMERAS, INFRARED, draw_crop, make_station
from training.synthetic.frames import FrameSettings, draw_frame, frame_station
from training.synthetic.studio import Studio
from training.synthetic.truth import Sighting

TILE_HEIGHT, TILE_WIDTH, BAR = 208, 108, 22
ORDER = tuple(c for c in CAMERAS if c not in INFRARED) + INFRARED
FRAME = FrameSettings(frames=1, width=648, height=364)


def draw_sheet(studio: Studio, seed: int, people: int, frames: int) -> Work[np.ndarray]:
    """BGR uint8: two people per row, each by four RGB and two IR cameras; below, frames with their truth boxes."""
    strips = []
    for number in range(1, people + 1):
        strips.append(_person(studio, seed, number))
        yield Progress("people", number, people, "people")
    rows = [np.hstack(strips[i : i + 2]) for i in range(0, len(strips) - 1, 2)]
    settings = FrameSettings(frames, seed, FRAME.width, FRAME.height)
    pictures = []
    for number in range(frames):
        picture, found = draw_frame(studio, settings, frame_station(studio, settings, number), number)
        pictures.append(_boxed(picture, found))
        yield Progress("frames", number + 1, frames, "frames")
    rows += [np.hstack(pictures[i : i + 2]) for i in range(0, len(pictures) - 1, 2)]
    return np.vstack(rows)


def _person(studio: Studio, seed: int, number: int) -> np.ndarray:
    figure = studio.figure(number, 2 * seed)
    tiles = []
    for camera in ORDER:
        station = make_station(studio, seed, number, camera)  # a world of their own for each
        rng = np.random.default_rng([seed, 41, number, camera])
        tiles.append(_tile(draw_crop(studio, figure, station, rng, TILE_HEIGHT, 2 * seed + 1)[0]))
    words = figure.person.words()
    bar = np.full((BAR, TILE_WIDTH * len(tiles), 3), 30, np.uint8)
    text = f"{number}: {words['sex']}, {words['age']}, {words['build']}; {words['clothes']}; {words['worn']}"
    cv2.putText(bar, text[:112], (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (210, 210, 210), 1, cv2.LINE_AA)
    return np.vstack([bar, np.hstack(tiles)])


def _tile(crop: np.ndarray) -> np.ndarray:
    tile = np.full((TILE_HEIGHT, TILE_WIDTH, 3), 40, np.uint8)
    width = min(crop.shape[1], TILE_WIDTH)
    left, skip = (TILE_WIDTH - width) // 2, (crop.shape[1] - width) // 2
    tile[:, left : left + width] = crop[:, skip : skip + width]
    return tile


def _boxed(picture: np.ndarray, found: list[Sighting]) -> np.ndarray:
    picture = picture.copy()
    for one in found:
        cv2.rectangle(picture, one.full[:2], one.full[2:], (80, 200, 80), 1)
        cv2.rectangle(picture, one.visible[:2], one.visible[2:], (80, 200, 255), 1)
    return picture


def write_sheet(path: Path, studio: Studio, seed: int, people: int, frames: int) -> Work[Path]:
    """Draw a sheet into a PNG file."""
    picture = yield from draw_sheet(studio, seed, people, frames)
    mf.write_file(path, cv2.imencode(".png", picture)[1].tobytes())
    return path
