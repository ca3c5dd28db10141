"""From light to the file a cheap camera writes: exposure, optics, noise, tone, processing, compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

BRIGHTEST = 4.0  # linear light that still makes a difference


@dataclass(frozen=True)
class Sensor:
    """One camera's picture-making; lengths in pixels of the delivered crop or frame."""

    infrared: bool
    blur: float  # defocus, sigma
    gain: float  # noise power
    noise_grain: float  # sigma of the noise's correlation, 0 = white
    row_noise: float  # rolling banding, share of full scale
    exposure: float  # where the mean subject lies in linear light
    contrast: float
    black: float
    white_balance: tuple[float, float, float]
    saturation: float
    sharpening: float  # halo strength of the camera's own processing
    chroma_blur: float
    quality: int  # JPEG
    vignette: float
    dirt: float  # strength of smears on the dome
    rain: float  # streaks per 10,000 pixels
    dirt_seed: int = 0


class FilmGrain:
    """Noise of unit variance for the frames of a clip: one large field, cut at random places."""

    MARGIN = 96

    def __init__(self, rng: np.random.Generator, height: int, width: int, channels: int) -> None:
        self._height, self._width = height, width
        field = rng.standard_normal((height + self.MARGIN, width + self.MARGIN, channels), dtype=np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 0.6)
        self._field = field / field.std()

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """(H, W) or (H, W, 3) float32."""
        top, left = (int(n) for n in rng.integers(0, self.MARGIN, 2))
        return self._field[top : top + self._height, left : left + self._width]


def draw_sensor(rng: np.random.Generator, infrared: bool) -> Sensor:
    """One of the cameras one meets: from a decent IP dome to an old analogue one behind a recorder."""
    cheap = rng.random() < 0.5
    return Sensor(
        infrared=infrared,
        blur=rng.uniform(0.3, 0.7) + (rng.uniform(0, 0.5) if cheap or infrared else 0.0),
        gain=0.002 * 4 ** rng.random() * (2.2 if infrared else 1.0) * (1.5 if cheap else 1.0),
        noise_grain=0.6 if rng.random() < 0.6 else 0.0,
        row_noise=rng.uniform(0.001, 0.006) if rng.random() < (0.45 if infrared else 0.15) else 0.0,
        exposure=rng.uniform(0.2, 0.42),
        contrast=rng.uniform(1.0, 1.4) if infrared else rng.uniform(0.92, 1.22),
        black=rng.uniform(-0.03, 0.07),
        white_balance=tuple(rng.uniform(0.9, 1.1, 3)),
        saturation=rng.uniform(0.55, 1.15),
        sharpening=rng.uniform(0.2, 1.0) if rng.random() < 0.55 else 0.0,
        chroma_blur=rng.uniform(0.6, 2.2) if cheap else rng.uniform(0, 0.8),
        quality=int(rng.integers(38, 70) if cheap else rng.integers(65, 92)),
        vignette=rng.uniform(0, 0.35),
        dirt=rng.uniform(0.1, 0.5) if rng.random() < 0.2 else 0.0,
        rain=rng.uniform(1.5, 6) if rng.random() < 0.12 else 0.0,
        dirt_seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def reference_level(light: np.ndarray, rng: np.random.Generator, subject: float) -> float:
    """The linear level the auto-exposure holds, between the picture's middle and its bright parts.

    subject: the level of a person's bright parts where the camera expects people.
    """
    luma = light.mean(axis=2)
    middle, bright = np.percentile(luma, [rng.uniform(60, 84), 98])
    return max(float(middle), rng.uniform(0.45, 0.85) * subject, 0.36 * float(bright), 0.01)


def expose(
    sensor: Sensor, light: np.ndarray, rng: np.random.Generator, level: float, native: float = 1.0,
    motion: tuple[float, float] = (0.0, 0.0), grain: FilmGrain | None = None,
) -> np.ndarray:  # fmt: skip
    """Linear light (H, W, 3) → BGR uint8 (H, W, 3); grey in infrared.

    level: see reference_level; native < 1: the camera had only this share of the pixels; motion (dx, dy) blurs;
    grain: noise made beforehand, for clips.
    """
    height, width = light.shape[:2]
    x = light.mean(axis=2) if sensor.infrared else light
    x = x * np.float32(sensor.exposure / level)
    if sensor.dirt:
        x = _dirt(sensor, x)
    if sensor.rain:
        x = _rain(sensor, x, rng)
    if native < 0.98:
        size = (max(8, round(width * native)), max(8, round(height * native)))
        x = cv2.resize(x, size, interpolation=cv2.INTER_AREA)
    x = _motion(x, motion[0] * native, motion[1] * native)
    x = cv2.GaussianBlur(x, (0, 0), sensor.blur)
    x = _noise(sensor, x, rng, grain)
    if not sensor.infrared:
        x = x * np.array(sensor.white_balance, np.float32)
    y = _tone(sensor, x)
    if sensor.sharpening:
        y = np.clip(y + sensor.sharpening * (y - cv2.GaussianBlur(y, (0, 0), 1.1)), 0, 1)
    picture = _finish(sensor, (y * 255).astype(np.uint8))
    if picture.shape[:2] != (height, width):
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    return picture


def _motion(x: np.ndarray, dx: float, dy: float) -> np.ndarray:
    length = float(np.hypot(dx, dy))
    if length < 0.6:
        return x
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for t in np.linspace(-0.5, 0.5, 4 * reach + 1):
        kernel[round(reach + t * dy), round(reach + t * dx)] += 1
    return cv2.filter2D(x, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def _noise(sensor: Sensor, x: np.ndarray, rng: np.random.Generator, grain: FilmGrain | None) -> np.ndarray:
    """Shot and read noise, and the banding of cheap read-outs."""
    noise = rng.standard_normal(x.shape, dtype=np.float32) if grain is None else grain.draw(rng)
    if sensor.noise_grain and grain is None:
        noise = cv2.GaussianBlur(noise, (0, 0), sensor.noise_grain) * 1.6
    power = np.maximum(x, 0) * np.float32(sensor.gain * 0.08) + np.float32((sensor.gain * 0.5) ** 2)
    x = x + noise * cv2.sqrt(power)
    if sensor.row_noise:
        rows = np.repeat(rng.standard_normal((x.shape[0] + 1) // 2, dtype=np.float32), 2)[: x.shape[0]]
        x = x + (np.float32(sensor.row_noise) * rows).reshape(-1, *([1] * (x.ndim - 1)))
    return np.maximum(x, 0)


def _tone(sensor: Sensor, x: np.ndarray) -> np.ndarray:
    """A soft shoulder, display gamma, the vendor's contrast and black level; by table, even steps of √light."""
    steps = 4096
    light = (np.arange(steps, dtype=np.float32) / (steps - 1)) ** 2 * BRIGHTEST
    curve = np.clip((1 - np.exp(-1.55 * light)) / (1 - np.exp(-1.9)), 0, 1) ** (1 / 2.2)
    table = np.clip((curve - 0.5) * sensor.contrast + 0.5 - sensor.black, 0, 1).astype(np.float32)
    return table[(cv2.sqrt(np.minimum(x, BRIGHTEST) * (1 / BRIGHTEST)) * (steps - 1)).astype(np.uint16)]


def _finish(sensor: Sensor, y: np.ndarray) -> np.ndarray:
    """Colour processing and JPEG (quality 0: none, a video coder follows) → BGR."""
    if sensor.infrared:
        return cv2.cvtColor(_compress(y, sensor.quality), cv2.COLOR_GRAY2BGR)
    space = cv2.cvtColor(y, cv2.COLOR_RGB2YCrCb)
    planes = list(cv2.split(space))
    for channel in (1, 2):
        plane = planes[channel]
        if sensor.chroma_blur > 0.3:
            plane = cv2.GaussianBlur(plane, (0, 0), sensor.chroma_blur)
        planes[channel] = cv2.convertScaleAbs(plane, alpha=sensor.saturation, beta=128 * (1 - sensor.saturation))
    return _compress(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2BGR), sensor.quality)


def _compress(picture: np.ndarray, quality: int) -> np.ndarray:
    if not quality:
        return picture
    code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(code, cv2.IMREAD_UNCHANGED)


def _dirt(sensor: Sensor, x: np.ndarray) -> np.ndarray:
    """Smears on the dome: they veil, and in infrared they glow in the camera's own lamp."""
    rng = np.random.default_rng(sensor.dirt_seed)
    small = rng.random((9, 9)).astype(np.float32)
    smear = cv2.resize(small, (x.shape[1], x.shape[0]), interpolation=cv2.INTER_CUBIC)
    smear = np.clip((smear - 0.6) * 3, 0, 1) * sensor.dirt
    if x.ndim == 3:
        smear = smear[:, :, None]
    return x * (1 - 0.7 * smear) + smear * (0.12 if sensor.infrared else 0.16)


def _rain(sensor: Sensor, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = x.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    slope = rng.normal(0, 0.08)
    for _ in range(rng.poisson(sensor.rain * height * width / 10000)):
        left, top, length = rng.uniform(0, width), rng.uniform(-20, height), rng.uniform(6, 26)
        end = (int(left + slope * length), int(top + length))
        cv2.line(streaks, (int(left), int(top)), end, rng.uniform(0.1, 0.5), 1, cv2.LINE_AA)
    streaks = cv2.GaussianBlur(streaks, (0, 0), 0.5) * (1.0 if sensor.infrared else 0.35)
    return x + (streaks if x.ndim == 2 else streaks[:, :, None])
