"""The body and clothes pack: MakeHuman's base mesh, macro targets, clothes, hair and rig, parsed into .npz files.

1 unit is 1 dm, Y is up, a body faces +Z. The data are CC0 (makehumancommunity.org) and not part of the product;
`python -m training synthetic assets` builds the folder from an installed MakeHuman.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.errors import NightjarError

HOW_TO_GET = (
    "Give the folder of a pack with --makehuman, or build one: python -m training synthetic assets --makehuman DIR."
)
TEXTURE_SIZE = 256  # pixels a side in memory; a crop shows a garment over some hundred pixels


class AssetError(NightjarError):
    """The body and clothes pack is missing, damaged or incomplete."""

    exit_code = 8


@dataclass(frozen=True)
class Part:
    """A garment, hair style or pair of eyes that follows the body (MakeHuman's .mhclo proxy)."""

    name: str
    texture: str  # file name in tex/, '' for none
    luminance: float  # mean linear luminance of the texture over this part
    refs: np.ndarray  # (N, 3) int32 base vertices each vertex hangs on
    weights: np.ndarray  # (N, 3) float32
    offsets: np.ndarray  # (N, 3) float32, in units of the local scale
    scale: np.ndarray  # (3, 3) float64 rows (base a, base b, rest distance) per axis
    faces: np.ndarray  # (F, 3) int32
    uv_faces: np.ndarray  # (F, 3) int32
    uv: np.ndarray  # (U, 2) float32
    bones: np.ndarray  # (N, 4) uint8
    bone_weights: np.ndarray  # (N, 4) float32
    hides: np.ndarray  # base vertices this part covers

    def fit(self, body: np.ndarray) -> np.ndarray:
        """Positions (N, 3) of the part on a morphed base mesh (19158, 3)."""
        a, b = self.scale[:, 0].astype(int), self.scale[:, 1].astype(int)
        axis = np.arange(3)
        scale = np.abs(body[a, axis] - body[b, axis]) / self.scale[:, 2]
        fitted = np.einsum("nk,nkc->nc", self.weights, body[self.refs]) + self.offsets * scale
        return fitted.astype(np.float32)


@dataclass(frozen=True)
class AssetPack:
    """Everything a person is built from."""

    folder: Path
    vertices: np.ndarray  # (19158, 3) float32
    faces: np.ndarray  # (F, 3) int32
    face_groups: np.ndarray  # (F,) int32 into group_names
    group_names: list[str]
    bone_names: list[str]
    bone_parents: np.ndarray  # (B,) int64, parents come first
    head_refs: np.ndarray  # (B, 24) base vertices whose weighted mean is the joint
    head_weights: np.ndarray
    bones: np.ndarray  # (19158, 4) uint8
    bone_weights: np.ndarray  # (19158, 4) float32
    targets: dict[str, tuple[np.ndarray, np.ndarray]]
    parts: dict[str, Part]
    texture_names: list[str] = field(default_factory=list)

    @cached_property
    def bone_index(self) -> dict[str, int]:
        """Bone number by name."""
        return {name: i for i, name in enumerate(self.bone_names)}

    def group(self, name: str) -> np.ndarray:
        """(F, 3) faces of one named group of the base mesh, such as 'body' or 'helper-skirt'."""
        return self.faces[self.face_groups == self.group_names.index(name)]

    @cached_property
    def textures(self) -> np.ndarray:
        """(T, S, S, 4) uint8 RGBA of `texture_names`."""
        layers = []
        for name in self.texture_names:
            image = cv2.imread(str(self.folder / "tex" / name), cv2.IMREAD_UNCHANGED)
            if image is None:
                raise AssetError(f"The texture {name} in {self.folder} is missing or damaged.", HOW_TO_GET)
            code = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGBA
            size = (TEXTURE_SIZE, TEXTURE_SIZE)
            layers.append(cv2.resize(cv2.cvtColor(image, code), size, interpolation=cv2.INTER_AREA))
        return np.ascontiguousarray(np.stack(layers))


def load_pack(folder: Path) -> AssetPack:
    """Read the pack in `folder`. AssetError, in one sentence, where it is missing, damaged or incomplete."""
    folder = Path(folder)
    if not (folder / "base.npz").is_file() or not (folder / "parts.json").is_file():
        raise AssetError(f"There is no body and clothes pack in {folder}.", HOW_TO_GET)
    try:
        base = _arrays(folder / "base.npz")
        deltas = _arrays(folder / "targets.npz")
        descriptions = json.loads((folder / "parts.json").read_text(encoding="utf-8"))
        parts = {name: _part(folder, name, about) for name, about in descriptions.items()}
        targets = {
            key[:-2]: (deltas[key].astype(np.int32), deltas[key[:-2] + "|d"].astype(np.float32))
            for key in deltas
            if key.endswith("|i")
        }
        return AssetPack(
            folder=folder,
            vertices=base["v"].astype(np.float32),
            faces=base["f"].astype(np.int32),
            face_groups=base["fg"],
            group_names=[str(name) for name in base["gn"]],
            bone_names=[str(name) for name in base["bones"]],
            bone_parents=base["par"].astype(np.int64),
            head_refs=base["hI"],
            head_weights=base["hw"],
            bones=base["i4"],
            bone_weights=base["w4"],
            targets=targets,
            parts=parts,
            texture_names=sorted({part.texture for part in parts.values() if part.texture}),
        )
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise AssetError(f"The body and clothes pack in {folder} is damaged ({error}).", HOW_TO_GET) from error


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream, np.load(stream) as file:
        return {key: file[key] for key in file.files}


def _part(folder: Path, name: str, about: dict[str, Any]) -> Part:
    arrays = _arrays(folder / f"part_{name.replace('#', '_')}.npz")
    return Part(
        name=name,
        texture=about["tex"],
        luminance=float(about["lum"]),
        refs=arrays["ref"].astype(np.int32),
        weights=arrays["w"],
        offsets=arrays["off"],
        scale=arrays["sc"],
        faces=arrays["f"].astype(np.int32),
        uv_faces=arrays["ft"].astype(np.int32),
        uv=arrays["t"],
        bones=arrays["i4"],
        bone_weights=arrays["w4"],
        hides=arrays["dele"].astype(np.int32),
    )
