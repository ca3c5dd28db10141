"""One still picture: what kind and how large it is, and its pixels within a bounded size."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import EvidenceError
from engine.media.files import name_of, open_evidence

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp", "TIFF": ".tif", "WEBP": ".webp"}  # what is read
KINDS = "PNG, JPEG, BMP, TIFF or WebP"
ORIENTATION, TURNED = 0x0112, range(5, 9)  # EXIF 2.32, table 4: values that exchange width and height
# What Pillow's readers raise for damaged files, found by damaging some.
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, TypeError, struct.error)
logging.getLogger("PIL").setLevel(logging.CRITICAL)  # it logs damage that it also raises


@dataclass(frozen=True, slots=True)
class Still:
    """`kind` is a key of `SUFFIXES`; `width` and `height` are pixels of the upright picture."""

    kind: str
    width: int
    height: int


def look(path: Path) -> Still:
    """Kind and size from the file's header, without decoding. `EvidenceError` where it is no picture that is read."""
    with _opened(path) as image:
        width, height = image.size
        if image.getexif().get(ORIENTATION) in TURNED:
            width, height = height, width
        return Still(image.format, width, height)


def pixels(path: Path, longest: int) -> np.ndarray:
    """`(H, W, 3) uint8` RGB, upright, no side longer than `longest` pixels, transparent parts white.

    `EvidenceError` where the file is damaged or ends too early.
    """
    from PIL import Image, ImageOps

    with _opened(path) as image:
        if image.format == "JPEG":
            image.draft("RGB", (longest, longest))  # decodes at a half, a quarter or an eighth where that is enough
        whole = _decoded_webp(image, path) if image.format == "WEBP" else image
        ImageOps.exif_transpose(whole, in_place=True)
        shrunk = _smooth(whole)
        shrunk.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        if shrunk.mode == "RGBA":
            ground = Image.new("RGBA", shrunk.size, "white")
            ground.alpha_composite(shrunk)
            shrunk = ground
        return np.ascontiguousarray(np.asarray(shrunk.convert("RGB"), dtype=np.uint8))


def _decoded_webp(header: Any, path: Path) -> Any:
    """By OpenCV: Pillow's reader of this kind keeps the interpreter, and so the window, until all is decoded."""
    import cv2
    from PIL import Image

    with open_evidence(path) as file:
        found = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise ValueError("OpenCV cannot decode it")
    order = cv2.COLOR_BGRA2RGBA if found.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    image = Image.fromarray(cv2.cvtColor(found, order))
    image.info["exif"] = header.info.get("exif", b"")
    return image


def _smooth(image: Any) -> Any:
    """In a mode that can be shrunk smoothly: grey, RGB, or RGBA where anything is transparent; itself where it is so
    already, for it may be large. 16-bit greys keep their upper byte."""
    from PIL import Image

    if image.mode.startswith("I"):
        upper = (np.asarray(image).astype(np.int32) >> 8).clip(0, 255).astype(np.uint8)
        return Image.fromarray(upper)
    mode = "RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode)


@contextmanager
def opened(file: IO[bytes], kinds: list[str] | None = None) -> Iterator[Any]:
    """Pillow's picture of an open file, without its remarks. Whatever is done with it may raise one of `DAMAGE`, or
    Pillow's `DecompressionBombError`.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata; the sizes that Pillow warns of are the caller's to limit
        with Image.open(file, formats=kinds) as image:
            yield image


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from PIL import Image, UnidentifiedImageError

    try:
        with open_evidence(path) as file, opened(file, list(SUFFIXES)) as image:
            yield image
    except UnidentifiedImageError as error:
        raise EvidenceError(
            f"{name_of(path)} is not a {KINDS} picture, or is damaged.", "Save it as one of these kinds first."
        ) from error
    except Image.DecompressionBombError as error:
        raise EvidenceError(
            f"{name_of(path)} claims more pixels than any plan needs.", "Save it smaller first."
        ) from error
    except DAMAGE as error:
        raise EvidenceError(f"{name_of(path)} is damaged or cut short.", "Copy or save it again.") from error
