"""What surfaces are made of: a visible colour and, drawn apart from it, a near-infrared reflectance.

Colours are linear RGB reflectances; NIR is the reflectance about 850 nm, where CCTV lamps shine. What the ranges
stand on:

- Skin. Pigmentation still tells below 1 µm and no longer above 1.2 µm (Jacquez et al., 'Spectral reflectance of human
  skin in the region 0.7-2.6 µm', J. Appl. Physiol. 8, 1955); spread among people: Cooksey, Tsai & Allen, 'Spectral
  reflectance variability of skin and attributing factors', Proc. SPIE 9461, 2015. So tones lie close together, dark
  skin somewhat lower. The numbers of SKIN_NIR are read off such curves by eye.
- Hair. Melanin absorbs up to at least 1400 nm, ever less with wavelength, whereas synthetic hair dyes do not absorb
  beyond 750 nm (near-infrared spectroscopy of hair, J. Cosmet. Sci. 51, 183-192, 2000); attenuation falls from 409 to
  1064 nm and with pigmentation (Kharin et al., J. Biomed. Opt. 14, 024035, 2009). The values are guesses.
- Fabrics. Dyes that are dark to the eye are mostly transparent in the near infrared, so that the fibre decides, while
  some blacks stay black (Mangold, Shaw & Vollmer, 'The physics of near-infrared photography', Eur. J. Phys. 34, S51,
  2013; Naval Research Laboratory, 'Parametric models of NIR transmission and reflectivity spectra for dyed fabrics').
  The shares 46 % bright, 34 % middle and 20 % dark are guesses: no survey of worn clothes was found.
- Ground, walls, leaves. Asphalt, concrete and brick rise gently with wavelength (Ilehag et al., 'KLUM: an urban VNIR
  and SWIR spectral library', Remote Sens. 11, 2149, 2019; ECOSTRESS spectral library); leaves are several times
  brighter than in green. Paints are guesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

# Columns of a packed material row.
COLOUR_A, PATTERN, COLOUR_B, PATTERN_SCALE, NIR_A, NIR_B = 0, 3, 4, 7, 8, 9
TEXTURE_LAYER, TEXTURE_MODE, TEXTURE_LUMINANCE, DETAIL = 10, 11, 12, 13
GLOSS, DEPTH_BIAS, FOLDS, HEM, RETRO, ROW = 14, 15, 16, 17, 18, 19

# Texture modes.
PLAIN, LUMINANCE, OWN_COLOURS, ALPHA = 0, 1, 2, 3

# Patterns; see shading.pattern_share.
(
    NO_PATTERN, STRIPES_ACROSS, STRIPES_DOWN, CHECKS, PRINT, SLEEVES, BLOTCHES, LOWER_BLOCK, OPEN_FRONT, SKIN, QUILTED,
    SIGN, WINDOWS, LEAVES, BANDS, SIDE_STRIPE, DOTS,
) = range(17)  # fmt: skip

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """One surface. `bias` (metres towards the camera in the depth test) lets outer garments cover inner ones."""

    colour: Colour
    nir: float
    second_colour: Colour | None = None
    second_nir: float | None = None
    pattern: int = NO_PATTERN
    pattern_scale: float = 1.0
    texture: str = ""
    texture_mode: int = PLAIN
    luminance: float = 0.2
    detail: float = 0.8
    gloss: float = 0.01
    bias: float = 0.0
    folds: float = 0.0
    hem: float = 0.0
    retro: float = 0.0

    def packed(self, texture_names: list[str]) -> np.ndarray:
        """(ROW,) float32."""
        row = np.zeros(ROW, np.float32)
        row[COLOUR_A : COLOUR_A + 3] = self.colour
        row[COLOUR_B : COLOUR_B + 3] = self.second_colour or self.colour
        row[NIR_A], row[NIR_B] = self.nir, self.nir if self.second_nir is None else self.second_nir
        row[PATTERN], row[PATTERN_SCALE] = self.pattern, self.pattern_scale
        if self.texture:
            row[TEXTURE_LAYER], row[TEXTURE_MODE] = texture_names.index(self.texture), self.texture_mode
        row[TEXTURE_LUMINANCE] = max(self.luminance, 2e-3)  # a black texture has mean luminance 0
        row[DETAIL], row[GLOSS], row[DEPTH_BIAS] = self.detail, self.gloss, self.bias
        row[FOLDS], row[HEM], row[RETRO] = self.folds, self.hem, self.retro
        return row

    def worn(self, **changes: object) -> Material:
        """The same stuff used elsewhere."""
        return replace(self, **changes)


# Skin by tone, light to dark.
SKIN_TONES: tuple[Colour, ...] = (
    (0.56, 0.40, 0.32),
    (0.50, 0.34, 0.25),
    (0.43, 0.28, 0.20),
    (0.34, 0.21, 0.14),
    (0.24, 0.145, 0.095),
    (0.15, 0.09, 0.06),
)
SKIN_NIR = ((0.56, 0.66), (0.54, 0.64), (0.52, 0.62), (0.48, 0.58), (0.42, 0.53), (0.36, 0.48))
HAIR_COLOURS: dict[str, Colour] = {
    "black": (0.012, 0.010, 0.009),
    "dark brown": (0.03, 0.02, 0.015),
    "brown": (0.07, 0.04, 0.022),
    "light brown": (0.16, 0.09, 0.045),
    "blond": (0.38, 0.26, 0.12),
    "grey": (0.33, 0.33, 0.33),
    "red": (0.22, 0.07, 0.03),
    "white": (0.6, 0.59, 0.57),
}


def skin_nir(rng: np.random.Generator, tone: int) -> float:
    """Skin reflectance at 850 nm."""
    return rng.uniform(*SKIN_NIR[tone])


def hair_nir(rng: np.random.Generator, colour: Colour) -> float:
    """Natural black turns dark grey, fair hair bright; one head in eight is dyed, and bright whatever its colour."""
    dyed = rng.uniform(0.2, 0.4) if rng.random() < 0.125 else 0.0
    return float(np.clip(0.1 + 0.9 * max(colour) + rng.uniform(0, 0.18) + dyed, 0.1, 0.65))


def fabric_nir(rng: np.random.Generator, colour: Colour) -> float:
    """Reflectance of a fabric at 850 nm, given its visible colour.

    Most dyes are transparent there, so that the fibre decides and the fabric is bright whatever its colour; carbon
    black, some vat and sulphur dyes and coatings stay dark.
    """
    if np.mean(colour) > 0.4:
        return rng.uniform(0.5, 0.85)
    share = rng.random()
    if share < 0.46:
        return rng.uniform(0.45, 0.82)
    return rng.uniform(0.2, 0.45) if share < 0.8 else rng.uniform(0.04, 0.2)


def apart(value: float, others: list[float], gap: float) -> float:
    """The value nearest to `value` that differs from each of `others` by a share `gap`, so that one sees the edge."""
    bounds = [other * side for other in others for side in (1 - gap, 1 + gap)]
    free = [
        candidate
        for candidate in (float(np.clip(value, 0.04, 0.88)), *bounds)
        if 0.04 <= candidate <= 0.88 and all(abs(candidate / other - 1) > gap - 1e-9 for other in others)
    ]
    return min(free, key=lambda candidate: abs(candidate - value))


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Linear RGB of OpenCV's 8-bit HSV (hue 0–180)."""
    pixel = cv2.cvtColor(np.uint8([[[hue, saturation, value]]]), cv2.COLOR_HSV2RGB)[0, 0] / 255.0
    return tuple(float(c) for c in pixel**2.2)


def grey(rng: np.random.Generator, low: float, high: float, tint: float = 0.08) -> Colour:
    """A nearly neutral colour."""
    return tuple(float(c) for c in rng.uniform(low, high) * rng.uniform(1 - tint, 1 + tint, 3))


def draw_colour(rng: np.random.Generator) -> Colour:
    """Colours as people wear them: much black, grey, white and blue."""
    share = rng.random()
    if share < 0.2:
        return grey(rng, 0.012, 0.05, 0.15)
    if share < 0.36:
        return grey(rng, 0.08, 0.35, 0.1)
    if share < 0.48:
        return grey(rng, 0.5, 0.78, 0.06)
    hues = (
        rng.uniform(95, 125), rng.uniform(0, 14), rng.uniform(168, 180), rng.uniform(12, 25), rng.uniform(35, 85),
        rng.uniform(85, 165),
    )  # fmt: skip
    hue = rng.choice(hues, p=[0.32, 0.14, 0.12, 0.18, 0.14, 0.1])
    return hsv(hue, float(np.clip(rng.normal(120, 45), 30, 225)), rng.uniform(45, 205))


def denim(rng: np.random.Generator) -> Colour:
    """Indigo from nearly black to washed out."""
    return tuple(float(c) for c in np.array([0.05, 0.09, 0.2]) * rng.uniform(0.25, 2.4))


@dataclass(frozen=True)
class FabricChoice:
    """How a fabric may be drawn."""

    patterns: tuple[int, ...] = (
        STRIPES_ACROSS, STRIPES_DOWN, CHECKS, PRINT, SLEEVES, BLOTCHES, LOWER_BLOCK, DOTS,
    )  # fmt: skip
    pattern_share: float = 0.38
    texture: str = ""
    luminance: float = 0.2
    own_colours: bool = False
    detail: float = 0.8
    folds: float = 1.0
    bias: float = 0.02
    colour: Colour | None = None
    beside: list[float] = field(default_factory=list)  # NIR values it must be told from


_SCALES = {
    STRIPES_ACROSS: (0.6, 3), STRIPES_DOWN: (0.6, 2.2), CHECKS: (0.6, 2), PRINT: (0.4, 1.2), SLEEVES: (-0.3, 1),
    BLOTCHES: (0.7, 2.0), LOWER_BLOCK: (-1, 1), DOTS: (1.0, 2.6), SIDE_STRIPE: (0.7, 1.6), OPEN_FRONT: (0.3, 0.7),
    QUILTED: (0.8, 1.6), BANDS: (0.8, 1.3),
}  # fmt: skip


def draw_fabric(rng: np.random.Generator, choice: FabricChoice) -> Material:
    """A garment's stuff; two thirds of its patterns vanish in the infrared."""
    colour = choice.colour or draw_colour(rng)
    nir = apart(fabric_nir(rng, colour), choice.beside, 0.28)
    second = draw_colour(rng)
    second_nir = float(np.clip(nir * (1.0 if rng.random() < 0.67 else rng.uniform(0.45, 1.5)), 0.04, 0.85))
    pattern, scale, mode = NO_PATTERN, 1.0, LUMINANCE if choice.texture else PLAIN
    if choice.patterns and rng.random() < choice.pattern_share:
        pattern = int(rng.choice(choice.patterns))
        scale = rng.uniform(*_SCALES[pattern])
    if choice.own_colours and choice.texture and rng.random() < 0.3:
        mode, pattern, colour = OWN_COLOURS, NO_PATTERN, grey(rng, 0.8, 1.2)
    return Material(
        colour, nir, second, second_nir, pattern, scale, choice.texture, mode, choice.luminance,
        detail=choice.detail, folds=choice.folds * rng.uniform(0.8, 1.4), bias=choice.bias, hem=rng.uniform(0.3, 0.6),
    )  # fmt: skip


def colour_word(colour: Colour) -> str:
    """A plain word for a linear RGB colour."""
    srgb = np.clip(np.array(colour), 0, 1) ** (1 / 2.2) * 255
    hue, saturation, value = (int(c) for c in cv2.cvtColor(np.uint8([[srgb]]), cv2.COLOR_RGB2HSV)[0, 0])
    if value < 60:
        return "black"
    if saturation < 45:
        return "grey" if value < 190 else "white"
    words = ((8, "red"), (22, "orange" if value > 150 else "brown"), (34, "yellow"), (85, "green"), (130, "blue"))
    return next((word for top, word in words if hue < top), "purple" if hue < 160 else "red")
