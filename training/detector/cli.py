"""`python -m training detector …`: train, measure and export a person detector. Light: torch comes in at a run."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from training.detector.config import DetectorConfig, ViewConfig


def add_commands(subparsers: Any) -> None:
    """Add `detector` and its subcommands to an argparse subparsers object."""
    parser = subparsers.add_parser("detector", help="train, measure and export a person detector")
    commands = parser.add_subparsers(dest="detector_command", required=True)
    _train(commands)
    _evaluate(commands)
    _export(commands)


def _train(commands: Any) -> None:
    quiet = {"default": argparse.SUPPRESS}
    parser = commands.add_parser("train", help="train on frames with truth; progress as JSON lines on stdout")
    parser.add_argument("--data", required=True, nargs="+", help="folders of `synthetic frames`, all of one size")
    parser.add_argument("--out", type=Path, default=Path("runs/detector"), help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--validation", help="folder of frames to choose the best weights by", **quiet)
    parser.add_argument("--init", help="'imagenet', 'none' or a file of torchvision weights of MobileNetV2", **quiet)
    parser.add_argument("--steps", type=int, **quiet)
    parser.add_argument("--batch", type=int, help="pictures per step", **quiet)
    parser.add_argument("--crop", type=int, help="side of a training picture, a multiple of 32", **quiet)
    parser.add_argument("--width", type=int, help="channels of neck and head", **quiet)
    parser.add_argument("--frozen", type=int, help="blocks of the backbone that are not trained", **quiet)
    parser.add_argument("--lr", dest="learning_rate", type=float, **quiet)
    parser.add_argument("--warmup", type=int, help="steps", **quiet)
    parser.add_argument("--seed", type=int, **quiet)
    parser.add_argument("--precision", help="32-true or bf16-mixed", **quiet)
    parser.add_argument("--device", help="auto, cpu, cuda or mps", **quiet)
    parser.add_argument("--threads", type=int, help="CPU threads", **quiet)
    parser.add_argument("--validate-steps", type=int, **quiet)
    parser.add_argument("--validation-frames", type=int, **quiet)
    parser.add_argument("--checkpoint-minutes", type=float, **quiet)
    parser.add_argument("--log-steps", type=int, **quiet)
    parser.set_defaults(run=_run_train, json_lines=True)


def config_from(parsed: argparse.Namespace) -> DetectorConfig:
    """The options given, over config.py's defaults."""
    given = vars(parsed) | {"data": tuple(str(folder) for folder in parsed.data)}
    chosen = {item.name: given[item.name] for item in fields(DetectorConfig) if item.name in given}
    view = ViewConfig(crop=given["crop"]) if "crop" in given else ViewConfig()
    return replace(DetectorConfig(), **chosen, view=view)


def _run_train(parsed: argparse.Namespace) -> None:
    from training.detector.loop import train

    train(config_from(parsed), parsed.out, resume=parsed.resume)


def _evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="recall by height and modality on frames with truth")
    parser.add_argument("--data", required=True, nargs="+", type=Path, help="folders of `synthetic frames`")
    parser.add_argument("--model", required=True, type=Path, help="a checkpoint (.pt) or an exported detector (.onnx)")
    parser.add_argument("--json", type=Path, help="also write the results here")
    parser.add_argument("--threads", type=int)
    parser.set_defaults(run=_run_evaluate)


def _run_evaluate(parsed: argparse.Namespace) -> None:
    from training.detector.evaluate import evaluate_command

    evaluate_command(parsed)


def _export(commands: Any) -> None:
    parser = commands.add_parser("export", help="write model.onnx and its card, proven to compute the same")
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--data", required=True, nargs="+", type=Path, help="the folders it was trained on")
    parser.add_argument("--out", required=True, type=Path, help="folder for model.onnx and card.json")
    parser.add_argument("--name", default="nightjar-person-detector", help="of the model in the library")
    parser.add_argument("--evaluation", required=True, type=Path, help="JSON of `evaluate`, for the card")
    parser.add_argument("--limit", type=float, help="score that becomes 0.5 (default: the limit on the first set)")
    parser.add_argument("--facts", type=Path, help="JSON object with more entries for the card: limitations, …")
    parser.set_defaults(run=_run_export)


def _run_export(parsed: argparse.Namespace) -> None:
    if not parsed.checkpoint.is_file():
        raise UsageError(f"There is no checkpoint {parsed.checkpoint}.", "Give best.pt or last.pt of a run.")
    from training.detector.export import export_command

    export_command(parsed)
