"""Folders of pictures: order, times, orientation, and pictures that do not decode."""

from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import EvidenceError
from engine.media.images import natural_key
from engine.media.index import PtsIndex
from engine.media.modality import segment_modality
from engine.media.probe import probe
from engine.media.source import open_source
from engine.progress import finish
from engine.settings import ModalitySettings
from engine.types import Modality
from tests.helpers import clips


def save(path: Path, number: int, taken: str | None = None, orientation: int | None = None, **extra: str) -> None:
    image = Image.fromarray(clips.numbered(number))
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
        for fraction in extra.values():
            exif.get_ifd(0x8769)[0x9291] = fraction
    image.save(path, quality=95, exif=exif)


def numbers(folder: Path) -> list[int]:
    with open_source(folder) as source:
        return [clips.number_in(frame.image) for frame in source.frames()]


def test_names_sort_as_people_read_them():
    names = ["img10.png", "img9.png", "IMG2.png", "cam 1.png", "img02b.png"]
    assert sorted(names, key=natural_key) == ["cam 1.png", "img02b.png", "IMG2.png", "img9.png", "img10.png"]


def test_pictures_without_times_are_counted_in_natural_order(tmp_path):
    for number in (1, 2, 9, 10, 11):
        save(tmp_path / f"frame{number}.png", number)
    (tmp_path / "readme.txt").write_text("not a picture")
    with open_source(tmp_path) as source:
        assert [clips.number_in(frame.image) for frame in source.frames()] == [1, 2, 9, 10, 11]
        assert [frame.timestamp.seconds for frame in source.frames()] == [0, 1, 2, 3, 4]
        assert source.probe.kind == "images"
        assert source.probe.timing == "counted"
        assert "counted" in source.probe.warnings[0]
        assert clips.number_in(source.frame_at(3).image) == 10
        assert [clips.number_in(frame.image) for frame in source.frames(3)] == [10, 11]
        assert [clips.number_in(frame.image) for frame in source.keyframes(start=3)] == [10, 11]


def test_times_from_file_names(tmp_path):
    for number, name in enumerate(["b_20240131_235959.jpg", "a_20240131_235959.250.jpg", "a_20240201-000001.jpg"]):
        save(tmp_path / name, number)
    with open_source(tmp_path) as source:
        assert source.probe.recorded_at == datetime(2024, 1, 31, 23, 59, 59)
        assert source.probe.timing == "container"
        frames = list(source.frames())
    assert [clips.number_in(frame.image) for frame in frames] == [0, 1, 2]
    assert [frame.timestamp.seconds for frame in frames] == [0, Fraction(1, 4), 2]


@pytest.mark.parametrize("name", ["20240231_101010", "120240131_235959", "20240131", "20240131_250000"])
def test_numbers_that_are_no_times_are_not_read_as_such(tmp_path, name):
    save(tmp_path / f"{name}.jpg", 1)
    with open_source(tmp_path) as source:
        assert source.probe.recorded_at is None


def test_times_from_exif(tmp_path):
    save(tmp_path / "a.jpg", 2, taken="2023:05:06 07:08:10")
    save(tmp_path / "b.jpg", 1, taken="2023:05:06 07:08:09", fraction="50")
    save(tmp_path / "c.jpg", 3, taken="2023:05:06 07:08:10")
    with open_source(tmp_path) as source:
        frames = list(source.frames())
        assert source.probe.recorded_at == datetime(2023, 5, 6, 7, 8, 9, 500_000)
        assert any("1 ms apart" in warning for warning in source.probe.warnings)
    assert [clips.number_in(frame.image) for frame in frames] == [1, 2, 3]
    assert [frame.timestamp.pts for frame in frames] == [0, 500, 501]


def test_turned_pictures_come_upright(tmp_path):
    for orientation in range(1, 9):
        save(tmp_path / f"{orientation}.png", 5, orientation=orientation)
    upright = clips.numbered(5)
    expected = {
        1: upright,
        3: np.rot90(upright, 2),
        6: np.rot90(upright, -1),
        8: np.rot90(upright, 1),
        2: upright[:, ::-1],
        4: upright[::-1],
    }
    with open_source(tmp_path) as source:
        shown = [frame.image for frame in source.frames()]
    for orientation, image in expected.items():
        assert np.array_equal(shown[orientation - 1], image)


def test_unreadable_pictures_are_counted(tmp_path):
    for number in range(6):
        save(tmp_path / f"{number}.jpg", number)
    (tmp_path / "3.jpg").write_bytes((tmp_path / "3.jpg").read_bytes()[:200])
    (tmp_path / "0.jpg").write_bytes(b"")
    with open_source(tmp_path) as source:
        assert [clips.number_in(frame.image) for frame in source.frames()] == [1, 2, 4, 5]
        assert source.failures.undecoded == 2
        assert [(first.pts, last.pts) for first, last in source.failures.ranges] == [(0, 0), (3, 3)]
        with pytest.raises(EvidenceError, match=r"'3\.jpg' does not decode"):
            source.frame_at(3)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK", "I;16", "LA"])
def test_every_kind_of_picture_becomes_rgb(tmp_path, mode):
    if mode == "I;16":
        image = Image.fromarray(clips.numbered(9, coloured=False)[..., 0].astype(np.uint16) * 256)
    else:
        image = Image.fromarray(clips.numbered(9, coloured=False)).convert(mode)
    image.save(tmp_path / "one.tif")
    with open_source(tmp_path / "one.tif") as source:
        (frame,) = source.frames()
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (64, 96, 3)
    assert clips.number_in(frame.image) == 9


def test_modality_of_a_folder(tmp_path):
    for number in range(20):
        image = clips.numbered(number, 320, 240, coloured=number < 10)
        Image.fromarray(image).save(tmp_path / f"2024010{1 + number // 10}_1200{number:02}.png")
    with open_source(tmp_path) as source:
        found = finish(segment_modality(source, ModalitySettings(sample_seconds=2, min_segment_seconds=3)))
    assert [each.modality for each in found] == [Modality.VISIBLE, Modality.INFRARED]


def test_a_camera_whose_calendar_was_never_set_has_no_times(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "9999:12:31 23:59:59"
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (32, 24)).save(tmp_path / name, exif=exif)
    found = probe(tmp_path)
    assert found.timing == "counted"
    assert found.recorded_at is None


def test_pages_behind_the_first_are_told(tmp_path):
    pages = [Image.new("RGB", (32, 24), (n * 50, 0, 0)) for n in range(4)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "b.tif")
    (told,) = [each for each in probe(tmp_path).warnings if "pages" in each]
    assert told.startswith("Further pages that are left out: 3 in 1 of 2 files.")


def test_a_picture_beyond_all_bounds_is_one_that_does_not_decode(tmp_path):
    Image.new("RGB", (32, 24)).save(tmp_path / "b.bmp")
    whole = bytearray((tmp_path / "b.bmp").read_bytes())
    whole[18:26] = (60_000).to_bytes(4, "little") * 2  # BITMAPINFOHEADER: width and height
    (tmp_path / "a.bmp").write_bytes(whole)
    with open_source(tmp_path) as source:
        assert len(list(source.frames())) == 1
        assert source.failures.undecoded == 1
    (tmp_path / "b.bmp").unlink()
    with pytest.raises(EvidenceError, match="holds no picture"):
        probe(tmp_path)


@pytest.mark.parametrize("years", [3, 30])
def test_a_pause_of_years_is_looked_at_once(tmp_path, monkeypatch, years):
    for name in ("2024-05-01_10-00-00", "2024-05-01_10-00-10", f"{2024 - years}-05-01_00-00-00"):
        Image.new("RGB", (80, 60)).save(tmp_path / f"{name}.jpg")
    asked = []
    nearest = PtsIndex.nearest
    monkeypatch.setattr(PtsIndex, "nearest", lambda self, pts: asked.append(pts) or nearest(self, pts))
    with open_source(tmp_path) as source:
        finish(segment_modality(source, ModalitySettings()))
    assert len(asked) < 10
