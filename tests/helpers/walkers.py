"""A small clip of figures walking through a fixed camera's view, made on the spot: footage with known passes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

WIDTH, HEIGHT, RATE = 320, 240, 10


@dataclass(frozen=True)
class Pass:
    """One figure crossing the picture: from second `start`, for `seconds`, in `colour`, feet at row `feet`."""

    start: float
    seconds: float
    colour: tuple[int, int, int]
    feet: int = 210
    leftwards: bool = False


PASSES = (
    Pass(3.0, 6.0, (200, 60, 50)),
    Pass(11.0, 5.0, (40, 80, 190), feet=225, leftwards=True),
    Pass(18.0, 6.0, (230, 200, 60), feet=200),
)


def write_walkers(
    path: Path, passes: tuple[Pass, ...] = PASSES, seconds: float = 26.0, grey: bool = False, seed: int = 7
) -> Path:
    """Write an H.264 clip; `grey` gives a single-channel look, as an infrared camera would."""
    rng = np.random.default_rng(seed)
    background = cv2.resize(
        rng.integers(60, 150, (24, 32, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "20", "g": "25", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for number in range(round(seconds * RATE)):
            picture = background.astype(np.int16) + rng.normal(0, 2, background.shape).astype(np.int16)
            image = np.clip(picture, 0, 255).astype(np.uint8)
            for each in passes:
                _draw(image, each, number / RATE)
            if grey:
                image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _draw(image: np.ndarray, each: Pass, now: float) -> None:
    progress = (now - each.start) / each.seconds
    if not 0 <= progress <= 1:
        return
    if each.leftwards:
        progress = 1 - progress
    x, feet, height = int(-30 + progress * (WIDTH + 60)), each.feet, 110
    step = int(14 * np.sin(now * 2 * np.pi * 1.2))
    dark = tuple(int(value * 0.4) for value in each.colour)
    hip, shoulder = feet - int(height * 0.48), feet - int(height * 0.82)
    for side in (step, -step):
        cv2.line(image, (x, hip), (x + side, feet), dark, 12)
    cv2.rectangle(image, (x - 14, shoulder), (x + 14, hip), each.colour, -1)
    cv2.line(image, (x, shoulder + 6), (x - step, hip), dark, 7)
    cv2.circle(image, (x, feet - height + 9), 9, (205, 170, 150), -1)
