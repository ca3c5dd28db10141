"""Draws meshes, ground and walls of a place into linear-light pictures with exact truth about who covers what."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.synthetic import rasteriser, shading
from training.synthetic.assets import AssetPack
from training.synthetic.camera import View
from training.synthetic.light import Daylight, Lamp
from training.synthetic.mesh import Mesh
from training.synthetic.place import Place

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels; x1, y1 exclusive


@dataclass(frozen=True)
class Subject:
    """Somebody or something in the picture. number 0: the surroundings, else a person."""

    number: int
    meshes: list[Mesh]


@dataclass(frozen=True)
class Seen:
    """What the picture shows of one subject. Boxes are None where nothing of it falls into the picture."""

    full_box: Box | None  # without regard to what stands in front, within the picture
    visible_box: Box | None
    full_pixels: float
    visible_pixels: float

    @property
    def visible_share(self) -> float:
        """Share of the subject's pixels that nothing hides."""
        return self.visible_pixels / self.full_pixels if self.full_pixels else 0.0


@dataclass(frozen=True)
class Picture:
    """image (H, W, 3) float32 linear light; person (sH, sW) int32 subject number per sample, 0 elsewhere."""

    image: np.ndarray
    person: np.ndarray
    seen: dict[int, Seen]


def noise_table() -> np.ndarray:
    """(256, 256) float32 periodic noise in [0, 1], always the same."""
    raw = np.random.default_rng(1).random((256, 256)).astype(np.float32)
    total = np.zeros_like(raw)
    for sigma, weight in ((1, 0.5), (3, 1.0), (8, 1.6)):
        total += weight * sigma * cv2.GaussianBlur(np.tile(raw, (3, 3)), (0, 0), sigma)[256:512, 256:512]
    total = (total - total.mean()) / (total.std() * 4) + 0.5
    return np.clip(total, 0, 1).astype(np.float32)


class Renderer:
    """Keeps the textures and reuses the frame buffers."""

    def __init__(self, pack: AssetPack) -> None:
        self._textures = pack.textures
        self._linear = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
        self._noise = noise_table()
        self._buffers: dict[tuple[int, int], tuple[np.ndarray, ...]] = {}

    def draw(
        self,
        view: View,
        subjects: list[Subject],
        place: Place,
        lighting: Daylight | Lamp,
        oversample: int = 2,
        shadow_size: int = 384,
        shadow_centre: np.ndarray | None = None,
        shadow_reach: float = 2.4,
        cached: Backdrop | None = None,
    ) -> Picture:
        """Render `subjects` (the surroundings among them) seen through `view`."""
        width, height = view.width * oversample, view.height * oversample
        depth, owner, bary, stamp, surface = self._frame(width, height)
        clip, eye = view.clip.astype(np.float32), view.eye.astype(np.float32)
        shadow, shadow_clip = self._shadow(subjects, lighting, shadow_size, shadow_centre, shadow_reach)
        starts, extents, first = [], {}, 0
        for subject in subjects:
            extent = extents.setdefault(subject.number, np.array([width, height, -1, -1, 0], np.int64))
            for mesh in subject.meshes:
                screen = rasteriser.project(mesh.position, mesh.material, mesh.materials, clip, eye, width, height)
                rasteriser.draw(
                    screen, mesh.triangles, mesh.uv, mesh.material, mesh.materials, self._textures, first,
                    subject.number, depth, owner, bary, stamp, extent,
                )  # fmt: skip
                starts.append((first, subject.number, mesh, _window(screen, width, height)))
                first += len(mesh.triangles)
        infrared = isinstance(lighting, Lamp)
        light = lighting.packed()
        for start, _, mesh, window in starts:
            shading.shade(
                surface, owner, bary, start, window, infrared, mesh.position, mesh.normal, mesh.rest, mesh.uv,
                mesh.material, mesh.triangles, mesh.materials, self._textures, self._linear, self._noise, light, eye,
                shadow, shadow_clip,
            )  # fmt: skip
        backdrop = self._background(
            view, place, light, infrared, owner, oversample, shadow, shadow_clip, subjects, cached
        )
        image = rasteriser.merge(surface, owner, backdrop, oversample)
        person, seen = _truth(owner, starts, first, extents, oversample)
        return Picture(image, person, seen)

    def _frame(self, width: int, height: int) -> tuple[np.ndarray, ...]:
        if (width, height) not in self._buffers:
            self._buffers[width, height] = (
                np.empty((height, width), np.float32),
                np.empty((height, width), np.int32),
                np.empty((height, width, 2), np.float32),
                np.empty((height, width), np.int32),
                np.empty((height, width, 3), np.float32),
            )
        frame = self._buffers[width, height]
        frame[0].fill(0)
        frame[1].fill(-1)
        frame[3].fill(-1)
        return frame

    @staticmethod
    def _shadow(
        subjects: list[Subject], lighting: Daylight | Lamp, size: int, centre: np.ndarray | None, reach: float
    ) -> tuple[np.ndarray, np.ndarray]:
        if centre is None:
            return np.ones((2, 2), np.float32), np.eye(4, dtype=np.float32)
        clip = lighting.shadow_clip(centre, reach).astype(np.float32)
        shadow = np.ones((size, size), np.float32)
        for subject in subjects:
            for mesh in subject.meshes:
                rasteriser.draw_shadow(mesh.position, mesh.triangles, clip, shadow)
        return shadow, clip

    def _background(
        self, view: View, place: Place, light: np.ndarray, infrared: bool, owner: np.ndarray, oversample: int,
        shadow: np.ndarray, shadow_clip: np.ndarray, subjects: list[Subject], cached: Backdrop | None,
    ) -> np.ndarray:  # fmt: skip
        covered = owner.reshape(view.height, oversample, view.width, oversample) >= 0
        wanted = ~covered.all(axis=(1, 3))
        unproject = np.linalg.inv(view.clip).astype(np.float32)
        eye, surfaces = view.eye.astype(np.float32), place.packed()
        feet = _feet(subjects)
        if cached is None:
            out = np.zeros((view.height, view.width, 3), np.float32)
        else:
            out, changed = cached.image.copy(), cached.changed(view, subjects)
            wanted &= changed
        shading.background(
            out, wanted, infrared, unproject, eye, surfaces, light, self._noise, shadow, shadow_clip, feet
        )
        return out

    def backdrop(self, view: View, place: Place, lighting: Daylight | Lamp) -> Backdrop:
        """The empty place, to be drawn once for a fixed camera."""
        image, infrared = np.zeros((view.height, view.width, 3), np.float32), isinstance(lighting, Lamp)
        shading.background(
            image, np.ones(image.shape[:2], bool), infrared, np.linalg.inv(view.clip).astype(np.float32),
            view.eye.astype(np.float32), place.packed(), lighting.packed(), self._noise, np.ones((2, 2), np.float32),
            np.eye(4, dtype=np.float32), np.zeros((0, 3), np.float32),
        )  # fmt: skip
        return Backdrop(image, lighting)


@dataclass(frozen=True)
class Backdrop:
    """The empty place in linear light, and what lights it."""

    image: np.ndarray
    lighting: Daylight | Lamp

    def changed(self, view: View, subjects: list[Subject]) -> np.ndarray:
        """(H, W) bool: where people's shadows may fall."""
        mask = np.zeros((view.height, view.width), bool)
        for subject in subjects:
            if subject.number == 0:
                continue
            points = subject.meshes[0].position[::9]
            spread = np.concatenate([points * [1, 0, 1] + [dx, 0, dz] for dx in (-0.7, 0.7) for dz in (-0.7, 0.7)])
            casts = [points, spread, self._cast(points)]
            pixels = view.pixels(np.concatenate(casts))
            x0, y0 = np.floor(np.clip(pixels.min(axis=0) - 3, 0, None)).astype(int)
            x1, y1 = np.ceil(np.clip(pixels.max(axis=0) + 4, 0, [view.width, view.height])).astype(int)
            mask[y0:y1, x0:x1] = True
        return mask

    def _cast(self, points: np.ndarray) -> np.ndarray:
        """Shadows of points on the ground (those of the lamp reach at most 12 m further)."""
        if isinstance(self.lighting, Daylight):
            return points - self.lighting.sun * (points[:, 1:2] / self.lighting.sun[1])
        ray = points - self.lighting.position
        reach = np.where(ray[:, 1] < -1e-3, -self.lighting.position[1] / np.minimum(ray[:, 1], -1e-3), 4.0)
        return self.lighting.position + ray * np.clip(reach, 1.0, 4.0)[:, None]


def _feet(subjects: list[Subject]) -> np.ndarray:
    """(F, 3) float32 x, z, radius of soft contact shadows under people."""
    rows = []
    for subject in subjects:
        if subject.number:
            low = subject.meshes[0].position
            low = low[low[:, 1] < 0.12]
            middle = low[:, [0, 2]].mean(axis=0) if len(low) else subject.meshes[0].position[:, [0, 2]].mean(axis=0)
            rows.append([*middle, 0.33])
    return np.array(rows, np.float32).reshape(-1, 3)


def _window(screen: np.ndarray, width: int, height: int) -> Box:
    front = screen[screen[:, 3] > 0]
    if not len(front):
        return 0, 0, 0, 0
    x0, y0 = np.clip(front[:, :2].min(axis=0) - 1, 0, [width, height]).astype(int)
    x1, y1 = np.clip(front[:, :2].max(axis=0) + 2, 0, [width, height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _truth(
    owner: np.ndarray, starts: list, count: int, extents: dict[int, np.ndarray], oversample: int
) -> tuple[np.ndarray, dict[int, Seen]]:
    number_of = np.zeros(count + 1, np.int32)  # the last entry stands for 'nobody' (owner −1)
    for start, number, mesh, _ in starts:
        number_of[start : start + len(mesh.triangles)] = number
    person = number_of[owner]
    seen = {}
    for number, extent in extents.items():
        if number == 0:
            continue
        x0, y0, x1, y1, pixels = (int(v) for v in extent)
        if pixels == 0:
            seen[number] = Seen(None, None, 0.0, 0.0)
            continue
        inside = person[y0 : y1 + 1, x0 : x1 + 1] == number
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        visible = None
        if len(rows):
            visible = _pixels(x0 + columns[0], y0 + rows[0], x0 + columns[-1], y0 + rows[-1], oversample)
        area = oversample * oversample
        seen[number] = Seen(_pixels(x0, y0, x1, y1, oversample), visible, pixels / area, int(inside.sum()) / area)
    return person, seen


def _pixels(x0: int, y0: int, x1: int, y1: int, oversample: int) -> Box:
    return (
        int(x0) // oversample, int(y0) // oversample, int(x1) // oversample + 1, int(y1) // oversample + 1,
    )  # fmt: skip
