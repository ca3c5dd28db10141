"""Readers of MakeHuman's own files: .obj, .target, .mhclo, .mhskel, .mhw. Own code; the formats are plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Obj:
    """A Wavefront mesh, its polygons fanned into triangles."""

    vertices: np.ndarray  # (N, 3) float32
    uv: np.ndarray  # (U, 2) float32
    faces: np.ndarray  # (F, 3) int32
    uv_faces: np.ndarray  # (F, 3) int32, −1 without texture
    groups: np.ndarray  # (F,) int32 into group_names
    group_names: list[str]


def read_obj(path: Path) -> Obj:
    """Positions, texture coordinates and faces with their groups."""
    vertices, uv, faces, uv_faces, groups = [], [], [], [], []
    names: dict[str, int] = {}
    group = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words[:3]])
        elif kind == "vt":
            uv.append([float(word) for word in words[:2]])
        elif kind == "g":
            group = words[0] if words else ""
        elif kind == "f":
            corners = [(word + "/").split("/")[:2] for word in words]
            at = [int(corner[0]) - 1 for corner in corners]
            texture = [int(corner[1]) - 1 if corner[1] else -1 for corner in corners]
            for i in range(1, len(at) - 1):
                faces.append((at[0], at[i], at[i + 1]))
                uv_faces.append((texture[0], texture[i], texture[i + 1]))
                groups.append(names.setdefault(group, len(names)))
    return Obj(
        np.array(vertices, np.float32), np.array(uv, np.float32).reshape(-1, 2), np.array(faces, np.int32),
        np.array(uv_faces, np.int32), np.array(groups, np.int32), list(names),
    )  # fmt: skip


def read_target(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A morph: vertex numbers (K,) int32 and offsets (K, 3) float32."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    rows = [row for row in rows if len(row) == 4]
    return np.array([row[0] for row in rows], np.int32), np.array([r[1:] for r in rows], np.float32).reshape(-1, 3)


@dataclass(frozen=True)
class Clothes:
    """A proxy that hangs on the base mesh; see assets.Part."""

    obj_file: str
    material: str
    refs: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    scale: np.ndarray  # (3, 3) rows (a, b, distance) for x, y, z
    hides: np.ndarray


def read_clothes(path: Path) -> Clothes:
    """Parse a .mhclo: a header, 'verts' (one base vertex, or three with weights and offsets) and 'delete_verts'."""
    header: dict[str, list[str]] = {}
    refs, weights, offsets, hides = [], [], [], []
    part = "header"
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("verts", "delete_verts"):
            part = words[0]
        elif not words[0].lstrip("-").isdigit():
            header[words[0]] = words[1:]
        elif part == "verts":
            whole = len(words) == 1
            refs.append([int(words[0])] * 3 if whole else [int(word) for word in words[:3]])
            weights.append([1.0, 0.0, 0.0] if whole else [float(word) for word in words[3:6]])
            offsets.append([float(word) for word in words[6:9]] if len(words) >= 9 else [0.0, 0.0, 0.0])
        elif part == "delete_verts":
            hides += _ranges(words)
    scale = [[float(word) for word in header.get(f"{axis}_scale", ["0", "0", "1"])] for axis in "xyz"]
    return Clothes(
        header["obj_file"][0], header.get("material", [""])[0], np.array(refs, np.int32),
        np.array(weights, np.float32), np.array(offsets, np.float32), np.array(scale),
        np.unique(hides).astype(np.int32),
    )  # fmt: skip


def _ranges(words: list[str]) -> list[int]:
    """'3 7 - 9' → 3, 7, 8, 9."""
    numbers: list[int] = []
    i = 0
    while i < len(words):
        if i + 2 < len(words) and words[i + 1] == "-":
            numbers += range(int(words[i]), int(words[i + 2]) + 1)
            i += 3
        else:
            numbers.append(int(words[i]))
            i += 1
    return numbers


def diffuse_texture(material: Path) -> Path | None:
    """The picture a .mhmat names, if any."""
    if not material.is_file():
        return None
    for line in material.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "diffuseTexture":
            return material.parent / words[1]
    return None


@dataclass(frozen=True)
class Rig:
    """Bones, parents first, with the vertices whose mean is each bone's head, and (19158, B) skin weights."""

    names: list[str]
    parents: np.ndarray
    heads: list[list[int]]
    weights: np.ndarray


def read_rig(skeleton: Path, weights: Path, vertices: int) -> Rig:
    """Parse a .mhskel and its .mhw."""
    description = json.loads(skeleton.read_text(encoding="utf-8"))
    bones = description["bones"]
    names: list[str] = []
    while len(names) < len(bones):
        ready = [n for n in sorted(bones) if n not in names and bones[n]["parent"] in (None, *names)]
        if not ready:
            raise ValueError("the skeleton's bones form a circle")
        names += ready
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((vertices, len(names)), np.float32)
    for name, pairs in json.loads(weights.read_text(encoding="utf-8"))["weights"].items():
        if name in index:
            for vertex, weight in pairs:
                matrix[vertex, index[name]] += weight
    parents = [index[bones[name]["parent"]] if bones[name]["parent"] else -1 for name in names]
    heads = [description["joints"][bones[name]["head"]] for name in names]
    return Rig(names, np.array(parents, np.int64), heads, matrix)


def top_four(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four strongest bones of each row of (N, B), normalised: (N, 4) uint8 and (N, 4) float32."""
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    strongest = np.take_along_axis(weights, bones, axis=1)
    return bones.astype(np.uint8), (strongest / (strongest.sum(axis=1, keepdims=True) + 1e-12)).astype(np.float32)
