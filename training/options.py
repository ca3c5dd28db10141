"""The command line's options and what each command does. Light: torch comes in when a command runs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from training.config import AugmentConfig, GanConfig, NetworkConfig, TrainConfig

ABLATION_ROWS = ("backbone", "od-single", "od-all", "jd-all")
METHOD_NAMES = ("baseline", "ir_teacher", "ts_gan", "ts_gan_plus")
# What makes the strong modern base (BNNeck, random erasing, channel exchange, larger input) of `ts_gan_plus`.
PLUS = {"bnneck": True, "erasing": 0.5, "exchange": 0.5, "size": (384, 144)}


def size_of(text: str) -> tuple[int, int]:
    """'256x128' as (height, width)."""
    try:
        height, width = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, such as 256x128") from None
    return height, width


def numbers_of(text: str) -> tuple[float, ...]:
    """'40,70' as numbers."""
    try:
        return tuple(float(part) for part in text.split(",") if part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers separated by commas") from None


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Where the labelled photos are."""
    parser.add_argument("--data", required=True, type=Path, help="folder of the labelled set")
    parser.add_argument("--layout", default="auto", choices=("auto", "sysu", "regdb", "llcm", "site"))
    parser.add_argument("--trial", type=int, default=1, help="RegDB split or site draw, from 1")


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Everything `train` and `ablation` can be told; what is left out has the value in config.py."""
    quiet = {"default": argparse.SUPPRESS}
    add_data_options(parser)
    parser.add_argument("--out", type=Path, help="folder of the run (default: runs/<method>)")
    group = parser.add_argument_group("run")
    group.add_argument("--full-train", action="store_true", help="train on validation people too, as papers do")
    group.add_argument("--size", type=size_of, help="HEIGHTxWIDTH of the input", **quiet)
    group.add_argument("--identities", type=int, help="people per batch", **quiet)
    group.add_argument("--per-modality", type=int, help="RGB and IR photos per person in a batch", **quiet)
    group.add_argument("--epochs", type=float, **quiet)
    group.add_argument("--warmup-epochs", type=float, **quiet)
    group.add_argument("--milestones", type=numbers_of, help="epochs at which rates fall, e.g. 40,70", **quiet)
    group.add_argument("--decay", type=float, help="factor at each milestone", **quiet)
    group.add_argument("--lr", dest="learning_rate", type=float, **quiet)
    group.add_argument("--weight-decay", type=float, **quiet)
    group.add_argument("--margin", type=float, help="of the triplet loss", **quiet)
    group.add_argument("--lambda-id", type=float, **quiet)
    group.add_argument("--lambda-triplet", type=float, **quiet)
    group.add_argument("--clip-norm", type=float, help="largest gradient norm; 0 for none", **quiet)
    group.add_argument("--seed", type=int, **quiet)
    group.add_argument("--precision", help="32-true or bf16-mixed", **quiet)
    group.add_argument("--device", help="auto, cpu, cuda or mps", **quiet)
    group.add_argument("--workers", type=int, help="processes preparing batches (0 on a CPU)", **quiet)
    group.add_argument("--threads", type=int, help="CPU threads", **quiet)
    group.add_argument(
        "--compile", action="store_true", help="faster steps after a minute or two; needs a C++ compiler", **quiet
    )
    group.add_argument("--validate-epochs", type=float, **quiet)
    group.add_argument("--patience", type=int, help="validations without a better mAP before stopping", **quiet)
    group.add_argument("--checkpoint-minutes", type=float, **quiet)
    group.add_argument("--log-steps", type=int, **quiet)
    group.add_argument("--teacher", help="checkpoint of the IR teacher; without it one is trained first", **quiet)
    group.add_argument("--teacher-epochs", type=float, **quiet)
    add_model_options(parser, quiet)


def add_model_options(parser: argparse.ArgumentParser, quiet: dict[str, Any]) -> None:
    """Network, augmentation and GAN."""
    group = parser.add_argument_group("student and augmentation")
    group.add_argument("--backbone", help="resnet50, mobilenet_v2, mobilenet_v3, shufflenet, shufflenet_small", **quiet)
    group.add_argument(
        "--init", help="'imagenet', 'none' or a file: torchvision's weights or a trained student", **quiet
    )
    group.add_argument("--bnneck", action=argparse.BooleanOptionalAction, **quiet)
    group.add_argument("--erasing", type=float, help="probability of random erasing", **quiet)
    group.add_argument("--exchange", type=float, help="probability of a channel-exchanged or grey RGB view", **quiet)
    group = parser.add_argument_group("TS-GAN")
    group.add_argument("--generator-width", type=int, **quiet)
    group.add_argument("--generator-blocks", type=int, **quiet)
    group.add_argument("--discriminator-width", type=int, **quiet)
    group.add_argument("--discriminator", choices=("joint", "ordinary"), **quiet)
    group.add_argument("--ts-losses", choices=("all", "single", "none"), **quiet)
    group.add_argument("--ts-reduction", choices=("sum", "channels", "mean"), **quiet)
    group.add_argument("--adversary", choices=("log", "least-squares"), **quiet)
    group.add_argument("--gan-lr", dest="gan_learning_rate", type=float, **quiet)
    group.add_argument("--alpha-same", type=float, **quiet)
    group.add_argument("--alpha-cross", type=float, **quiet)
    group.add_argument("--lambda-gan", type=float, **quiet)


def config_from(parsed: argparse.Namespace, method: str) -> TrainConfig:
    """The options given, over the method's defaults, over config.py's."""
    given = dict(vars(parsed))
    if method == "ts_gan_plus":
        given = PLUS | given
    gan_rate = {"learning_rate": given["gan_learning_rate"]} if "gan_learning_rate" in given else {}

    def chosen(kind: type, without: tuple[str, ...] = ()) -> dict[str, Any]:
        names = [name for name in kind.__dataclass_fields__ if name in given and name not in without]
        return {name: given[name] for name in names}

    config = replace(TrainConfig(), **chosen(TrainConfig, ("data", "method")), method=method, data=str(parsed.data))
    return replace(
        config,
        network=NetworkConfig(**chosen(NetworkConfig)),
        augment=AugmentConfig(**chosen(AugmentConfig)),
        gan=GanConfig(**chosen(GanConfig, ("learning_rate",)), **gan_rate),
    )


def add_commands(commands: Any) -> None:
    """All commands of the training module."""
    parser = commands.add_parser("check", help="say in plain words what is missing or damaged in a data set")
    add_data_options(parser)
    parser.set_defaults(run=run_check)

    parser = commands.add_parser("train", help="train a student; progress as JSON lines on stdout")
    parser.add_argument("--method", default="baseline", choices=METHOD_NAMES)
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    add_train_options(parser)
    parser.set_defaults(run=run_train, json_lines=True)

    parser = commands.add_parser("ablation", help="the rows of TS-GAN's Table II on one data set")
    parser.add_argument("--rows", nargs="+", default=list(ABLATION_ROWS), choices=ABLATION_ROWS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add_train_options(parser)
    parser.set_defaults(run=run_ablation, json_lines=True)

    parser = commands.add_parser("evaluate", help="measure a checkpoint or any ONNX student on unseen people")
    add_evaluate_options(parser)
    parser.set_defaults(run=run_evaluate)

    parser = commands.add_parser("export", help="write student.onnx, its variants and its model card")
    add_export_options(parser)
    parser.set_defaults(run=run_export)


def add_evaluate_options(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate`."""
    add_data_options(parser)
    parser.add_argument("--model", required=True, type=Path, help="a checkpoint (.pt) or an ONNX student (.onnx)")
    parser.add_argument("--split", default="test", choices=("test", "validation"))
    parser.add_argument("--mode", nargs="+", default=["all", "indoor"], choices=("all", "indoor"))
    parser.add_argument("--shots", nargs="+", type=int, default=[1, 10], help="gallery images per person and camera")
    parser.add_argument("--draw", default="seeded", choices=("seeded", "official"), help="SYSU-MM01's gallery draw")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument(
        "--rerank", nargs="+", default=["none"], help="none, k-reciprocal, k-reciprocal-single, affinity"
    )
    parser.add_argument("--json", type=Path, help="also write the results here")
    parser.add_argument("--threads", type=int)


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Options of `export`."""
    add_data_options(parser)
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path, help="folder for the ONNX files and cards")
    parser.add_argument("--name", default="", help="name of the model in the library")
    parser.add_argument("--variants", nargs="*", default=[], choices=("fp16", "int8"))
    parser.add_argument(
        "--mirror", action="store_true", help="average each crop with its mirror image (twice the work)"
    )
    parser.add_argument("--generator", action="store_true", help="also write the RGB to IR generator")
    parser.add_argument("--metrics", type=Path, help="JSON of `evaluate` to put on the card")
    parser.add_argument(
        "--trained-by", default="", metavar="COMMAND", help="command line of the training, for the card"
    )
    parser.add_argument("--hardware", default="", help="what it was trained on, for the card")


def run_check(parsed: argparse.Namespace) -> None:
    """`check`."""
    from training.data.check import check_set

    check_set(parsed.data, parsed.layout, parsed.trial)


def run_train(parsed: argparse.Namespace) -> None:
    """`train`."""
    from training.runs import train_run

    train_run(config_from(parsed, parsed.method), parsed.out or Path("runs") / parsed.method, resume=parsed.resume)


def run_ablation(parsed: argparse.Namespace) -> None:
    """`ablation`."""
    from training.ablation import ablation_command

    ablation_command(parsed, config_from(parsed, "baseline"))


def run_evaluate(parsed: argparse.Namespace) -> None:
    """`evaluate`."""
    from training.evaluate import evaluate_command

    evaluate_command(parsed)


def run_export(parsed: argparse.Namespace) -> None:
    """`export`."""
    if not parsed.checkpoint.is_file():
        raise UsageError(f"There is no checkpoint {parsed.checkpoint}.", "Give best.pt or last.pt of a run.")
    from training.export import export_command

    export_command(parsed)
