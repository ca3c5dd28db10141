"""What is recorded as having computed a result."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from engine.pipeline.versions import component_versions

REPOSITORY = Path(__file__).parents[3]
# Packages by the name they are imported under, and those that decide nothing: they store, draw or talk.
DISTRIBUTIONS = {"cv2": "opencv-python", "PIL": "pillow", "sqlite_utils": "sqlite-utils"}
UNDECIDING = {"sqlite-utils", "platformdirs", "rich", "click", "threadpoolctl", "onnx"}


def imported() -> set[str]:
    """Distributions outside the standard library that the engine imports anywhere."""
    found = set()
    for path in (REPOSITORY / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    outside = found - set(sys.stdlib_module_names) - {"engine"}
    return {DISTRIBUTIONS.get(name, name) for name in outside}


def test_every_library_that_can_change_a_result_is_recorded() -> None:
    assert imported() - UNDECIDING <= component_versions().keys()
    assert "unknown" not in component_versions().values()


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w-]+", each).group() for each in project["dependencies"]}  # type: ignore[union-attr]
    assert imported() - declared - {"onnx"} <= {"onnxruntime"}


def test_another_choice_of_kernels_is_another_version() -> None:
    code = "from engine.pipeline.versions import component_versions as v; print(v()['blas'])"
    asked = {"env": os.environ | {"OPENBLAS_CORETYPE": "Nehalem"}, "cwd": REPOSITORY, "text": True}
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, **asked).stdout  # type: ignore[call-overload]
    if "openblas" in told:
        assert "Nehalem" in told
