"""What is looked at when a candidate is compared, and what can be said of it: as recorded, and in words."""

from __future__ import annotations

from app.words import tr

FEATURES = (
    ("head and hair", tr("Head, hair")),
    ("upper clothing", tr("Upper clothing")),
    ("lower clothing", tr("Lower clothing")),
    ("footwear", tr("Footwear")),
    ("carried items", tr("Bag, carried items")),
    ("build and gait", tr("Build, gait")),
)
ANSWERS = ((tr("Similar"), "similar"), (tr("Different"), "different"), (tr("Cannot tell"), "cannot tell"))
