"""Footage that lies elsewhere now is found by its content, and by nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import ingest
from engine.case import Case
from engine.errors import CaseError, EvidenceError
from engine.moved import find_moved
from engine.progress import finish
from engine.verify import verify_case
from tests.helpers.cases import EXAMINER, new_case, register


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """A case with two films and a folder of pictures, all under `drive/`."""
    drive = tmp_path / "drive"
    pictures = drive / "stills"
    pictures.mkdir(parents=True)
    for n in range(3):
        Image.fromarray(np.full((48, 64, 3), 40 * n, np.uint8)).save(pictures / f"{n}.png")
    with new_case(tmp_path / "case") as made:
        register(made, drive, "night.mkv")
        register(made, drive, "day.mkv")
        finish(ingest.register(made, pictures, "Stills"))
        yield made


def _paths(case: Case) -> list[Path]:
    return [item.path for item in case.evidence.list()]


def test_a_drive_that_was_mounted_elsewhere_is_found_whole(case: Case, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mnt" / "usb" / "drive"
    elsewhere.parent.mkdir(parents=True)
    (tmp_path / "drive").rename(elsewhere)
    moved = finish(find_moved(case, tmp_path / "mnt"))
    assert [item.exhibit for item in moved.found] == ["E-001", "E-002", "E-003"]
    assert not moved.missing
    assert _paths(case) == [elsewhere / "night.mkv", elsewhere / "day.mkv", elsewhere / "stills"]
    assert case.audit.entries(limit=1)[0].action == "evidence.relocate"
    assert finish(verify_case(case)).passed


def test_a_file_counts_by_its_content_under_whatever_name(case: Case, tmp_path: Path) -> None:
    night = tmp_path / "drive" / "night.mkv"
    other = tmp_path / "copies"
    other.mkdir()
    content = night.read_bytes()
    (other / "night.mkv").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # its name and size, not its content
    night.rename(other / "renamed.bin")
    moved = finish(find_moved(case, other))
    assert [item.path for item in moved.found] == [other / "renamed.bin"]


def test_what_is_in_its_place_stays_and_what_is_not_found_is_named(case: Case, tmp_path: Path) -> None:
    before = _paths(case)
    other = tmp_path / "copies"
    shutil.copytree(tmp_path / "drive", other)
    (other / "day.mkv").unlink()
    (tmp_path / "drive" / "day.mkv").unlink()
    (other / "stills" / "1.png").unlink()
    shutil.rmtree(tmp_path / "drive" / "stills")
    moved = finish(find_moved(case, other))
    assert not moved.found
    assert [item.exhibit for item in moved.missing] == ["E-002", "E-003"]
    assert _paths(case) == before


def test_a_place_that_is_no_folder_and_a_case_that_is_only_read_are_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="is not a folder"):
        finish(find_moved(case, tmp_path / "drive" / "day.mkv"))
    with pytest.raises(EvidenceError, match="does not exist"):
        finish(find_moved(case, tmp_path / "nowhere"))
    case.close()
    with Case.open(tmp_path / "case", writable=False, examiner=EXAMINER) as read, pytest.raises(CaseError):
        finish(find_moved(read, tmp_path))
