"""Labelled sets of every layout, what is told about bad ones, and the batches made of them."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from engine.types import Modality
from tests.helpers.people import photograph, write_people
from training.config import AugmentConfig, TrainConfig
from training.data.batches import BatchSource, batches, erase
from training.data.check import check_set
from training.data.formats import open_set
from training.data.images import ImageStore
from training.data.llcm import camera_of
from training.data.records import Photo, Splits, fingerprint, hold_out, identities
from training.data.sampler import IdentityModalitySampler
from training.faults import DataError

IR, RGB = Modality.INFRARED, Modality.VISIBLE


def write(path: Path, identity: int, camera: int) -> None:
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), photograph(identity, camera, 1))


def test_sysu_layout(people: Path, splits: Splits) -> None:
    assert [len(identities(part)) for part in (splits.train, splits.validation, splits.test)] == [12, 8, 8]
    assert {photo.camera for photo in splits.train if photo.modality is IR} == {3, 6}
    joined = open_set(people, full_train=True)
    assert len(identities(joined.train)) == 20
    assert not joined.validation


def test_regdb_layout_keeps_train_and_test_people_apart(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    for part in ("train", "test"):
        for word, camera in (("visible", 1), ("thermal", 3)):
            lines = []
            for label in range(4):
                name = f"{word}/{part}/{label}.png"
                write(tmp_path / name, label, camera)
                lines.append(f"{name} {label}")
            (tmp_path / "idx" / f"{part}_{word}_1.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = open_set(tmp_path)
    assert found.layout == "regdb"
    assert len(identities(found.train) | identities(found.validation)) == 4
    assert len(identities(found.test)) == 4
    with pytest.raises(DataError, match="train_visible_2"):
        open_set(tmp_path, trial=2)


def test_llcm_layout(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    for word, camera in (("vis", 1), ("nir", 3)):
        lines = []
        for label in range(3):
            name = f"{word}/{label:04d}/{label:04d}_c0{camera}_s1_f2.png"
            write(tmp_path / name, label, camera)
            lines.append(f"{name} {label}")
        (tmp_path / "idx" / f"train_{word}.txt").write_text("\n".join(lines), encoding="utf-8")
        write(tmp_path / f"test_{word}" / "cam7" / "0005" / "a.png", 5, camera)
    (tmp_path / "idx" / "test_id.txt").write_text("5", encoding="utf-8")
    found = open_set(tmp_path)
    assert found.layout == "llcm"
    assert {photo.camera for photo in found.train} == {1, 3}
    assert {(photo.camera, photo.identity) for photo in found.test} == {(7, "test-5")}


def test_camera_comes_from_the_folder_or_the_name() -> None:
    assert camera_of(Path("test_nir/cam12/0001/x.jpg")) == 12
    assert camera_of(Path("nir/0001/0001_c09_s3_f1.jpg")) == 9


def test_site_folder(tmp_path: Path) -> None:
    for person in range(10):
        write(tmp_path / "ir" / "yard" / f"p{person}" / "1.png", person, 3)
        write(tmp_path / "rgb" / "gate" / f"p{person}" / "1.png", person, 1)
    found = open_set(tmp_path)
    assert found.layout == "site"
    assert len(identities(found.photos)) == 10
    assert {(photo.modality, photo.camera) for photo in found.photos} == {(IR, 2), (RGB, 1)}
    assert found.test
    assert found.validation


def test_a_folder_without_a_known_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the known layouts"):
        open_set(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        open_set(tmp_path / "nowhere")


@given(count=st.integers(0, 40), share=st.floats(0.05, 0.5), seed=st.integers(0, 100))
def test_holding_out_splits_people_and_is_repeatable(count: int, share: float, seed: int) -> None:
    photos = [Photo(Path(f"{n}-{k}"), f"{n:03d}", 1, RGB) for n in range(count) for k in range(2)]
    kept, held = hold_out(photos, share, seed)
    assert (kept, held) == hold_out(list(reversed(photos))[::-1], share, seed)
    assert not identities(kept) & identities(held)
    assert sorted(kept + held) == sorted(photos)
    assert bool(held) == (count >= 2)


def test_an_identity_in_two_splits_is_our_own_bug(splits: Splits) -> None:
    with pytest.raises(ValueError, match="two splits"):
        Splits("sysu", splits.root, splits.train, splits.train[:1], ())


def test_fingerprint_depends_on_pixels_and_names_alone(people: Path, splits: Splits, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(people, copy)
    there = open_set(copy)
    assert fingerprint(copy, there.train) == fingerprint(people, splits.train)
    victim = there.train[0].path
    victim.write_bytes(victim.read_bytes() + b"x")
    assert fingerprint(copy, there.train) != fingerprint(people, splits.train)


def test_check_tells_what_is_missing_and_damaged(tmp_path: Path) -> None:
    root = write_people(tmp_path / "set", 4, 2, 2, per_camera=1)
    (root / "cam1" / "0001" / "0001.png").write_bytes(b"not an image")
    for camera in (3, 6):
        shutil.rmtree(root / f"cam{camera}" / "0002")
    said: list[str] = []
    with pytest.raises(DataError, match="1 images are damaged"):
        check_set(root, "auto", 1, said.append)
    text = "\n".join(said)
    assert "1 training person has no IR image: 0002." in text
    assert "0001.png is not a readable image" in text


def test_check_of_a_good_set_says_so(people: Path) -> None:
    said: list[str] = []
    assert check_set(people, "auto", 1, said.append) == 0
    assert said[-1] == "Nothing is missing or damaged."


def test_people_seen_in_one_modality_are_left_out_and_named(splits: Splits) -> None:
    lonely = Photo(Path("x.png"), "9999", 1, RGB)
    sampler = IdentityModalitySampler([*splits.train, lonely], 8, 4, 0)
    assert sampler.left_out == ("9999",)
    assert len(sampler.names) == 12


@pytest.mark.parametrize("people_left", [0, 1])
def test_too_few_people_cannot_be_trained_on(splits: Splits, people_left: int) -> None:
    names = sorted(identities(splits.train))[:people_left]
    with pytest.raises(DataError, match="at least two people"):
        IdentityModalitySampler([photo for photo in splits.train if photo.identity in names], 8, 4, 0)


@settings(max_examples=40)
@given(step=st.integers(0, 500), seed=st.integers(0, 50), ranks=st.integers(1, 3), each=st.integers(1, 6))
def test_a_batch_has_k_people_with_p_photos_of_each_modality(step: int, seed: int, ranks: int, each: int) -> None:
    photos = [
        Photo(Path(f"{person}-{modality}-{n}"), f"{person:02d}", 1, modality)
        for person in range(11)
        for modality in Modality
        for n in range(1 + (person * 3 + len(modality)) % 7)
    ]
    plans = [IdentityModalitySampler(photos, 4, each, seed, rank=r, ranks=ranks).plan(step) for r in range(ranks)]
    again = IdentityModalitySampler(photos, 4, each, seed, rank=0, ranks=ranks).plan(step)
    assert np.array_equal(plans[0].visible, again.visible)
    for plan in plans:
        assert sorted(Counter(plan.labels.tolist()).values()) == [each] * 4
        for indices, modality in ((plan.visible, RGB), (plan.infrared, IR)):
            assert all(photos[i].modality is modality for i in indices)
            assert [int(photos[i].identity) for i in indices] == plan.labels.tolist()
            for person in set(plan.labels.tolist()):
                own = [i for i in indices if int(photos[i].identity) == person]
                available = sum(p.modality is modality and int(p.identity) == person for p in photos)
                assert len(set(own)) == min(each, available)  # repeats only where there are too few


def test_every_person_comes_once_per_pass(splits: Splits) -> None:
    sampler = IdentityModalitySampler(splits.train, 4, 2, 5)
    seen = np.concatenate([np.unique(sampler.plan(step).labels) for step in range(3)])
    assert sorted(seen) == list(range(12))


def test_batches_do_not_depend_on_workers_or_on_where_a_run_resumed(splits: Splits, config: TrainConfig) -> None:
    strong = replace(config, augment=AugmentConfig(erasing=0.5, exchange=0.5))
    store = ImageStore(splits.train, config.size)
    sampler = IdentityModalitySampler(splits.train, 8, 2, config.seed)
    source = BatchSource(store, sampler, strong)
    alone = list(batches(source, 0, 4, 0))
    torch.rand(7)  # the global generator plays no part
    with_workers = list(batches(source, 2, 4, 2))
    for first, second in zip(alone[2:], with_workers, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_erasing_and_exchange_keep_geometry_and_the_clean_image(splits: Splits, config: TrainConfig) -> None:
    strong = replace(config, augment=AugmentConfig(erasing=1.0, exchange=1.0))
    sampler = IdentityModalitySampler(splits.train, 8, 2, 0)
    batch = BatchSource(ImageStore(splits.train, config.size), sampler, strong)[0]
    assert batch.visible.dtype == torch.uint8
    assert batch.swap.all()
    assert not batch.visible_kept.flatten(1).all(1).any()  # something is erased in every image
    grey = batch.exchanged
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert torch.equal(grey[:, 1], grey[:, 2])
    low, high = batch.visible.amin(1).int(), batch.visible.amax(1).int()
    assert ((grey[:, 0] >= low - 1) & (grey[:, 0] <= high + 1)).all()  # pixel by pixel a mix of the same image
    ready = batch.to_device(torch.device("cpu"))
    erased = erase(ready.visible, ready.visible_kept)
    assert torch.equal(
        erased[ready.visible_kept.expand_as(erased)], ready.visible[ready.visible_kept.expand_as(erased)]
    )


def test_a_store_reads_the_same_pixels_cached_or_not(splits: Splits) -> None:
    photos = splits.train[:5]
    cached, direct = ImageStore(photos, (64, 32), cache=True), ImageStore(photos, (64, 32), cache=False)
    assert np.array_equal(cached.take(range(5)), direct.take(range(5)))
    assert np.array_equal(cached.take([3, 3]), direct.take([3, 3]))
