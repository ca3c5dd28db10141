"""Prove the frozen build: it starts, finds its models, ingests footage, searches, and its window paints.

python packaging/smoke.py dist/nightjar
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SUFFIX = ".exe" if os.name == "nt" else ""


def run(program: Path, *arguments: str, **environment: str) -> str:
    """Output of the program; SystemExit with its own words where it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    result = subprocess.run(
        [str(program), *arguments], env={**clean, **environment}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SystemExit(f"{program.name} {' '.join(arguments)}: exit {result.returncode}\n{result.stderr}")
    return result.stdout


def main(folder: Path) -> None:
    """Every step prints what it proved."""
    command, window = folder / f"nightjar{SUFFIX}", folder / f"nightjar-window{SUFFIX}"
    if any((folder / "_internal").glob("torch*")):
        raise SystemExit("the bundle carries PyTorch")
    print("starts:", run(command, "--version").strip())
    with tempfile.TemporaryDirectory() as home:
        models = json.loads(run(command, "models", "list", "--json", NIGHTJAR_HOME=home))["models"]
        print("models:", ", ".join(model["name"] for model in models))
        run(command, "demo", str(Path(home) / "demo"), NIGHTJAR_HOME=home)
        pictures = sorted((Path(home) / "demo").glob("*.png"))
        if not pictures:
            raise SystemExit("the demo case gave no ranked list")
        print(f"demo: footage ingested and searched, {len(pictures)} ranked lists")
        checked = run(command, "verify", str(Path(home) / "demo" / "case"), NIGHTJAR_HOME=home)
        print("verify:", checked.strip().splitlines()[-1])
        screen = {} if os.name == "nt" or sys.platform == "darwin" else {"QT_QPA_PLATFORM": "offscreen"}
        run(window, NIGHTJAR_HOME=home, NIGHTJAR_START_AND_QUIT="1", **screen)
        print("window: opened and closed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
