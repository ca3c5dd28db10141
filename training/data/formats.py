"""Which layouts of labelled data are understood. Adding one is one module and one line here."""

from __future__ import annotations

from pathlib import Path

from training.data import llcm, regdb, site, sysu
from training.data.records import Splits
from training.faults import DataError

FORMATS = {"sysu": sysu, "regdb": regdb, "llcm": llcm, "site": site}


def open_set(root: Path, layout: str = "auto", *, full_train: bool = False, trial: int = 1) -> Splits:
    """Read the labelled set under `root`; DataError in one sentence where there is none."""
    if not root.is_dir():
        raise DataError(f"The data folder {root} does not exist.", "Give the folder that holds the images with --data.")
    if layout == "auto":
        found = [name for name, module in FORMATS.items() if module.recognises(root)]
        if not found:
            raise DataError(
                f"{root} has none of the known layouts ({', '.join(FORMATS)}).",
                "A site folder needs ir/<camera>/<identity>/ and rgb/<camera>/<identity>/; SYSU-MM01 and rendered "
                "sets need cam1 … cam6 and exp/train_id.txt.",
            )
        layout = found[0]
    splits = FORMATS[layout].load(root, full_train=full_train, trial=trial)
    if not splits.photos:
        raise DataError(f"No images were found under {root} (layout '{layout}').", "Check the folder names.")
    return splits
