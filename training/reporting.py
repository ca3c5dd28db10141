"""What a run says: JSON lines for the application, TensorBoard for people, pictures to look at.

Each line on stdout is one JSON object with `event`: 'start', 'note', 'warning', 'progress', 'validation', 'sheet',
'checkpoint', 'stopped', 'done' or 'error'. `progress` and `validation` are also kept in `log.jsonl` of the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from training.faults import storage_fault

KEPT = ("progress", "validation")


class Reporter:
    """Writes events; only the first process of a run speaks (`quiet` elsewhere)."""

    def __init__(
        self, folder: Path, *, resume_step: int = 0, quiet: bool = False, stream: IO[str] | None = None
    ) -> None:
        self.folder, self.quiet, self.stream = folder, quiet, stream or sys.stdout
        self._board: SummaryWriter | None = None
        if quiet:
            return
        log = folder / "log.jsonl"
        try:
            earlier = [row for row in read_log(log) if row["step"] <= resume_step] if resume_step else []
            self._log = log.open("w", encoding="utf-8")
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=resume_step + 1)
        except OSError as error:
            raise storage_fault(error, folder) from error
        for row in earlier:
            self._log.write(json.dumps(row) + "\n")

    def event(self, kind: str, **values: Any) -> None:
        """One JSON line."""
        if self.quiet:
            return
        line = json.dumps({"event": kind, **values}, default=str)
        print(line, file=self.stream, flush=True)
        if kind in KEPT:
            self._log.write(line + "\n")
            self._log.flush()

    def curves(self, step: int, values: dict[str, float]) -> None:
        """Points of TensorBoard's curves."""
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def sheet(self, step: int, pictures: Tensor) -> None:
        """Write rows of pictures (rows, columns, 3, H, W) in [0, 1] as `sheets/<step>.png`."""
        if self.quiet:
            return
        path = self.folder / "sheets" / f"{step:07d}.png"
        write_sheet(path, pictures)
        self.event("sheet", step=step, path=str(path))

    def close(self) -> None:
        """Flush and close the files."""
        if not self.quiet and self._board is not None:
            self._board.close()
            self._log.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The kept events of a run; a last line cut short by a power failure is left out."""
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def write_sheet(path: Path, pictures: Tensor) -> None:
    """Rows of pictures (rows, columns, 3, H, W) in [0, 1] side by side, 2 pixels apart, as PNG."""
    import cv2

    rows, columns, _, height, width = pictures.shape
    canvas = np.full((rows * (height + 2), columns * (width + 2), 3), 255, np.uint8)
    pixels = (pictures.detach().float().cpu().clamp(0, 1) * 255).round().byte().permute(0, 1, 3, 4, 2).numpy()
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + 2), column * (width + 2)
            canvas[top : top + height, left : left + width] = pixels[row, column]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), canvas[:, :, ::-1])
