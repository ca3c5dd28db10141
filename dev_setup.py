"""How a checkout gets what a command needs: a Python, `.venv` with pinned versions, the system's libraries.

Standard library only; used by dev.py. `.venv/nightjar.json` records what was installed, so that nothing is looked
up twice.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "nightjar.json"
WINDOWS = os.name == "nt"
VENV_PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
PYTHONS = [(3, minor) for minor in (11, 12, 13, 14)]  # versions that every pinned package has wheels for

# What OpenCV and Qt ask of a Linux system: shared library -> Debian and Ubuntu package.
# Without the first group neither can be loaded (OpenCV's wheel links X11 even where no window is opened);
# without the second Qt opens no window on X11.
LOAD_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
SCREEN_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool"}  # a screen for tests, and keys pressed on it
# Disk for packages and the downloads beside them, at its fullest; measured by setting up a fresh checkout on Linux.
GIGABYTES = {"": 2.0, "dev": 0.3, "training": 8.2, "bundle": 0.5}

VENV_PACKAGE = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"  # Debian ships Python without it
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Failure(Exception):
    """Told in one sentence, with what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def say(text: str) -> None:
    print(f"nightjar: {text}", file=sys.stderr, flush=True)


def use_supported_python() -> None:
    """Go on under a supported Python; if this one is not, hand over to one that is installed."""
    if sys.version_info[:2] in PYTHONS:
        return
    launchers = [["py", f"-3.{minor}"] for _, minor in PYTHONS] if WINDOWS else []
    for command in [*launchers, *([f"python3.{minor}"] for _, minor in PYTHONS), ["python3"], ["python"]]:
        if shutil.which(command[0]) and _version_of(command) in PYTHONS:
            sys.exit(subprocess.call([*command, str(ROOT / "dev.py"), *sys.argv[1:]]))
    raise Failure(
        f"Nightjar needs Python 3.{PYTHONS[0][1]} to 3.{PYTHONS[-1][1]}, and this is {sys.version.split()[0]}.",
        "install one (Debian and Ubuntu: sudo apt-get install python3.11 python3.11-venv) and run the command again.",
    )


def _version_of(command: Sequence[str]) -> tuple[int, ...]:
    ask = [*command, "-c", "import sys; print(*sys.version_info[:2])"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else ()


def fingerprint() -> str:
    """Hash of all that decides what is installed."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = json.dumps([project["project"], project["build-system"]], sort_keys=True)
    return hashlib.sha256(asked.encode() + (ROOT / "constraints.txt").read_bytes()).hexdigest()


def read_stamp() -> dict:
    """What was installed here; empty when nothing was, or for another folder, or if its Python is gone."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("root") == str(ROOT) and VENV_PYTHON.exists() else {}


def holds(stamp: dict, wanted: str, extras: Sequence[str]) -> bool:
    return stamp.get("fingerprint") == wanted and set(extras) <= set(stamp["extras"])


def prepare(extras: Sequence[str]) -> None:
    """Make `.venv` hold Nightjar with `extras`; returns at once when it does."""
    wanted = fingerprint()
    if holds(read_stamp(), wanted, extras):
        return
    with setup_lock():
        stamp = read_stamp()
        if holds(stamp, wanted, extras):  # the command we waited for did it
            return
        together = sorted({*extras, *stamp.get("extras", [])})
        check_disk(set(together) - set(stamp["extras"]) if stamp else {"", *together})
        make_venv(clear=STAMP.exists() and not stamp)
        what = f"Nightjar with {', '.join(together)}" if together else "Nightjar"
        say(f"installing {what} into .venv (only now; later starts need no network)")
        pip("--upgrade", "pip")
        pip("--editable", f".[{','.join(together)}]" if together else ".")
        written = STAMP.with_suffix(".new")
        written.write_text(json.dumps({"root": str(ROOT), "fingerprint": wanted, "extras": together}), encoding="utf-8")
        written.replace(STAMP)


@contextlib.contextmanager
def setup_lock() -> Iterator[None]:
    """One set-up at a time: a second command in the same folder waits."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "setup.lock").open("w") as file:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another command is setting up this folder; waiting for it")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_disk(added: Collection[str]) -> None:
    """`Failure` where the disk has no room for what is yet to be installed: '' is Nightjar itself, the rest extras."""
    needed = max(0.2, sum(GIGABYTES.get(extra, 0) for extra in added))
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < needed:
        raise Failure(
            f"The packages need about {needed:.1f} GB on the disk of {ROOT}, and {free:.1f} GB are free.",
            "free some space and run the command again; what is already downloaded is kept.",
        )


def make_venv(clear: bool) -> None:
    if not can_make_venv() and not apt_install([VENV_PACKAGE]):
        raise Failure("This Python cannot make virtual environments.", install_command([VENV_PACKAGE]))
    broken = VENV_PYTHON.exists() and _version_of([str(VENV_PYTHON)]) != sys.version_info[:2]
    if clear or broken:
        say("the old .venv belongs to another folder or Python; making it anew")
        for entry in VENV.iterdir():
            if entry.name != "setup.lock":
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    has_pip = VENV_PYTHON.exists() and subprocess.call([str(VENV_PYTHON), "-c", "import pip"], **QUIET) == 0
    if not has_pip:
        say("making a virtual environment in .venv")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
        if made.returncode:
            raise Failure(f"No virtual environment could be made: {_last_line(made.stdout + made.stderr)}")


def pip(*arguments: str) -> None:
    """`pip install` with the pinned versions; its errors become one sentence."""
    temporary = VENV / "tmp"  # beside what is installed: a small /tmp cannot hold these downloads
    temporary.mkdir(exist_ok=True)
    dropped = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    environment.update(TMPDIR=str(temporary), TEMP=str(temporary), TMP=str(temporary), PYTHONNOUSERSITE="1")
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--constraint", str(ROOT / "constraints.txt"), *arguments]
    try:
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as child:
            assert child.stderr is not None
            complaints: list[str] = []
            for line in child.stderr:
                sys.stderr.write(line)
                complaints.append(line)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    if child.returncode:
        raise _pip_failure("".join(complaints))


def _pip_failure(complaints: str) -> Failure:
    if "No space left on device" in complaints or "not enough space on the disk" in complaints:
        return Failure("The disk is full.", "free some space and run the command again; nothing needs to be undone.")
    unreachable = ("NewConnectionError", "NameResolutionError", "Temporary failure in name resolution", "unreachable")
    if any(sign in complaints for sign in (*unreachable, "getaddrinfo failed", "ConnectTimeout", "ProxyError")):
        return Failure(
            "The packages could not be downloaded: the package index cannot be reached.",
            "check the network (or pip's own settings for a proxy or a mirror) and run the command again.",
        )
    errors = [line for line in complaints.splitlines() if line.lower().startswith("error:")]
    reason = errors[-1][len("error:") :].strip() if errors else _last_line(complaints)
    return Failure(f"pip could not install the packages: {reason}", "its own words are above.")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"


def missing_packages(libraries: dict) -> list[str]:
    """Debian packages of the shared libraries that this Linux lacks."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for name, package in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(package)
    return missing


def install_command(packages: Sequence[str]) -> str:
    """What to do where we may not install them."""
    if shutil.which("apt-get"):
        return f"run: sudo apt-get update && sudo apt-get install --no-install-recommends {' '.join(packages)}"
    return f"install, under the names this system has for them, Debian's {' '.join(packages)}"


def apt_install(packages: Sequence[str]) -> bool:
    """Install Debian packages where this user may; False where not."""
    if not packages:
        return True
    if not sys.platform.startswith("linux") or not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    say(f"installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.call(install, env=environment, **QUIET) == 0:
        return True
    subprocess.call(["apt-get", "update", "-qq"], env=environment, **QUIET)  # a fresh machine has no package lists
    return subprocess.call(install, env=environment, stdout=subprocess.DEVNULL) == 0


def prepare_system(libraries: bool, screen: bool) -> None:
    """Install what Python, OpenCV and Qt ask of a Linux system, and what a `screen` in tests takes.

    Where this user may not, a Failure names all of it in one command, but only if nothing works without.
    """
    needed, helpful = missing_packages(LOAD_LIBRARIES if libraries else {}), window_lacks(screen) if libraries else []
    if not VENV_PYTHON.exists() and not can_make_venv():
        needed.insert(0, VENV_PACKAGE)
    if not apt_install([*needed, *helpful]) and needed:
        raise Failure("Some system packages are missing.", install_command([*needed, *helpful]))


def window_lacks(screen: bool = False) -> list[str]:
    """Debian packages without which Qt opens no window on X11 (with `screen`: none on a virtual one)."""
    missing = missing_packages(WINDOW_LIBRARIES)
    if screen and sys.platform.startswith("linux"):
        missing += [package for program, package in SCREEN_PROGRAMS.items() if not shutil.which(program)]
    return missing


def can_make_venv() -> bool:
    return importlib.util.find_spec("ensurepip") is not None
