"""Any number of tiles: what is in sight is fetched, what was seen long ago is let go and fetched again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.tiles import BLOCK, KEPT_BLOCKS, LazyTileModel, Tile
from engine.types import Modality


def test_tiles_are_kept_within_a_bound_and_come_again(qtbot: object) -> None:
    fetched: list[int] = []

    def fetch(ids: Sequence[int], deliver: Callable[[list[Tile]], None]) -> None:
        fetched.append(ids[0])
        deliver([Tile(n, n, Modality.VISIBLE, str(n), "Gate", "", "", "", "") for n in ids])

    model = LazyTileModel(fetch)
    ids = np.arange(1, 3 * KEPT_BLOCKS * BLOCK + 1)
    model.show_ids(ids)
    for row in range(len(ids)):
        model.tile(row)
    assert len(fetched) == 3 * KEPT_BLOCKS, "each block once"
    assert len(model._blocks) == KEPT_BLOCKS
    model.tile(0)
    tile = model.tile(1)
    assert tile is not None
    assert tile.tracklet == 2
    assert fetched[-1] == 1, "the first block was fetched again"
    assert model.row_of(BLOCK + 1) == BLOCK
    assert model.row_of(len(ids) + 1) is None
