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


@dataclass(frozen=True)
class Backdrop:
    """A fixed camera's empty place, drawn once: picture, depth and shadows of all that does not move."""

    view: View
    oversample: int
    image: np.ndarray  # (H, W, 3) float32 linear light
    depth: np.ndarray  # (sH, sW) float32
    clutter: np.ndarray  # (H, W) bool: where things stand before ground and walls
    shadow: np.ndarray  # (S, S) float32
    shadow_clip: np.ndarray
    lighting: Daylight | Lamp

    def stirred(self, subjects: list[Subject]) -> np.ndarray:
        """(H, W) bool: ground and walls that people's shadows may reach."""
        mask = np.zeros(self.clutter.shape, bool)
        height, width = mask.shape
        for subject in subjects:
            points = subject.meshes[0].position[::9]
            spread = np.concatenate([points * [1, 0, 1] + [dx, 0, dz] for dx in (-0.7, 0.7) for dz in (-0.7, 0.7)])
            spread = np.concatenate([points, spread, self._cast(points)])
            clip = np.c_[spread, np.ones(len(spread))] @ self.view.clip.T
            front = clip[clip[:, 3] > 0.2]
            if not len(front):
                continue
            x, y = (front[:, 0] / front[:, 3] * 0.5 + 0.5) * width, (0.5 - front[:, 1] / front[:, 3] * 0.5) * height
            x0, x1 = int(np.clip(x.min() - 3, 0, width)), int(np.clip(x.max() + 4, 0, width))
            y0, y1 = int(np.clip(y.min() - 3, 0, height)), int(np.clip(y.max() + 4, 0, height))
            mask[y0:y1, x0:x1] = True
        return mask & ~self.clutter

    def _cast(self, points: np.ndarray) -> np.ndarray:
        """Shadows of points on the ground; those of the lamp reach at most three times as far as the point."""
        if isinstance(self.lighting, Daylight):
            return points - self.lighting.sun * (points[:, 1:2] / self.lighting.sun[1])
        ray = points - self.lighting.position
        reach = np.where(ray[:, 1] < -1e-3, -self.lighting.position[1] / np.minimum(ray[:, 1], -1e-3), 3.0)
        return self.lighting.position + ray * np.clip(reach, 1.0, 3.0)[:, None]


_BUFFERS = ((1, np.float32), (1, np.int32), (2, np.float32), (1, np.int32), (3, np.float32))  # of _Frame, in order


class Renderer:
    """Keeps the textures and reuses the frame buffers."""

    def __init__(self, pack: AssetPack) -> None:
        self._textures = pack.textures
        self._linear = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
        self._noise = noise_table()
        self._capacity, self._buffers = 0, []

    def draw(
        self,
        view: View,
        subjects: list[Subject],
        place: Place,
        lighting: Daylight | Lamp,
        *,
        centre: np.ndarray,
        reach: float = 2.4,
        shadow_size: int = 384,
        oversample: int = 2,
    ) -> Picture:
        """Render people and the place's clutter; shadows are cast within `reach` metres about `centre`."""
        furniture = [Subject(0, place.clutter)]
        clip = lighting.shadow_clip(centre, reach).astype(np.float32)
        shadow = self._cast_shadows([*furniture, *subjects], clip, _unlit(shadow_size))
        frame = self._frame(view, oversample, None)
        drawn = self._rasterise(view, [*furniture, *subjects], frame)
        self._shade(view, drawn, frame, lighting, shadow, clip)
        covered = frame.owner.reshape(view.height, oversample, view.width, oversample) >= 0
        image = np.zeros((view.height, view.width, 3), np.float32)
        self._trace(image, ~covered.all(axis=(1, 3)), view, place, lighting, shadow, clip, _feet(subjects))
        rasteriser.merge(frame.surface, frame.owner, image, oversample)
        return Picture(image, *_truth(frame.owner, drawn, oversample))

    def backdrop(
        self, view: View, place: Place, lighting: Daylight | Lamp, centre: np.ndarray, reach: float,
        shadow_size: int = 1024, oversample: int = 2,
    ) -> Backdrop:  # fmt: skip
        """Draw a place without people."""
        furniture = [Subject(0, place.clutter)]
        clip = lighting.shadow_clip(centre, reach).astype(np.float32)
        shadow = self._cast_shadows(furniture, clip, _unlit(shadow_size))
        frame = self._frame(view, oversample, None)
        drawn = self._rasterise(view, furniture, frame)
        self._shade(view, drawn, frame, lighting, shadow, clip)
        covered = frame.owner.reshape(view.height, oversample, view.width, oversample) >= 0
        image = np.zeros((view.height, view.width, 3), np.float32)
        wanted = ~covered.all(axis=(1, 3))
        self._trace(image, wanted, view, place, lighting, shadow, clip, np.zeros((0, 3), np.float32))
        rasteriser.merge(frame.surface, frame.owner, image, oversample)
        return Backdrop(
            view, oversample, image, frame.depth.copy(), covered.any(axis=(1, 3)), shadow, clip, lighting
        )  # fmt: skip

    def draw_before(self, backdrop: Backdrop, subjects: list[Subject], place: Place) -> Picture:
        """Render people into a backdrop. Their shadows fall on ground and walls, not on the clutter."""
        view, s, lighting, clip = backdrop.view, backdrop.oversample, backdrop.lighting, backdrop.shadow_clip
        shadow = self._cast_shadows(subjects, clip, backdrop.shadow.copy())
        frame = self._frame(view, s, backdrop.depth)
        drawn = self._rasterise(view, subjects, frame)
        self._shade(view, drawn, frame, lighting, shadow, clip)
        image = backdrop.image.copy()
        self._trace(image, backdrop.stirred(subjects), view, place, lighting, shadow, clip, _feet(subjects))
        rasteriser.merge(frame.surface, frame.owner, image, s)
        return Picture(image, *_truth(frame.owner, drawn, s))

    def _frame(self, view: View, oversample: int, depth: np.ndarray | None) -> _Frame:
        height, width = view.height * oversample, view.width * oversample
        size = height * width
        if self._capacity < size:  # one set of buffers serves pictures of every shape
            self._capacity = size
            self._buffers = [np.empty(size * channels, kind) for channels, kind in _BUFFERS]
        shaped = (
            buffer[: size * channels].reshape((height, width, channels) if channels > 1 else (height, width))
            for buffer, (channels, _) in zip(self._buffers, _BUFFERS, strict=True)
        )
        frame = _Frame(*shaped)
        frame.depth[:] = 0 if depth is None else depth
        frame.owner.fill(-1)
        frame.stamp.fill(-1)
        return frame

    @staticmethod
    def _cast_shadows(subjects: list[Subject], clip: np.ndarray, shadow: np.ndarray) -> np.ndarray:
        for subject in subjects:
            for mesh in subject.meshes:
                rasteriser.draw_shadow(mesh.position, mesh.triangles, clip, shadow)
        return shadow

    def _rasterise(self, view: View, subjects: list[Subject], frame: _Frame) -> _Drawn:
        height, width = frame.depth.shape
        clip, eye = view.clip.astype(np.float32), view.eye.astype(np.float32)
        drawn, first = _Drawn([], {}), 0
        for subject in subjects:
            extent = drawn.extents.setdefault(subject.number, np.array([width, height, -1, -1, 0], np.int64))
            for mesh in subject.meshes:
                screen = rasteriser.project(mesh.position, mesh.material, mesh.materials, clip, eye, width, height)
                rasteriser.draw(
                    screen, mesh.triangles, mesh.uv, mesh.material, mesh.materials, self._textures, first,
                    subject.number, frame.depth, frame.owner, frame.bary, frame.stamp, extent,
                )  # fmt: skip
                drawn.meshes.append(_DrawnMesh(first, subject.number, mesh, _window(screen, width, height)))
                first += len(mesh.triangles)
        return drawn

    def _shade(
        self, view: View, drawn: _Drawn, frame: _Frame, lighting: Daylight | Lamp, shadow: np.ndarray, clip: np.ndarray
    ) -> None:
        light, eye = lighting.packed(), view.eye.astype(np.float32)
        for one in drawn.meshes:
            mesh = one.mesh
            shading.shade(
                frame.surface, frame.owner, frame.bary, one.first, one.window, isinstance(lighting, Lamp),
                mesh.position, mesh.normal, mesh.rest, mesh.uv, mesh.material, mesh.triangles, mesh.materials,
                self._textures, self._linear, self._noise, light, eye, shadow, clip,
            )  # fmt: skip

    def _trace(
        self, image: np.ndarray, wanted: np.ndarray, view: View, place: Place, lighting: Daylight | Lamp,
        shadow: np.ndarray, clip: np.ndarray, feet: np.ndarray,
    ) -> None:  # fmt: skip
        shading.background(
            image, wanted, isinstance(lighting, Lamp), np.linalg.inv(view.clip).astype(np.float32),
            view.eye.astype(np.float32), place.packed(), lighting.packed(), self._noise, shadow, clip, feet,
        )  # fmt: skip


def _unlit(size: int) -> np.ndarray:
    """An empty shadow map. A large number: the kernels' fast arithmetic knows no infinity."""
    return np.full((size, size), 1e9, np.float32)


@dataclass(frozen=True)
class _Frame:
    """Buffers of one oversampled picture; see rasteriser.draw."""

    depth: np.ndarray
    owner: np.ndarray
    bary: np.ndarray
    stamp: np.ndarray
    surface: np.ndarray


@dataclass(frozen=True)
class _DrawnMesh:
    first: int  # number of its first triangle
    number: int
    mesh: Mesh
    window: Box  # in samples


@dataclass(frozen=True)
class _Drawn:
    meshes: list[_DrawnMesh]
    extents: dict[int, np.ndarray]


def _feet(subjects: list[Subject]) -> np.ndarray:
    """(F, 3) float32 x, z, radius of soft contact shadows under people."""
    rows = []
    for subject in subjects:
        points = subject.meshes[0].position
        low = points[points[:, 1] < 0.12]
        middle = (low if len(low) else points)[:, [0, 2]].mean(axis=0)
        rows.append([*middle, 0.33])
    return np.array(rows, np.float32).reshape(-1, 3)


def _window(screen: np.ndarray, width: int, height: int) -> Box:
    front = screen[screen[:, 3] > 0]
    if not len(front):
        return 0, 0, 0, 0
    x0, y0 = np.clip(front[:, :2].min(axis=0) - 1, 0, [width, height]).astype(int)
    x1, y1 = np.clip(front[:, :2].max(axis=0) + 2, 0, [width, height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _truth(owner: np.ndarray, drawn: _Drawn, oversample: int) -> tuple[np.ndarray, dict[int, Seen]]:
    """Who is seen at each sample, and the boxes and areas of everybody."""
    count = sum(len(one.mesh.triangles) for one in drawn.meshes)
    number_of = np.zeros(count + 1, np.int32)  # the last entry stands for 'nobody' (owner −1)
    for one in drawn.meshes:
        number_of[one.first : one.first + len(one.mesh.triangles)] = one.number
    person, seen, area = np.zeros(owner.shape, np.int32), {}, oversample * oversample
    for number, extent in drawn.extents.items():
        x0, y0, x1, y1, samples = (int(v) for v in extent)
        if number == 0:
            continue
        if samples == 0:
            seen[number] = Seen(None, None, 0.0, 0.0)
            continue
        part = np.s_[y0 : y1 + 1, x0 : x1 + 1]
        inside = number_of[owner[part]] == number
        person[part][inside] = number
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        visible = None
        if len(rows):
            visible = _pixels(x0 + columns[0], y0 + rows[0], x0 + columns[-1], y0 + rows[-1], oversample)
        seen[number] = Seen(_pixels(x0, y0, x1, y1, oversample), visible, samples / area, int(inside.sum()) / area)
    return person, seen


def _pixels(x0: int, y0: int, x1: int, y1: int, oversample: int) -> Box:
    """Samples (inclusive) → pixels (exclusive)."""
    s = oversample
    return int(x0) // s, int(y0) // s, int(x1) // s + 1, int(y1) // s + 1
