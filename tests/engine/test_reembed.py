"""A case embedded by one student becomes searchable by another, in one go or in several."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.ingest import ingest_item, register
from engine.models.library import ModelLibrary
from engine.progress import finish
from engine.query import Query
from engine.reembed import reembed
from engine.search import SearchFilters, SearchOptions, run_search
from engine.settings import EmbeddingSettings
from engine.types import Modality
from tests.helpers.cases import new_case
from tests.helpers.ingest_once import often
from tests.helpers.walkers import PASSES, write_walkers


def second_student(folder: Path) -> ModelLibrary:
    """The built-in student again, under another name and hash."""
    library = ModelLibrary(folder / "models")
    model = library.get(library.default("student"))
    copy = folder / "second.onnx"
    # An unknown protobuf field at the end: the same network, another hash.
    copy.write_bytes(model.path.read_bytes() + b"\xfa\x3f\x01x")

    card = replace(model.card, name="second", sha256=hashlib.sha256(copy.read_bytes()).hexdigest())
    card.save(folder / "second.json")
    library.import_file(copy)
    return library


def test_another_student_searches_after_reembedding(tmp_path: Path) -> None:
    library = second_student(tmp_path)
    few = EmbeddingSettings(batch=2)
    options = SearchOptions(
        student="second",
        device="cpu",
        models_dir=library.user_dir,
        filters=SearchFilters(modality=Modality.VISIBLE),
        reranker="none",
    )
    with new_case(tmp_path / "case") as case:
        item = finish(register(case, write_walkers(tmp_path / "day.mp4", PASSES[:2], seconds=18), "Gate"))
        finish(ingest_item(case, item.id, often()))
        first = finish(run_search(case, Query(tracklets=(1,)), replace(options, student=None)))
        with pytest.raises(UsageError, match="chosen model"):
            finish(run_search(case, Query(tracklets=(1,)), options))
        crops = sum(len(case.tracklets.crops(t.id)) for t in case.tracklets.list())
        work = reembed(case, "second", device="cpu", settings=few, models_dir=library.user_dir)
        next(work)
        next(work)
        work.close()  # stopped after the first two crops
        report = finish(reembed(case, "second", device="cpu", settings=few, models_dir=library.user_dir))
        assert report.crops == crops - 2
        second = finish(run_search(case, Query(tracklets=(1,)), options))
        assert second.model_sha256 != first.model_sha256
        assert [c.tracklet.id for c in second.candidates] == [c.tracklet.id for c in first.candidates]
        assert second.not_embedded == 0
