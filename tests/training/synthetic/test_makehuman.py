"""Reading MakeHuman's own files, and telling what an installation lacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.progress import finish
from training.synthetic import makehuman as mh
from training.synthetic.assets import AssetError
from training.synthetic.build_pack import _halves, build_pack, find_data

CLOTHES = """# a comment
name coat
obj_file coat.obj
material coat.mhmat
x_scale 1 2 0.5
verts 0
7
3 4 5 0.25 0.25 0.5 0.1 0.2 0.3
delete_verts
3 7 - 9
12
"""

SQUARES = """v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 5 0
v 1 5 0
v 1 6 0
vt 0 0
vt 1 1
g low
f 1/1 2/1 3/2 4/2
g high
f 5 6 7
"""


def test_polygons_become_triangles_in_their_groups(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(SQUARES)
    shape = mh.read_obj(tmp_path / "a.obj")
    assert shape.faces.tolist() == [[0, 1, 2], [0, 2, 3], [4, 5, 6]]
    assert shape.uv_faces.tolist() == [[0, 0, 1], [0, 1, 1], [-1, -1, -1]]
    assert [shape.group_names[g] for g in shape.groups] == ["low", "low", "high"]


def test_the_piece_that_reaches_lowest_is_the_bottom(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(SQUARES)
    halves = _halves(mh.read_obj(tmp_path / "a.obj"))
    assert halves["#bot"].tolist() == [True] * 4 + [False] * 3
    assert halves["#top"].tolist() == [False] * 4 + [True] * 3


def test_clothes_name_what_they_hang_on_and_hide(tmp_path: Path) -> None:
    (tmp_path / "a.mhclo").write_text(CLOTHES)
    clothes = mh.read_clothes(tmp_path / "a.mhclo")
    assert clothes.refs.tolist() == [[7, 7, 7], [3, 4, 5]]
    assert clothes.weights.tolist() == [[1, 0, 0], [0.25, 0.25, 0.5]]
    assert np.allclose(clothes.offsets, [[0, 0, 0], [0.1, 0.2, 0.3]])
    assert clothes.hides.tolist() == [3, 7, 8, 9, 12]
    assert (clothes.obj_file, clothes.material) == ("coat.obj", "coat.mhmat")
    assert clothes.scale[0].tolist() == [1, 2, 0.5]


def test_the_four_strongest_bones_share_the_weight() -> None:
    bones, weights = mh.top_four(np.array([[0.1, 0.2, 0.0, 0.4, 0.3, 0.05]], np.float32))
    assert bones.tolist() == [[3, 4, 1, 0]]
    assert weights.sum() == pytest.approx(1)


def test_a_folder_without_makehuman_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no MakeHuman"):
        find_data(tmp_path)


def test_an_incomplete_makehuman_is_told(tmp_path: Path) -> None:
    (tmp_path / "data" / "3dobjs").mkdir(parents=True)
    (tmp_path / "data" / "3dobjs" / "base.obj").write_text(SQUARES)
    with pytest.raises(AssetError, match="could not be read"):
        finish(build_pack(tmp_path / "pack", tmp_path))
