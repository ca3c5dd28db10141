"""Made-up footage: what the store wants to know of a file that nobody decodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Content:
    """Stands for a file's digest and its probe in `EvidenceStore.register`."""

    sha256: str
    time_base: Fraction
    size: int = 1
    start_pts: int = 0
