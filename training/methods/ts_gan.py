"""`ts_gan`: RGB-IR Cross-modality Person ReID based on Teacher-Student GAN Model (Zhang et al., 2021).

Read it beside the paper: X_R, X_I real images, X_I' = G_I(X_R), X_R' = G_R(X_I), f the feature map of FE.

Every row of Table II is this file with other switches:

    backbone                 --method baseline
    TS-GAN_OD, single TS     --discriminator ordinary --ts-losses single
    TS-GAN_OD, all TS        --discriminator ordinary --ts-losses all
    TS-GAN_JD, all TS        --discriminator joint    --ts-losses all      (the default)

Decisions the paper leaves open:

* Generators and discriminators: those of AlignGAN, its closest predecessor with a public description, with one added
  connection that `networks/generator.py` explains. Widths are options, so that a machine without a GPU can train small
  ones.
* G_I makes one channel, shown three times: an IR camera has one, and a colour cast would tell fake from real at once.
* The discriminators see f, the map of FE (the paper writes f_map for the map between FE and LE and for the one after
  LE): FE is what the teacher guides, and its map costs one pass through FE only.
* Eq. (5) as printed lists the real pair of eq. (3) as its third fake pair. Its subscript R is read as 'of the RGB
  image' there: M = (X_I', f(X_I')) ∪ (X_I', f(X_I)) ∪ (X_I, f(X_R)). By eq. (12) the student is then rewarded for
  giving an RGB image a map that could be that of the IR image of the same person, which is the aim of the method.
  Pairs are rows of the batch: the same person, not the same moment.
* Eq. (12) moves the student through f only: images are constants in phase 2. With the ordinary discriminator, which
  does not see f, it has no gradient and is left out.
* 'For conciseness' the paper hides the losses of G_R and D_R: they mirror eqs. (1) to (5). One optimiser O_G has both
  generators, one optimiser O_D both discriminators, as in CycleGAN.
* Eqs. (1) to (4) as printed are a log likelihood; 'least-squares' (CycleGAN, AlignGAN) is an option.
* Eq. (6) compares images in [0, 1]. Phase 1 goes through one half of the cycle after the other: the same gradient in
  half the memory.
* ‖·‖² of eqs. (13) to (15): `ts_reduction`, see `losses.map_distance`. With the printed α the sum over a ResNet-50's
  16×8×1024 map is 786 times its mean (α_c·C·h·w) and swamps eq. (8) at the start; the mean is 0.006 of it and does
  nothing. 'channels' (summed over channels, mean over positions) stands between and depends neither on the input size
  nor on the batch.
* The teacher sees clean X_I and X_I' and gives no gradient to G_I. It runs in evaluation mode, since its weights are
  fixed; the student's FE is compared in training mode.
* X_R, X_I and X_I' go through the student in one pass, with shared batch norm statistics. Eq. (8) is taken over all
  three ('takes X_R, X_I and X_I' as inputs'); X_I' carries the identity of its X_R.
* Adam 3.5e-4 for O_B (paper); 2e-4 with betas (0.5, 0.999) for O_G and O_D (CycleGAN, AlignGAN).
* Random erasing, where chosen, is for the student alone, X_R and X_I' with the same mask; eqs. (13) to (15) then
  compare with the teacher only where nothing was erased.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import ModelError, UsageError
from training import checkpoint
from training.config import TrainConfig
from training.data.batches import Batch, erase
from training.losses import adversarial_loss, cycle_loss, identity_loss, map_distance, triplet_loss
from training.methods.method import Method
from training.networks.discriminators import Discriminator, JointDiscriminator
from training.networks.generator import Generator
from training.networks.student import Student


@dataclass(slots=True)
class Images:
    """The images of one step, (N, 3, H, W) in [0, 1] each; fakes without gradient after phase 1."""

    real_rgb: Tensor  # X_R
    real_ir: Tensor  # X_I
    fake_ir: Tensor  # X_I' = G_I(X_R)
    fake_rgb: Tensor  # X_R' = G_R(X_I)


@dataclass(slots=True)
class Maps:
    """The student's f of one step, (N, C, h, w) each."""

    real_rgb: Tensor
    real_ir: Tensor
    fake_ir: Tensor


class TsGan(Method):
    """Algorithm 1: one step is three phases with three optimisers."""

    name = "ts_gan"
    summary = "teacher, student and a cycle-consistent GAN (Zhang et al., 2021)"
    needs_teacher = True

    def __init__(self, config: TrainConfig, classes: int) -> None:
        super().__init__(config, classes)
        gan = config.gan
        student = self.new_student()
        self.networks = {
            "student": student,
            "teacher": frozen(load_teacher(config)),
            "generator_ir": Generator(gan.generator_width, gan.generator_blocks, grey=True),  # G_I
            "generator_rgb": Generator(gan.generator_width, gan.generator_blocks, grey=False),  # G_R
            "discriminator_ir": self.new_discriminator(student.former_channels),  # D_I
            "discriminator_rgb": self.new_discriminator(student.former_channels),  # D_R
        }
        self.optimisers = {
            "generator": self.gan_adam("generator_ir", "generator_rgb"),  # O_G
            "student": self.adam(student.parameters()),  # O_B
            "discriminator": self.gan_adam("discriminator_ir", "discriminator_rgb"),  # O_D
        }

    def new_discriminator(self, map_channels: int) -> nn.Module:
        """Joint or ordinary, as configured."""
        gan = self.config.gan
        if gan.discriminator == "ordinary":
            return Discriminator(gan.discriminator_width)
        return JointDiscriminator(gan.discriminator_width, map_channels)

    def gan_adam(self, *names: str) -> torch.optim.Optimizer:
        """One optimiser over several networks."""
        parameters = [p for name in names for p in self.networks[name].parameters()]
        return torch.optim.Adam(parameters, lr=self.config.gan.learning_rate, betas=(0.5, 0.999))

    @property
    def joint(self) -> bool:
        """True where the discriminators see feature maps."""
        return self.config.gan.discriminator == "joint"

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Algorithm 1, lines 1 to 7."""
        losses: dict[str, Tensor] = {}
        images = self.generate(batch, losses)  # lines 1 and 2
        maps = self.teach(batch, images, losses)  # lines 3 and 4
        self.discriminate(images, maps, losses)  # lines 5 to 7
        return {name: value.detach() for name, value in losses.items()}

    # Phase 1 ---------------------------------------------------------------------------------------------------------

    def generate(self, batch: Batch, losses: dict[str, Tensor]) -> Images:
        """Make X_I' and X_R' and teach the generators: eqs. (1), (6), (7), one half after the other to spare memory."""
        fake_ir, cycle_rgb, adversarial_ir = self.half_cycle(batch.visible, "generator_ir", "generator_rgb")
        fake_rgb, cycle_ir, adversarial_rgb = self.half_cycle(batch.infrared, "generator_rgb", "generator_ir")
        self.apply("generator")
        losses["cycle"] = cycle_rgb + cycle_ir
        losses["adversarial"] = adversarial_ir + adversarial_rgb
        return Images(batch.visible, batch.infrared, fake_ir, fake_rgb)

    def half_cycle(self, real: Tensor, there: str, back: str) -> tuple[Tensor, Tensor, Tensor]:
        """Real → fake → reconstructed; collects the gradients of this half of eq. (7).

        Returns the fake image, without gradient, and the two losses.
        """
        fake = self.networks[there](real)
        cycle = cycle_loss(self.networks[back](fake), real)  # a half of eq. (6)
        adversarial = self.fools(there.replace("generator", "discriminator"), fake)  # eq. (1) or its mirror
        self.backward("generator", adversarial + self.config.gan.omega * cycle)  # eq. (7)
        return fake.detach(), cycle.detach(), adversarial.detach()

    def fools(self, discriminator: str, fake: Tensor) -> Tensor:
        """Eq. (1): the fake with its own feature map should be called real. Gradient reaches the generator alone."""
        with without_gradient(self.networks[discriminator], self.student):
            maps = self.student_map(fake) if self.joint else fake
            return adversarial_loss(self.networks[discriminator](fake, maps), True, self.config.gan.adversary)

    def student_map(self, images: Tensor) -> Tensor:
        """f of the student with running statistics, so that looking does not change its batch norm."""
        self.student.eval()
        maps = self.student.former_map(images)
        self.student.train()
        return maps

    # Phase 2 ---------------------------------------------------------------------------------------------------------

    def fakes(self, batch: Batch, images: Images) -> list[Tensor]:
        """The images that stand for X_R in IR, clean, pixel for pixel: X_I'."""
        del batch
        return [images.fake_ir]

    def teach(self, batch: Batch, images: Images, losses: dict[str, Tensor]) -> Maps:
        """L_Backbone = L_ReID + L_TS, eqs. (8) and (16); returns the student's maps, detached."""
        config = self.config
        fakes = self.fakes(batch, images)
        views = [erase(images.real_ir, batch.infrared_kept)]
        views += [erase(view, batch.visible_kept) for view in (images.real_rgb, *fakes)]
        features = self.student(torch.cat(views))
        labels = batch.labels.repeat(len(views))
        f_ir, f_rgb, *f_fakes = features.former_map.chunk(len(views))
        maps = Maps(f_rgb, f_ir, f_fakes[0])
        losses["identity"] = identity_loss(features.logits, labels, config.smoothing)  # eqs. (9), (10)
        losses["triplet"] = triplet_loss(features.vector, labels, config.margin)  # eq. (11)
        total = config.lambda_id * losses["identity"] + config.lambda_triplet * losses["triplet"]
        if self.joint:
            losses["student_gan"] = self.passes_as_real(images, maps)  # eq. (12)
            total = total + config.gan.lambda_gan * losses["student_gan"]  # eq. (8)
        if config.gan.ts_losses != "none":
            pairs = list(zip(fakes, f_fakes, strict=True))
            total = total + self.teacher_student(batch, maps, pairs, losses)  # eq. (16)
        self.update("student", total)
        return Maps(maps.real_rgb.detach(), maps.real_ir.detach(), maps.fake_ir.detach())

    def passes_as_real(self, images: Images, maps: Maps) -> Tensor:
        """Eq. (12): the fake pairs of M should be called real. Gradient reaches the maps alone."""
        with without_gradient(self.networks["discriminator_ir"]):
            pairs = fake_pairs(images.real_ir, images.fake_ir, maps.fake_ir, maps.real_ir, maps.real_rgb)
            return adversarial_loss(self.networks["discriminator_ir"](*pairs), True, self.config.gan.adversary)

    def teacher_student(
        self, batch: Batch, maps: Maps, fakes: list[tuple[Tensor, Tensor]], losses: dict[str, Tensor]
    ) -> Tensor:
        """Eq. (16); `fakes` are pairs of a clean fake IR (N, 3, H, W) and the student's map of it (N, C, h, w)."""
        gan = self.config.gan
        teacher = self.networks["teacher"]
        assert isinstance(teacher, Student)

        def distance(seen: Tensor, images: Tensor, student_map: Tensor) -> Tensor:
            with torch.no_grad():
                teacher_map = teacher.former_map(images)
            return map_distance(teacher_map * seen, student_map * seen, gan.ts_reduction)

        seen = shrink(batch.visible_kept, maps.real_rgb)
        losses["ts_cross"] = mean([distance(seen, fake, maps.real_rgb) for fake, _ in fakes])  # eq. (15)
        if gan.ts_losses == "single":
            return gan.alpha_cross * losses["ts_cross"]
        losses["ts_real"] = distance(
            shrink(batch.infrared_kept, maps.real_ir), batch.infrared, maps.real_ir
        )  # eq. (13)
        losses["ts_fake"] = mean([distance(seen, fake, student_map) for fake, student_map in fakes])  # eq. (14)
        return gan.alpha_cross * losses["ts_cross"] + gan.alpha_same * (losses["ts_real"] + losses["ts_fake"])

    # Phase 3 ---------------------------------------------------------------------------------------------------------

    def discriminate(self, images: Images, maps: Maps, losses: dict[str, Tensor]) -> None:
        """Teach both discriminators: eqs. (2) to (5) and their mirror."""
        with torch.no_grad():
            f_fake_rgb = self.student_map(images.fake_rgb) if self.joint else maps.real_ir
        fake_ir, fake_rgb = (images.fake_ir, maps.fake_ir), (images.fake_rgb, f_fake_rgb)
        if self.joint:  # M of eq. (5) and its mirror
            fake_ir = fake_pairs(images.real_ir, *fake_ir, maps.real_ir, maps.real_rgb)
            fake_rgb = fake_pairs(images.real_rgb, *fake_rgb, maps.real_rgb, maps.real_ir)
        losses["discriminator"] = self.tells_apart(
            "discriminator_ir", (images.real_ir, maps.real_ir), fake_ir
        ) + self.tells_apart("discriminator_rgb", (images.real_rgb, maps.real_rgb), fake_rgb)
        self.update("discriminator", losses["discriminator"])

    def tells_apart(self, name: str, real: tuple[Tensor, Tensor], fake: tuple[Tensor, Tensor]) -> Tensor:
        """Eq. (2): pairs of images and maps, the real ones called real (3), the fake ones fake (4)."""
        discriminator, kind = self.networks[name], self.config.gan.adversary
        return adversarial_loss(discriminator(*real), True, kind) + adversarial_loss(discriminator(*fake), False, kind)

    # Pictures --------------------------------------------------------------------------------------------------------

    def sample_sheet(self, batch: Batch) -> Tensor:
        """Rows of real RGB, fake IR, reconstructed RGB, and a real IR of the same person."""
        visible, infrared = batch.visible[:8], batch.infrared[:8]
        with torch.no_grad():
            fake = self.networks["generator_ir"](visible)
            back = self.networks["generator_rgb"](fake)
        return torch.stack([visible, fake, back, infrared]).transpose(0, 1)


def fake_pairs(real: Tensor, fake: Tensor, f_fake: Tensor, f_real: Tensor, f_other: Tensor) -> tuple[Tensor, Tensor]:
    """M of eq. (5) as (images, maps), 3N rows: (X_I', f(X_I')), (X_I', f(X_I)), (X_I, f(X_R)).

    `f_other` is the map of the real image of the other modality.
    """
    return torch.cat([fake, fake, real]), torch.cat([f_fake, f_real, f_other])


def mean(values: list[Tensor]) -> Tensor:
    """The mean of scalars."""
    return torch.stack(values).mean()


def shrink(kept: Tensor, maps: Tensor) -> Tensor:
    """(N, 1, h, w): 1 where no pixel under a position of `maps` was erased."""
    return (F.adaptive_avg_pool2d(kept.float(), maps.shape[2:]) > 0.999).to(maps.dtype)


def frozen(network: nn.Module) -> nn.Module:
    """Without gradients, for good."""
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


@contextmanager
def without_gradient(*networks: nn.Module) -> Iterator[None]:
    """Inside, gradients pass through the networks but do not collect in their weights."""
    parameters = [p for network in networks for p in network.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    yield
    for parameter in parameters:
        parameter.requires_grad_(True)


def load_teacher(config: TrainConfig) -> Student:
    """The IR teacher of `config.teacher`; ModelError where it does not fit the student."""
    if not config.teacher:
        raise UsageError(
            "TS-GAN needs an IR teacher.", "Give --teacher FILE, or start it with `train`, which makes one first."
        )
    content = checkpoint.load(Path(config.teacher))
    theirs = checkpoint.config_of(content)
    if content["method"] != "ir_teacher" or theirs.network.backbone != config.network.backbone:
        raise ModelError(
            f"{config.teacher} is a {content['method']} on {theirs.network.backbone}; the teacher must be an "
            f"ir_teacher on {config.network.backbone}, since its feature maps are compared with the student's.",
            "Train one with --method ir_teacher, or leave --teacher out to have it trained first.",
        )
    teacher = Student(theirs.network.backbone, len(content["identities"]), bnneck=theirs.network.bnneck)
    teacher.load_state_dict(content["networks"]["student"])
    return teacher
