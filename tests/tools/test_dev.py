"""dev.py's promises: a clear sentence for every failure, and no work the second time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import dev_setup

ROOT = Path(dev_setup.__file__).resolve().parent


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own: the project's two files and an empty place for `.venv`."""
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(dev_setup, "ROOT", tmp_path)
    monkeypatch.setattr(dev_setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev_setup, "STAMP", tmp_path / ".venv" / "nightjar.json")
    monkeypatch.setattr(dev_setup, "VENV_PYTHON", tmp_path / ".venv" / "bin" / "python")
    return tmp_path


def _installed(checkout: Path, extras: list[str]) -> None:
    dev_setup.VENV_PYTHON.parent.mkdir(parents=True)
    dev_setup.VENV_PYTHON.touch()
    stamp = {"root": str(checkout), "fingerprint": dev_setup.fingerprint(), "extras": extras}
    dev_setup.STAMP.write_text(json.dumps(stamp), encoding="utf-8")


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What pip was asked for, instead of running it."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(dev_setup, "pip", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(dev_setup, "make_venv", lambda clear: None)
    return calls


def test_the_second_time_installs_nothing(checkout: Path, installs: list[tuple[str, ...]]) -> None:
    _installed(checkout, ["dev", "training"])
    dev_setup.prepare(["dev"])
    assert installs == []


def test_a_changed_version_or_a_new_extra_installs_all_together(
    checkout: Path, installs: list[tuple[str, ...]]
) -> None:
    _installed(checkout, ["dev"])
    dev_setup.prepare(["training"])
    assert installs[-1] == ("--editable", ".[dev,training]")
    dev_setup.prepare(["training"])
    assert len(installs) == 2
    with (checkout / "constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    dev_setup.prepare([])
    assert installs[2:] == [("--upgrade", "pip"), ("--editable", ".[dev,training]")]


def test_a_moved_folder_is_set_up_anew(checkout: Path) -> None:
    _installed(checkout, ["dev"])
    stamp = json.loads(dev_setup.STAMP.read_text(encoding="utf-8"))
    dev_setup.STAMP.write_text(json.dumps({**stamp, "root": "/elsewhere"}), encoding="utf-8")
    assert dev_setup.read_stamp() == {}


def test_a_full_disk_is_told_before_anything_is_downloaded(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = dev_setup.shutil.disk_usage(checkout)._replace(free=10**8)
    monkeypatch.setattr(dev_setup.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(dev_setup.Failure, match=r"need about .* GB .* 0\.1 GB are free"):
        dev_setup.prepare(["training"])


def test_the_readme_and_the_check_ask_for_the_same_room() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`make run` needs {dev_setup.GIGABYTES['']:.1f} GB free" in told
    assert f"cover training: {sum(dev_setup.GIGABYTES[extra] for extra in ('', 'dev', 'training')):.1f} GB free" in told


def test_only_what_is_yet_to_come_needs_room(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = dev_setup.shutil.disk_usage(checkout)._replace(free=int(3e9))
    monkeypatch.setattr(dev_setup.shutil, "disk_usage", lambda path: usage)
    dev_setup.check_disk([""])
    dev_setup.check_disk([])
    with pytest.raises(dev_setup.Failure, match=r"need about 8\.2 GB"):
        dev_setup.check_disk(["training"])


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        (
            "WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found for numpy",
            "cannot be reached",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: Cannot install a and b because these have conflicting dependencies.", "Cannot install a and b"),
    ],
)
def test_pips_errors_become_one_sentence(complaint: str, told: str) -> None:
    assert told in str(dev_setup._pip_failure(complaint))


def test_missing_system_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev_setup.sys, "platform", "linux")
    missing = dev_setup.missing_packages({"libc.so.6": "libc6", "libnightjar-has-none.so.9": "libnone9"})
    assert "libnone9" in missing
    assert dev_setup.install_command(missing).endswith("libnone9")


def test_an_unknown_command_names_the_known_ones() -> None:
    answer = subprocess.run([sys.executable, ROOT / "dev.py", "fly"], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "no command 'fly'" in answer.stderr
    assert "run, test, lint" in answer.stderr


def test_constraints_pin_every_requirement() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[<>=;\[ ]", line)[0].lower().replace("_", "-") for line in asked}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert names <= pinned, f"not pinned: {sorted(names - pinned)}"
