"""Pinhole cameras. World: metres, Y up. Clip space as in OpenGL; pixels from the top left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


def perspective(field_of_view: float, aspect: float, near: float = 0.1, far: float = 150.0) -> np.ndarray:
    """(4, 4) projection; `field_of_view` is vertical, in radians, aspect = width / height."""
    f = 1 / np.tan(field_of_view / 2)
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = f / aspect, f
    matrix[2, 2], matrix[2, 3], matrix[3, 2] = (far + near) / (near - far), 2 * far * near / (near - far), -1
    return matrix


def look_at(eye: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) world → camera, camera looking along −Z, Y up."""
    eye = np.asarray(eye, float)
    z = eye - target
    z /= np.linalg.norm(z)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = x, np.cross(z, x), z
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


@dataclass(frozen=True)
class View:
    """One picture's geometry: clip (4, 4) world → clip space, eye (3,) metres, size in pixels."""

    clip: np.ndarray
    eye: np.ndarray
    width: int
    height: int

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) pixel coordinates of world points (N, 3) in front of the camera."""
        homogeneous = np.c_[points, np.ones(len(points))] @ self.clip.T
        x, y = homogeneous[:, 0] / homogeneous[:, 3], homogeneous[:, 1] / homogeneous[:, 3]
        return np.stack([(x * 0.5 + 0.5) * self.width, (0.5 - y * 0.5) * self.height], axis=1)

    def window(self, left: float, top: float, right: float, bottom: float, width: int, height: int) -> View:
        """The part of this view inside a pixel box, redrawn at width × height pixels."""
        scale_x, scale_y = self.width / (right - left), self.height / (bottom - top)
        centre_x = (left + right) / self.width - 1
        centre_y = 1 - (top + bottom) / self.height
        zoom = np.eye(4)
        zoom[0, 0], zoom[0, 3] = scale_x, -centre_x * scale_x
        zoom[1, 1], zoom[1, 3] = scale_y, -centre_y * scale_y
        return replace(self, clip=zoom @ self.clip, width=width, height=height)


def make_view(eye: np.ndarray, target: np.ndarray, field_of_view: float, width: int, height: int) -> View:
    """A camera at `eye` looking at `target`; vertical field of view in radians."""
    clip = perspective(field_of_view, width / height) @ look_at(eye, target)
    return View(clip, np.asarray(eye, float), width, height)
