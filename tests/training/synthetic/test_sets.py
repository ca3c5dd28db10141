"""Whole sets: layout, resumption, worker counts, and failures told in a sentence."""

from __future__ import annotations

import errno
import hashlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
import pytest
from scipy.io import loadmat

from engine.errors import StorageError, UsageError
from engine.progress import finish
from training.synthetic import manifest as mf
from training.synthetic.archive import ArchiveSettings, archive_set
from training.synthetic.cli import add_subcommands
from training.synthetic.crops import CropSettings, crop_set, split_ids
from training.synthetic.frames import FrameSettings, frame_set
from training.synthetic.scene import SceneSettings, scene_set, standard_cameras
from training.synthetic.variety import wide_station

SMALL = CropSettings(ids=4, per_camera=1, seed=3, height=64)
CLIP = SceneSettings(
    seed=2, people=2, passers_by=1, seconds=2.0, rate=5, width=160, height=120, cameras=standard_cameras(1, 1)
)


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def crops(pack_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crops") / "set"
    finish(crop_set(folder, pack_folder, SMALL))
    return folder


def test_crops_have_sysus_layout(crops: Path) -> None:
    for camera in range(1, 7):
        image = cv2.imread(str(crops / f"cam{camera}" / "0002" / "0001.jpg"))
        assert image.shape[0] == 64
        assert (np.ptp(image.astype(int), axis=2).max() == 0) == (camera in (3, 6))  # infrared is grey
    assert (crops / "exp" / "available_id.txt").read_text() == "1,2,3,4\n"
    draws = loadmat(crops / "exp" / "rand_perm_cam.mat")["rand_perm_cam"]
    assert draws.shape == (6, 1)
    assert sorted(draws[2, 0][3, 0][0]) == [1]


def test_the_manifest_names_every_file(crops: Path) -> None:
    manifest = json.loads((crops / "manifest.json").read_text())
    assert manifest["complete"]
    assert manifest["parameters"] == asdict(SMALL)
    files = _contents(crops)
    listed = {name: digest for name, digest in files.items() if name.startswith(("cam", "exp"))}
    assert manifest["files"] == len(listed)
    assert manifest["files_sha256"] == mf.set_digest(listed)


def test_an_interrupted_set_ends_with_the_same_bytes(crops: Path, pack_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    work = crop_set(folder, pack_folder, SMALL)
    for _ in range(3):
        next(work)
    work.close()  # as Ctrl-C does, after two people
    (folder / "cam1" / "0001" / "0001.jpg").unlink()  # and one of them lost a file
    assert not json.loads((folder / "manifest.json").read_text())["complete"]
    finish(crop_set(folder, pack_folder, SMALL))
    assert _contents(folder) == _contents(crops)


def test_two_workers_make_the_same_bytes_as_one(crops: Path, pack_folder: Path, tmp_path: Path) -> None:
    finish(crop_set(tmp_path / "set", pack_folder, SMALL, workers=2))
    assert _contents(tmp_path / "set") == _contents(crops)


def test_workers_of_a_killed_parent_end(pack_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.synthetic", "crops", str(tmp_path / "set"), "--ids", "50"]
    command += ["--per-camera", "1", "--workers", "2", "--makehuman", str(pack_folder)]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers: list[psutil.Process] = []
    while len(workers) < 2:
        assert parent.poll() is None
        time.sleep(0.2)
        children = psutil.Process(parent.pid).children(recursive=True)
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    time.sleep(1)
    parent.kill()
    parent.wait()
    assert not psutil.wait_procs(workers, timeout=60)[1]


def test_other_parameters_are_refused(crops: Path, pack_folder: Path) -> None:
    with pytest.raises(UsageError, match="other parameters"):
        finish(crop_set(crops, pack_folder, replace(SMALL, seed=4)))


def test_a_folder_with_something_else_is_refused(pack_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        finish(crop_set(tmp_path, pack_folder, SMALL))


@pytest.mark.parametrize("wrong", [{"ids": 1}, {"height": 4}, {"per_camera": 0}, {"worlds": 9}])
def test_impossible_sizes_are_told(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must lie between"):
        finish(crop_set(tmp_path, tmp_path, replace(SMALL, **wrong)))


def test_a_full_disk_is_told_and_leaves_no_half_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="the disk is full") as caught:
        mf.write_file(tmp_path / "a.jpg", b"x")
    assert "again" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_everybody_is_in_exactly_one_list() -> None:
    lists = split_ids(CropSettings(ids=20, per_camera=1, val_share=0.1, test_share=0.2))
    assert [len(lists[name]) for name in ("train", "val", "test")] == [14, 2, 4]
    assert lists["train"] + lists["val"] + lists["test"] == lists["available"]


@pytest.fixture(scope="module")
def clips(pack_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene") / "set"
    finish(scene_set(folder, pack_folder, CLIP))
    return folder


@pytest.mark.parametrize("name", ["night-1", "day-1"])
def test_clips_and_truth_agree_frame_by_frame(clips: Path, name: str) -> None:
    truth = json.loads((clips / f"{name}.json").read_text())
    with av.open(str(clips / f"{name}.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
        assert "creation_time" in container.metadata
    assert times == [Fraction(frame["pts"], 90_000) for frame in truth["frames"]]
    assert len(times) == 10
    assert truth["modality"] == ("IR" if name.startswith("night") else "RGB")
    sightings = [one for frame in truth["frames"] for one in frame["people"]]
    assert sightings
    assert {str(one["id"]) for one in sightings} <= set(truth["people"])
    lines = (clips / f"{name}.txt").read_text().splitlines()
    assert len(lines) == len(sightings)
    assert {len(line.split(",")) for line in lines} == {9}


def test_a_lost_clip_is_made_again_alike(clips: Path, pack_folder: Path) -> None:
    before = _contents(clips)
    (clips / "night-1.mp4").unlink()
    finish(scene_set(clips, pack_folder, CLIP))
    assert _contents(clips) == before


def test_odd_frame_sizes_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="even"):
        finish(scene_set(tmp_path, tmp_path, replace(CLIP, width=321)))


def test_frames_for_a_detector_have_coco_truth(pack_folder: Path, tmp_path: Path) -> None:
    settings = FrameSettings(frames=4, seed=1, width=320, height=180, most_people=3, empty_share=0.0)
    files = finish(frame_set(tmp_path / "a", pack_folder, settings))
    listing = json.loads((tmp_path / "a" / "annotations.json").read_text())
    assert [image["file_name"] for image in listing["images"]] == [f"images/{n:06d}.jpg" for n in range(4)]
    assert listing["annotations"]
    assert all(image["file_name"] in files for image in listing["images"])
    for note in listing["annotations"]:
        x, y, w, h = note["bbox"]
        assert x >= 0
        assert y >= 0
        assert x + w <= 320
        assert y + h <= 180


def test_wide_frames_differ_in_camera_and_repeat_byte_for_byte(pack_folder: Path, tmp_path: Path) -> None:
    settings = FrameSettings(frames=3, seed=2, width=320, height=180, most_people=6, variety="wide", styles="training")
    files = finish(frame_set(tmp_path / "a", pack_folder, settings))
    assert finish(frame_set(tmp_path / "b", pack_folder, settings)) == files
    pictures = [cv2.imread(str(tmp_path / "a" / f"images/{n:06d}.jpg")).astype(float) for n in range(3)]
    assert min(np.abs(pictures[a] - pictures[b]).mean() for a, b in ((0, 1), (1, 2), (0, 2))) > 5


def test_nobody_stands_in_the_furniture_of_a_wide_station() -> None:
    station = wide_station(np.random.default_rng(1), [], infrared=False, width=320, height=180)
    for x, z, radius in station.taken:
        assert not station.free(x, z)
        assert not station.free(x + 0.9 * radius, z)
    assert station.free(-500.0, -500.0)


def test_a_day_archive_is_infrared_by_night_and_colour_by_day(pack_folder: Path, tmp_path: Path) -> None:
    settings = ArchiveSettings(seed=1, first_hour=6, hours=1, people=2, visits=1, every=3.0, width=160, height=120)
    finish(archive_set(tmp_path / "day", pack_folder, settings))
    record = json.loads((tmp_path / "day" / "truth" / "06.json").read_text())
    assert {picture["modality"] for picture in record["pictures"]} == {"IR", "RGB"}  # the sun rises at half past six
    for picture in record["pictures"]:
        image = cv2.imread(str(tmp_path / "day" / picture["file"]))
        assert (np.ptp(image.astype(int), axis=2).max() == 0) == (picture["modality"] == "IR")
        assert picture["time"].startswith("2026-03-11T06:")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_is_answered_in_a_sentence(pack_folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "training.synthetic",
        "crops",
        str(tmp_path / "set"),
        "--makehuman",
        str(pack_folder),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0
    ) as process:
        while not (tmp_path / "set" / "cam1").is_dir() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors.splitlines() == ["Stopped; what is finished is kept.", "Run the same command again to go on."]


def test_every_command_needs_a_pack(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_subcommands(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["crops", "somewhere"])
    assert "--makehuman" in capsys.readouterr().err
