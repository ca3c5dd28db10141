"""Checkpoints: everything a run needs to go on as if it had never stopped, written atomically."""

from __future__ import annotations

import os
import pickle
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.errors import ModelError
from training.config import TrainConfig, from_dict, to_dict
from training.faults import storage_fault

if TYPE_CHECKING:
    from training.methods.method import Method

FORMAT = 1


def save(path: Path, method: Method, *, names: tuple[str, ...], progress: dict[str, Any]) -> None:
    """Write networks, optimisers, random states, the classes' `names` and the loop's `progress`.

    The file appears whole or not at all; StorageError where there is no space, with the older file intact.
    """
    content = {
        "format": FORMAT,
        "method": method.name,
        "config": to_dict(method.config),
        "identities": list(names),
        "networks": {name: network.state_dict() for name, network in method.networks.items()},
        "optimisers": {name: optimiser.state_dict() for name, optimiser in method.optimisers.items()},
        "random": random_state(),
        "progress": progress,
    }
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as stream:
            torch.save(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise storage_fault(error, path) from error


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote, on the CPU; ModelError where the file is missing, damaged or of another kind."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"There is no checkpoint {path}.", "Check the path, or leave out --resume.") from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is damaged or not a checkpoint.", "Use another checkpoint of the run.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelError(f"{path} is not a checkpoint of this program.", "Give a file that `train` wrote.")
    return content


def restore(content: dict[str, Any], method: Method, names: tuple[str, ...], path: Path) -> dict[str, Any]:
    """Put a checkpoint into `method`, random states included; returns the loop's progress."""
    if content["method"] != method.name:
        raise ModelError(
            f"{path} belongs to the method '{content['method']}', not '{method.name}'.",
            f"Resume with --method {content['method']}, or choose another --out folder.",
        )
    if tuple(content["identities"]) != names:
        raise ModelError(
            f"{path} was trained on {len(content['identities'])} people, the data now has other ones ({len(names)}).",
            "Resume with the same --data and options, or start again in another --out folder.",
        )
    try:
        for name, network in method.networks.items():
            network.load_state_dict(content["networks"][name])
        for name, optimiser in method.optimisers.items():
            optimiser.load_state_dict(content["optimisers"][name])
    except (KeyError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"{path} does not fit the networks of this run ({str(error).splitlines()[0]}).",
            "Resume with the options of the run that wrote it: backbone, BNNeck, generator width and discriminator.",
        ) from error
    set_random_state(content["random"])
    return dict(content["progress"])


def config_of(content: dict[str, Any]) -> TrainConfig:
    """The configuration a checkpoint was trained with."""
    return from_dict(content["config"])


def random_state() -> dict[str, Any]:
    """The states of every generator a method may draw from, as plain values and tensors."""
    kind, keys, position, has_gauss, cached = np.random.get_state()
    version, words, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, cached],
        "python": [version, list(words), gauss],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Undo of `random_state`."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    kind, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
