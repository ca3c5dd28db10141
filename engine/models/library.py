"""The models on this machine: those built into Nightjar and those its user imported.

A model is a folder `<name>/` with `card.json` and `model.onnx`. An import is checked by running it, written to the disk
for good and appears under its name in one rename, or not at all. A model whose card is damaged is left out, and
`damaged` says why: the others go on working.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.durable import sync
from engine.errors import ModelError, StorageError
from engine.models.card import Model, ModelCard, Task
from engine.settings import resources_dir, user_data_dir

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"
MOTION = "motion"  # the detector that needs no model file (engine/perception/motion.py)
_DEFAULTS = "defaults.json"


class ModelLibrary:
    """Built-in and imported models by name. Cards are read when asked for, files only when opened."""

    def __init__(self, user_dir: Path | None = None, builtin_dir: Path | None = None) -> None:
        self.user_dir = user_dir if user_dir is not None else user_data_dir() / "models"
        self.builtin_dir = builtin_dir if builtin_dir is not None else resources_dir() / "models"

    def list(self, task: Task | None = None) -> list[Model]:
        """All models that can be read, built-in first, each group by name."""
        return [model for model in self._read()[0] if task is None or model.card.task == task]

    def damaged(self) -> Sequence[str]:
        """One sentence for each model that `list` leaves out, naming its folder."""
        return self._read()[1]

    def get(self, name: str) -> Model:
        """The model called `name`; `ModelError` where there is none, with what is damaged."""
        found, damaged = self._read()
        for model in found:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in found) or "none"
        raise ModelError(
            f"There is no model called '{name}'.", " ".join((f"Models on this machine: {known}.", *damaged))
        )

    def _read(self) -> tuple[Sequence[Model], Sequence[str]]:
        found, damaged = [], []
        for folder, builtin in ((self.builtin_dir, True), (self.user_dir, False)):
            for card in sorted(folder.glob(f"[!.]*/{CARD_FILE}")):
                try:
                    found.append(Model(ModelCard.load(card), card.parent / MODEL_FILE, builtin))
                except ModelError as error:
                    damaged.append(f"The model in {card.parent} is left out: {error}")
        return found, damaged

    def by_sha256(self, sha256: str) -> Model | None:
        """The model whose file has this hash; None where it is not on this machine."""
        return next((model for model in self.list() if model.card.sha256 == sha256), None)

    def default(self, task: Task) -> str:
        """The name used where none is given: the user's choice, else the built-in one ('motion' is a detector)."""
        for folder in (self.user_dir, self.builtin_dir):
            name = _read_defaults(folder / _DEFAULTS).get(task)
            if name is not None and (name == MOTION or any(m.name == name for m in self.list(task))):
                return name
        if task == "detector":
            return MOTION
        raise ModelError("No student network is on this machine.", "Import one with 'nightjar models import'.")

    def set_default(self, task: Task, name: str) -> None:
        """Use `name` for `task` from now on; `ModelError` where it is unknown or made for another task."""
        if not (task == "detector" and name == MOTION):
            model = self.get(name)
            if model.card.task != task:
                raise ModelError(f"The model '{name}' is a {model.card.task}, not a {task}.")
        path = self.user_dir / _DEFAULTS
        chosen = _read_defaults(path) | {task: name}
        try:
            self.user_dir.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.write_text(json.dumps(chosen, indent=2) + "\n", encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            raise storage_failure(error) from error

    def import_file(self, path: Path, card_path: Path | None = None, device: str = "cpu") -> Model:
        """Copy a model and its card in, after checking hash and interface by running it.

        The card is `card_path`, else `<file>.json` or `card.json` beside the file. Importing the same model twice
        changes nothing. `ModelError` in one sentence where anything does not fit; then nothing was imported.
        """
        card = ModelCard.load(card_path if card_path is not None else _card_beside(path))
        present = next((m for m in self.list() if m.name == card.name), None)
        if present is not None:
            if present.card == card:
                return present
            raise ModelError(
                f"A different model called '{card.name}' is already on this machine.",
                "Give the new one another name in its card.",
            )
        if (self.user_dir / card.name).exists():
            raise ModelError(
                f"{self.user_dir / card.name} holds a damaged model of that name.",
                "Move that folder away, then import.",
            )
        draft = self._new_draft()
        try:
            _copy_checked(path, draft / MODEL_FILE, card)
            _check_runs(Model(card, draft / MODEL_FILE), device)
            card.save(draft / CARD_FILE)
            sync(draft / CARD_FILE)
            sync(draft)
            draft.replace(self.user_dir / card.name)
            sync(self.user_dir)
        except OSError as error:
            raise storage_failure(error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return Model(card, self.user_dir / card.name / MODEL_FILE)

    def _new_draft(self) -> Path:
        try:
            self.user_dir.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".importing-", dir=self.user_dir))
        except OSError as error:
            raise storage_failure(error) from error


def _check_runs(model: Model, device: str) -> None:
    from engine.models.interface import check_interface
    from engine.models.runtime import open_session

    check_interface(open_session(model, device, threads=1), model.card)


def _card_beside(path: Path) -> Path:
    for candidate in (path.with_suffix(".json"), path.parent / CARD_FILE):
        if candidate.is_file():
            return candidate
    raise ModelError(f"There is no model card for {path.name}.", f"Put it beside the file as {path.stem}.json.")


def _copy_checked(source: Path, target: Path, card: ModelCard) -> None:
    """Copy to disk for good, hashing what is copied."""
    digest = hashlib.sha256()
    try:
        reader = source.open("rb")
    except OSError as error:
        raise ModelError(f"The model file {source.name} cannot be read: {error.strerror}.") from error
    with reader, target.open("xb") as writer:
        while block := reader.read(1 << 20):
            digest.update(block)
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != card.sha256:
        raise ModelError(
            f"The file {source.name} is not the one its card describes (its SHA-256 differs).",
            "Get the file and its card again from the same place.",
        )


def _read_defaults(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The chosen models in {path} cannot be read.", "Delete it to start anew.") from error
    if not isinstance(data, dict):
        raise ModelError(f"The file {path} does not hold chosen models.", "Delete it to start anew.")
    return {str(task): str(name) for task, name in data.items()}


def storage_failure(error: OSError) -> StorageError:
    """The plain words for a folder that cannot be written."""
    if error.errno == errno.ENOSPC:
        return StorageError("The disk is full.", "Free some space and try again.")
    return StorageError(f"The models folder cannot be written: {error.strerror}.", "Check the folder's permissions.")
