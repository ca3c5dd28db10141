"""The methods learn: losses fall, unseen people are found above chance, and each phase moves what it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from training.config import AugmentConfig, TrainConfig
from training.data.batches import Batch, BatchSource
from training.data.images import ImageStore
from training.data.records import Splits
from training.data.sampler import IdentityModalitySampler
from training.loop import Progress, train
from training.methods import METHODS
from training.methods.method import Method
from training.methods.ts_gan import TsGan, fake_pairs
from training.options import METHOD_NAMES
from training.reporting import read_log


def losses_of(folder: Path, name: str) -> list[float]:
    return [row["losses"][name] for row in read_log(folder / "log.jsonl") if row["event"] == "progress"]


def first_batch(splits: Splits, config: TrainConfig) -> Batch:
    sampler = IdentityModalitySampler(splits.train, config.identities, config.per_modality, 0)
    return BatchSource(ImageStore(splits.train, config.size), sampler, config)[0].to_device(torch.device("cpu"))


@pytest.fixture
def gan_config(config: TrainConfig, teacher: Path) -> Iterator[TrainConfig]:
    return replace(config, method="ts_gan", teacher=str(teacher))


def weights_of(method: Method) -> dict[str, torch.Tensor]:
    return {
        name: torch.cat([p.detach().reshape(-1).clone() for p in network.parameters()])
        for name, network in method.networks.items()
    }


def test_the_command_line_offers_every_method() -> None:
    assert set(METHOD_NAMES) == set(METHODS)


def test_baseline_learns(baseline_run: tuple[Path, Progress]) -> None:
    folder, progress = baseline_run
    identity = losses_of(folder, "identity")
    assert sum(identity[-3:]) / 3 < 0.8 * identity[0]
    assert progress.metrics["R1"] > 0.3  # chance is 1 in 8
    assert progress.metrics["mAP"] > 0.35


def test_ts_gan_learns(gan_config: TrainConfig, splits: Splits, tmp_path: Path) -> None:
    gan = replace(gan_config.gan, alpha_cross=0.05, alpha_same=0.05)
    config = replace(gan_config, epochs=4.0, milestones=(3.0,), validate_epochs=2.0, gan=gan)
    progress = train(config, splits, tmp_path / "run")
    for name in ("identity", "ts_cross", "ts_real", "ts_fake"):
        curve = losses_of(tmp_path / "run", name)
        assert curve[-1] < 0.9 * curve[0], name
    assert progress.metrics["R1"] > 0.25  # chance is 1 in 8
    assert list((tmp_path / "run" / "sheets").glob("*.png"))


@pytest.mark.parametrize(
    ("discriminator", "ts_losses"), [("ordinary", "single"), ("ordinary", "all"), ("joint", "all")]
)
def test_every_row_of_table_2_moves_its_networks_and_never_the_teacher(
    gan_config: TrainConfig, splits: Splits, discriminator: str, ts_losses: str
) -> None:
    config = replace(gan_config, gan=replace(gan_config.gan, discriminator=discriminator, ts_losses=ts_losses))
    method = TsGan(config, 12)
    method.train_mode()
    before = weights_of(method)
    statistics = method.networks["teacher"].state_dict()
    losses = method.step(first_batch(splits, config))
    after = weights_of(method)
    for name in method.networks:
        assert torch.equal(before[name], after[name]) == (name == "teacher"), name
    for key, value in method.networks["teacher"].state_dict().items():
        assert torch.equal(value, statistics[key]), key
    assert ("ts_real" in losses) == (ts_losses == "all")
    assert ("student_gan" in losses) == (discriminator == "joint")
    assert all(parameter.requires_grad for parameter in method.networks["discriminator_ir"].parameters())


def test_each_phase_moves_its_own_networks_only(gan_config: TrainConfig, splits: Splits) -> None:
    method = TsGan(gan_config, 12)
    method.train_mode()
    batch = first_batch(splits, gan_config)
    moved = []
    for optimiser in ("generator", "student", "discriminator"):
        before = weights_of(method)
        if optimiser == "generator":
            images = method.generate(batch, {})
        elif optimiser == "student":
            maps = method.teach(batch, images, {})
        else:
            method.discriminate(images, maps, {})
        after = weights_of(method)
        moved.append({name for name in before if not torch.equal(before[name], after[name])})
    assert moved == [
        {"generator_ir", "generator_rgb"},
        {"student"},
        {"discriminator_ir", "discriminator_rgb"},
    ]


def test_fake_pairs_are_those_of_eq_5() -> None:
    real, fake = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4)
    f_fake, f_real, f_rgb = (torch.full((2, 5, 2, 2), value) for value in (1.0, 2.0, 3.0))
    images, maps = fake_pairs(real, fake, f_fake, f_real, f_rgb)
    assert images[:, 0, 0, 0].tolist() == [1, 1, 1, 1, 0, 0]
    assert maps[:, 0, 0, 0].tolist() == [1, 1, 2, 2, 3, 3]


def test_erased_places_do_not_enter_the_map_distances(gan_config: TrainConfig, splits: Splits) -> None:
    config = replace(gan_config, augment=AugmentConfig(erasing=0.0))
    method = TsGan(config, 12)
    method.train_mode()
    batch = first_batch(splits, config)
    blind = batch._replace(visible_kept=torch.zeros_like(batch.visible_kept))
    images = method.generate(blind, {})
    losses: dict[str, torch.Tensor] = {}
    method.teach(blind, images, losses)
    values = {name: float(value.detach()) for name, value in losses.items()}
    assert values["ts_cross"] == values["ts_fake"] == 0.0
    assert values["ts_real"] > 0.0


def test_ts_gan_plus_takes_the_exchanged_view_as_a_second_fake(gan_config: TrainConfig, splits: Splits) -> None:
    config = replace(gan_config, method="ts_gan_plus", augment=AugmentConfig(erasing=0.5, exchange=0.5))
    method = METHODS["ts_gan_plus"](config, 12)
    method.train_mode()
    losses = method.step(first_batch(splits, config))
    assert all(torch.isfinite(value) for value in losses.values())


def test_a_teacher_of_another_network_is_refused(gan_config: TrainConfig, baseline_run: tuple[Path, Progress]) -> None:
    with pytest.raises(ModelError, match="must be an ir_teacher"):
        TsGan(replace(gan_config, teacher=str(baseline_run[0] / "best.pt")), 12)
    other = replace(gan_config, network=replace(gan_config.network, backbone="shufflenet"))
    with pytest.raises(ModelError, match="ir_teacher on shufflenet"):
        TsGan(other, 12)
