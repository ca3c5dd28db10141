"""Cameras and their plan on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from tests.helpers.cases import new_case, register
from tests.helpers.plans import draw_plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with new_case(tmp_path / "case") as case:
        register(case, tmp_path / "files")
    return tmp_path / "case"


def nightjar(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["cameras", *(str(each) for each in arguments)])


def answer(*arguments: object) -> Any:
    result = nightjar(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_camera_is_placed_on_a_plan_and_taken_off(folder: Path, tmp_path: Path) -> None:
    assert answer("list", folder)["site_plan"] is None
    plan = answer("plan", folder, draw_plan(tmp_path / "ground.png"))["site_plan"]
    assert (plan["picture"]["name"], plan["unit"]) == ("ground.png", 1)
    assert "approximate" in plan["notice"]
    (gate,) = answer("place", folder, "Gate", "--x", 12.5, "--y", 30)["cameras"]
    assert (gate["x"], gate["y"], gate["latitude"]) == (12.5, 30, None)
    told = nightjar("list", folder).stdout
    assert "Gate" in told
    assert f"Site plan: ground.png, 640 × 400 pixels, SHA-256 {plan['picture']['sha256']}" in told
    (gate,) = answer("place", folder, "Gate", "--off")["cameras"]
    assert gate["x"] is None
    assert answer("plan", folder, "--remove")["site_plan"] is None


def test_the_plan_is_moved_scaled_turned_and_put_back(folder: Path, tmp_path: Path) -> None:
    answer("plan", folder, draw_plan(tmp_path / "ground.png"))
    moved = answer("plan", folder, "--x", -5, "--y", 2.5, "--unit", 0.5)["site_plan"]
    assert (moved["x"], moved["y"], moved["unit"], moved["turn"]) == (-5, 2.5, 0.5, 0)
    turned = answer("plan", folder, "--turn", -90)["site_plan"]
    assert (turned["turn"], turned["x"], turned["y"]) == (270, pytest.approx(55), pytest.approx(262.5))
    told = nightjar("list", folder).stdout
    assert "a pixel is 0.5 wide, turned clockwise by 270°." in told
    assert "Put there by" in told
    assert answer("plan", folder, "--undo")["site_plan"]["x"] == -5
    assert answer("plan", folder, "--undo")["site_plan"]["moved_by"] is None
    assert "no move of the site plan to undo" in nightjar("plan", folder, "--undo").stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("place", "Gate"), "Say where the camera stands"),
        (("place", "Gate", "--x", 1, "--off"), "Say where the camera stands"),
        (("place", "Gate", "--x", 1), "needs both of its numbers"),
        (("place", "Door", "--x", 1, "--y", 2), "no camera 'Door'"),
        (("plan",), "Name a picture of the site"),
        (("plan", "--remove"), "no site plan"),
        (("plan", "--undo"), "no site plan"),
        (("plan", "--turn", 5), "no site plan"),
        (("plan", "--turn", 5, "--remove"), "Name a picture of the site"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(folder: Path, arguments: tuple[object, ...], told: str) -> None:
    result = nightjar(arguments[0], folder, *arguments[1:])
    assert result.exit_code == 2, result.output
    assert told in result.stderr


def test_a_file_that_is_no_picture_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.dwg").write_bytes(b"AC1032 drawing")
    result = nightjar("plan", folder, tmp_path / "plan.dwg")
    assert result.exit_code == 3
    assert "not a PNG, JPEG, BMP, TIFF or WebP picture" in result.stderr
