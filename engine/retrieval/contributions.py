"""Where the likeness of two pictures lies: the part of their cosine similarity that each position contributes.

Stylianou, Souvenir and Pless, 'Visualizing Deep Similarity Networks', WACV 2019, section 3: where an embedding is the
average of a feature map, the cosine of two embeddings is a sum over the map's positions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def contributions(feature_map: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(h, w) float32`: what each position of `feature_map (C, h, w)` adds to the cosine similarity of the two
    average-pooled maps, in units of that similarity; negative where a position speaks against it.

    The mean over all positions is the cosine similarity in [-1, 1], whichever of the two maps it is computed for.
    """
    mine, theirs = feature_map.mean((1, 2), dtype=np.float64), other.mean((1, 2), dtype=np.float64)
    lengths = max(float(np.linalg.norm(mine) * np.linalg.norm(theirs)), np.finfo(np.float64).tiny)
    return np.asarray(np.einsum("chw,c->hw", feature_map.astype(np.float64), theirs) / lengths, np.float32)
