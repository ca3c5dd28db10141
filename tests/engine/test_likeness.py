"""The heat map's verb: it shows what the ranking rests on, or says in one sentence why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.case import Case
from engine.errors import ModelError
from engine.likeness import Likeness
from engine.models.library import ModelLibrary
from tests.helpers import cases, tiny_models


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("likeness")
    with cases.new_case(folder / "case") as made:
        item = cases.register(made, folder / "evidence")
        cases.ingest(made, item, (cases.tracklet(1), cases.tracklet(2, 20)))
        yield made


def library(folder: Path, **card: object) -> tuple[ModelLibrary, str]:
    model = tiny_models.student(folder / "net.onnx", **card)  # type: ignore[arg-type]
    model.card.save(folder / "net.json")
    found = ModelLibrary(folder / "models")
    found.import_file(folder / "net.onnx")
    return found, model.card.sha256


def test_the_maps_are_parts_of_the_similarity_and_nothing_is_recorded(case: Case, tmp_path: Path) -> None:
    known, sha256 = library(tmp_path, pooled=True)
    head = case.audit.head
    maps = Likeness(case, sha256, "cpu", known).maps(1, 3)
    assert maps.query.shape == maps.candidate.shape == (16, 8)
    assert np.isclose(maps.query.mean(), maps.similarity, atol=1e-4)
    assert np.isclose(maps.candidate.mean(), maps.similarity, atol=1e-4)
    assert case.audit.head == head


def test_a_student_whose_map_is_not_what_it_ranks_by_is_refused(case: Case, tmp_path: Path) -> None:
    known, sha256 = library(tmp_path)
    with pytest.raises(ModelError, match="adds up to its embedding"):
        Likeness(case, sha256, "cpu", known).maps(1, 3)


def test_a_student_without_feature_maps_is_refused(case: Case, tmp_path: Path) -> None:
    known, sha256 = library(tmp_path, outputs={"embedding": "embedding"})
    with pytest.raises(ModelError, match="gives no feature maps"):
        Likeness(case, sha256, "cpu", known)


def test_a_student_that_is_not_here_is_named_as_the_reason(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not on this machine"):
        Likeness(case, "0" * 64, "cpu", ModelLibrary(tmp_path))
