"""Shapes that the method relies on, where first weights come from, and what the networks are blind to."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import pytest
import torch

from engine.errors import ModelError, UsageError
from training.networks import weights
from training.networks.backbones import BACKBONES, make_backbone
from training.networks.discriminators import Discriminator, JointDiscriminator
from training.networks.generator import Generator
from training.networks.student import Student
from training.networks.weights import initialise


@pytest.mark.parametrize("name", list(BACKBONES))
def test_the_last_stage_keeps_the_resolution_of_the_former_encoder(name: str) -> None:
    student = Student(name, 5).eval()
    images = torch.rand(2, 3, 64, 32)
    with torch.no_grad():
        features = student(images)
        embedding, feature_map = student.embed(images)
    assert features.former_map.shape == (2, student.former_channels, 4, 2)
    assert feature_map.shape == (2, student.dimension, 4, 2)
    assert features.vector.shape == embedding.shape == (2, student.dimension)
    assert features.logits.shape == (2, 5)


def test_resnet_is_cut_as_in_the_paper() -> None:
    backbone = make_backbone("resnet50")
    assert (backbone.former_channels, backbone.channels) == (1024, 2048)


@pytest.mark.parametrize("bnneck", [False, True])
def test_the_embedding_is_the_normalised_mean_of_the_feature_map(bnneck: bool) -> None:
    student = Student("shufflenet_small", 5, bnneck=bnneck)
    student(torch.rand(8, 3, 64, 32))  # moves the running statistics
    student.eval()
    images = torch.rand(3, 3, 64, 32)
    with torch.no_grad():
        embedding, feature_map = student.embed(images)
        through_neck = torch.nn.functional.normalize(student.neck(student(images).vector))
    assert torch.allclose(embedding.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(embedding, torch.nn.functional.normalize(feature_map.mean((2, 3))), atol=1e-6)
    assert torch.allclose(embedding, through_neck, atol=1e-5)


def test_generators_keep_size_and_range_and_ir_is_grey() -> None:
    images = torch.rand(2, 3, 64, 32)
    fake = Generator(4, 1, grey=True)(images)
    assert fake.shape == images.shape
    assert torch.equal(fake[:, 0], fake[:, 2])
    assert (fake >= 0).all()
    assert (fake <= 1).all()
    assert Generator(4, 1, grey=False)(images).shape == images.shape


def test_the_joint_discriminator_looks_at_the_map_and_the_ordinary_one_does_not() -> None:
    torch.manual_seed(0)
    images, one, other = torch.rand(2, 3, 64, 32), torch.rand(2, 6, 4, 2), torch.rand(2, 6, 4, 2)
    joint, ordinary = JointDiscriminator(4, 6), Discriminator(4)
    assert joint(images, one).shape == ordinary(images, one).shape == (2, 1, 4, 2)
    assert not torch.allclose(joint(images, one), joint(images, other))
    assert torch.equal(ordinary(images, one), ordinary(images, other))


def test_weights_from_a_file_in_torchvisions_format(tmp_path: Path) -> None:
    source = make_backbone("shufflenet_small")
    torch.save(source.whole.state_dict(), tmp_path / "weights.pth")
    student = Student("shufflenet_small", 3, init=str(tmp_path / "weights.pth"))
    assert torch.equal(student.former[0][0].weight, source.former[0][0].weight)
    assert "weights.pth" in student.origin
    with pytest.raises(ModelError, match="do not fit mobilenet_v2"):
        initialise(make_backbone("mobilenet_v2"), str(tmp_path / "weights.pth"))


def test_a_student_goes_on_from_a_trained_one_with_other_people(tmp_path: Path) -> None:
    trained = Student("shufflenet_small", 5, bnneck=True)
    torch.save(trained.encoder_state(), tmp_path / "weights.pt")
    student = Student("shufflenet_small", 3, init=str(tmp_path / "weights.pt"), bnneck=True)
    images = torch.rand(2, 3, 64, 32)
    assert torch.equal(student.eval().embed(images)[0], trained.eval().embed(images)[0])
    assert student.classifier.out_features == 3
    assert "trained student weights.pt" in student.origin
    with pytest.raises(ModelError, match="do not fit shufflenet:"):
        Student("shufflenet", 3, init=str(tmp_path / "weights.pt"), bnneck=True)


def test_weights_that_cannot_be_had_are_told_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        Student("shufflenet_small", 3, init=str(tmp_path / "none.pth"))
    (tmp_path / "bad.pth").write_bytes(b"PK nonsense")
    with pytest.raises(ModelError, match="not a file of weights"):
        Student("shufflenet_small", 3, init=str(tmp_path / "bad.pth"))

    class Offline:
        def get_state_dict(self, **_: object) -> None:
            raise URLError("no route to host")

    monkeypatch.setitem(weights.DOWNLOADS, "shufflenet_small", Offline())
    with pytest.raises(ModelError, match="could not be downloaded") as caught:
        Student("shufflenet_small", 3, init="imagenet")
    assert "--init FILE" in caught.value.hint
    with pytest.raises(UsageError, match="no backbone"):
        make_backbone("vgg")
