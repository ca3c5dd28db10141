"""Builds the body and clothes pack from an installed MakeHuman (its `data` folder, assets included)."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.progress import Progress, Work
from training.synthetic import makehuman as mh
from training.synthetic import manifest as mf
from training.synthetic.assets import AssetError
from training.synthetic.figure import BODY_VERTICES

HOW = (
    "Give the folder of an installed MakeHuman 1.2 or later, with its standard assets (it holds data/3dobjs/base.obj)."
)
SUITS = [
    *(f"female_casualsuit0{n}" for n in (1, 2)), "female_elegantsuit01", "female_sportsuit01",
    *(f"male_casualsuit0{n}" for n in range(1, 7)), "male_elegantsuit01", "male_worksuit01",
]  # fmt: skip
HAIR = ["afro01", "bob01", "bob02", "braid01", "long01", "ponytail01", "short01", "short02", "short03", "short04"]
PARTS = {
    **{name: ("clothes", f"clothes/{name}/{name}.mhclo") for name in SUITS},
    **{f"shoes0{n}": ("clothes", f"clothes/shoes0{n}/shoes0{n}.mhclo") for n in range(1, 7)},
    **{name: ("clothes", f"clothes/fedora01/{name}.mhclo") for name in ("fedora", "fedora_cocked")},
    **{name: ("hair", f"hair/{name}/{name}.mhclo") for name in HAIR},
    **{f"eyebrow{n:03d}": ("eyebrows", f"eyebrows/eyebrow{n:03d}/eyebrow{n:03d}.mhclo") for n in range(1, 13)},
    "low-poly": ("eyes", "eyes/low-poly/low-poly.mhclo"),
}
EVEN = {"fedora", "fedora_cocked", "afro01", "bob01"}  # their textures are one colour; ours are drawn
EYES = "eyes/materials/brown_eye.png"
TEXTURE = 512


def build_pack(out: Path, installed: Path) -> Work[Path]:
    """Write base.npz, targets.npz, part_*.npz, parts.json and tex/ into `out`."""
    data = find_data(installed)
    try:
        base = mh.read_obj(data / "3dobjs" / "base.obj")
        rig = mh.read_rig(data / "rigs" / "default.mhskel", data / "rigs" / "default_weights.mhw", len(base.vertices))
        mf.write_file(out / "base.npz", _base(base, rig))
        yield Progress("parts", 0, len(PARTS), "parts")
        mf.write_file(out / "targets.npz", _targets(data / "targets" / "macrodetails"))
        descriptions: dict[str, dict[str, object]] = {}
        for done, (name, (kind, path)) in enumerate(PARTS.items(), start=1):
            for key, arrays, about in _parts(data, name, kind, data / path, base, rig, out):
                mf.write_file(out / f"part_{key.replace('#', '_')}.npz", _packed(arrays))
                descriptions[key] = about
            yield Progress("parts", done, len(PARTS), "parts")
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise AssetError(f"MakeHuman's data in {data} could not be read ({error}).", HOW) from error
    mf.write_file(out / "parts.json", mf.dump(descriptions))
    mf.write_file(out / "README.md", b"Built from MakeHuman's data, released under CC0 1.0 (makehumancommunity.org).\n")
    return out


def find_data(installed: Path) -> Path:
    """The data folder of an installation; AssetError where there is none."""
    for folder in (installed / "data", installed / "makehuman" / "data", installed):
        if (folder / "3dobjs" / "base.obj").is_file():
            return folder
    raise AssetError(f"There is no MakeHuman in {installed}.", HOW)


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _base(base: mh.Obj, rig: mh.Rig) -> bytes:
    longest = max(len(head) for head in rig.heads)
    refs, weights = np.zeros((len(rig.names), longest), np.int32), np.zeros((len(rig.names), longest), np.float32)
    for i, head in enumerate(rig.heads):
        refs[i, : len(head)], weights[i, : len(head)] = head, 1 / len(head)
    bones, strengths = mh.top_four(rig.weights)
    return _packed({
        "v": base.vertices, "t": base.uv, "f": base.faces, "ft": base.uv_faces, "fg": base.groups,
        "gn": np.array(base.group_names), "bones": np.array(rig.names), "par": rig.parents, "hI": refs, "hw": weights,
        "i4": bones, "w4": strengths,
    })  # fmt: skip


def _targets(folder: Path) -> bytes:
    arrays = {}
    for path in sorted(folder.rglob("*.target")):
        if "baby" not in path.stem:
            index, delta = mh.read_target(path)
            arrays[path.stem + "|i"], arrays[path.stem + "|d"] = index.astype(np.uint16), delta.astype(np.float16)
    if not arrays:
        raise AssetError(f"There are no macro targets in {folder}.", HOW)
    return _packed(arrays)


def _parts(
    data: Path, name: str, kind: str, path: Path, base: mh.Obj, rig: mh.Rig, out: Path
) -> list[tuple[str, dict[str, np.ndarray], dict[str, object]]]:
    """One part, or a suit's top and bottom; the texture is written on the way."""
    clothes = mh.read_clothes(path)
    shape = mh.read_obj(path.parent / clothes.obj_file)
    texture = None if name in EVEN else mh.diffuse_texture(path.parent / clothes.material)
    if kind == "eyes":
        texture = data / EYES
    file, picture = ("", None) if texture is None else _texture(out, name, texture)
    halves = _halves(shape) if "suit" in name else {"": np.ones(len(shape.vertices), bool)}
    covered = clothes.hides[clothes.hides < BODY_VERTICES]
    nearest = _nearest(base.vertices, clothes, covered)
    found = []
    for half, own in halves.items():
        faces = own[shape.faces].all(axis=1)
        used, flat = np.unique(shape.faces[faces], return_inverse=True)
        texels, uv_flat = np.unique(shape.uv_faces[faces], return_inverse=True)
        spread = np.einsum("nk,nkb->nb", np.clip(clothes.weights[used], 0, None), rig.weights[clothes.refs[used]])
        bones, strengths = mh.top_four(spread)
        arrays = {
            "ref": clothes.refs[used].astype(np.uint16), "w": clothes.weights[used], "off": clothes.offsets[used],
            "sc": clothes.scale, "f": flat.reshape(-1, 3).astype(np.uint16),
            "ft": uv_flat.reshape(-1, 3).astype(np.uint16), "t": shape.uv[texels], "i4": bones, "w4": strengths,
            "dele": covered[own[nearest]].astype(np.uint16),
        }  # fmt: skip
        light = 0.5 if picture is None else _luminance(picture, shape.uv[texels])
        found.append((name + half, arrays, {"kind": kind, "tex": file, "lum": light}))
    return found


def _halves(shape: mh.Obj) -> dict[str, np.ndarray]:
    """A suit's vertices as '#top' and '#bot': the connected piece that reaches lowest is the bottom; else '#one'."""
    count, a = len(shape.vertices), shape.faces
    edges = coo_matrix((np.ones(2 * len(a)), (np.r_[a[:, 0], a[:, 1]], np.r_[a[:, 1], a[:, 2]])), (count, count))
    pieces, label = connected_components(edges, directed=False)
    if pieces == 1:
        return {"#one": np.ones(count, bool)}
    lowest = min(range(pieces), key=lambda piece: shape.vertices[label == piece, 1].min())
    return {"#top": label != lowest, "#bot": label == lowest}


def _nearest(base: np.ndarray, clothes: mh.Clothes, covered: np.ndarray) -> np.ndarray:
    """The garment vertex nearest to each covered body vertex."""
    anchors = np.einsum("nk,nkc->nc", clothes.weights, base[clothes.refs])
    return cKDTree(anchors).query(base[covered])[1]


def _texture(out: Path, name: str, source: Path) -> tuple[str, np.ndarray]:
    picture = cv2.imread(str(source), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise AssetError(
            f"The texture {source} is missing or no picture.", "A checkout needs its large files: run 'git lfs pull'."
        )
    small = cv2.resize(picture, (TEXTURE, TEXTURE), interpolation=cv2.INTER_AREA)
    clear = small.ndim == 3 and small.shape[2] == 4 and bool((small[:, :, 3] < 250).mean() > 0.02)
    small = small if clear else cv2.cvtColor(small, cv2.COLOR_BGRA2BGR) if small.shape[2] == 4 else small
    file = name + (".png" if clear else ".jpg")
    mf.write_file(out / "tex" / file, cv2.imencode(file[-4:], small)[1].tobytes())
    return file, small


def _luminance(picture: np.ndarray, uv: np.ndarray) -> float:
    """Mean linear luminance of the texels at (U, 2) coordinates."""
    size = picture.shape[0]
    x = (np.floor(uv[:, 0] % 1 * size)).astype(int) % size
    y = (np.floor((1 - uv[:, 1] % 1) * size)).astype(int) % size
    linear = (picture[y, x, :3] / 255.0) ** 2.2
    return float((linear @ [0.0722, 0.7152, 0.2126]).mean())
