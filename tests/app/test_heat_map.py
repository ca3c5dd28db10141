"""The heat map of the comparison: an aid that is asked for, labelled as one, and kept nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.heat import paint
from app.pages.search import SearchPage
from app.shell import Window
from engine.models.library import ModelLibrary
from tests.app.conftest import Wait
from tests.helpers import tiny_models
from tests.helpers.cases import searched
from tests.helpers.films import STUDENT


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A student on this machine whose embedding is the mean of its feature map."""
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    model = tiny_models.student(tmp_path / "net.onnx", pooled=True)
    model.card.save(tmp_path / "net.json")
    ModelLibrary().import_file(tmp_path / "net.onnx")
    return model.card.sha256


def compared(window: Window, until: Wait, model: str) -> SearchPage:
    """The comparison of the first person by night with the first by day, in a search by this student."""
    case = window.session.case
    assert case is not None
    everybody = case.tracklets.list()
    night = [t for t in everybody if t.modality.value == "ir"]
    if model != STUDENT:
        case.embeddings.add(model, "tiny-student", [(night[0].best_crop, np.float32([1, 0, 0]))])
    searched(case, night[0].id, [t.id for t in everybody if t.modality.value == "rgb"], model)
    page = window.show_page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.data is not None and page.model.tiles)
    QTest.keyClick(page.view, Qt.Key.Key_C)
    until(lambda: page.compare._crops is not None)
    return page


def test_the_key_lays_a_map_over_both_crops_and_takes_it_away(
    opened: Window, until: Wait, errors: list[Exception], student: str
) -> None:
    page = compared(opened, until, student)
    compare, case = page.compare, page.session.case
    assert case is not None
    before = case.audit.head
    QTest.keyClick(compare, Qt.Key.Key_M)
    until(lambda: compare._left.crop.heat is not None and compare._right.crop.heat is not None)
    assert "not evidence" in compare._heat_words.text()
    assert compare._heat_words.isVisible()
    first = compare._right.crop.heat
    QTest.keyClick(compare, Qt.Key.Key_Right)
    until(lambda: compare._right.crop.heat not in (None, first))
    assert case.audit.head == before, "nothing of it is stored"
    QTest.keyClick(compare, Qt.Key.Key_M)
    assert compare._left.crop.heat is None
    assert not compare._heat_words.isVisible()
    assert not errors


def test_a_search_whose_student_is_not_here_says_so_in_its_place(
    opened: Window, until: Wait, errors: list[Exception]
) -> None:
    page = compared(opened, until, STUDENT)
    QTest.mouseClick(page.compare._heat_button, Qt.MouseButton.LeftButton)
    until(lambda: "not on this machine" in page.compare._heat_words.text())
    assert page.compare._left.crop.heat is None
    assert not errors, "told in its place, not as a failure of the window"


def test_what_weighs_nothing_stays_clear() -> None:
    image = paint(np.float32([[1, 0, -1]]), 1.0)
    for_it, nothing, against = (image.pixelColor(x, 0) for x in range(3))
    assert nothing.alpha() == 0
    assert for_it.red() > for_it.blue()
    assert against.blue() > against.red()
